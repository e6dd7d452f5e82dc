/*
 * Rows of `address-family l2vpn evpn` that concern tenants' networks: FRR's words.
 */
#include <stdlib.h>

#include "bgpd/config.h"
#include "bgpd/config_edit.h"
#include "lib/util.h"

static int leave_af(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)o;
	cfg_edit_of(a)->pos->mode = CFG_BGP;
	return CMD_OK;
}

static int leave_vni(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)o;
	cfg_edit_of(a)->pos->mode = CFG_EVPN;
	return CMD_OK;
}

static int set_advertise_all(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)o;
	cfg_edit_of(a)->c->advertise_all_vni = !cmd_has(a, "no");
	return CMD_OK;
}

static int set_autort(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)o;
	cfg_edit_of(a)->c->autort_rfc8365 = !cmd_has(a, "no");
	return CMD_OK;
}

static int set_unknown_types(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)o;
	cfg_edit_of(a)->c->unknown_types_discard = cmd_has(a, "discard");
	return CMD_OK;
}

static int set_malformed(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)o;
	cfg_edit_of(a)->c->malformed_nlri = cmd_has(a, "reset")            ? 2
					    : cmd_has(a, "disable-family") ? 1
									   : 0;
	return CMD_OK;
}

static int set_dad(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct config *c = cfg_edit_of(a)->c;
	bool no = cmd_has(a, "no");

	(void)ctx;
	(void)o;
	if (cmd_has(a, "freeze")) {
		c->dad_freeze_s = no ? 0 : cmd_arg_uint(a, "seconds", UINT32_MAX);
	} else if (cmd_has(a, "max-moves")) {
		c->dad_moves =
			(uint16_t)(no ? CFG_DAD_MOVES : cmd_arg_uint(a, "moves", 0));
		c->dad_time_s =
			(uint16_t)(no ? CFG_DAD_TIME : cmd_arg_uint(a, "within", 0));
	} else {
		c->dad_off = no;
	}
	return CMD_OK;
}

static int enter_vni(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_edit *e = cfg_edit_of(a);
	uint32_t vni = cmd_arg_uint(a, "vni", 0);
	struct cfg_vni *v = config_vni_find(e->c, vni);

	(void)ctx;
	(void)o;
	if (!v) {
		v = xcalloc(1, sizeof(*v));
		v->vni = vni;
		TAILQ_INSERT_TAIL(&e->c->vnis, v, link);
	}
	e->pos->mode = CFG_VNI;
	e->pos->vni = vni;
	return CMD_OK;
}

static int remove_vni(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct config *c = cfg_edit_of(a)->c;
	struct cfg_vni *v = config_vni_find(c, cmd_arg_uint(a, "vni", 0));

	(void)ctx;
	(void)o;
	if (!v)
		return cfg_fail(a, "vni", "there is no such vni");
	TAILQ_REMOVE(&c->vnis, v, link);
	free(v);
	return CMD_OK;
}

/* The VNI we are in; another client may have removed it. */
static struct cfg_vni *vni_need(const struct cmd_args *a)
{
	struct cfg_edit *e = cfg_edit_of(a);
	struct cfg_vni *v = config_vni_find(e->c, e->pos->vni);

	if (!v)
		cfg_fail(a, NULL, "vni %u was removed", e->pos->vni);
	return v;
}

static int set_rd(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_vni *v = vni_need(a);

	(void)ctx;
	(void)o;
	if (!v)
		return CMD_CONFIG_FAILED;
	v->has_rd = !cmd_has(a, "no");
	memset(&v->rd, 0, sizeof(v->rd));
	if (v->has_rd)
		cmd_arg_rd(a, "value", &v->rd);
	return CMD_OK;
}

static unsigned rt_find(const struct extcom *list, unsigned n, const struct extcom *rt)
{
	unsigned i = 0;

	while (i < n && memcmp(&list[i], rt, sizeof(*rt)) != 0)
		i++;
	return i;
}

static int rt_change(const struct cmd_args *a, struct extcom *list, unsigned *n)
{
	const char *value = cmd_arg(a, "value");
	struct extcom rt;
	unsigned at;

	if (!value) { /* `no route-target import`: all of them */
		*n = 0;
		return CMD_OK;
	}
	rt_parse(value, &rt);
	at = rt_find(list, *n, &rt);
	if (cmd_has(a, "no")) {
		if (at == *n)
			return cfg_fail(a, "value", "there is no such route-target");
		memmove(&list[at], &list[at + 1], (*n - at - 1) * sizeof(rt));
		(*n)--;
		return CMD_OK;
	}
	if (at < *n)
		return CMD_OK;
	if (*n == CFG_RTS)
		return cfg_fail(a, "value",
				"too many, expected at most %d route-targets", CFG_RTS);
	list[(*n)++] = rt;
	return CMD_OK;
}

static int set_rt(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_vni *v = vni_need(a);
	bool both = cmd_has(a, "both");
	int status = CMD_OK;

	(void)ctx;
	(void)o;
	if (!v)
		return CMD_CONFIG_FAILED;
	if (both || cmd_has(a, "import"))
		status = rt_change(a, v->import, &v->n_import);
	if (!status && (both || cmd_has(a, "export")))
		status = rt_change(a, v->export, &v->n_export);
	return status;
}

static const struct cmd_row rows[] = {
	{ CFG_EVPN, "exit-address-family", "Leave the family", leave_af, 0 },
	{ CFG_RTC, "exit-address-family", "Leave the family", leave_af, 0 },
	{ CFG_ILA, "exit-address-family", "Leave the family", leave_af, 0 },
	{ CFG_IP6, "exit-address-family", "Leave the family", leave_af, 0 },
	{ CFG_FOREIGN_AF, "exit-address-family", "Leave the family", leave_af, 0 },
	{ CFG_EVPN, "[no] advertise-all-vni",
	  "Adopt every bridge with a VXLAN device and advertise it", set_advertise_all,
	  0 },
	{ CFG_EVPN, "[no] autort rfc8365-compatible",
	  "Route targets as RFC 8365 section 5.1.2.1 makes them", set_autort, 0 },
	{ CFG_EVPN, "bgp evpn unknown-types (pass|discard)",
	  "Routes of unknown types: reflect them or not", set_unknown_types, 0 },
	{ CFG_EVPN, "bgp evpn malformed-nlri (skip|disable-family|reset)",
	  "What an unreadable route costs", set_malformed, 0 },
	{ CFG_EVPN, "[no] dup-addr-detection", "Watch for duplicate MACs", set_dad, 0 },
	{ CFG_EVPN, "dup-addr-detection max-moves (2-1000)$moves time (2-1800)$within",
	  "How many moves in how many seconds are too many", set_dad, 0 },
	{ CFG_EVPN,
	  "no dup-addr-detection max-moves [(2-1000)$moves time (2-1800)$within]",
	  "How many moves in how many seconds are too many", set_dad, 0 },
	{ CFG_EVPN, "dup-addr-detection freeze (permanent|(30-3600)$seconds)",
	  "How long a duplicate MAC stays frozen", set_dad, 0 },
	{ CFG_EVPN, "no dup-addr-detection freeze [(permanent|(30-3600)$seconds)]",
	  "How long a duplicate MAC stays frozen", set_dad, 0 },
	{ CFG_EVPN, "flooding head-end-replication", "Read for FRR's sake", cfg_ignore,
	  0 },
	{ CFG_EVPN,
	  "[no] (advertise|advertise-svi-ip|advertise-default-gw|flooding) [LINE]",
	  "Of a later version", cfg_no_effect, 0 },
	{ CFG_VNI, "[no] (advertise-svi-ip|advertise-default-gw|advertise-subnet)",
	  "Of a later version", cfg_no_effect, 0 },
	{ CFG_EVPN, "vni VNI", "Settings of one VNI", enter_vni, 0 },
	{ CFG_EVPN, "no vni VNI", "Settings of one VNI", remove_vni, 0 },
	{ CFG_VNI, "exit-vni", "Leave the VNI", leave_vni, 0 },
	CFG_PAIR(CFG_VNI, "rd", "RD$value", "Route distinguisher of this host", set_rd),
	CFG_PAIR(CFG_VNI, "route-target (import|export|both)", "RT$value",
		 "Which routes are taken or how ours are marked", set_rt),
};

const struct cmd_rows config_evpn_rows = { rows, ARRAY_SIZE(rows) };
