/* wire/group.h - the number of an endpoint's group, as extended communities. Not for:
 * who is believed, and which number belongs to which labels (rib/). */
#ifndef WIRE_GROUP_H
#define WIRE_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"
#include "wire/attrs.h"

/*
 * Two communities, 8 bytes each:
 *
 *   03 17  scope u16  reserved u16  group policy id u16
 *          (draft-wlin-bess-group-policy-id-extended-community-03)
 *   83 1d  flags  domain  identity u32       ours, experimental (RFC 9184)
 *
 * Scope is 0 when sent and not looked at; domain 0 is local administration. Flag bit 0:
 * the identity follows from labels, else somebody assigned it; other bits are zero
 * when sent and not looked at.
 */
struct group {
	bool has_id, has_wide;
	bool derived;      /* of the wide one */
	uint8_t domain;    /* of the wide one */
	uint16_t id;       /* group policy id */
	uint32_t identity; /* the wide one */
};

/**
 * attrs_group - both numbers of a route
 * @out: of several communities that agree, the least; written only on success
 *
 * Return: 0; -ENOENT with neither; -EBADMSG if there are several that differ in the
 * number, or the low half of the wide one is not the other.
 */
int attrs_group(const struct attrs *a, struct group *out);

/** extcom_is_group - is this one of the two? */
bool extcom_is_group(const uint8_t c[8]);

/** group_id_make, group_wide_make - to be sent. */
struct extcom group_id_make(uint16_t id);
struct extcom group_wide_make(uint32_t identity, bool derived);

/** group_format - "Group:1001", "Identity:65538,labels" of the 8 bytes of one of
 * them; Return: buf. */
const char *group_format(const uint8_t c[8], char *buf, size_t size);

#endif
