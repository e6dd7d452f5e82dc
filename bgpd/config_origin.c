/*
 * Rows of `neighbor P origin-check`: the addresses and locators that a host may name as
 * its own. Any of these lines switches the check on. It is one setting of a family:
 * what a neighbor has of it replaces what its group has.
 */
#include "bgpd/config.h"
#include "bgpd/config_edit.h"
#include "lib/ila.h"
#include "lib/out.h"
#include "lib/util.h"

static struct cfg_nbr_af *af_need(const struct cmd_args *a)
{
	struct cfg_nbr *n = cfg_nbr_need(a);

	return n ? config_af_of(a, n) : NULL;
}

static void switch_on(struct cfg_nbr_af *af)
{
	af->set |= AF_ORIGIN_CHECK;
	af->origin.on = true;
}

static int set_check(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_nbr_af *af = af_need(a);

	(void)ctx;
	(void)o;
	if (!af)
		return CMD_CONFIG_FAILED;
	if (!cmd_has(a, "no")) {
		switch_on(af);
		return CMD_OK;
	}
	af->origin = (struct claim_rule) { 0 };
	if (cfg_nbr_need(a)->group[0]) /* off against the group */
		af->set |= AF_ORIGIN_CHECK;
	else
		af->set &= ~(uint32_t)AF_ORIGIN_CHECK;
	return CMD_OK;
}

static int set_rd(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_nbr_af *af = af_need(a);

	(void)ctx;
	(void)o;
	if (!af)
		return CMD_CONFIG_FAILED;
	af->origin.rd_as = !cmd_has(a, "no");
	if (af->origin.rd_as)
		switch_on(af);
	return CMD_OK;
}

/* The prefixes of one word; what they are called in its messages. */
struct list {
	const char *arg;
	const char *what;
	struct prefix *p;
	uint8_t *n;
	unsigned room;
};

static unsigned list_find(const struct list *l, const struct prefix *p)
{
	unsigned i = 0;

	while (i < *l->n && (l->p[i].bits != p->bits || !ip_eq(&l->p[i].ip, &p->ip)))
		i++;
	return i;
}

static int list_add(struct cfg_nbr_af *af, const struct cmd_args *a,
		    const struct list *l, const struct prefix *p)
{
	if (list_find(l, p) == *l->n) {
		if (*l->n == l->room)
			return cfg_fail(a, l->arg, "expected at most %u prefixes",
					l->room);
		l->p[(*l->n)++] = *p;
	}
	switch_on(af);
	return CMD_OK;
}

static int list_del(const struct cmd_args *a, const struct list *l,
		    const struct prefix *p)
{
	unsigned i = list_find(l, p);

	if (i == *l->n)
		return cfg_fail(a, l->arg, "is not a %s of %s", l->what,
				cmd_arg(a, "peer"));
	--*l->n;
	for (; i < *l->n; i++)
		l->p[i] = l->p[i + 1];
	l->p[i] = (struct prefix) { 0 };
	return CMD_OK;
}

/* A single address is a prefix of all its bits. */
static struct prefix prefix_arg(const struct cmd_args *a, const char *name)
{
	struct prefix p = { 0 };

	if (cmd_arg_ip(a, name, &p.ip))
		p.bits = (uint8_t)(p.ip.len * 8);
	else
		prefix_parse(cmd_arg(a, name), &p); /* by the grammar it is one */
	return p;
}

static int set_vtep(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_nbr_af *af = af_need(a);
	struct prefix p = prefix_arg(a, "vtep");
	struct list l;

	(void)ctx;
	(void)o;
	if (!af)
		return CMD_CONFIG_FAILED;
	l = (struct list) { "vtep", a->mode == CFG_EVPN ? "VTEP" : "next hop",
			    af->origin.vteps, &af->origin.n_vteps, CLAIM_VTEPS };
	return cmd_has(a, "no") ? list_del(a, &l, &p) : list_add(af, a, &l, &p);
}

static int set_locator(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_nbr_af *af = af_need(a);
	struct prefix p = prefix_arg(a, "locator");
	struct list l;

	(void)ctx;
	(void)o;
	if (!af)
		return CMD_CONFIG_FAILED;
	if (p.ip.len != sizeof(struct ila_addr) || p.bits > 8 * sizeof(struct ila64))
		return cfg_fail(a, "locator",
				"expected an IPv6 prefix of at most 64 bits");
	l = (struct list) { "locator", "locator", af->origin.locators,
			    &af->origin.n_locators, CLAIM_LOCATORS };
	return cmd_has(a, "no") ? list_del(a, &l, &p) : list_add(af, a, &l, &p);
}

static void print_list(const struct cfg_nbr *n, const char *word,
		       const struct prefix *p, unsigned count, struct out *o)
{
	char buf[ADDR_STR];

	for (unsigned i = 0; i < count; i++)
		out_line(o, "  neighbor %s origin-check %s %s\n", n->name, word,
			 prefix_format(&p[i], buf));
}

void config_origin_print(const struct cfg_nbr *n, const struct cfg_nbr_af *af,
			 struct out *o)
{
	const struct claim_rule *r = &af->origin;

	if (!(af->set & AF_ORIGIN_CHECK))
		return;
	out_line(o, "  %sneighbor %s origin-check\n", r->on ? "" : "no ", n->name);
	if (r->rd_as)
		out_line(o, "  neighbor %s origin-check rd as-number\n", n->name);
	print_list(n, af == &n->af[FAM_EVPN] ? "vtep" : "next-hop", r->vteps,
		   r->n_vteps, o);
	print_list(n, "locator", r->locators, r->n_locators, o);
}

#define CHECK    "[no] neighbor (IP|WORD)$peer origin-check"
#define REFUSE   "Refuse routes that claim to come from another host"
#define LOCATORS "Prefixes of its locators, where its ILA mappings may lead"

static const struct cmd_row rows[] = {
	{ CFG_EVPN, CHECK, REFUSE, set_check, 0 },
	{ CFG_EVPN, CHECK " rd as-number",
	  "Pass RDs of types 0 and 2, which name no host", set_rd, 0 },
	{ CFG_EVPN, CHECK " vtep (IP|PREFIX)$vtep",
	  "Addresses that are its own beside that of the session", set_vtep, 0 },
	{ CFG_ILA, CHECK, REFUSE, set_check, 0 },
	{ CFG_ILA, CHECK " locator PREFIX$locator", LOCATORS, set_locator, 0 },
	{ CFG_IP6, CHECK, REFUSE, set_check, 0 },
	{ CFG_IP6, CHECK " locator PREFIX$locator", LOCATORS, set_locator, 0 },
	{ CFG_IP6, CHECK " next-hop (IP|PREFIX)$vtep",
	  "Next hops that are its own beside the address of the session", set_vtep, 0 },
};

void config_origin_register(struct cmd_tree *t)
{
	cmd_register(t, rows, ARRAY_SIZE(rows), NULL);
}
