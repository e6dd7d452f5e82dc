/*
 * Files of policy documents: text, kinds of documents, and reading of JSON by rows.
 * Rules are read in policy_json_rule.c, those of Kubernetes in policy_json_k8s.c.
 *
 * A file is one document or several, one after the other: an array of rules (2016 to
 * today), an object with `spec` or `specs` (cilium.io/v2), a NetworkPolicy
 * (networking.k8s.io/v1), or a list of objects as kubectl prints it.
 */
#include "bgpd/policy_json_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- where we are, and what is wrong -------------------------------------------- */

/* What comes from the file may be anything, but a message is one line. */
static bool failed(struct policy_reader *r)
{
	for (char *p = r->err->text; *p; p++)
		if ((unsigned char)*p < ' ')
			*p = '?';
	return false;
}

bool policy_fail(struct policy_reader *r, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(r->err->text, sizeof(r->err->text), "%.160s: %s%s%s", r->name, r->path,
		 r->len ? ": " : "", what);
	return failed(r);
}

static size_t down(struct policy_reader *r, const char *fmt, const char *key,
		   size_t index)
{
	size_t at = r->len, room = sizeof(r->path) - r->len;
	int n = key ? snprintf(r->path + at, room, fmt, key)
		    : snprintf(r->path + at, room, fmt, index);

	r->len += MIN_OF((size_t)MAX_OF(n, 0), room - 1);
	return at;
}

size_t policy_down(struct policy_reader *r, const char *key)
{
	return down(r, r->len ? ".%s" : "%s", key, 0);
}

size_t policy_down_index(struct policy_reader *r, size_t index)
{
	return down(r, "[%zu]", NULL, index);
}

void policy_up(struct policy_reader *r, size_t at)
{
	r->len = at;
	r->path[at] = '\0';
}

/* ---- values --------------------------------------------------------------------- */

static const struct policy_key *row_of(const struct policy_key *row, size_t rows,
				       const char *name)
{
	for (size_t i = 0; i < rows; i++)
		if (!strcmp(row[i].name, name))
			return &row[i];
	return NULL;
}

static bool needed_are_there(struct policy_reader *r, json_t *value,
			     const struct policy_key *row, size_t rows)
{
	for (size_t i = 0; i < rows; i++)
		if (row[i].needed && !json_object_get(value, row[i].name))
			return policy_fail(r, "%s is missing", row[i].name);
	return true;
}

bool policy_object(struct policy_reader *r, json_t *value, const struct policy_key *row,
		   size_t rows, void *arg)
{
	const char *name;
	json_t *member;

	if (!json_is_object(value))
		return policy_fail(r, "expected an object");
	json_object_foreach(value, name, member)
	{
		const struct policy_key *k = row_of(row, rows, name);
		size_t at = policy_down(r, name);

		if (!k)
			return policy_fail(r, "not known here");
		if (!k->read)
			return policy_fail(r, "%s", k->why_not);
		if (!k->read(r, member, arg))
			return false;
		policy_up(r, at);
	}
	return needed_are_there(r, value, row, rows);
}

bool policy_array(struct policy_reader *r, json_t *value,
		  bool (*read)(struct policy_reader *r, json_t *value, void *arg),
		  void *arg)
{
	json_t *element;
	size_t i;

	if (!json_is_array(value))
		return policy_fail(r, "expected an array");
	json_array_foreach(value, i, element)
	{
		size_t at = policy_down_index(r, i);

		if (!read(r, element, arg))
			return false;
		policy_up(r, at);
	}
	return true;
}

bool policy_some(struct policy_reader *r, json_t *value, size_t max)
{
	if (!json_is_array(value))
		return policy_fail(r, "expected an array");
	if (!json_array_size(value))
		return policy_fail(r, "empty: leave it out, or say what it is about");
	if (max && json_array_size(value) > max)
		return policy_fail(r, "more than %zu", max);
	return true;
}

bool policy_string(struct policy_reader *r, json_t *value, const char **out)
{
	if (!json_is_string(value))
		return policy_fail(r, "expected a string");
	*out = policy_str(r->doc, json_string_value(value), json_string_length(value));
	return true;
}

bool policy_number(struct policy_reader *r, json_t *value, unsigned min, unsigned max,
		   unsigned *out)
{
	if (!json_is_integer(value) || json_integer_value(value) < min ||
	    json_integer_value(value) > max)
		return policy_fail(r, "expected a number from %u to %u", min, max);
	*out = (unsigned)json_integer_value(value);
	return true;
}

bool policy_flag(struct policy_reader *r, json_t *value, bool *out)
{
	if (!json_is_boolean(value))
		return policy_fail(r, "expected true or false");
	*out = json_is_true(value);
	return true;
}

bool policy_ignore(struct policy_reader *r UNUSED, json_t *value UNUSED,
		   void *arg UNUSED)
{
	return true;
}

/* ---- documents ------------------------------------------------------------------ */

static bool read_any(struct policy_reader *r, json_t *value, void *arg);

static bool read_title(struct policy_reader *r, json_t *value, void *arg UNUSED)
{
	return policy_string(r, value, &r->title);
}

static bool read_space(struct policy_reader *r, json_t *value, void *arg UNUSED)
{
	return policy_string(r, value, &r->space);
}

/* Whatever else there is about an object says nothing about traffic. */
static bool read_metadata(struct policy_reader *r, json_t *value, void *arg)
{
	static const struct {
		const char *name;
		bool (*read)(struct policy_reader *r, json_t *value, void *arg);
	} some[] = { { "name", read_title }, { "namespace", read_space } };

	if (!json_is_object(value))
		return policy_fail(r, "expected an object");
	for (size_t i = 0; i < ARRAY_SIZE(some); i++) {
		json_t *v = json_object_get(value, some[i].name);
		size_t at = policy_down(r, some[i].name);

		if (v && !some[i].read(r, v, arg))
			return false;
		policy_up(r, at);
	}
	return true;
}

static bool read_specs(struct policy_reader *r, json_t *value, void *arg)
{
	return policy_some(r, value, 0) &&
	       policy_array(r, value, policy_read_rule, arg);
}

static bool read_items(struct policy_reader *r, json_t *value, void *arg)
{
	return policy_array(r, value, read_any, arg);
}

/* metadata comes before the rest, wherever it stands. */
static const struct policy_key cilium_rows[] = {
	{ "apiVersion", policy_ignore, false, NULL },
	{ "kind", policy_ignore, false, NULL },
	{ "metadata", policy_ignore, false, NULL },
	{ "status", policy_ignore, false, NULL },
	{ "spec", policy_read_rule, false, NULL },
	{ "specs", read_specs, false, NULL },
};

static const struct policy_key netpol_rows[] = {
	{ "apiVersion", policy_ignore, true, NULL },
	{ "kind", policy_ignore, true, NULL },
	{ "metadata", policy_ignore, false, NULL },
	{ "status", policy_ignore, false, NULL },
	{ "spec", policy_read_netpol, true, NULL },
};

static const struct policy_key list_rows[] = {
	{ "apiVersion", policy_ignore, false, NULL },
	{ "kind", policy_ignore, true, NULL },
	{ "metadata", policy_ignore, false, NULL },
	{ "items", read_items, true, NULL },
};

static const struct kind {
	const char *kind, *api;
	const struct policy_key *row;
	size_t rows;
} kinds[] = {
	{ "CiliumNetworkPolicy", "cilium.io/v2", cilium_rows, ARRAY_SIZE(cilium_rows) },
	{ "CiliumClusterwideNetworkPolicy", "cilium.io/v2", cilium_rows,
	  ARRAY_SIZE(cilium_rows) },
	{ "NetworkPolicy", "networking.k8s.io/v1", netpol_rows,
	  ARRAY_SIZE(netpol_rows) },
	{ "List", "v1", list_rows, ARRAY_SIZE(list_rows) },
	{ "CiliumNetworkPolicyList", "cilium.io/v2", list_rows, ARRAY_SIZE(list_rows) },
	{ "CiliumClusterwideNetworkPolicyList", "cilium.io/v2", list_rows,
	  ARRAY_SIZE(list_rows) },
	{ "NetworkPolicyList", "networking.k8s.io/v1", list_rows,
	  ARRAY_SIZE(list_rows) },
};

/* Without a kind: spec or specs alone, which is what Cilium's object is about. */
static bool kind_of(struct policy_reader *r, json_t *value, const struct kind **out)
{
	json_t *kind = json_object_get(value, "kind");
	json_t *api = json_object_get(value, "apiVersion");

	*out = &kinds[0];
	for (size_t i = 0; i < ARRAY_SIZE(kinds) && kind; i++) {
		*out = NULL;
		if (!json_is_string(kind) ||
		    strcmp(kinds[i].kind, json_string_value(kind)))
			continue;
		*out = &kinds[i];
		break;
	}
	if (!*out) {
		policy_down(r, "kind");
		return policy_fail(
			r, "%.80s is not a kind of policy that is known here",
			json_is_string(kind) ? json_string_value(kind) : "this");
	}
	if (api &&
	    (!json_is_string(api) || strcmp((*out)->api, json_string_value(api)))) {
		policy_down(r, "apiVersion");
		return policy_fail(r, "expected %s", (*out)->api);
	}
	return true;
}

static bool read_object(struct policy_reader *r, json_t *value)
{
	json_t *metadata = json_object_get(value, "metadata");
	const struct kind *k;
	size_t at;

	if (!kind_of(r, value, &k))
		return false;
	r->title = r->space = NULL;
	at = policy_down(r, "metadata");
	if (metadata && !read_metadata(r, metadata, NULL))
		return false;
	policy_up(r, at);
	r->closed_form = true;
	if (!policy_object(r, value, k->row, k->rows, NULL))
		return false;
	if (k->row == cilium_rows && !json_object_get(value, "spec") &&
	    !json_object_get(value, "specs"))
		return policy_fail(r, "neither spec nor specs");
	return true;
}

/* A rule of an array, or a whole object with a kind. */
static bool read_element(struct policy_reader *r, json_t *value, void *arg)
{
	if (json_object_get(value, "kind"))
		return read_object(r, value);
	r->title = r->space = NULL;
	r->closed_form = false;
	return policy_read_rule(r, value, arg);
}

/* Lists in lists end where jansson's depth of nesting does. */
static bool read_any(struct policy_reader *r, json_t *value, void *arg)
{
	if (json_is_array(value))
		return policy_array(r, value, read_element, arg);
	if (json_is_object(value))
		return read_object(r, value);
	return policy_fail(r, "expected an array of rules or an object");
}

/* ---- text ----------------------------------------------------------------------- */

static size_t skip_blanks(const char *text, size_t len, size_t at)
{
	while (at < len && strchr(" \t\r\n", text[at]) && text[at])
		at++;
	return at;
}

/* jansson counts from where it was told to begin. */
static bool syntax_error(struct policy_reader *r, const char *text, size_t at,
			 const json_error_t *e)
{
	int line = e->line, column = e->column;
	size_t start = 0;

	for (size_t i = 0; i < at; i++) {
		if (text[i] != '\n')
			continue;
		line++;
		start = i + 1;
	}
	if (e->line == 1)
		column += (int)(at - start);
	snprintf(r->err->text, sizeof(r->err->text), "%.160s:%d:%d: %.160s", r->name,
		 line, column, e->text);
	return false;
}

static bool read_text(struct policy_reader *r, const char *text, size_t len)
{
	size_t at = skip_blanks(text, len, 0);

	if (at == len)
		return policy_fail(r, "no document in it: [] is one without rules");
	for (unsigned n = 1; at < len; n++) {
		json_error_t e;
		json_t *value =
			json_loadb(text + at, len - at,
				   JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, &e);
		bool ok;

		if (!value)
			return syntax_error(r, text, at, &e);
		at = skip_blanks(text, len, at + (size_t)e.position);
		policy_up(r, 0);
		if (n > 1 || at < len)
			down(r, "(document %zu)", NULL, n);
		ok = read_any(r, value, NULL);
		json_decref(value);
		if (!ok)
			return false;
	}
	return true;
}

/* A regular file to read: nobody waits for the other end of a pipe. */
static FILE *file_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return NULL;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		return fdopen(fd, "rb");
	errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
	close(fd);
	return NULL;
}

/* The whole file, owned; NULL with errno. */
static char *slurp(const char *path, size_t *len)
{
	FILE *f = file_open(path);
	char *text;

	if (!f)
		return NULL;
	/* One byte more than is allowed tells that there is more. */
	text = xcalloc(1, POLICY_FILE_MAX + 2);
	*len = fread(text, 1, POLICY_FILE_MAX + 1, f);
	if (ferror(f)) {
		free(text);
		text = NULL;
	}
	fclose(f);
	return text;
}

int policy_parse_all(const struct policy_text *texts, size_t n, struct policy_doc **doc,
		     struct policy_err *err)
{
	struct policy_reader r = { .doc = policy_doc_new(), .err = err };
	bool ok = true;

	for (size_t i = 0; i < n && ok; i++) {
		r.name = policy_str(r.doc, texts[i].name, strlen(texts[i].name));
		policy_up(&r, 0);
		ok = read_text(&r, texts[i].text, texts[i].len);
	}
	if (!ok) {
		policy_doc_free(r.doc);
		return -EINVAL;
	}
	*doc = r.doc;
	return 0;
}

int policy_parse(const char *name, const char *text, size_t len,
		 struct policy_doc **doc, struct policy_err *err)
{
	const struct policy_text t = { name, text, len };

	return policy_parse_all(&t, 1, doc, err);
}

char *policy_read(const char *path, size_t *len, int *error, struct policy_err *err)
{
	char *text;

	errno = 0;
	text = slurp(path, len);
	if (!text) {
		*error = errno ? -errno : -EIO;
		snprintf(err->text, sizeof(err->text), "%.160s: %s", path,
			 strerror(-*error));
	} else if (*len > POLICY_FILE_MAX) {
		*error = -EINVAL;
		snprintf(err->text, sizeof(err->text), "%.160s: larger than %d bytes",
			 path, POLICY_FILE_MAX);
		free(text);
		text = NULL;
	}
	return text;
}

int policy_load(const char *const *paths, size_t n, struct policy_doc **doc,
		struct policy_err *err)
{
	struct policy_text *t = xcalloc(n + 1, sizeof(*t));
	int error = 0;
	size_t k = 0;

	for (; k < n && !error; k++) {
		t[k].name = paths[k];
		t[k].text = policy_read(paths[k], &t[k].len, &error, err);
	}
	if (!error)
		error = policy_parse_all(t, n, doc, err);
	while (k)
		free((char *)t[--k].text);
	free(t);
	return error;
}
