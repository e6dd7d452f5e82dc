/*
 * Rows of `tenant`: one stanza makes a tenant's network. Ours, in FRR's style.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bgpd/config.h"
#include "bgpd/config_edit.h"
#include "lib/util.h"

static int enter_tenant(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_edit *e = cfg_edit_of(a);
	const char *name = cmd_arg(a, "name");
	struct cfg_tenant *t = config_tenant_find(e->c, name);

	(void)ctx;
	(void)o;
	if (cfg_string(a, "name", e->pos->tenant, sizeof(e->pos->tenant)))
		return CMD_CONFIG_FAILED;
	if (!t) {
		t = xcalloc(1, sizeof(*t));
		t->line = e->line;
		t->port = CFG_VXLAN_PORT;
		str_copy(t->name, sizeof(t->name), name);
		TAILQ_INSERT_TAIL(&e->c->tenants, t, link);
	}
	e->pos->mode = CFG_TENANT;
	return CMD_OK;
}

static int remove_tenant(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct config *c = cfg_edit_of(a)->c;
	struct cfg_tenant *t = config_tenant_find(c, cmd_arg(a, "name"));

	(void)ctx;
	(void)o;
	if (!t)
		return cfg_fail(a, "name", "there is no such tenant");
	config_endpoints_remove(c, t->name);
	TAILQ_REMOVE(&c->tenants, t, link);
	free(t);
	return CMD_OK;
}

/* The tenant we are in; another client may have removed it. */
struct cfg_tenant *cfg_tenant_need(const struct cmd_args *a)
{
	struct cfg_edit *e = cfg_edit_of(a);
	struct cfg_tenant *t = config_tenant_find(e->c, e->pos->tenant);

	if (!t)
		cfg_fail(a, NULL, "tenant %s was removed", e->pos->tenant);
	return t;
}

static void default_bridge(uint32_t vni, char name[16])
{
	memset(name, 0, 16);
	if (vni)
		snprintf(name, 16, "br%u", vni & 0xffffff);
}

static int set_vni(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_tenant *t = cfg_tenant_need(a);
	char was[16];

	(void)ctx;
	(void)o;
	if (!t)
		return CMD_CONFIG_FAILED;
	default_bridge(t->vni, was);
	t->vni = cmd_has(a, "no") ? 0 : cmd_arg_uint(a, "vni", 0);
	if (!strcmp(t->bridge, was)) /* nobody chose it */
		default_bridge(t->vni, t->bridge);
	return CMD_OK;
}

static int set_bridge(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_tenant *t = cfg_tenant_need(a);

	(void)ctx;
	(void)o;
	if (!t)
		return CMD_CONFIG_FAILED;
	if (cmd_has(a, "no")) {
		default_bridge(t->vni, t->bridge);
		return CMD_OK;
	}
	return cfg_string(a, "ifname", t->bridge, sizeof(t->bridge));
}

static int set_encapsulation(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_tenant *t = cfg_tenant_need(a);
	bool no = cmd_has(a, "no");

	(void)ctx;
	(void)o;
	if (!t)
		return CMD_CONFIG_FAILED;
	t->port =
		no ? CFG_VXLAN_PORT : (uint16_t)cmd_arg_uint(a, "port", CFG_VXLAN_PORT);
	t->gbp = !no && cmd_has(a, "gbp");
	config_tenant_no_ila(t);
	return CMD_OK;
}

static int set_vtep(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_tenant *t = cfg_tenant_need(a);
	struct ip ip = { 0 };

	(void)ctx;
	(void)o;
	if (!t)
		return CMD_CONFIG_FAILED;
	if (!cmd_has(a, "no")) {
		cmd_arg_ip(a, "ip", &ip);
		if (ip_is_zero(&ip) || ip_is_multicast(&ip))
			return cfg_fail(a, "ip", "expected a unicast address");
	}
	t->vtep = ip;
	return CMD_OK;
}

static int set_underlay(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_tenant *t = cfg_tenant_need(a);

	(void)ctx;
	(void)o;
	if (!t)
		return CMD_CONFIG_FAILED;
	if (cmd_has(a, "no")) {
		t->underlay[0] = '\0';
		return CMD_OK;
	}
	return cfg_string(a, "ifname", t->underlay, sizeof(t->underlay));
}

static int set_encoding(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_tenant *t = cfg_tenant_need(a);

	(void)ctx;
	(void)o;
	if (!t)
		return CMD_CONFIG_FAILED;
	t->encoding = !cmd_has(a, "no") && cmd_has(a, "mpls-shifted") ? VNI_MPLS_SHIFTED
								      : VNI_VXLAN;
	return CMD_OK;
}

static int set_dataplane(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_tenant *t = cfg_tenant_need(a);

	(void)ctx;
	(void)o;
	if (!t)
		return CMD_CONFIG_FAILED;
	t->ebpf = !cmd_has(a, "no") && cmd_has(a, "ebpf");
	return CMD_OK;
}

static const struct cmd_row rows[] = {
	{ CFG_TOP, "tenant WORD$name", "A tenant's network", enter_tenant, 0 },
	{ CFG_TOP, "no tenant WORD$name", "A tenant's network", remove_tenant, 0 },
	CFG_PAIR(CFG_TENANT, "vni", "VNI", "Its number on the wire", set_vni),
	CFG_PAIR(CFG_TENANT, "bridge", "IFNAME",
		 "Its bridge, made when absent (default br<VNI>)", set_bridge),
	{ CFG_TENANT, "encapsulation vxlan [port (1-65535)$port] [gbp]",
	  "UDP port, and whether the header carries the group policy",
	  set_encapsulation, 0 },
	{ CFG_TENANT, "no encapsulation [vxlan] [port (1-65535)$port] [gbp]",
	  "VXLAN on port 4789", set_encapsulation, 0 },
	CFG_PAIR(CFG_TENANT, "local-vtep", "IP", "Our address of the tunnels",
		 set_vtep),
	CFG_PAIR(CFG_TENANT, "underlay interface", "IFNAME", "Device of the tunnels",
		 set_underlay),
	{ CFG_TENANT, "dataplane (kernel|ebpf)", "Who forwards", set_dataplane, 0 },
	{ CFG_TENANT, "no dataplane [(kernel|ebpf)]", "The kernel forwards",
	  set_dataplane, 0 },
	{ CFG_TENANT, "vni-encoding (vxlan|mpls-shifted)",
	  "The VNI as 24 bits, or shifted as an MPLS label", set_encoding, 0 },
	{ CFG_TENANT, "no vni-encoding [(vxlan|mpls-shifted)]", "The VNI as 24 bits",
	  set_encoding, 0 },
};

const struct cmd_rows config_tenant_rows = { rows, ARRAY_SIZE(rows) };
