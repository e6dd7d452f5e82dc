/*
 * Rows of `ila`: one stanza makes a SIR domain; and what a tenant says of ILA. Ours, in
 * FRR's style. What only the whole can tell is in config_ila_check.c.
 */
#include <stdlib.h>
#include <string.h>

#include "bgpd/config.h"
#include "bgpd/config_edit.h"
#include "lib/out.h"
#include "lib/util.h"
#include "wire/nlri_ila.h"

/* ---- the stanza -------------------------------------------------------- */

static const char *name_of(const struct cmd_args *a)
{
	const char *name = cmd_arg(a, "name");

	return name ? name : CFG_ILA_UNNAMED;
}

static int enter_ila(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_edit *e = cfg_edit_of(a);
	struct cfg_ila *d = config_ila_find(e->c, name_of(a));

	(void)ctx;
	(void)o;
	if (strlen(name_of(a)) >= sizeof(e->pos->ila))
		return cfg_fail(a, "name", "too long, expected at most %zu characters",
				sizeof(e->pos->ila) - 1);
	str_copy(e->pos->ila, sizeof(e->pos->ila), name_of(a));
	if (!d) {
		d = xcalloc(1, sizeof(*d));
		d->line = e->line;
		str_copy(d->name, sizeof(d->name), name_of(a));
		d->csum = ILA_CSUM_NEUTRAL;
		d->plane = ILA_PLANE_AUTO;
		TAILQ_INSERT_TAIL(&e->c->ilas, d, link);
	}
	e->pos->mode = CFG_SIR;
	return CMD_OK;
}

static void ids_remove(struct config *c, const char *domain)
{
	struct cfg_ila_id *i, *next;

	for (i = TAILQ_FIRST(&c->ila_ids); i; i = next) {
		next = TAILQ_NEXT(i, link);
		if (strcmp(i->domain, domain) != 0)
			continue;
		TAILQ_REMOVE(&c->ila_ids, i, link);
		free(i);
	}
}

static void family_default(struct config *c)
{
	c->ila_afi = ILA_AFI_DEFAULT;
	c->ila_safi = ILA_SAFI_DEFAULT;
}

static int remove_ila(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct config *c = cfg_edit_of(a)->c;
	struct cfg_ila *d = config_ila_find(c, name_of(a));

	(void)ctx;
	(void)o;
	if (!d)
		return cfg_fail(a, "name", "there is no such SIR domain");
	if (cfg_ila_unnamed(d))
		family_default(c);
	ids_remove(c, d->name);
	TAILQ_REMOVE(&c->ilas, d, link);
	free(d);
	return CMD_OK;
}

/* The domain we are in; another client may have removed it. */
static struct cfg_ila *ila_need(const struct cmd_args *a)
{
	struct cfg_edit *e = cfg_edit_of(a);
	struct cfg_ila *d = config_ila_find(e->c, e->pos->ila);

	if (!d)
		cfg_fail(a, NULL, "ila %s was removed", e->pos->ila);
	return d;
}

static int set_family(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct config *c = cfg_edit_of(a)->c;
	struct cfg_ila *d = ila_need(a);
	const char *why;
	uint16_t afi;
	uint8_t safi;

	(void)ctx;
	(void)o;
	if (!d)
		return CMD_CONFIG_FAILED;
	if (cmd_has(a, "no")) {
		if (cfg_ila_unnamed(d))
			family_default(c);
		return CMD_OK;
	}
	if (!cfg_ila_unnamed(d))
		return cfg_fail(a, NULL,
				"the family is one for all, and its mappings are of "
				"the domain without a name, expected it in `ila`");
	afi = (uint16_t)cmd_arg_uint(a, "afi", 0);
	safi = (uint8_t)cmd_arg_uint(a, "safi", 0);
	why = nlri_ila_family_check(afi, safi);
	if (why)
		return cfg_fail(a, "afi", "family %u %u %s", afi, safi, why);
	c->ila_afi = afi;
	c->ila_safi = safi;
	return CMD_OK;
}

/* An argument `prefix` of IPv6 with this many bits, none of them beyond set. */
static int prefix_need(const struct cmd_args *a, uint8_t bits, struct prefix *out)
{
	const char *text = cmd_arg(a, "prefix");
	char addr[ADDR_STR];
	struct ip ip;

	if (prefix_parse(text, out) || out->ip.len != 16 || out->bits != bits)
		return cfg_fail(a, "prefix", "expected an IPv6 prefix of /%u", bits);
	str_copy(addr, sizeof(addr), text);
	addr[strcspn(addr, "/")] = '\0';
	if (ip_parse(addr, &ip) || !ip_eq(&ip, &out->ip))
		return cfg_fail(a, "prefix", "bits beyond the %u of the prefix are set",
				bits);
	return CMD_OK;
}

static int set_prefix(const struct cmd_args *a, bool *has, struct ila64 *out)
{
	enum ila_fault f;
	struct ila64 v;
	struct prefix p;

	if (cmd_has(a, "no")) {
		*has = false;
		memset(out, 0, sizeof(*out));
		return CMD_OK;
	}
	if (prefix_need(a, 64, &p))
		return CMD_CONFIG_FAILED;
	memcpy(&v, p.ip.b, sizeof(v));
	f = ila_prefix_check(&v);
	if (f)
		return cfg_fail(a, "prefix", "%s", ila_fault_text(f));
	*has = true;
	*out = v;
	return CMD_OK;
}

static int set_sir(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_ila *d = ila_need(a);

	(void)ctx;
	(void)o;
	return d ? set_prefix(a, &d->has_sir, &d->sir) : CMD_CONFIG_FAILED;
}

static int set_locator(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_ila *d = ila_need(a);

	(void)ctx;
	(void)o;
	return d ? set_prefix(a, &d->has_locator, &d->locator) : CMD_CONFIG_FAILED;
}

static int set_csum(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_ila *d = ila_need(a);
	const char *mode = cmd_arg(a, "mode");
	enum ila_csum csum = ILA_CSUM_NEUTRAL;

	(void)ctx;
	(void)o;
	if (!d)
		return CMD_CONFIG_FAILED;
	if (!cmd_has(a, "no") && mode)
		ila_csum_parse(mode, &csum);
	d->csum = csum;
	return CMD_OK;
}

static int set_plane(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_ila *d = ila_need(a);

	(void)ctx;
	(void)o;
	if (!d)
		return CMD_CONFIG_FAILED;
	d->plane = ILA_PLANE_AUTO;
	if (!cmd_has(a, "no") && cmd_has(a, "kernel"))
		d->plane = ILA_PLANE_KERNEL;
	if (!cmd_has(a, "no") && cmd_has(a, "ebpf"))
		d->plane = ILA_PLANE_EBPF;
	return CMD_OK;
}

static void underlay_remove(struct cfg_ila *d, const char *name)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < d->n_underlay; i++)
		if (name && strcmp(d->underlay[i], name) != 0)
			memmove(d->underlay[kept++], d->underlay[i],
				sizeof(d->underlay[0]));
	d->n_underlay = kept;
	for (; kept < ILA_UNDERLAYS; kept++)
		memset(d->underlay[kept], 0, sizeof(d->underlay[0]));
}

static int set_underlay(void *ctx, const struct cmd_args *a, struct out *o)
{
	const char *name = cmd_arg(a, "ifname");
	struct cfg_ila *d = ila_need(a);

	(void)ctx;
	(void)o;
	if (!d)
		return CMD_CONFIG_FAILED;
	if (!cmd_has(a, "no") && !strcmp(name, "lo"))
		return cfg_fail(a, "ifname", "nothing arrives from the underlay on lo");
	underlay_remove(d, name);
	if (cmd_has(a, "no"))
		return CMD_OK;
	if (d->n_underlay == ILA_UNDERLAYS)
		return cfg_fail(a, "ifname", "expected at most %u underlay interfaces",
				ILA_UNDERLAYS);
	if (cfg_string(a, "ifname", d->underlay[d->n_underlay], sizeof(d->underlay[0])))
		return CMD_CONFIG_FAILED;
	d->n_underlay++;
	return CMD_OK;
}

static int set_community(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_ila *d = ila_need(a);

	(void)ctx;
	(void)o;
	if (!d)
		return CMD_CONFIG_FAILED;
	d->locator_community = !cmd_has(a, "no");
	return CMD_OK;
}

/* ---- identifiers ------------------------------------------------------- */

static struct cfg_ila_id *id_find(const struct config *c, const char *domain,
				  const struct ila64 *id)
{
	struct cfg_ila_id *i;

	TAILQ_FOREACH (i, &c->ila_ids, link)
		if (ila64_eq(&i->id, id) && !strcmp(i->domain, domain))
			return i;
	return NULL;
}

static struct cfg_ila_id *id_get(struct cfg_edit *e, const char *domain,
				 const struct ila64 *id)
{
	struct cfg_ila_id *i = id_find(e->c, domain, id);

	if (i)
		return i;
	i = xcalloc(1, sizeof(*i));
	i->line = e->line;
	i->id = *id;
	str_copy(i->domain, sizeof(i->domain), domain);
	TAILQ_INSERT_TAIL(&e->c->ila_ids, i, link);
	return i;
}

static int set_identifier(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_ila *d = ila_need(a);
	struct cfg_ila_id *i;
	char ifname[16] = "";
	struct ila64 id;

	(void)ctx;
	(void)o;
	if (!d)
		return CMD_CONFIG_FAILED;
	if (ila64_parse(cmd_arg(a, "identifier"), &id))
		return cfg_fail(a, "identifier",
				"expected four words of hex, as in 2000:0:1:a");
	if (cmd_has(a, "ifname") && cfg_string(a, "ifname", ifname, sizeof(ifname)))
		return CMD_CONFIG_FAILED;
	i = id_get(cfg_edit_of(a), d->name, &id);
	memcpy(i->ifname, ifname, sizeof(i->ifname));
	i->anycast = cmd_has(a, "anycast");
	i->weight = (uint16_t)cmd_arg_uint(a, "weight", 0);
	i->local_pref = cmd_arg_uint(a, "pref", 0);
	return CMD_OK;
}

static int remove_identifier(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct config *c = cfg_edit_of(a)->c;
	struct cfg_ila *d = ila_need(a);
	struct cfg_ila_id *i = NULL;
	struct ila64 id;

	(void)ctx;
	(void)o;
	if (!d)
		return CMD_CONFIG_FAILED;
	if (!ila64_parse(cmd_arg(a, "identifier"), &id))
		i = id_find(c, d->name, &id);
	if (!i)
		return cfg_fail(a, "identifier", "there is no such identifier");
	TAILQ_REMOVE(&c->ila_ids, i, link);
	free(i);
	return CMD_OK;
}

/* ---- tenants ----------------------------------------------------------- */

static int set_encapsulation(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_tenant *t = cfg_tenant_need(a);
	const char *domain = cmd_arg(a, "domain");

	(void)ctx;
	(void)o;
	if (!t)
		return CMD_CONFIG_FAILED;
	if (domain && strlen(domain) >= sizeof(t->domain))
		return cfg_fail(a, "domain",
				"too long, expected at most %zu characters",
				sizeof(t->domain) - 1);
	config_tenant_no_ila(t);
	if (cmd_has(a, "no"))
		return CMD_OK;
	t->ila = true;
	str_copy(t->domain, sizeof(t->domain), domain ? domain : CFG_ILA_UNNAMED);
	t->vnid = cmd_arg_uint(a, "vnid", 0);
	return CMD_OK;
}

static int set_tenant_prefix(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_tenant *t = cfg_tenant_need(a);
	struct prefix p = { 0 };

	(void)ctx;
	(void)o;
	if (!t || (!cmd_has(a, "no") && prefix_need(a, 96, &p)))
		return CMD_CONFIG_FAILED;
	if (p.bits &&
	    (ip_is_zero(&p.ip) || ip_is_multicast(&p.ip) || ip_is_link_local(&p.ip)))
		return cfg_fail(a, "prefix", "expected a prefix of unicast addresses");
	t->tenant_prefix = p;
	return CMD_OK;
}

/* ---- rows -------------------------------------------------------------- */

#define MODES "(neutral-map|neutral-map-auto|adj-transport|no-action)$mode"

static const struct cmd_row rows[] = {
	{ CFG_TOP, "ila [WORD$name]", "A SIR domain: identifiers behind locators",
	  enter_ila, 0 },
	{ CFG_TOP, "no ila [WORD$name]", "A SIR domain", remove_ila, 0 },
	{ CFG_SIR, "family (1-65535)$afi (1-255)$safi",
	  "AFI and SAFI of `address-family ila unicast` (default 2 241)", set_family,
	  0 },
	{ CFG_SIR, "no family [(1-65535)$afi (1-255)$safi]", "AFI 2 SAFI 241",
	  set_family, 0 },
	CFG_PAIR(CFG_SIR, "sir-prefix", "PREFIX", "The /64 that applications see",
		 set_sir),
	CFG_PAIR(CFG_SIR, "locator", "PREFIX",
		 "The /64 that leads to this host; without one it only sends",
		 set_locator),
	CFG_PAIR(CFG_SIR, "csum-mode", MODES,
		 "How transport checksums stay right (default neutral-map)", set_csum),
	CFG_PAIR(CFG_SIR, "dataplane", "(auto|kernel|ebpf)",
		 "Who translates (default auto: the kernel where it can)", set_plane),
	CFG_PAIR(CFG_SIR, "underlay interface", "IFNAME",
		 "Where translated packets arrive (default: by route)", set_underlay),
	{ CFG_SIR,
	  "identifier WORD$identifier [interface IFNAME] [anycast] "
	  "[weight (1-65535)$weight] [local-preference (1-4294967295)$pref]",
	  "An identifier that is here; without an interface, of the host itself",
	  set_identifier, 0 },
	{ CFG_SIR, "no identifier WORD$identifier [LINE]", "An identifier that is here",
	  remove_identifier, 0 },
	{ CFG_SIR, "[no] locator-community",
	  "Send a copy of the locator that survives who changes next hops",
	  set_community, 0 },
	{ CFG_TENANT,
	  "encapsulation ila [domain WORD$domain] [vnid (1-268435455)$vnid]",
	  "ILA carries this tenant; with a VNID it is isolated", set_encapsulation, 0 },
	{ CFG_TENANT,
	  "no encapsulation ila [domain WORD$domain] [vnid (1-268435455)$vnid]",
	  "ILA carries this tenant", set_encapsulation, 0 },
	CFG_PAIR(CFG_TENANT, "tenant-prefix", "PREFIX",
		 "The /96 that its containers see instead of the SIR prefix",
		 set_tenant_prefix),
};

const struct cmd_rows config_ila_rows = { rows, ARRAY_SIZE(rows) };

/* ---- printing ---------------------------------------------------------- */

static void print_id(const struct cfg_ila_id *i, struct out *o)
{
	char id[ILA_STR];

	out_line(o, " identifier %s%s%s%s", ila64_format(&i->id, id),
		 i->ifname[0] ? " interface " : "", i->ifname,
		 i->anycast ? " anycast" : "");
	if (i->weight)
		out_line(o, " weight %u", i->weight);
	if (i->local_pref)
		out_line(o, " local-preference %u", i->local_pref);
	out_line(o, "\n");
}

static void print_prefix(struct out *o, const char *word, const struct ila64 *p)
{
	char buf[ADDR_STR];

	out_line(o, " %s %s\n", word, ila64_prefix_format(p, buf));
}

static void print_domain(const struct config *c, const struct cfg_ila *d, struct out *o)
{
	static const char *const planes[] = {
		[ILA_PLANE_KERNEL] = "kernel",
		[ILA_PLANE_EBPF] = "ebpf",
	};
	bool unnamed = cfg_ila_unnamed(d);
	const struct cfg_ila_id *i;

	out_line(o, "ila%s%s\n", unnamed ? "" : " ", unnamed ? "" : d->name);
	if (unnamed &&
	    (c->ila_afi != ILA_AFI_DEFAULT || c->ila_safi != ILA_SAFI_DEFAULT))
		out_line(o, " family %u %u\n", c->ila_afi, c->ila_safi);
	if (d->has_sir)
		print_prefix(o, "sir-prefix", &d->sir);
	if (d->has_locator)
		print_prefix(o, "locator", &d->locator);
	if (d->csum != ILA_CSUM_NEUTRAL)
		out_line(o, " csum-mode %s\n", ila_csum_name(d->csum));
	if (d->plane != ILA_PLANE_AUTO)
		out_line(o, " dataplane %s\n", planes[d->plane]);
	for (unsigned k = 0; k < d->n_underlay; k++)
		out_line(o, " underlay interface %s\n", d->underlay[k]);
	TAILQ_FOREACH (i, &c->ila_ids, link)
		if (!strcmp(i->domain, d->name))
			print_id(i, o);
	if (d->locator_community)
		out_line(o, " locator-community\n");
	out_line(o, "exit\n!\n");
}

void config_ila_print(const struct config *c, struct out *o)
{
	const struct cfg_ila *d;

	TAILQ_FOREACH (d, &c->ilas, link)
		print_domain(c, d, o);
}

void config_ila_tenant_print(const struct cfg_tenant *t, struct out *o)
{
	char buf[ADDR_STR];

	if (t->ila) {
		out_line(o, " encapsulation ila");
		if (strcmp(t->domain, CFG_ILA_UNNAMED) != 0)
			out_line(o, " domain %s", t->domain);
		if (t->vnid)
			out_line(o, " vnid %u", t->vnid);
		out_line(o, "\n");
	}
	if (t->tenant_prefix.bits)
		out_line(o, " tenant-prefix %s\n",
			 prefix_format(&t->tenant_prefix, buf));
}

/* ---- finding ----------------------------------------------------------- */

struct cfg_ila *config_ila_find(const struct config *c, const char *name)
{
	struct cfg_ila *d;

	TAILQ_FOREACH (d, &c->ilas, link)
		if (!strcmp(d->name, name))
			return d;
	return NULL;
}

bool cfg_ila_unnamed(const struct cfg_ila *d)
{
	return !strcmp(d->name, CFG_ILA_UNNAMED);
}

void config_tenant_no_ila(struct cfg_tenant *t)
{
	t->ila = false;
	t->vnid = 0;
	memset(t->domain, 0, sizeof(t->domain));
}
