/* wire/open.h - OPEN and its capabilities (RFC 4271 4.2, 5492, 9072). */
#ifndef WIRE_OPEN_H
#define WIRE_OPEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/msg.h"

enum { OPEN_FAMILIES = 16, OPEN_NAME_MAX = 256, AS_TRANS = 23456 };

/* Capability 69 (RFC 7911 section 4): several paths of one route. */
enum addpath_mode { ADDPATH_RX = 1, ADDPATH_TX = 2 };

struct open_family {
	uint16_t afi;
	uint8_t safi;
	bool mp;                 /* capability 1 */
	uint8_t addpath;         /* capability 69: bits of enum addpath_mode, 0 none */
	bool gr, gr_forward;     /* capability 64: listed, F bit */
	bool llgr, llgr_forward; /* capability 71 */
	uint32_t llgr_stale_s;
};

struct open_role {
	bool present;
	uint8_t role;  /* RFC 9234 */
	bool conflict; /* two differing ones received: 2/11 */
};

struct open_msg {
	uint8_t version;
	uint16_t as2; /* the 2-octet field */
	uint32_t as;  /* capability 65 if there, else as2 */
	uint16_t hold_s;
	uint32_t id; /* host order */
	bool as4;
	bool any_mp; /* at least one capability 1 */
	bool refresh, refresh_enhanced, extended_msg;
	bool gr;                             /* capability 64 present */
	bool gr_restarting, gr_notification; /* R and N bits */
	uint16_t gr_time_s;
	struct open_role role;
	char hostname[OPEN_NAME_MAX], domain[OPEN_NAME_MAX], software[OPEN_NAME_MAX];
	size_t n_families;
	struct open_family fam[OPEN_FAMILIES]; /* one per AFI/SAFI mentioned anywhere */
};

/** open_family_find - row of a family, NULL if it was not mentioned. */
const struct open_family *open_family_find(const struct open_msg *o, uint16_t afi,
					   uint8_t safi);

/**
 * open_decode - body of an OPEN (after the 19-byte header)
 *
 * Syntax only: version, AS, hold time and id are checked by the session, in the
 * order of RFC 4271 6.2. Unknown capabilities are ignored, repeated ones merged,
 * families beyond OPEN_FAMILIES ignored. One or many capabilities per parameter,
 * extended parameters (RFC 9072) accepted.
 * Return: 0; -EBADMSG with 2/0 or 2/4 in *err.
 */
int open_decode(const uint8_t *body, size_t len, struct open_msg *out,
		struct notif *err);

/** open_encode - whole message; all capabilities in one parameter, extended form
 * only when needed. Return: 0, -ENOSPC. */
int open_encode(struct wbuf *w, const struct open_msg *o);

#endif
