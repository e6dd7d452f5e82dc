/* tests/unit/config_help.h - configurations from text, and back. */
#ifndef TESTS_UNIT_CONFIG_HELP_H
#define TESTS_UNIT_CONFIG_HELP_H

#include "tests/unit/unit.h"

#include "bgpd/config.h"
#include "lib/out.h"

/** print - as text; Return: owned by the caller. */
static inline char *print(const struct config *c)
{
	struct out o;

	out_init(&o, false);
	config_print(c, &o);
	return out_take(&o, NULL);
}

/** must_parse - what must be no fault; Return: owned by the caller. */
static inline struct config *must_parse(const char *text)
{
	char err[512] = "";
	struct config *c = config_parse_text("t", text, err, sizeof(err));

	if (!c)
		fail_msg("%s", err);
	return c;
}

#endif
