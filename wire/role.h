/* wire/role.h - BGP roles of two external neighbors towards each other (RFC 9234). */
#ifndef WIRE_ROLE_H
#define WIRE_ROLE_H

#include <stdbool.h>
#include <stdint.h>

/* Values of capability 9. */
enum bgp_role {
	ROLE_PROVIDER = 0,
	ROLE_RS_SERVER = 1,
	ROLE_RS_CLIENT = 2,
	ROLE_CUSTOMER = 3,
	ROLE_PEER = 4,
	ROLE_COUNT
};

/** role_name - FRR's word for it; "unknown" for other values. */
const char *role_name(unsigned role);

/** role_find - by FRR's word; Return: ROLE_COUNT when there is no such role. */
enum bgp_role role_find(const char *name);

/** role_pair_ok - may these two talk (RFC 9234 section 4.2, table 2)? */
bool role_pair_ok(unsigned local, unsigned remote);

#endif
