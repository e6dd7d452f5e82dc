/* tests/unit/config_help.h - configurations from text, and back. */
#ifndef TESTS_UNIT_CONFIG_HELP_H
#define TESTS_UNIT_CONFIG_HELP_H

#include "tests/unit/unit.h"

#include <stdlib.h>

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

/** read_back - what is printed is read, and is printed as the same; Return: what was
 * read, owned by the caller. */
static inline struct config *read_back(const struct config *c)
{
	char *s = print(c), *again;
	struct config *d = must_parse(s);

	again = print(d);
	assert_string_equal(s, again);
	free(s);
	free(again);
	return d;
}

/** cut_anywhere - any cut of a good text is read or refused, and nothing worse. */
static inline void cut_anywhere(const char *good)
{
	for (size_t n = 0; n <= strlen(good); n++) {
		char *text = xstrdup(good), err[512];
		struct config *c;

		text[n] = '\0';
		c = config_parse_text("t", text, err, sizeof(err));
		if (c)
			config_free(read_back(c));
		config_free(c);
		free(text);
	}
}

#endif
