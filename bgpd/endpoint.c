/*
 * Declared endpoints: commands, and the file that keeps them over restarts.
 */
#include "bgpd/engine_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cmd.h"
#include "lib/log.h"
#include "lib/out.h"
#include "lib/util.h"

/* ---- the state file -------------------------------------------------------- */

static const char file_name[] = "endpoints";

void endpoint_load(struct engine *e)
{
	char err[256] = "", *text = state_read(e, file_name);
	int bad;

	if (!text)
		return;
	bad = tenants_endpoints_decode(e->tenants, text, err, sizeof(err));
	if (bad)
		log_err(LOG_EVPN, "state file %s: %s", file_name,
			bad < 0 ? "not a file of ours, ignored" : err);
	free(text);
}

void endpoint_save(struct engine *e)
{
	char *text = tenants_endpoints_encode(e->tenants);
	int err = state_write(e, file_name, text);

	if (err)
		log_err(LOG_EVPN, "state file %s: cannot save endpoints: %s", file_name,
			strerror(-err));
	free(text);
}

/* ---- commands -------------------------------------------------------------- */

static int endpoint_add(void *ctx, const struct cmd_args *args, struct out *o)
{
	struct engine *e = ctx;
	struct tenants_endpoint ep;
	char err[256];
	int rc = endpoint_parse(cmd_arg(args, "line"), &ep, err, sizeof(err));

	if (!rc)
		rc = tenants_endpoint_add(e->tenants, &ep, err, sizeof(err));
	if (rc) {
		out_line(o, "%% %s\n", err);
		return CMD_WARNING;
	}
	export_kick(&e->routes);
	return CMD_OK;
}

static int endpoint_delete(void *ctx, const struct cmd_args *args, struct out *o)
{
	struct engine *e = ctx;

	if (tenants_endpoint_del(e->tenants, cmd_arg(args, "word"))) {
		out_line(o, "%% No such endpoint\n");
		return CMD_WARNING;
	}
	export_kick(&e->routes);
	return CMD_OK;
}

static void ips_text(const struct tenants_endpoint *ep, char *buf, size_t size)
{
	char ip[ADDR_STR];
	size_t at = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < ep->n_ips && at < size; i++)
		at += (size_t)snprintf(buf + at, size - at, "%s%s", i ? "," : "",
				       ip_format(&ep->ip[i], ip));
}

static void endpoint_show(void *arg, const struct tenants_endpoint_info *i)
{
	const struct tenants_endpoint *ep = i->e;
	struct out *o = arg;
	char mac[ADDR_STR], ip[ADDR_STR], ips[1024];

	mac_format(&ep->mac, mac);
	ips_text(ep, ips, sizeof(ips));
	out_obj(o, ep->name);
	out_str(o, "tenant", ep->tenant);
	if (i->vni)
		out_uint(o, "vni", i->vni);
	out_str(o, "interface", ep->ifname);
	out_str(o, "mac", mac);
	out_arr(o, "ips");
	for (unsigned k = 0; k < ep->n_ips; k++)
		out_str(o, NULL, ip_format(&ep->ip[k], ip));
	out_end(o);
	if (ep->labels[0])
		out_str(o, "labels", ep->labels);
	out_bool(o, "active", i->active);
	out_uint(o, "sequence", ep->seq);
	out_end(o);
	out_text(o, "%-24s %-12s %-15s %s %-8s %s%s%s\n", ep->name, ep->tenant,
		 ep->ifname, mac, i->active ? "active" : "inactive", ips,
		 ep->labels[0] ? " " : "", ep->labels);
}

static int endpoints_show(void *ctx, const struct cmd_args *args, struct out *o)
{
	const struct engine *e = ctx;

	(void)args;
	out_obj(o, NULL);
	out_text(o, "%-24s %-12s %-15s %-17s %-8s %s\n", "Name", "Tenant", "Interface",
		 "MAC", "State", "Addresses");
	tenants_endpoint_foreach(e->tenants, endpoint_show, o);
	out_end(o);
	return CMD_OK;
}

static const struct cmd_row rows[] = {
	{ CMD_EXEC, "endpoint add LINE",
	  "NAME tenant T interface I mac M [ip A,B] [labels k=v,...]", endpoint_add,
	  0 },
	{ CMD_EXEC, "endpoint delete WORD", "Forget a declared endpoint",
	  endpoint_delete, 0 },
	{ CMD_EXEC, "show endpoints [json]", "Declared endpoints", endpoints_show, 0 },
};

void endpoint_register(struct engine *e)
{
	cmd_register(e->cmds, rows, ARRAY_SIZE(rows), e);
}
