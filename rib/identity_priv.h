/* rib/identity_priv.h - what the files behind rib/identity.h share; nobody else
 * includes it. */
#ifndef RIB_IDENTITY_PRIV_H
#define RIB_IDENTITY_PRIV_H

#include "rib/identity.h"
#include "rib/table.h"

/* An address or prefix. As many as routes with labels: bytes count. */
struct id_addr {
	struct table_node node;
	uint32_t vni;
	uint32_t set;    /* of routes and endpoints, 0 none */
	uint32_t map;    /* of the static map, for when there is none */
	uint32_t ifname; /* in identities.names, 0 none */
	struct ip ip;
	uint8_t bits;
	bool in_map; /* while a configuration is applied */
};

/* Device of an endpoint of this host, counted by addresses. */
struct id_name {
	struct table_node node;
	uint32_t refs;
	char name[IDENTITY_IFNAME];
};

/* A number in use, by a set whose labels are known and by one of which there is nothing
 * but the number. */
struct id_number {
	struct table_node node;
	uint32_t number;
	uint32_t labelled, bare;
};

struct identities {
	const struct identity_hooks *hooks;
	void *ctx;
	struct identity_domain domain;
	char **keys;
	size_t n_keys;
	struct labelsets *sets;
	struct table addrs, names, numbers;
	struct identity_counts c; /* what is not found by looking */
};

/* A handle is the number of a set behind those of enum identity_set. */
static inline uint32_t set_of(uint32_t handle)
{
	return handle - IDSET_FIRST + 1;
}

static inline uint32_t handle_of(uint32_t set)
{
	return set ? set + IDSET_FIRST - 1 : (uint32_t)IDSET_FULL;
}

#endif
