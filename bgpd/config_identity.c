/*
 * Rows of `identity`: what labels are called on the wire, which of them make
 * identities, and what an operator knows better. Ours, in FRR's style.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/config.h"
#include "bgpd/config_edit.h"
#include "lib/out.h"
#include "lib/util.h"
#include "rib/identity.h"
#include "wire/labelset.h"

void config_identity_reset(struct config *c)
{
	c->identity = (struct cfg_identity) { .code = LABELSET_CODE };
	CFG_FREE_ALL(&c->label_keys);
	CFG_FREE_ALL(&c->assigns);
	CFG_FREE_ALL(&c->maps);
	CFG_FREE_ALL(&c->policy_files);
}

bool config_identity_used(const struct config *c)
{
	const struct cfg_identity *i = &c->identity;

	return i->domain || i->code != LABELSET_CODE || i->large || i->world ||
	       i->connections || !TAILQ_EMPTY(&c->label_keys) ||
	       !TAILQ_EMPTY(&c->assigns) || !TAILQ_EMPTY(&c->maps) ||
	       !TAILQ_EMPTY(&c->policy_files);
}

static int enter_identity(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)o;
	cfg_edit_of(a)->pos->mode = CFG_IDENTITY;
	return CMD_OK;
}

static int remove_identity(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)o;
	config_identity_reset(cfg_edit_of(a)->c);
	return CMD_OK;
}

static int set_domain(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)o;
	cfg_edit_of(a)->c->identity.domain =
		cmd_has(a, "no") ? 0 : cmd_arg_uint(a, "number", 0);
	return CMD_OK;
}

static int set_attribute(void *ctx, const struct cmd_args *a, struct out *o)
{
	uint32_t code = cmd_has(a, "no") ? LABELSET_CODE
					 : cmd_arg_uint(a, "code", LABELSET_CODE);

	(void)ctx;
	(void)o;
	if (!labelset_code_ok(code))
		return cfg_fail(a, "code",
				"attribute %u is another one, expected a code "
				"that is not in use",
				code);
	cfg_edit_of(a)->c->identity.code = (uint8_t)code;
	return CMD_OK;
}

static int set_large(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)o;
	cfg_edit_of(a)->c->identity.large =
		cmd_has(a, "no") ? 0 : cmd_arg_uint(a, "function", 0);
	return CMD_OK;
}

static int set_unknown(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)o;
	cfg_edit_of(a)->c->identity.world = !cmd_has(a, "no") && cmd_has(a, "world");
	return CMD_OK;
}

static int set_connections(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)o;
	cfg_edit_of(a)->c->identity.connections =
		cmd_has(a, "no") ? 0 : cmd_arg_uint(a, "number", 0);
	return CMD_OK;
}

/* ---- keys -------------------------------------------------------------- */

static struct cfg_label_key *key_find(const struct config *c, const char *key)
{
	struct cfg_label_key *k;

	TAILQ_FOREACH (k, &c->label_keys, link)
		if (!strcmp(k->key, key))
			return k;
	return NULL;
}

static int key_add(const struct cmd_args *a, const char *key)
{
	struct config *c = cfg_edit_of(a)->c;
	char label[LABEL_KEY_LEN + 2];
	enum label_fault f = LABEL_KEY;
	struct cfg_label_key *k;
	struct labels l;

	if (strlen(key) <= LABEL_KEY_LEN) {
		memcpy(label, key, strlen(key));
		memcpy(label + strlen(key), "=", 2);
		f = labels_parse(label, &l);
	}
	if (strchr(key, '='))
		f = LABEL_KEY;
	if (f)
		return cfg_fail(a, "line", "%.80s: %s", key, label_fault_text(f));
	if (key_find(c, key))
		return CMD_OK;
	k = xcalloc(1, sizeof(*k));
	str_copy(k->key, sizeof(k->key), key);
	TAILQ_INSERT_TAIL(&c->label_keys, k, link);
	return CMD_OK;
}

/* The line says all keys there are. */
static int set_keys(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct config *c = cfg_edit_of(a)->c;
	char *words, *save, *p;
	int rc = CMD_OK;
	unsigned n = 0;

	(void)ctx;
	(void)o;
	CFG_FREE_ALL(&c->label_keys);
	if (cmd_has(a, "no"))
		return CMD_OK;
	words = xstrdup(cmd_arg(a, "line"));
	for (p = strtok_r(words, " \t", &save); p && !rc;
	     p = strtok_r(NULL, " \t", &save))
		rc = n++ < IDENTITY_KEYS
			     ? key_add(a, p)
			     : cfg_fail(a, "line", "expected at most %d keys",
					IDENTITY_KEYS);
	free(words);
	return rc;
}

/* ---- numbers and map --------------------------------------------------- */

/* The labels of a line. */
static int labels_need(const struct cmd_args *a, struct labels *out)
{
	const char *text = cmd_arg(a, "labels");
	char canonical[LABELS_STR], err[256];

	memset(out, 0, sizeof(*out));
	if (labels_canonical(text, canonical, err, sizeof(err)))
		return cfg_fail(a, "labels", "%s", err);
	labels_parse(canonical, out);
	return CMD_OK;
}

static int set_assign(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_edit *e = cfg_edit_of(a);
	struct cfg_assign *s;
	struct labels l;

	(void)ctx;
	(void)o;
	if (labels_need(a, &l))
		return CMD_CONFIG_FAILED;
	TAILQ_FOREACH (s, &e->c->assigns, link)
		if (bytes_eq(labels_bytes(&s->labels), labels_bytes(&l)))
			break;
	if (cmd_has(a, "no")) {
		if (!s)
			return cfg_fail(a, "labels", "they have no number assigned");
		TAILQ_REMOVE(&e->c->assigns, s, link);
		free(s);
		return CMD_OK;
	}
	if (!s) {
		s = xcalloc(1, sizeof(*s));
		s->labels = l;
		TAILQ_INSERT_TAIL(&e->c->assigns, s, link);
	}
	s->line = e->line;
	s->number = cmd_arg_uint(a, "number", 0);
	return CMD_OK;
}

static int map_args(const struct cmd_args *a, struct cfg_map *m)
{
	if (prefix_parse(cmd_arg(a, "prefix"), &m->prefix))
		return cfg_fail(a, "prefix", "expected a prefix");
	if (cmd_has(a, "tenant"))
		return cfg_string(a, "tenant", m->tenant, sizeof(m->tenant));
	return CMD_OK;
}

static int set_map(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_edit *e = cfg_edit_of(a);
	struct cfg_map key = { .line = e->line }, *m;
	bool no = cmd_has(a, "no");

	(void)ctx;
	(void)o;
	if (map_args(a, &key) || (!no && labels_need(a, &key.labels)))
		return CMD_CONFIG_FAILED;
	TAILQ_FOREACH (m, &e->c->maps, link)
		if (!memcmp(&m->prefix, &key.prefix, sizeof(key.prefix)) &&
		    !strcmp(m->tenant, key.tenant))
			break;
	if (no) {
		if (!m)
			return cfg_fail(a, "prefix", "there is no such line");
		TAILQ_REMOVE(&e->c->maps, m, link);
		free(m);
		return CMD_OK;
	}
	if (m) {
		m->labels = key.labels;
		m->line = key.line;
		return CMD_OK;
	}
	m = xmemdup(&key, sizeof(key));
	TAILQ_INSERT_TAIL(&e->c->maps, m, link);
	return CMD_OK;
}

/* ---- policy ------------------------------------------------------------ */

static int set_policy(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct config *c = cfg_edit_of(a)->c;
	struct cfg_policy_file *p;
	char path[sizeof(p->path)];

	(void)ctx;
	(void)o;
	if (cfg_string(a, "path", path, sizeof(path)))
		return CMD_CONFIG_FAILED;
	TAILQ_FOREACH (p, &c->policy_files, link)
		if (!strcmp(p->path, path))
			break;
	if (cmd_has(a, "no")) {
		if (!p)
			return cfg_fail(a, "path", "there is no such line");
		TAILQ_REMOVE(&c->policy_files, p, link);
		free(p);
		return CMD_OK;
	}
	if (path[0] != '/')
		return cfg_fail(a, "path", "expected an absolute path");
	if (p)
		return CMD_OK;
	p = xcalloc(1, sizeof(*p));
	str_copy(p->path, sizeof(p->path), path);
	TAILQ_INSERT_TAIL(&c->policy_files, p, link);
	return CMD_OK;
}

static const struct cmd_row rows[] = {
	{ CFG_TOP, "identity", "Labels of endpoints", enter_identity, 0 },
	{ CFG_TOP, "no identity", "Labels of endpoints", remove_identity, 0 },
	CFG_PAIR(CFG_IDENTITY, "domain", "(1-4294967295)$number",
		 "Within which labels mean the same; without one there are none",
		 set_domain),
	CFG_PAIR(CFG_IDENTITY, "attribute", "(1-255)$code",
		 "Path attribute that carries labels (default 255)", set_attribute),
	CFG_PAIR(CFG_IDENTITY, "large-community", "(1-4294967295)$function",
		 "Tell identities also as large communities AS:function:identity",
		 set_large),
	{ CFG_IDENTITY, "unknown (init|world)",
	  "Who somebody in an overlay is that no route told of (default init)",
	  set_unknown, 0 },
	{ CFG_IDENTITY, "no unknown [(init|world)]", "Who is not known is init",
	  set_unknown, 0 },
	CFG_PAIR(CFG_IDENTITY, "connections", "(1024-4194304)$number",
		 "How many connections of endpoints are remembered (default 65536)",
		 set_connections),
	CFG_PAIR(CFG_IDENTITY, "label-keys", "LINE",
		 "Keys whose labels make identities; without any no labels are sent",
		 set_keys),
	{ CFG_IDENTITY, "assign WORD$labels number (256-16777215)$number",
	  "A number for these labels instead of the one that follows from them",
	  set_assign, 0 },
	{ CFG_IDENTITY, "no assign WORD$labels [number (256-16777215)$number]",
	  "The number that follows from these labels", set_assign, 0 },
	{ CFG_IDENTITY, "map PREFIX [tenant WORD$tenant] labels WORD$labels",
	  "Labels of addresses whose routes say nothing", set_map, 0 },
	{ CFG_IDENTITY, "no map PREFIX [tenant WORD$tenant] [labels WORD$labels]",
	  "Nothing about these addresses", set_map, 0 },
	{ CFG_IDENTITY, "[no] policy file WORD$path", "Policy document, may be several",
	  set_policy, 0 },
};

const struct cmd_rows config_identity_rows = { rows, ARRAY_SIZE(rows) };

static void print_lists(const struct config *c, struct out *o)
{
	const struct cfg_policy_file *p;
	const struct cfg_label_key *k;
	const struct cfg_assign *s;
	const struct cfg_map *m;
	char text[LABELS_STR], prefix[ADDR_STR];

	if (!TAILQ_EMPTY(&c->label_keys))
		out_line(o, " label-keys");
	TAILQ_FOREACH (k, &c->label_keys, link)
		out_line(o, " %s", k->key);
	if (!TAILQ_EMPTY(&c->label_keys))
		out_line(o, "\n");
	TAILQ_FOREACH (s, &c->assigns, link)
		out_line(o, " assign %s number %u\n",
			 labels_format(labels_bytes(&s->labels), text, sizeof(text)),
			 s->number);
	TAILQ_FOREACH (m, &c->maps, link)
		out_line(o, " map %s%s%s labels %s\n",
			 prefix_format(&m->prefix, prefix),
			 m->tenant[0] ? " tenant " : "", m->tenant,
			 labels_format(labels_bytes(&m->labels), text, sizeof(text)));
	TAILQ_FOREACH (p, &c->policy_files, link)
		out_line(o, " policy file %s\n", p->path);
}

int config_identity_check(const struct config *c, struct cfg_fault *f)
{
	const struct cfg_assign *s, *t;
	const struct cfg_map *m;
	unsigned n = 0;

	TAILQ_FOREACH (s, &c->assigns, link) {
		if (++n > LABELSETS_ASSIGNS)
			return cfg_wrong(f, s->line,
					 "expected at most %d lines `assign`",
					 LABELSETS_ASSIGNS);
		for (t = TAILQ_NEXT(s, link); t; t = TAILQ_NEXT(t, link))
			if (s->number == t->number)
				return cfg_wrong(
					f, t->line,
					"identity %u is assigned to two label sets",
					s->number);
	}
	n = 0;
	TAILQ_FOREACH (m, &c->maps, link) {
		if (++n > IDENTITY_MAPS)
			return cfg_wrong(f, m->line, "expected at most %d lines `map`",
					 IDENTITY_MAPS);
		if (m->tenant[0] && !config_tenant_find(c, m->tenant))
			return cfg_wrong(f, m->line, "map: there is no tenant %s",
					 m->tenant);
	}
	return 0;
}

void config_identity_print(const struct config *c, struct out *o)
{
	const struct cfg_identity *i = &c->identity;

	if (!config_identity_used(c))
		return;
	out_line(o, "identity\n");
	if (i->domain)
		out_line(o, " domain %u\n", i->domain);
	if (i->code != LABELSET_CODE)
		out_line(o, " attribute %u\n", i->code);
	if (i->large)
		out_line(o, " large-community %u\n", i->large);
	if (i->world)
		out_line(o, " unknown world\n");
	if (i->connections)
		out_line(o, " connections %u\n", i->connections);
	print_lists(c, o);
	out_line(o, "exit\n!\n");
}
