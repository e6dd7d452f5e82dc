/*
 * Rows of neighbors and peer-groups in `router bgp`; their families: config_af.c. A
 * setting that was written down has its bit in cfg_nbr.set; `no` clears it, so that the
 * group or the default speaks again, except that flags may be switched off against a
 * group.
 */
#include <stdlib.h>

#include "bgpd/config.h"
#include "bgpd/config_edit.h"
#include "lib/util.h"
#include "wire/role.h"

#define PEER  "neighbor (IP|WORD)$peer"
#define ROLES "(provider|rs-server|rs-client|customer|peer)$role"

static struct cfg_nbr *nbr_find(const struct cmd_args *a)
{
	const struct config *c = cfg_edit_of(a)->c;
	struct ip ip;

	if (cmd_arg_ip(a, "peer", &ip))
		return config_nbr_find(c, &ip);
	return config_group_find(c, cmd_arg(a, "peer"));
}

/* The neighbor of this line, which must exist; else the complaint is made. */
struct cfg_nbr *cfg_nbr_need(const struct cmd_args *a)
{
	struct cfg_nbr *n = nbr_find(a);
	const char *peer = cmd_arg(a, "peer");
	struct ip ip;

	if (!n && !ip_parse(peer, &ip))
		cfg_fail(a, "peer",
			 "there is no neighbor %s, expected `neighbor %s remote-as` or "
			 "`peer-group` first",
			 peer, peer);
	else if (!n)
		cfg_fail(a, "peer",
			 "there is no peer-group %s, expected `neighbor %s peer-group` "
			 "first",
			 peer, peer);
	return n;
}

static struct cfg_nbr *nbr_new(struct cfg_edit *e, const char *name)
{
	struct cfg_nbr *n = xcalloc(1, sizeof(*n));

	n->line = e->line;
	str_copy(n->name, sizeof(n->name), name);
	return n;
}

/* A neighbor by address, made when it is new; NULL with the complaint made. */
static struct cfg_nbr *nbr_make(const struct cmd_args *a)
{
	struct cfg_edit *e = cfg_edit_of(a);
	struct cfg_nbr *n = nbr_find(a);
	char name[ADDR_STR];
	struct ip ip;

	if (n || !cmd_arg_ip(a, "peer", &ip))
		return n ? n : cfg_nbr_need(a);
	if (ip_is_zero(&ip) || ip_is_multicast(&ip)) {
		cfg_fail(a, "peer", "expected a unicast address");
		return NULL;
	}
	n = nbr_new(e, ip_format(&ip, name));
	n->addr = ip;
	TAILQ_INSERT_TAIL(&e->c->nbrs, n, link);
	return n;
}

static void nbr_remove(struct config *c, struct cfg_nbr *n)
{
	if (ip_is_none(&n->addr))
		TAILQ_REMOVE(&c->groups, n, link);
	else
		TAILQ_REMOVE(&c->nbrs, n, link);
	free(n);
}

static void group_remove(struct config *c, struct cfg_nbr *g)
{
	struct cfg_nbr *n = TAILQ_FIRST(&c->nbrs), *next;
	struct cfg_range *r = TAILQ_FIRST(&c->ranges), *next_range;

	/* As FRR: its members and ranges go with it. */
	for (; n; n = next) {
		next = TAILQ_NEXT(n, link);
		if (!strcmp(n->group, g->name))
			nbr_remove(c, n);
	}
	for (; r; r = next_range) {
		next_range = TAILQ_NEXT(r, link);
		if (strcmp(r->group, g->name) != 0)
			continue;
		TAILQ_REMOVE(&c->ranges, r, link);
		free(r);
	}
	nbr_remove(c, g);
}

static int remove_peer(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_nbr *n = cfg_nbr_need(a);

	(void)ctx;
	(void)o;
	if (!n)
		return CMD_CONFIG_FAILED;
	if (ip_is_none(&n->addr))
		group_remove(cfg_edit_of(a)->c, n);
	else
		nbr_remove(cfg_edit_of(a)->c, n);
	return CMD_OK;
}

static int set_remote_as(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_nbr *n = nbr_make(a);

	(void)ctx;
	(void)o;
	if (!n)
		return CMD_CONFIG_FAILED;
	n->set |= NBR_REMOTE_AS;
	n->remote_as = cmd_arg_uint(a, "asn", 0);
	n->as_kind = cmd_has(a, "internal")   ? CFG_AS_INTERNAL
		     : cmd_has(a, "external") ? CFG_AS_EXTERNAL
					      : CFG_AS_NUMBER;
	return CMD_OK;
}

static int unset_remote_as(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_nbr *n = cfg_nbr_need(a);

	(void)ctx;
	(void)o;
	if (!n)
		return CMD_CONFIG_FAILED;
	n->set &= ~(uint32_t)NBR_REMOTE_AS;
	n->remote_as = 0;
	n->as_kind = CFG_AS_NUMBER;
	if (!ip_is_none(&n->addr) && !n->group[0])
		nbr_remove(cfg_edit_of(a)->c, n);
	return CMD_OK;
}

static int make_group(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_edit *e = cfg_edit_of(a);
	const char *name = cmd_arg(a, "peer");
	struct cfg_nbr *g = config_group_find(e->c, name);

	(void)ctx;
	(void)o;
	if (strlen(name) >= sizeof(g->name))
		return cfg_fail(a, "peer", "too long, expected at most %zu characters",
				sizeof(g->name) - 1);
	if (!g) {
		g = nbr_new(e, name);
		TAILQ_INSERT_TAIL(&e->c->groups, g, link);
	}
	return CMD_OK;
}

static int join_group(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_nbr *n = nbr_make(a);

	(void)ctx;
	(void)o;
	return n ? cfg_string(a, "group", n->group, sizeof(n->group))
		 : CMD_CONFIG_FAILED;
}

/* Flags that were off against the group mean nothing without it. */
static void flags_normalise(struct cfg_nbr *n)
{
	n->set &=
		~((n->passive ? 0u : NBR_PASSIVE) | (n->shutdown ? 0u : NBR_SHUTDOWN));
	for (unsigned i = 0; i < FAMS; i++)
		config_af_ungroup(&n->af[i]);
}

static int leave_group(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_nbr *n = cfg_nbr_need(a);

	(void)ctx;
	(void)o;
	if (!n)
		return CMD_CONFIG_FAILED;
	if (strcmp(n->group, cmd_arg(a, "group")) != 0)
		return cfg_fail(a, "group", "neighbor %s is not in this peer-group",
				n->name);
	n->group[0] = '\0';
	flags_normalise(n);
	if (!(n->set & NBR_REMOTE_AS))
		nbr_remove(cfg_edit_of(a)->c, n);
	return CMD_OK;
}

/* ---- flags ---- */

static int set_flag(const struct cmd_args *a, uint32_t bit, size_t offset)
{
	struct cfg_nbr *n = cfg_nbr_need(a);
	bool on = !cmd_has(a, "no");

	if (!n)
		return CMD_CONFIG_FAILED;
	*(bool *)(void *)((char *)n + offset) = on;
	if (on || n->group[0])
		n->set |= bit;
	else
		n->set &= ~bit;
	return CMD_OK;
}

#define FLAG_SETTER(name, bit, field)                                                  \
	static int name(void *ctx, const struct cmd_args *a, struct out *o)            \
	{                                                                              \
		(void)ctx;                                                             \
		(void)o;                                                               \
		return set_flag(a, bit, offsetof(struct cfg_nbr, field));              \
	}

FLAG_SETTER(set_passive, NBR_PASSIVE, passive)

static int set_shutdown(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_nbr *n = cfg_nbr_need(a);
	int status;

	(void)ctx;
	(void)o;
	if (!n)
		return CMD_CONFIG_FAILED;
	status = set_flag(a, NBR_SHUTDOWN, offsetof(struct cfg_nbr, shutdown));
	n->shutdown_msg[0] = '\0';
	if (!status && n->shutdown && cmd_has(a, "line"))
		status =
			cfg_string(a, "line", n->shutdown_msg, sizeof(n->shutdown_msg));
	return status;
}

/* ---- values ---- */

/* The neighbor of a line with a value; its bit is set or, by `no`, cleared. */
static struct cfg_nbr *value_of(const struct cmd_args *a, uint32_t bit)
{
	struct cfg_nbr *n = cfg_nbr_need(a);

	if (!n)
		return NULL;
	if (cmd_has(a, "no"))
		n->set &= ~bit;
	else
		n->set |= bit;
	return n;
}

static int set_password(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_nbr *n = value_of(a, NBR_PASSWORD);

	(void)ctx;
	(void)o;
	if (!n)
		return CMD_CONFIG_FAILED;
	memset(n->password, 0, sizeof(n->password));
	return cmd_has(a, "no")
		       ? CMD_OK
		       : cfg_string(a, "line", n->password, sizeof(n->password));
}

static int set_desc(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_nbr *n = value_of(a, NBR_DESC);

	(void)ctx;
	(void)o;
	if (!n)
		return CMD_CONFIG_FAILED;
	memset(n->desc, 0, sizeof(n->desc));
	return cmd_has(a, "no") ? CMD_OK
				: cfg_string(a, "line", n->desc, sizeof(n->desc));
}

static int set_gtsm(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_nbr *n = value_of(a, NBR_GTSM);

	(void)ctx;
	(void)o;
	if (!n)
		return CMD_CONFIG_FAILED;
	n->gtsm_hops = (uint8_t)(cmd_has(a, "no") ? 0 : cmd_arg_uint(a, "hops", 0));
	return CMD_OK;
}

static int set_multihop(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_nbr *n = value_of(a, NBR_MULTIHOP);

	(void)ctx;
	(void)o;
	if (!n)
		return CMD_CONFIG_FAILED;
	n->multihop = (uint8_t)(cmd_has(a, "no") ? 0 : cmd_arg_uint(a, "ttl", 255));
	return CMD_OK;
}

static int set_role(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_nbr *n = value_of(a, NBR_ROLE);

	(void)ctx;
	(void)o;
	if (!n)
		return CMD_CONFIG_FAILED;
	n->has_role = !cmd_has(a, "no");
	n->role = (uint8_t)(n->has_role ? role_find(cmd_arg(a, "role")) : 0);
	n->role_strict = n->has_role && cmd_has(a, "strict-mode");
	return CMD_OK;
}

static int set_port(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_nbr *n = value_of(a, NBR_PORT);

	(void)ctx;
	(void)o;
	if (!n)
		return CMD_CONFIG_FAILED;
	n->port = (uint16_t)(cmd_has(a, "no") ? 0 : cmd_arg_uint(a, "port", 0));
	return CMD_OK;
}

static int set_max_memory(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_nbr *n = value_of(a, NBR_MAX_MEMORY);

	(void)ctx;
	(void)o;
	if (!n)
		return CMD_CONFIG_FAILED;
	n->max_memory_mb = cmd_has(a, "no") ? 0 : cmd_arg_uint(a, "megabytes", 0);
	return CMD_OK;
}

static int set_source(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_nbr *n = value_of(a, NBR_UPDATE_SOURCE);

	(void)ctx;
	(void)o;
	if (!n)
		return CMD_CONFIG_FAILED;
	memset(&n->source, 0, sizeof(n->source));
	memset(n->source_if, 0, sizeof(n->source_if));
	if (cmd_has(a, "no") || cmd_arg_ip(a, "source", &n->source))
		return CMD_OK;
	return cfg_string(a, "source", n->source_if, sizeof(n->source_if));
}

static int set_interface(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_nbr *n = value_of(a, NBR_INTERFACE);

	(void)ctx;
	(void)o;
	if (!n)
		return CMD_CONFIG_FAILED;
	memset(n->ifname, 0, sizeof(n->ifname));
	return cmd_has(a, "no") ? CMD_OK
				: cfg_string(a, "ifname", n->ifname, sizeof(n->ifname));
}

static int set_timers(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_nbr *n = value_of(a, NBR_TIMERS);
	uint32_t hold = cmd_arg_uint(a, "hold", 0);

	(void)ctx;
	(void)o;
	if (!n)
		return CMD_CONFIG_FAILED;
	if (cmd_has(a, "no"))
		hold = 0;
	if (hold == 1 || hold == 2)
		return cfg_fail(a, "hold", "hold time %u, expected 0 or at least 3",
				hold);
	n->keepalive_s = (uint16_t)cmd_arg_uint(a, "keepalive", 0);
	n->hold_s = (uint16_t)hold;
	return CMD_OK;
}

static int set_connect(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_nbr *n = value_of(a, NBR_CONNECT);

	(void)ctx;
	(void)o;
	if (!n)
		return CMD_CONFIG_FAILED;
	n->connect_s = (uint16_t)(cmd_has(a, "no") ? 0 : cmd_arg_uint(a, "seconds", 0));
	return CMD_OK;
}

static int set_gr(void *ctx, const struct cmd_args *a, struct out *o)
{
	enum cfg_gr mode = cmd_has(a, "graceful-restart")          ? CFG_GR_RESTARTS
			   : cmd_has(a, "graceful-restart-helper") ? CFG_GR_HELPER
								   : CFG_GR_DISABLED;
	struct cfg_nbr *n = cfg_nbr_need(a);

	(void)ctx;
	(void)o;
	if (!n)
		return CMD_CONFIG_FAILED;
	if (!cmd_has(a, "no")) {
		n->set |= NBR_GR;
		n->gr = mode;
	} else if (n->gr == mode) {
		n->set &= ~(uint32_t)NBR_GR;
		n->gr = CFG_GR_HELPER;
	}
	return CMD_OK;
}

static int later(void *ctx, const struct cmd_args *a, struct out *o)
{
	const char *word = a->v[a->n > 2 ? 2 : 0].value;

	(void)ctx;
	(void)o;
	return cfg_fail(a, a->v[a->n > 2 ? 2 : 0].name,
			"`%s` is not supported by this version", word);
}

#define NO_EFFECT "Read for FRR's sake"

static const struct cmd_row rows[] = {
	{ CFG_BGP, PEER " remote-as (ASN|internal|external)", "AS of the neighbor",
	  set_remote_as, 0 },
	{ CFG_BGP, "no " PEER " remote-as [(ASN|internal|external)]",
	  "Remove the neighbor, unless its group has an AS", unset_remote_as, 0 },
	{ CFG_BGP, "no " PEER, "Remove a neighbor or a group", remove_peer, 0 },
	{ CFG_BGP, "neighbor WORD$peer peer-group", "Make a group of neighbors",
	  make_group, 0 },
	{ CFG_BGP, "no neighbor WORD$peer peer-group",
	  "Remove a group and its neighbors", remove_peer, 0 },
	{ CFG_BGP, "neighbor IP$peer peer-group WORD$group", "Put into a group",
	  join_group, 0 },
	{ CFG_BGP, "no neighbor IP$peer peer-group WORD$group", "Take out of a group",
	  leave_group, 0 },
	CFG_PAIR(CFG_BGP, PEER " password", "LINE", "TCP-MD5 secret (RFC 2385)",
		 set_password),
	CFG_PAIR(CFG_BGP, PEER " description", "LINE", "Note for people", set_desc),
	{ CFG_BGP, PEER " shutdown [message LINE]", "Keep the session down",
	  set_shutdown, 0 },
	{ CFG_BGP, "no " PEER " shutdown [message LINE]", "Let the session come up",
	  set_shutdown, 0 },
	{ CFG_BGP, "[no] " PEER " passive", "Wait for the neighbor to connect",
	  set_passive, 0 },
	CFG_PAIR(CFG_BGP, PEER " ttl-security hops", "(1-254)$hops",
		 "Drop packets from further away (RFC 5082)", set_gtsm),
	{ CFG_BGP, PEER " local-role " ROLES " [strict-mode]",
	  "What we are towards it (RFC 9234)", set_role, 0 },
	{ CFG_BGP, "no " PEER " local-role [" ROLES "] [strict-mode]",
	  "What we are towards it (RFC 9234)", set_role, 0 },
	{ CFG_BGP, PEER " ebgp-multihop [(1-255)$ttl]",
	  "An external neighbor that is not on a link", set_multihop, 0 },
	{ CFG_BGP, "no " PEER " ebgp-multihop [(1-255)$ttl]",
	  "An external neighbor that is on a link", set_multihop, 0 },
	CFG_PAIR(CFG_BGP, PEER " port", "(1-65535)$port", "TCP port of the neighbor",
		 set_port),
	CFG_PAIR(CFG_BGP, PEER " maximum-memory", "(0-1048576)$megabytes",
		 "Most memory that its routes may take, 0 for no limit",
		 set_max_memory),
	CFG_PAIR(CFG_BGP, "neighbor IP$peer interface", "IFNAME",
		 "Where its link-local address is", set_interface),
	CFG_PAIR(CFG_BGP, PEER " update-source", "(IP|IFNAME)$source",
		 "Our address of the session", set_source),
	{ CFG_BGP, PEER " timers (0-65535)$keepalive (0-65535)$hold",
	  "Keepalive interval and hold time, seconds", set_timers, 0 },
	{ CFG_BGP, "no " PEER " timers [(0-65535)$keepalive (0-65535)$hold]",
	  "Keepalive interval and hold time, seconds", set_timers, 0 },
	CFG_PAIR(CFG_BGP, PEER " timers connect", "(1-65535)$seconds",
		 "Time between attempts to connect", set_connect),
	{ CFG_BGP, "[no] " PEER " capability (extended-nexthop|dynamic)", NO_EFFECT,
	  cfg_ignore, 0 },
	{ CFG_BGP, "[no] " PEER " advertisement-interval [LINE]", NO_EFFECT, cfg_ignore,
	  0 },
	{ CFG_BGP,
	  "[no] " PEER
	  " (graceful-restart|graceful-restart-helper|graceful-restart-disable)",
	  "Keep routes over restarts: both, the neighbor's only, none", set_gr, 0 },
	{ CFG_BGP, "[no] " PEER " (disable-connected-check|enforce-first-as)",
	  NO_EFFECT, cfg_ignore, 0 },
	{ CFG_BGP, PEER " (interface|local-as|bfd) [LINE]", "Of a later version", later,
	  0 },
};

const struct cmd_rows config_nbr_rows = { rows, ARRAY_SIZE(rows) };
