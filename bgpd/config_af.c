/*
 * What neighbors and peer-groups have in an address family: the same rows in every
 * family. A setting that was written down has its bit in cfg_nbr_af.set; `no` clears
 * it, so that the group or the default speaks again, except that flags may be switched
 * off against a group.
 */
#include <stddef.h>
#include <string.h>

#include "bgpd/config.h"
#include "bgpd/config_edit.h"
#include "lib/out.h"
#include "lib/util.h"

/* Where these rows are found. */
static const struct {
	int mode;
	unsigned fam;
} modes[] = {
	{ CFG_EVPN, FAM_EVPN },
	{ CFG_RTC, FAM_RTC },
	{ CFG_ILA, FAM_ILA },
	{ CFG_IP6, FAM_IP6 },
};

struct cfg_nbr_af *config_af_of(const struct cmd_args *a, struct cfg_nbr *n)
{
	size_t i = 0;

	while (modes[i].mode != a->mode)
		i++;
	return &n->af[modes[i].fam];
}

/* ---- flags ---- */

static const struct {
	uint32_t bit;
	size_t offset;
	const char *word;
} flags[] = {
	{ AF_ACTIVATE, offsetof(struct cfg_nbr_af, activate), "activate" },
	{ AF_RR_CLIENT, offsetof(struct cfg_nbr_af, rr_client),
	  "route-reflector-client" },
	{ AF_RS_CLIENT, offsetof(struct cfg_nbr_af, rs_client), "route-server-client" },
	{ AF_NO_ADDPATH_RX, offsetof(struct cfg_nbr_af, no_addpath_rx),
	  "disable-addpath-rx" },
	{ AF_ADDPATH_TX_ALL, offsetof(struct cfg_nbr_af, addpath_tx_all),
	  "addpath-tx-all-paths" },
	{ AF_DEFAULT_ORIGINATE, offsetof(struct cfg_nbr_af, default_originate),
	  "default-originate" },
	{ AF_NEXT_HOP_16, offsetof(struct cfg_nbr_af, next_hop_16), "next-hop-16" },
};

static bool *flag_at(struct cfg_nbr_af *af, size_t i)
{
	return (bool *)(void *)((char *)af + flags[i].offset);
}

static bool flag_get(const struct cfg_nbr_af *af, size_t i)
{
	return *(const bool *)(const void *)((const char *)af + flags[i].offset);
}

static int set_flag(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_nbr *n = cfg_nbr_need(a);
	bool on = !cmd_has(a, "no");

	(void)ctx;
	(void)o;
	if (!n)
		return CMD_CONFIG_FAILED;
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		struct cfg_nbr_af *af = config_af_of(a, n);

		if (!cmd_has(a, flags[i].word))
			continue;
		*flag_at(af, i) = on;
		if (on || n->group[0])
			af->set |= flags[i].bit;
		else
			af->set &= ~flags[i].bit;
	}
	return CMD_OK;
}

/* ---- values ---- */

/* The settings of a line with a value; its bit is set or, by `no`, cleared. */
static struct cfg_nbr_af *value_of(const struct cmd_args *a, uint32_t bit)
{
	struct cfg_nbr *n = cfg_nbr_need(a);
	struct cfg_nbr_af *af = n ? config_af_of(a, n) : NULL;

	if (!af)
		return NULL;
	if (cmd_has(a, "no"))
		af->set &= ~bit;
	else
		af->set |= bit;
	return af;
}

static void max_prefix_copy(struct cfg_nbr_af *to, const struct cfg_nbr_af *from)
{
	to->max_prefix = from->max_prefix;
	to->max_prefix_pct = from->max_prefix_pct;
	to->max_prefix_warn_only = from->max_prefix_warn_only;
	to->max_prefix_restart_min = from->max_prefix_restart_min;
	to->max_prefix_force = from->max_prefix_force;
}

static int set_max_prefix(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_nbr_af *af = value_of(a, AF_MAX_PREFIX);

	(void)ctx;
	(void)o;
	if (!af)
		return CMD_CONFIG_FAILED;
	max_prefix_copy(af, &(struct cfg_nbr_af) { 0 });
	if (cmd_has(a, "no"))
		return CMD_OK;
	af->max_prefix = cmd_arg_uint(a, "limit", 0);
	af->max_prefix_pct = (uint8_t)cmd_arg_uint(a, "percent", CFG_MAX_PREFIX_PCT);
	af->max_prefix_warn_only = cmd_has(a, "warning-only");
	af->max_prefix_restart_min = (uint16_t)cmd_arg_uint(a, "minutes", 0);
	af->max_prefix_force = cmd_has(a, "force");
	return CMD_OK;
}

static int set_allowas_in(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_nbr_af *af = value_of(a, AF_ALLOWAS_IN);

	(void)ctx;
	(void)o;
	if (!af)
		return CMD_CONFIG_FAILED;
	af->allowas_in = (uint8_t)(cmd_has(a, "no") ? 0 : cmd_arg_uint(a, "times", 3));
	return CMD_OK;
}

static int set_addpath_rx_limit(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_nbr_af *af = value_of(a, AF_ADDPATH_RX_LIMIT);

	(void)ctx;
	(void)o;
	if (!af)
		return CMD_CONFIG_FAILED;
	af->addpath_rx_limit =
		(uint16_t)(cmd_has(a, "no") ? 0 : cmd_arg_uint(a, "paths", 0));
	return CMD_OK;
}

static int later(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)o;
	return cfg_fail(a, a->v[2].name, "`%s` is not supported by this version",
			a->v[2].value);
}

/* ---- inheritance ---- */

void config_af_resolve(struct cfg_nbr_af *af, const struct cfg_nbr_af *group)
{
	uint32_t take = group ? group->set & ~af->set : 0;

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (take & flags[i].bit)
			*flag_at(af, i) = flag_get(group, i);
	if (take & AF_MAX_PREFIX)
		max_prefix_copy(af, group);
	if (take & AF_ALLOWAS_IN)
		af->allowas_in = group->allowas_in;
	if (take & AF_ADDPATH_RX_LIMIT)
		af->addpath_rx_limit = group->addpath_rx_limit;
	if (take & AF_ORIGIN_CHECK)
		af->origin = group->origin;
	config_labels_resolve(af, group, take);
	af->set |= take;
	if (!(af->set & AF_MAX_PREFIX))
		af->max_prefix_pct = CFG_MAX_PREFIX_PCT;
	if (!(af->set & AF_ADDPATH_RX_LIMIT))
		af->addpath_rx_limit = CFG_ADDPATH_RX_LIMIT;
}

void config_af_ungroup(struct cfg_nbr_af *af)
{
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (!flag_get(af, i))
			af->set &= ~flags[i].bit;
	if (!af->origin.on)
		af->set &= ~(uint32_t)AF_ORIGIN_CHECK;
	config_labels_ungroup(af);
}

/* ---- printing ---- */

static void print_one(const struct cfg_nbr *n, const struct cfg_nbr_af *af,
		      struct out *o)
{
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (af->set & flags[i].bit)
			out_line(o, "  %sneighbor %s %s\n",
				 flag_get(af, i) ? "" : "no ", n->name, flags[i].word);
	if (af->set & AF_ALLOWAS_IN)
		out_line(o, "  neighbor %s allowas-in %u\n", n->name, af->allowas_in);
	if (af->set & AF_ADDPATH_RX_LIMIT)
		out_line(o, "  neighbor %s addpath-rx-paths-limit %u\n", n->name,
			 af->addpath_rx_limit);
	if (af->set & AF_MAX_PREFIX) {
		out_line(o, "  neighbor %s maximum-prefix %u", n->name, af->max_prefix);
		if (af->max_prefix_pct != CFG_MAX_PREFIX_PCT)
			out_line(o, " %u", af->max_prefix_pct);
		if (af->max_prefix_restart_min)
			out_line(o, " restart %u", af->max_prefix_restart_min);
		out_line(o, "%s%s\n", af->max_prefix_warn_only ? " warning-only" : "",
			 af->max_prefix_force ? " force" : "");
	}
	config_origin_print(n, af, o);
	config_labels_print(n, af, o);
}

void config_af_print(const struct config *c, unsigned fam, struct out *o)
{
	const struct cfg_nbr *n;

	TAILQ_FOREACH (n, &c->groups, link)
		print_one(n, &n->af[fam], o);
	TAILQ_FOREACH (n, &c->nbrs, link)
		print_one(n, &n->af[fam], o);
}

/* ---- rows ---- */

#define PEER      "neighbor (IP|WORD)$peer"
#define NO_EFFECT "Read for FRR's sake"
#define MAX_PREFIX                                                                     \
	"(1-4294967295)$limit [(1-100)$percent] "                                      \
	"[warning-only|restart (1-65535)$minutes] [force]"

/* Of any family; config_af_register() makes them those of each. */
static const struct cmd_row rows[] = {
	{ 0, "[no] " PEER " activate", "Exchange routes of this family", set_flag, 0 },
	{ 0, "[no] " PEER " route-reflector-client",
	  "Reflect routes to this neighbor (RFC 4456)", set_flag, 0 },
	{ 0, "[no] " PEER " route-server-client", "Pass routes on unchanged (RFC 7947)",
	  set_flag, 0 },
	CFG_PAIR(0, PEER " maximum-prefix", MAX_PREFIX,
		 "Most routes this neighbor may send", set_max_prefix),
	{ 0, PEER " allowas-in [(1-10)$times]", "Accept our AS in its paths",
	  set_allowas_in, 0 },
	{ 0, "no " PEER " allowas-in [(1-10)$times]", "Refuse our AS in its paths",
	  set_allowas_in, 0 },
	{ 0, "[no] " PEER " disable-addpath-rx",
	  "Do not offer to receive several paths of a route (RFC 7911)", set_flag, 0 },
	{ 0, "[no] " PEER " addpath-tx-all-paths",
	  "Tell this neighbor all paths of a route (RFC 7911)", set_flag, 0 },
	CFG_PAIR(0, PEER " addpath-rx-paths-limit", "(1-65535)$paths",
		 "Most paths of one route this neighbor may send",
		 set_addpath_rx_limit),
	{ 0, "[no] " PEER " soft-reconfiguration inbound", NO_EFFECT, cfg_ignore, 0 },
	{ 0, "[no] " PEER " send-community [(both|all|extended|standard|large)]",
	  NO_EFFECT, cfg_ignore, 0 },
	{ 0, "[no] " PEER " attribute-unchanged [LINE]", NO_EFFECT, cfg_ignore, 0 },
	{ 0, PEER " (route-map|next-hop-self) [LINE]", "Of a later version", later, 0 },
};

/* Of one family. */
static const struct cmd_row own_rows[] = {
	{ CFG_RTC, "[no] " PEER " default-originate",
	  "Ask this neighbor for routes with any route target", set_flag, 0 },
	{ CFG_ILA, "[no] " PEER " next-hop-16",
	  "Take a next hop of 16 octets for a locator: its first 8", set_flag, 0 },
};

void config_af_register(struct cmd_tree *t)
{
	static struct cmd_row of_mode[ARRAY_SIZE(modes)][ARRAY_SIZE(rows)];

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		memcpy(of_mode[i], rows, sizeof(rows));
		for (size_t k = 0; k < ARRAY_SIZE(rows); k++)
			of_mode[i][k].mode = modes[i].mode;
		cmd_register(t, of_mode[i], ARRAY_SIZE(rows), NULL);
	}
	cmd_register(t, own_rows, ARRAY_SIZE(own_rows), NULL);
	config_origin_register(t);
}
