/*
 * What of ILA only the whole configuration can tell. Nearly all of it is one thing: an
 * address in a packet must say which domain, host or tenant is meant, for nothing else
 * in the packet does.
 */
#include <errno.h>
#include <string.h>

#include "bgpd/config.h"
#include "bgpd/config_edit.h"
#include "lib/util.h"
#include "rib/ila.h"

/* ---- domains ----------------------------------------------------------- */

static int check_two(const struct cfg_ila *a, const struct cfg_ila *b,
		     struct cfg_fault *f)
{
	char buf[ADDR_STR];

	if (a->has_sir && b->has_sir && ila64_eq(&a->sir, &b->sir))
		return cfg_wrong(f, b->line,
				 "ila %s and %s have one sir-prefix, %s: an address in "
				 "it would not tell which of the two is meant",
				 a->name, b->name, ila64_prefix_format(&a->sir, buf));
	if (a->has_locator && b->has_locator && ila64_eq(&a->locator, &b->locator))
		return cfg_wrong(f, b->line,
				 "ila %s and %s have one locator, %s: a packet to it "
				 "would not tell which sir-prefix to put back",
				 a->name, b->name,
				 ila64_prefix_format(&a->locator, buf));
	return 0;
}

static int check_sir_locator(const struct cfg_ila *a, const struct cfg_ila *b,
			     struct cfg_fault *f)
{
	char buf[ADDR_STR];

	if (!a->has_sir || !b->has_locator || !ila64_eq(&a->sir, &b->locator))
		return 0;
	return cfg_wrong(f, b->line,
			 "ila %s: its locator is the sir-prefix of ila %s, %s: an "
			 "address in it would not tell whether it is translated",
			 b->name, a->name, ila64_prefix_format(&a->sir, buf));
}

static const char *needs_sir(const struct config *c, const struct cfg_ila *d)
{
	const struct cfg_ila_id *i;

	if (d->has_locator)
		return "locator";
	TAILQ_FOREACH (i, &c->ila_ids, link)
		if (!strcmp(i->domain, d->name))
			return "identifier";
	return NULL;
}

/* A tenant of the domain that has a VNID, or that has none. */
static const struct cfg_tenant *tenant_with(const struct config *c,
					    const struct cfg_ila *d, bool vnid)
{
	const struct cfg_tenant *t;

	TAILQ_FOREACH (t, &c->tenants, link)
		if (t->ila && !t->vnid != vnid && !strcmp(t->domain, d->name))
			return t;
	return NULL;
}

static int check_plane(const struct config *c, const struct cfg_ila *d,
		       struct cfg_fault *f)
{
	const struct cfg_tenant *t = tenant_with(c, d, true);

	if (d->plane != ILA_PLANE_KERNEL)
		return 0;
	if (d->csum == ILA_CSUM_ADJUST)
		return cfg_wrong(f, d->line,
				 "ila %s: kernel ILA adds the difference of "
				 "adj-transport with the wrong sign, so that only such "
				 "kernels understand each other; expected a neutral "
				 "csum-mode, or dataplane ebpf",
				 d->name);
	if (t)
		return cfg_wrong(f, t->line,
				 "tenant %s has a vnid, but kernel ILA, the dataplane "
				 "of ila %s, keeps nobody apart; expected dataplane "
				 "ebpf or auto",
				 t->name, d->name);
	TAILQ_FOREACH (t, &c->tenants, link)
		if (t->ila && t->ebpf && !strcmp(t->domain, d->name))
			return cfg_wrong(
				f, t->line,
				"tenant %s has dataplane ebpf, but ila %s has "
				"dataplane kernel; expected ebpf or auto there",
				t->name, d->name);
	return 0;
}

static int check_domain(const struct config *c, const struct cfg_ila *d,
			struct cfg_fault *f)
{
	const char *what = d->has_sir ? NULL : needs_sir(c, d);
	const struct cfg_ila *b;
	int err = check_sir_locator(d, d, f);

	if (what)
		return cfg_wrong(f, d->line, "ila %s has a %s but no sir-prefix",
				 d->name, what);
	for (b = TAILQ_NEXT(d, link); b && !err; b = TAILQ_NEXT(b, link)) {
		err = check_two(d, b, f);
		if (!err)
			err = check_sir_locator(d, b, f);
		if (!err)
			err = check_sir_locator(b, d, f);
	}
	return err ? err : check_plane(c, d, f);
}

static int check_id(const struct config *c, const struct cfg_ila_id *i,
		    struct cfg_fault *f)
{
	const struct cfg_ila *d = config_ila_find(c, i->domain);
	const char *why = ila_own_id_check(&i->id, d->csum, tenant_with(c, d, true));
	char id[ILA_STR];

	if (why)
		return cfg_wrong(f, i->line, "identifier %s: %s",
				 ila64_format(&i->id, id), why);
	if (i->weight && !i->anycast)
		return cfg_wrong(f, i->line,
				 "identifier %s: a weight is for anycast only",
				 ila64_format(&i->id, id));
	return 0;
}

/* ---- tenants ----------------------------------------------------------- */

static const char *of_vxlan(const struct cfg_tenant *t)
{
	if (t->vni)
		return "vni";
	if (t->bridge[0])
		return "bridge";
	if (!ip_is_none(&t->vtep))
		return "local-vtep";
	if (t->underlay[0])
		return "underlay interface";
	return t->encoding != VNI_VXLAN ? "vni-encoding" : NULL;
}

static int check_prefix(const struct config *c, const struct cfg_tenant *t,
			struct cfg_fault *f)
{
	const struct cfg_ila *d;
	struct ila64 high;
	char buf[ADDR_STR];

	if (!t->tenant_prefix.bits)
		return 0;
	prefix_format(&t->tenant_prefix, buf);
	if (!t->vnid)
		return cfg_wrong(f, t->line,
				 "tenant %s has a tenant-prefix, which stands for a "
				 "VNID, expected `encapsulation ila vnid`",
				 t->name);
	memcpy(&high, t->tenant_prefix.ip.b, sizeof(high));
	TAILQ_FOREACH (d, &c->ilas, link)
		if ((d->has_sir && ila64_eq(&high, &d->sir)) ||
		    (d->has_locator && ila64_eq(&high, &d->locator)))
			return cfg_wrong(f, t->line,
					 "tenant %s: tenant-prefix %s lies in a prefix "
					 "of ila %s, where an address means something "
					 "else",
					 t->name, buf, d->name);
	return 0;
}

static int check_tenant(const struct config *c, const struct cfg_tenant *t,
			struct cfg_fault *f)
{
	const char *vxlan = of_vxlan(t);
	const struct cfg_ila *d;

	if (!t->ila)
		return check_prefix(c, t, f);
	if (vxlan)
		return cfg_wrong(f, t->line,
				 "tenant %s: ILA carries it, which knows no `%s`",
				 t->name, vxlan);
	d = config_ila_find(c, t->domain);
	if (!d || !d->has_sir)
		return cfg_wrong(f, t->line,
				 "tenant %s: there is no ila %s with a sir-prefix",
				 t->name, t->domain);
	return check_prefix(c, t, f);
}

static int check_tenants(const struct cfg_tenant *a, const struct cfg_tenant *b,
			 struct cfg_fault *f)
{
	bool one = a->ila && b->ila && !strcmp(a->domain, b->domain);
	char buf[ADDR_STR];

	if (one && a->vnid && a->vnid == b->vnid)
		return cfg_wrong(f, b->line,
				 "tenants %s and %s have one vnid, %u: an identifier "
				 "would not tell which tenant is meant",
				 a->name, b->name, a->vnid);
	if (one && !a->vnid != !b->vnid)
		return cfg_wrong(f, b->line,
				 "tenants %s and %s: only one has a vnid, so in ila %s "
				 "an identifier would not tell whether it has one",
				 a->name, b->name, a->domain);
	if (a->tenant_prefix.bits &&
	    !memcmp(&a->tenant_prefix, &b->tenant_prefix, sizeof(a->tenant_prefix)))
		return cfg_wrong(f, b->line,
				 "tenants %s and %s have one tenant-prefix, %s: one "
				 "packet to it would not tell which tenant is meant",
				 a->name, b->name,
				 prefix_format(&a->tenant_prefix, buf));
	return 0;
}

/* ---- all --------------------------------------------------------------- */

static int check_counts(const struct config *c, struct cfg_fault *f)
{
	const struct cfg_ila_id *i;
	const struct cfg_ila *d;
	unsigned n = 0;

	TAILQ_FOREACH (d, &c->ilas, link) {
		unsigned ids = 0;

		if (++n > ILA_DOMAINS)
			return cfg_wrong(f, d->line, "more than %u SIR domains",
					 ILA_DOMAINS);
		TAILQ_FOREACH (i, &c->ila_ids, link)
			if (!strcmp(i->domain, d->name) && ++ids > ILA_STATICS)
				return cfg_wrong(f, i->line,
						 "more than %u identifiers, expected "
						 "endpoints for so many",
						 ILA_STATICS);
	}
	return 0;
}

int config_ila_check(const struct config *c, struct cfg_fault *f)
{
	const struct cfg_tenant *t, *u;
	const struct cfg_ila_id *i;
	const struct cfg_ila *d;
	int err = check_counts(c, f);

	for (d = TAILQ_FIRST(&c->ilas); d && !err; d = TAILQ_NEXT(d, link))
		err = check_domain(c, d, f);
	for (i = TAILQ_FIRST(&c->ila_ids); i && !err; i = TAILQ_NEXT(i, link))
		err = check_id(c, i, f);
	for (t = TAILQ_FIRST(&c->tenants); t && !err; t = TAILQ_NEXT(t, link)) {
		err = check_tenant(c, t, f);
		for (u = TAILQ_NEXT(t, link); u && !err; u = TAILQ_NEXT(u, link))
			err = check_tenants(t, u, f);
	}
	return err;
}
