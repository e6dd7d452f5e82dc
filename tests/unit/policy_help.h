/* tests/unit/policy_help.h - policy documents in texts where ' stands for ". */
#ifndef TESTS_UNIT_POLICY_HELP_H
#define TESTS_UNIT_POLICY_HELP_H

#include "tests/unit/unit.h"

#include <stdlib.h>

#include "bgpd/policy_json.h"
#include "rib/policy.h"

/** quoted - " for each ', in place; Return: text. */
static inline char *quoted(char *text)
{
	for (char *p = text; *p; p++)
		if (*p == '\'')
			*p = '"';
	return text;
}

/** doc_of - what must be no fault; Return: owned by the caller. */
static inline struct policy_doc *doc_of(const char *text)
{
	struct policy_err err = { "" };
	struct policy_doc *doc = NULL;
	char *json = quoted(xstrdup(text));

	if (policy_parse("f", json, strlen(json), &doc, &err))
		fail_msg("%s\n%s", err.text, text);
	free(json);
	return doc;
}

/** policy_of - the same, made ready. */
static inline struct policy *policy_of(const char *text)
{
	return policy_new(doc_of(text));
}

#endif
