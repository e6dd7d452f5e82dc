/* bgpd/policy_json.h - files of policy documents into rules. */
#ifndef BGPD_POLICY_JSON_H
#define BGPD_POLICY_JSON_H

#include <stddef.h>

struct policy_doc;

enum { POLICY_FILE_MAX = 8 << 20 /* bytes */ };

struct policy_err {
	/* file:line:column: what (no JSON), or file: JSON path: what */
	char text[768];
};

/**
 * policy_load - read files of policy documents, all or nothing
 * @paths: n of them, in the order of the configuration; rules are numbered in it
 * @doc:   written on success; returned owned
 * @err:   written on failure: one line without newline
 *
 * Return: 0; -EINVAL for a document that is not what we accept, or is past a limit;
 * -errno of the system for a file that cannot be read.
 */
int policy_load(const char *const *paths, size_t n, struct policy_doc **doc,
		struct policy_err *err);

/* A document in memory. */
struct policy_text {
	const char *name; /* in messages */
	const char *text;
	size_t len;
};

/**
 * policy_read - a file, not yet looked into
 *
 * Return: owned text of *len bytes, terminated; NULL with a line in err and -errno in
 * *error.
 */
char *policy_read(const char *path, size_t *len, int *error, struct policy_err *err);

/** policy_parse_all - policy_load() of texts that were read before. */
int policy_parse_all(const struct policy_text *texts, size_t n, struct policy_doc **doc,
		     struct policy_err *err);

/** policy_parse - the same of one text in memory that is called name in messages. */
int policy_parse(const char *name, const char *text, size_t len,
		 struct policy_doc **doc, struct policy_err *err);

#endif
