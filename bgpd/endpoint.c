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
	mappings_endpoints(e);
	policy_endpoints(e, e->cfg);
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

/* ---- declaring: policy is told by who calls these ----------------------------- */

static int declare(struct engine *e, const struct tenants_endpoint *ep, char *err,
		   size_t errlen)
{
	int rc = ila_endpoint_check(e->ila, ep, err, errlen);

	if (!rc)
		rc = tenants_endpoint_add(e->tenants, ep, err, errlen);
	if (!rc)
		ila_declare(e->ila, tenants_endpoint_find(e->tenants, ep->name), true);
	return rc;
}

static void undeclare(struct engine *e, const char *name)
{
	tenants_endpoint_del(e->tenants, name);
	ila_undeclare(e->ila, name);
}

/* ---- of the configuration -------------------------------------------------- */

/* Names of what the configuration declares no longer. */
struct gone {
	const struct config *c;
	char (*name)[ENDPOINT_NAME];
	size_t n;
};

static void gone_add(void *arg, const struct tenants_endpoint_info *i)
{
	struct gone *g = arg;

	if (!i->e->configured || config_endpoint_find(g->c, i->e->name))
		return;
	g->name = xrealloc(g->name, (g->n + 1) * sizeof(*g->name));
	str_copy(g->name[g->n++], ENDPOINT_NAME, i->e->name);
}

/* Is it there as it should be? What it has of its own is its sequence. */
static bool is_there(const struct engine *e, const struct tenants_endpoint *want)
{
	const struct tenants_endpoint *has =
		tenants_endpoint_find(e->tenants, want->name);
	char a[ENDPOINT_LINE], b[ENDPOINT_LINE];
	struct tenants_endpoint plain;

	if (!has || !has->configured)
		return false;
	plain = *has;
	plain.seq = 0;
	return !strcmp(endpoint_format(&plain, a), endpoint_format(want, b));
}

void endpoint_configure(struct engine *e, const struct config *c)
{
	struct gone gone = { .c = c };
	const struct cfg_endpoint *i;
	char err[256];

	tenants_endpoint_foreach(e->tenants, gone_add, &gone);
	for (size_t k = 0; k < gone.n; k++)
		undeclare(e, gone.name[k]);
	free(gone.name);
	TAILQ_FOREACH (i, &c->endpoints, link)
		if (!is_there(e, &i->e) && declare(e, &i->e, err, sizeof(err)))
			log_err(LOG_EVPN, "endpoint %s of the configuration: %s",
				i->e.name, err);
}

/* ---- commands -------------------------------------------------------------- */

/* The device that an endpoint has now; "" without one. */
static void ifname_of(const struct engine *e, const char *name, char buf[INTENT_IFNAME])
{
	const struct tenants_endpoint *ep = tenants_endpoint_find(e->tenants, name);

	str_copy(buf, INTENT_IFNAME, ep ? ep->ifname : "");
}

static int endpoint_add(void *ctx, const struct cmd_args *args, struct out *o)
{
	struct engine *e = ctx;
	struct tenants_endpoint ep;
	char err[256];
	int rc = endpoint_parse(cmd_arg(args, "line"), &ep, err, sizeof(err));
	char was[INTENT_IFNAME] = "";

	if (!rc) {
		ifname_of(e, ep.name, was);
		rc = declare(e, &ep, err, sizeof(err));
	}
	if (rc) {
		out_line(o, "%% %s\n", err);
		return CMD_WARNING;
	}
	policy_endpoint(e, ep.name, was);
	export_kick(&e->routes);
	return CMD_OK;
}

/* Who may be changed by a command: not what the configuration declares. */
static bool is_declared(const struct engine *e, const char *name, struct out *o)
{
	const struct tenants_endpoint *ep = tenants_endpoint_find(e->tenants, name);

	if (!ep)
		out_line(o, "%% No such endpoint\n");
	else if (ep->configured)
		out_line(o, "%% Endpoint %s is of the configuration\n", name);
	return ep && !ep->configured;
}

static int endpoint_labels(void *ctx, const struct cmd_args *args, struct out *o)
{
	const char *name = cmd_arg(args, "word"), *labels = cmd_arg(args, "labels");
	struct engine *e = ctx;
	char err[256];

	if (!is_declared(e, name, o))
		return CMD_WARNING;
	if (tenants_endpoint_labels(e->tenants, name, cmd_has(args, "no") ? "" : labels,
				    err, sizeof(err))) {
		out_line(o, "%% %s\n", err);
		return CMD_WARNING;
	}
	ila_declare(e->ila, tenants_endpoint_find(e->tenants, name), false);
	policy_endpoint(e, name, NULL);
	export_kick(&e->routes);
	return CMD_OK;
}

static int endpoint_delete(void *ctx, const struct cmd_args *args, struct out *o)
{
	const char *name = cmd_arg(args, "word");
	char was[INTENT_IFNAME];
	struct engine *e = ctx;

	if (!is_declared(e, name, o))
		return CMD_WARNING;
	ifname_of(e, name, was);
	undeclare(e, name);
	policy_endpoint(e, name, was);
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

struct show {
	const struct engine *e;
	struct out *o;
};

/* Of an endpoint that ILA serves; NULL: none of those. */
static const char *ila_state_text(const struct engine *e,
				  const struct tenants_endpoint *ep)
{
	static const char *const names[] = {
		[ILA_EP_UNKNOWN] = "inactive",
		[ILA_EP_SILENT] = "silent",
		[ILA_EP_OUTBID] = "outbid",
		[ILA_EP_ANNOUNCED] = "active",
	};

	return ila_is_tenant(e->ila, ep->tenant)
		       ? names[ila_endpoint_state(e->ila, ep->name)]
		       : NULL;
}

static void ila_json(struct out *o, const struct tenants_endpoint *ep)
{
	if (ep->anycast)
		out_bool(o, "anycast", true);
	if (ep->weight)
		out_uint(o, "weight", ep->weight);
	if (ep->local_pref)
		out_uint(o, "localPref", ep->local_pref);
}

void endpoint_reason(const struct engine *e, const struct tenants_endpoint *ep,
		     uint32_t vni, char *buf, size_t size)
{
	buf[0] = '\0';
	if (!vni && !ila_is_tenant(e->ila, ep->tenant))
		snprintf(buf, size, "tenant %s has neither a vni nor encapsulation ila",
			 ep->tenant);
	else if (ila_endpoint_state(e->ila, ep->name) == ILA_EP_UNKNOWN)
		ila_endpoint_check(e->ila, ep, buf, size);
}

static void endpoint_show(void *arg, const struct tenants_endpoint_info *i)
{
	const struct tenants_endpoint *ep = i->e;
	const struct show *s = arg;
	const char *state = ila_state_text(s->e, ep);
	struct out *o = s->o;
	char mac[ADDR_STR], ip[ADDR_STR], ips[1024], why[256];
	struct ready ready;
	bool active = state ? !strcmp(state, "active") : i->active;

	if (!state)
		state = i->active ? "active" : "inactive";
	mac_format(&ep->mac, mac);
	if (mac_is_zero(&ep->mac))
		str_copy(mac, sizeof(mac), "-");
	ips_text(ep, ips, sizeof(ips));
	endpoint_reason(s->e, ep, i->vni, why, sizeof(why));
	ready = ready_get(s->e, i);
	out_obj(o, ep->name);
	out_str(o, "tenant", ep->tenant);
	if (i->vni)
		out_uint(o, "vni", i->vni);
	out_str(o, "interface", ep->ifname);
	if (!mac_is_zero(&ep->mac))
		out_str(o, "mac", mac);
	out_arr(o, "ips");
	for (unsigned k = 0; k < ep->n_ips; k++)
		out_str(o, NULL, ip_format(&ep->ip[k], ip));
	out_end(o);
	if (ep->labels[0])
		out_str(o, "labels", ep->labels);
	ila_json(o, ep);
	out_bool(o, "active", active);
	out_str(o, "state", state);
	if (why[0])
		out_str(o, "reason", why);
	out_bool(o, "ready", ready.state == READY);
	if (ready.state != READY)
		out_str(o, "waitsFor", ready_name(ready.state));
	if (ready.state != READY && ready.why[0])
		out_str(o, "waitReason", ready.why);
	out_uint(o, "sequence", ep->seq);
	out_end(o);
	out_text(o, "%-24s %-12s %-15s %-17s %-8s %s%s%s\n", ep->name, ep->tenant,
		 ep->ifname, mac, state, ips, ep->labels[0] ? " " : "", ep->labels);
	if (why[0])
		out_text(o, "  not served: %s\n", why);
	else if (ready.state != READY)
		out_text(o, "  waits for %s%s%s\n", ready_name(ready.state),
			 ready.why[0] ? ": " : "", ready.why);
}

static void head_show(struct out *o)
{
	out_text(o, "%-24s %-12s %-15s %-17s %-8s %s\n", "Name", "Tenant", "Interface",
		 "MAC", "State", "Addresses");
}

static int endpoints_show(void *ctx, const struct cmd_args *args, struct out *o)
{
	struct show s = { ctx, o };

	(void)args;
	out_obj(o, NULL);
	head_show(o);
	tenants_endpoint_foreach(s.e->tenants, endpoint_show, &s);
	out_end(o);
	return CMD_OK;
}

static int one_show(void *ctx, const struct cmd_args *args, struct out *o)
{
	struct show s = { ctx, o };
	struct tenants_endpoint_info i;

	if (!tenants_endpoint_get(s.e->tenants, cmd_arg(args, "word"), &i)) {
		out_line(o, "%% No such endpoint\n");
		return CMD_WARNING;
	}
	out_obj(o, NULL);
	head_show(o);
	endpoint_show(&s, &i);
	out_end(o);
	return CMD_OK;
}

static const struct cmd_row rows[] = {
	{ CMD_EXEC, "endpoint add LINE",
	  "NAME tenant T interface I [mac M] [ip A,B] [labels k=v,...] [anycast] "
	  "[weight W] [local-preference N]",
	  endpoint_add, 0 },
	{ CMD_EXEC, "endpoint set WORD labels WORD$labels",
	  "Other labels for a declared endpoint", endpoint_labels, 0 },
	{ CMD_EXEC, "endpoint set WORD no labels", "No labels for a declared endpoint",
	  endpoint_labels, 0 },
	{ CMD_EXEC, "endpoint delete WORD", "Forget a declared endpoint",
	  endpoint_delete, 0 },
	{ CMD_EXEC, "show endpoints [json]", "Declared endpoints", endpoints_show, 0 },
	{ CMD_EXEC, "show endpoint WORD [json]", "A declared endpoint", one_show, 0 },
};

void endpoint_register(struct engine *e)
{
	cmd_register(e->cmds, rows, ARRAY_SIZE(rows), e);
}
