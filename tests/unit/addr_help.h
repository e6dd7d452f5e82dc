/* tests/unit/addr_help.h - addresses from text. */
#ifndef TESTS_UNIT_ADDR_HELP_H
#define TESTS_UNIT_ADDR_HELP_H

#include "tests/unit/unit.h"

#include "lib/addr.h"

/** ip - NULL gives none; what is no address ends the test. */
static inline struct ip ip(const char *text)
{
	struct ip a = { 0 };

	if (text)
		assert_int_equal(ip_parse(text, &a), 0);
	return a;
}

#endif
