/* Roles by name and in pairs: RFC 9234 section 4. What travels is wire/open.c's. */
#include "wire/role.h"

#include <string.h>

static const struct {
	const char *name;
	enum bgp_role other; /* what the other side has to be */
} roles[ROLE_COUNT] = {
	[ROLE_PROVIDER] = { "provider", ROLE_CUSTOMER },
	[ROLE_RS_SERVER] = { "rs-server", ROLE_RS_CLIENT },
	[ROLE_RS_CLIENT] = { "rs-client", ROLE_RS_SERVER },
	[ROLE_CUSTOMER] = { "customer", ROLE_PROVIDER },
	[ROLE_PEER] = { "peer", ROLE_PEER },
};

const char *role_name(unsigned role)
{
	return role < ROLE_COUNT ? roles[role].name : "unknown";
}

enum bgp_role role_find(const char *name)
{
	enum bgp_role r = 0;

	while (r < ROLE_COUNT && strcmp(roles[r].name, name) != 0)
		r++;
	return r;
}

bool role_pair_ok(unsigned local, unsigned remote)
{
	return local < ROLE_COUNT && roles[local].other == remote;
}
