/* tests/unit/attr_help.h - small attribute sets for table tests. */
#ifndef TESTS_UNIT_ATTR_HELP_H
#define TESTS_UNIT_ATTR_HELP_H

#include "rib/attrset.h"

static inline struct attrs attrs_plain(uint32_t nexthop)
{
	struct attrs a = { .nexthop = ip4_of(nexthop), .local_pref = 100 };

	a.present =
		1ull << ATTR_ORIGIN | 1ull << ATTR_AS_PATH | 1ull << ATTR_LOCAL_PREF;
	return a;
}

#endif
