/*
 * Rows of `endpoint` below a tenant: endpoints that are there as long as the
 * configuration says so. Their words are those of the command.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/config.h"
#include "bgpd/config_edit.h"
#include "lib/out.h"
#include "lib/util.h"

struct cfg_endpoint *config_endpoint_find(const struct config *c, const char *name)
{
	struct cfg_endpoint *e;

	TAILQ_FOREACH (e, &c->endpoints, link)
		if (!strcmp(e->e.name, name))
			return e;
	return NULL;
}

static int set_endpoint(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_edit *edit = cfg_edit_of(a);
	struct cfg_tenant *t = cfg_tenant_need(a);
	struct tenants_endpoint e;
	struct cfg_endpoint *at;
	char err[256];

	(void)ctx;
	(void)o;
	if (!t)
		return CMD_CONFIG_FAILED;
	if (endpoint_parse_in(t->name, cmd_arg(a, "line"), &e, err, sizeof(err)))
		return cfg_fail(a, "line", "endpoint: %s", err);
	if (e.seq)
		return cfg_fail(a, "line", "endpoint: a sequence is not configured");
	e.configured = true;
	at = config_endpoint_find(edit->c, e.name);
	if (at && strcmp(at->e.tenant, t->name) != 0)
		return cfg_fail(a, "line", "endpoint %s is of tenant %s already",
				e.name, at->e.tenant);
	if (!at) {
		at = xcalloc(1, sizeof(*at));
		TAILQ_INSERT_TAIL(&edit->c->endpoints, at, link);
	}
	at->line = edit->line;
	at->e = e;
	return CMD_OK;
}

static int remove_endpoint(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_tenant *t = cfg_tenant_need(a);
	struct config *c = cfg_edit_of(a)->c;
	struct cfg_endpoint *e = config_endpoint_find(c, cmd_arg(a, "name"));

	(void)ctx;
	(void)o;
	if (!t)
		return CMD_CONFIG_FAILED;
	if (!e || strcmp(e->e.tenant, t->name) != 0)
		return cfg_fail(a, "name", "there is no such endpoint");
	TAILQ_REMOVE(&c->endpoints, e, link);
	free(e);
	return CMD_OK;
}

static const struct cmd_row rows[] = {
	{ CFG_TENANT, "endpoint LINE",
	  "NAME interface I [mac M] [ip A,B] [labels k=v,...] [anycast] [weight W] "
	  "[local-preference N]",
	  set_endpoint, 0 },
	{ CFG_TENANT, "no endpoint WORD$name [LINE]", "Not declared by this file",
	  remove_endpoint, 0 },
};

const struct cmd_rows config_endpoint_rows = { rows, ARRAY_SIZE(rows) };

void config_endpoints_remove(struct config *c, const char *tenant)
{
	struct cfg_endpoint *e, *next;

	for (e = TAILQ_FIRST(&c->endpoints); e; e = next) {
		next = TAILQ_NEXT(e, link);
		if (strcmp(e->e.tenant, tenant) != 0)
			continue;
		TAILQ_REMOVE(&c->endpoints, e, link);
		free(e);
	}
}

void config_endpoint_print(const struct config *c, const char *tenant, struct out *o)
{
	const struct cfg_endpoint *e;
	char line[ENDPOINT_LINE];

	TAILQ_FOREACH (e, &c->endpoints, link)
		if (!strcmp(e->e.tenant, tenant))
			out_line(o, " endpoint %s\n", endpoint_format_in(&e->e, line));
}

/* What two of them cannot both have. NULL: they can be. */
static const char *clash(const struct tenants_endpoint *a,
			 const struct tenants_endpoint *b)
{
	if (!strcmp(a->ifname, b->ifname))
		return "interface";
	if (strcmp(a->tenant, b->tenant) != 0)
		return NULL;
	if (!mac_is_zero(&a->mac) && mac_eq(&a->mac, &b->mac))
		return "mac";
	for (unsigned i = 0; i < a->n_ips; i++)
		for (unsigned k = 0; k < b->n_ips; k++)
			if (ip_eq(&a->ip[i], &b->ip[k]))
				return "ip";
	return NULL;
}

int config_endpoint_check(const struct config *c, struct cfg_fault *f)
{
	const struct cfg_endpoint *a, *b;
	const char *what;
	unsigned n = 0;

	TAILQ_FOREACH (a, &c->endpoints, link) {
		const struct cfg_tenant *t = config_tenant_find(c, a->e.tenant);

		if (++n > CFG_ENDPOINTS_MAX)
			return cfg_wrong(f, a->line,
					 "expected at most %d endpoints in the "
					 "configuration",
					 CFG_ENDPOINTS_MAX);
		if (t && !t->ila && t->vni && mac_is_zero(&a->e.mac))
			return cfg_wrong(f, a->line,
					 "endpoint %s: mac is missing, VXLAN carries "
					 "tenant %s",
					 a->e.name, a->e.tenant);
		for (b = TAILQ_NEXT(a, link); b; b = TAILQ_NEXT(b, link)) {
			what = clash(&a->e, &b->e);
			if (what)
				return cfg_wrong(f, b->line,
						 "endpoints %s and %s have one %s",
						 a->e.name, b->e.name, what);
		}
	}
	return 0;
}
