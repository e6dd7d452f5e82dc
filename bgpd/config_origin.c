/*
 * Rows of `neighbor P origin-check`: the addresses that a host may name as its own.
 * Any of these lines switches the check on. It is one setting: what a neighbor has
 * of it replaces what its group has.
 */
#include "bgpd/config.h"
#include "bgpd/config_edit.h"
#include "lib/out.h"
#include "lib/util.h"

/* Of EVPN alone: routes of the other families name no origin. */
static struct cfg_nbr_af *af_need(const struct cmd_args *a)
{
	struct cfg_nbr *n = cfg_nbr_need(a);

	return n ? &n->af[FAM_EVPN] : NULL;
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

static unsigned vtep_find(const struct claim_rule *r, const struct prefix *p)
{
	unsigned i = 0;

	while (i < r->n_vteps &&
	       (r->vteps[i].bits != p->bits || !ip_eq(&r->vteps[i].ip, &p->ip)))
		i++;
	return i;
}

/* A single address is a prefix of all its bits. */
static struct prefix vtep_arg(const struct cmd_args *a)
{
	struct prefix p = { 0 };

	if (cmd_arg_ip(a, "vtep", &p.ip))
		p.bits = (uint8_t)(p.ip.len * 8);
	else
		prefix_parse(cmd_arg(a, "vtep"), &p); /* by the grammar it is one */
	return p;
}

static int vtep_add(struct cfg_nbr_af *af, const struct cmd_args *a,
		    const struct prefix *p)
{
	struct claim_rule *r = &af->origin;

	if (vtep_find(r, p) == r->n_vteps) {
		if (r->n_vteps == CLAIM_VTEPS)
			return cfg_fail(a, "vtep", "expected at most %u prefixes",
					CLAIM_VTEPS);
		r->vteps[r->n_vteps++] = *p;
	}
	switch_on(af);
	return CMD_OK;
}

static int vtep_del(struct cfg_nbr_af *af, const struct cmd_args *a,
		    const struct prefix *p)
{
	struct claim_rule *r = &af->origin;
	unsigned i = vtep_find(r, p);

	if (i == r->n_vteps)
		return cfg_fail(a, "vtep", "is not a VTEP of %s", cmd_arg(a, "peer"));
	r->n_vteps--;
	for (; i < r->n_vteps; i++)
		r->vteps[i] = r->vteps[i + 1];
	return CMD_OK;
}

static int set_vtep(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_nbr_af *af = af_need(a);
	struct prefix p = vtep_arg(a);

	(void)ctx;
	(void)o;
	if (!af)
		return CMD_CONFIG_FAILED;
	return cmd_has(a, "no") ? vtep_del(af, a, &p) : vtep_add(af, a, &p);
}

void config_origin_print(const struct cfg_nbr *n, const struct cfg_nbr_af *af,
			 struct out *o)
{
	const struct claim_rule *r = &af->origin;
	char buf[ADDR_STR];

	if (!(af->set & AF_ORIGIN_CHECK))
		return;
	out_line(o, "  %sneighbor %s origin-check\n", r->on ? "" : "no ", n->name);
	if (r->rd_as)
		out_line(o, "  neighbor %s origin-check rd as-number\n", n->name);
	for (unsigned i = 0; i < r->n_vteps; i++)
		out_line(o, "  neighbor %s origin-check vtep %s\n", n->name,
			 prefix_format(&r->vteps[i], buf));
}

#define CHECK "neighbor (IP|WORD)$peer origin-check"

static const struct cmd_row rows[] = {
	{ CFG_EVPN, "[no] " CHECK, "Refuse routes that claim to come from another host",
	  set_check, 0 },
	{ CFG_EVPN, "[no] " CHECK " rd as-number",
	  "Pass RDs of types 0 and 2, which name no host", set_rd, 0 },
	{ CFG_EVPN, "[no] " CHECK " vtep (IP|PREFIX)$vtep",
	  "Addresses that are its own beside that of the session", set_vtep, 0 },
};

void config_origin_register(struct cmd_tree *t)
{
	cmd_register(t, rows, ARRAY_SIZE(rows), NULL);
}
