/*
 * Rows about labels of neighbors: whom we believe (`neighbor P labels`), what their
 * endpoints may claim to be (`labels permit`, `tenant permit`), and the lists of that.
 * Each is one setting of a family; what a neighbor has of it replaces what its group
 * has.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/config.h"
#include "bgpd/config_edit.h"
#include "lib/out.h"
#include "lib/util.h"

/* ---- lists ------------------------------------------------------------------- */

struct cfg_label_list *config_label_list_find(const struct config *c, const char *name)
{
	struct cfg_label_list *l;

	TAILQ_FOREACH (l, &c->label_lists, link)
		if (!strcmp(l->name, name))
			return l;
	return NULL;
}

struct cfg_tenant_list *config_tenant_list_find(const struct config *c,
						const char *name)
{
	struct cfg_tenant_list *l;

	TAILQ_FOREACH (l, &c->tenant_lists, link)
		if (!strcmp(l->name, name))
			return l;
	return NULL;
}

static void label_list_free(struct config *c, struct cfg_label_list *l)
{
	TAILQ_REMOVE(&c->label_lists, l, link);
	free(l->permit.rules);
	free(l);
}

static void tenant_list_free(struct config *c, struct cfg_tenant_list *l)
{
	TAILQ_REMOVE(&c->tenant_lists, l, link);
	free(l->permit.rule);
	free(l);
}

void config_lists_free(struct config *c)
{
	while (!TAILQ_EMPTY(&c->label_lists))
		label_list_free(c, TAILQ_FIRST(&c->label_lists));
	while (!TAILQ_EMPTY(&c->tenant_lists))
		tenant_list_free(c, TAILQ_FIRST(&c->tenant_lists));
}

void config_lists_copy(struct config *to, const struct config *from)
{
	const struct cfg_label_list *l;
	const struct cfg_tenant_list *t;

	TAILQ_INIT(&to->label_lists);
	TAILQ_INIT(&to->tenant_lists);
	TAILQ_FOREACH (l, &from->label_lists, link) {
		struct cfg_label_list *n = xmemdup(l, sizeof(*l));

		n->permit.rules = xmemdup(l->permit.rules, l->permit.len);
		TAILQ_INSERT_TAIL(&to->label_lists, n, link);
	}
	TAILQ_FOREACH (t, &from->tenant_lists, link) {
		struct cfg_tenant_list *n = xmemdup(t, sizeof(*t));

		n->permit.rule =
			xmemdup(t->permit.rule, t->permit.n * sizeof(*t->permit.rule));
		TAILQ_INSERT_TAIL(&to->tenant_lists, n, link);
	}
}

/* Names of lists are short enough to be put down with a neighbor. */
static int name_check(const struct cmd_args *a)
{
	if (strlen(cmd_arg(a, "list")) >= CFG_LIST_NAME)
		return cfg_fail(a, "list", "too long, expected at most %u characters",
				CFG_LIST_NAME - 1);
	return CMD_OK;
}

static int rule_added(const struct cmd_args *a, const char *arg, int rc)
{
	return rc ? cfg_fail(a, arg, "expected at most %u rules in a list",
			     PERMIT_RULES)
		  : CMD_OK;
}

static struct cfg_label_list *label_list_get(struct cfg_edit *e, const char *name)
{
	struct cfg_label_list *l = config_label_list_find(e->c, name);

	if (l)
		return l;
	l = xcalloc(1, sizeof(*l));
	str_copy(l->name, sizeof(l->name), name);
	TAILQ_INSERT_TAIL(&e->c->label_lists, l, link);
	return l;
}

static int set_label_list(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_edit *e = cfg_edit_of(a);
	const char *name = cmd_arg(a, "list");
	struct cfg_label_list *l = config_label_list_find(e->c, name);
	struct labels rule;
	enum label_fault f;

	(void)ctx;
	(void)o;
	if (name_check(a))
		return CMD_CONFIG_FAILED;
	f = label_rule_parse(cmd_arg(a, "labels"), &rule);
	if (f)
		return cfg_fail(a, "labels", "%s", label_fault_text(f));
	if (!cmd_has(a, "no"))
		return rule_added(a, "labels",
				  label_permit_add(&label_list_get(e, name)->permit,
						   labels_bytes(&rule)));
	if (!l || label_permit_del(&l->permit, labels_bytes(&rule)))
		return cfg_fail(a, "labels", "there is no such rule");
	if (!l->permit.n)
		label_list_free(e->c, l);
	return CMD_OK;
}

static int remove_label_list(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct config *c = cfg_edit_of(a)->c;
	struct cfg_label_list *l = config_label_list_find(c, cmd_arg(a, "list"));

	(void)ctx;
	(void)o;
	if (!l)
		return cfg_fail(a, "list", "there is no such list");
	label_list_free(c, l);
	return CMD_OK;
}

static struct cfg_tenant_list *tenant_list_get(struct cfg_edit *e, const char *name)
{
	struct cfg_tenant_list *l = config_tenant_list_find(e->c, name);

	if (l)
		return l;
	l = xcalloc(1, sizeof(*l));
	str_copy(l->name, sizeof(l->name), name);
	TAILQ_INSERT_TAIL(&e->c->tenant_lists, l, link);
	return l;
}

static int set_tenant_list(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_edit *e = cfg_edit_of(a);
	const char *name = cmd_arg(a, "list"), *rt = cmd_arg(a, "rt");
	struct cfg_tenant_list *l = config_tenant_list_find(e->c, name);
	struct tenant_rule r = { .is_rt = rt != NULL };

	(void)ctx;
	(void)o;
	if (name_check(a))
		return CMD_CONFIG_FAILED;
	if (rt) {
		rt_parse(rt, &r.rt); /* by the grammar it is one */
	} else {
		r.first = cmd_arg_uint(a, "first", 0);
		r.last = cmd_arg_uint(a, "last", r.first);
	}
	if (r.last < r.first)
		return cfg_fail(a, "last", "expected at least %u", r.first);
	if (!cmd_has(a, "no"))
		return rule_added(
			a, NULL,
			tenant_permit_add(&tenant_list_get(e, name)->permit, &r));
	if (!l || tenant_permit_del(&l->permit, &r))
		return cfg_fail(a, NULL, "there is no such rule");
	if (!l->permit.n)
		tenant_list_free(e->c, l);
	return CMD_OK;
}

static int remove_tenant_list(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct config *c = cfg_edit_of(a)->c;
	struct cfg_tenant_list *l = config_tenant_list_find(c, cmd_arg(a, "list"));

	(void)ctx;
	(void)o;
	if (!l)
		return cfg_fail(a, "list", "there is no such list");
	tenant_list_free(c, l);
	return CMD_OK;
}

void config_lists_print(const struct config *c, struct out *o)
{
	const struct cfg_label_list *l;
	const struct cfg_tenant_list *t;
	char text[LABELS_STR], rt[ADDR_STR];
	struct bytes rule;

	TAILQ_FOREACH (l, &c->label_lists, link)
		for (uint32_t at = 0; label_permit_next(&l->permit, &at, &rule);)
			out_line(o, "label-list %s permit %s\n", l->name,
				 labels_format(rule, text, sizeof(text)));
	TAILQ_FOREACH (t, &c->tenant_lists, link)
		for (unsigned i = 0; i < t->permit.n; i++) {
			const struct tenant_rule *r = &t->permit.rule[i];

			if (r->is_rt)
				out_line(o, "tenant-list %s permit rt %s\n", t->name,
					 rt_format(&r->rt, rt));
			else if (r->first == r->last)
				out_line(o, "tenant-list %s permit vni %u\n", t->name,
					 r->first);
			else
				out_line(o, "tenant-list %s permit vni %u to %u\n",
					 t->name, r->first, r->last);
		}
	if (!TAILQ_EMPTY(&c->label_lists) || !TAILQ_EMPTY(&c->tenant_lists))
		out_line(o, "!\n");
}

/* ---- neighbors --------------------------------------------------------------- */

static const char *const trust_names[] = {
	[CFG_LABELS_ACCEPT] = "accept",
	[CFG_LABELS_PASS] = "pass",
	[CFG_LABELS_STRIP] = "strip",
};

const char *cfg_labels_name(enum cfg_labels l)
{
	return trust_names[l];
}

static struct cfg_nbr_af *af_need(const struct cmd_args *a)
{
	struct cfg_nbr *n = cfg_nbr_need(a);

	return n ? config_af_of(a, n) : NULL;
}

static int set_labels(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_nbr_af *af = af_need(a);

	(void)ctx;
	(void)o;
	if (!af)
		return CMD_CONFIG_FAILED;
	af->labels = CFG_LABELS_DEFAULT;
	af->set &= ~(uint32_t)AF_LABELS;
	if (cmd_has(a, "no"))
		return CMD_OK;
	af->set |= AF_LABELS;
	for (size_t i = CFG_LABELS_ACCEPT; i < ARRAY_SIZE(trust_names); i++)
		if (cmd_has(a, trust_names[i]))
			af->labels = (uint8_t)i;
	return CMD_OK;
}

static int set_permit(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_nbr_af *af = af_need(a);
	bool labels = cmd_has(a, "labels");
	uint32_t bit = labels ? AF_LABELS_PERMIT : AF_TENANT_PERMIT;
	char *name;

	(void)ctx;
	(void)o;
	if (!af)
		return CMD_CONFIG_FAILED;
	name = labels ? af->label_list : af->tenant_list;
	memset(name, 0, CFG_LIST_NAME);
	if (!cmd_has(a, "no")) {
		af->set |= bit;
		return cfg_string(a, "list", name, CFG_LIST_NAME);
	}
	if (cfg_nbr_need(a)->group[0]) /* off against the group */
		af->set |= bit;
	else
		af->set &= ~bit;
	return CMD_OK;
}

static void print_permit(const struct cfg_nbr *n, const char *what, const char *list,
			 struct out *o)
{
	if (list[0])
		out_line(o, "  neighbor %s %s permit %s\n", n->name, what, list);
	else
		out_line(o, "  no neighbor %s %s permit\n", n->name, what);
}

void config_labels_print(const struct cfg_nbr *n, const struct cfg_nbr_af *af,
			 struct out *o)
{
	if (af->set & AF_LABELS)
		out_line(o, "  neighbor %s labels %s\n", n->name,
			 trust_names[af->labels]);
	if (af->set & AF_LABELS_PERMIT)
		print_permit(n, "labels", af->label_list, o);
	if (af->set & AF_TENANT_PERMIT)
		print_permit(n, "tenant", af->tenant_list, o);
}

void config_labels_resolve(struct cfg_nbr_af *af, const struct cfg_nbr_af *group,
			   uint32_t take)
{
	if (take & AF_LABELS)
		af->labels = group->labels;
	if (take & AF_LABELS_PERMIT)
		memcpy(af->label_list, group->label_list, sizeof(af->label_list));
	if (take & AF_TENANT_PERMIT)
		memcpy(af->tenant_list, group->tenant_list, sizeof(af->tenant_list));
}

void config_labels_ungroup(struct cfg_nbr_af *af)
{
	if (!af->label_list[0])
		af->set &= ~(uint32_t)AF_LABELS_PERMIT;
	if (!af->tenant_list[0])
		af->set &= ~(uint32_t)AF_TENANT_PERMIT;
}

static int check_nbr(const struct config *c, const struct cfg_nbr *n,
		     struct cfg_fault *f)
{
	for (unsigned i = 0; i < FAMS; i++) {
		const struct cfg_nbr_af *af = &n->af[i];

		if (af->label_list[0] && !config_label_list_find(c, af->label_list))
			return cfg_wrong(f, n->line,
					 "neighbor %s: there is no label-list %s",
					 n->name, af->label_list);
		if (af->tenant_list[0] && !config_tenant_list_find(c, af->tenant_list))
			return cfg_wrong(f, n->line,
					 "neighbor %s: there is no tenant-list %s",
					 n->name, af->tenant_list);
	}
	return 0;
}

int config_labels_check(const struct config *c, struct cfg_fault *f)
{
	const struct cfg_nbr *n;

	TAILQ_FOREACH (n, &c->groups, link)
		if (check_nbr(c, n, f))
			return -EINVAL;
	TAILQ_FOREACH (n, &c->nbrs, link)
		if (check_nbr(c, n, f))
			return -EINVAL;
	return 0;
}

/* ---- rows -------------------------------------------------------------------- */

#define PEER   "neighbor (IP|WORD)$peer"
#define TRUST  "Labels of its routes: believe them, pass them on, or take them off"
#define LABELS "Refuse routes that claim labels which are not in this list"
#define TENANT "Refuse routes into tenants which are not in this list"
#define VNIS   "vni (1-268435455)$first [to (1-268435455)$last]"

/* Of the families whose routes are endpoints. */
#define OF_FAMILY(mode)                                                                \
	CFG_PAIR(mode, PEER " labels", "(accept|pass|strip)", TRUST, set_labels),      \
		CFG_PAIR(mode, PEER " labels permit", "WORD$list", LABELS,             \
			 set_permit),                                                  \
		CFG_PAIR(mode, PEER " tenant permit", "WORD$list", TENANT, set_permit)

static const struct cmd_row rows[] = {
	{ CFG_TOP, "[no] label-list WORD$list permit WORD$labels",
	  "Labels that endpoints of a host may have: key=value,key=*", set_label_list,
	  0 },
	{ CFG_TOP, "no label-list WORD$list", "A list of labels", remove_label_list,
	  0 },
	{ CFG_TOP, "[no] tenant-list WORD$list permit rt RT",
	  "A route target that routes of a host may have", set_tenant_list, 0 },
	{ CFG_TOP, "[no] tenant-list WORD$list permit " VNIS,
	  "VNIs, or VNIDs of ILA, that endpoints of a host may be in", set_tenant_list,
	  0 },
	{ CFG_TOP, "no tenant-list WORD$list", "A list of tenants", remove_tenant_list,
	  0 },
	OF_FAMILY(CFG_EVPN),
	OF_FAMILY(CFG_ILA),
	OF_FAMILY(CFG_IP6),
};

const struct cmd_rows config_labels_rows = { rows, ARRAY_SIZE(rows) };
