/*
 * What only the whole configuration can tell: groups that are missing, tenants that
 * collide. What one line can tell is refused by its row.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "bgpd/config.h"
#include "bgpd/config_edit.h"
#include "lib/util.h"

int cfg_wrong(struct cfg_fault *f, unsigned line, const char *fmt, ...)
{
	va_list ap;

	f->line = line;
	f->column = 1;
	va_start(ap, fmt);
	vsnprintf(f->reason, sizeof(f->reason), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static int check_nbr(const struct config *c, const struct cfg_nbr *n,
		     struct cfg_fault *f)
{
	bool rr_client = false, internal;
	struct cfg_nbr r;

	if (n->group[0] && !config_group_find(c, n->group))
		return cfg_wrong(f, n->line, "neighbor %s: there is no peer-group %s",
				 n->name, n->group);
	config_nbr_resolve(c, n, &r);
	for (unsigned i = 0; i < FAMS; i++)
		rr_client |= r.af[i].rr_client;
	if (!(r.set & NBR_REMOTE_AS) && !ip_is_none(&n->addr))
		return cfg_wrong(f, n->line,
				 "neighbor %s has no remote-as, expected `neighbor %s "
				 "remote-as` or a peer-group that has one",
				 n->name, n->name);
	if (r.gtsm_hops && r.multihop)
		return cfg_wrong(
			f, n->line,
			"neighbor %s: ttl-security and ebgp-multihop exclude each "
			"other",
			n->name);
	internal = r.as_kind == CFG_AS_INTERNAL ||
		   (r.as_kind == CFG_AS_NUMBER && r.remote_as == c->as);
	if (rr_client && (r.set & NBR_REMOTE_AS) && !internal)
		return cfg_wrong(f, n->line,
				 "neighbor %s: only an internal neighbor can be a "
				 "route-reflector-client",
				 n->name);
	if (r.has_role && (r.set & NBR_REMOTE_AS) && internal)
		return cfg_wrong(
			f, n->line,
			"neighbor %s: only towards an external neighbor there is "
			"a local-role",
			n->name);
	return 0;
}

static int check_range(const struct config *c, const struct cfg_range *r,
		       struct cfg_fault *f)
{
	const struct cfg_nbr *g = config_group_find(c, r->group);

	if (!g)
		return cfg_wrong(f, r->line,
				 "bgp listen range: there is no peer-group %s",
				 r->group);
	if (!(g->set & NBR_REMOTE_AS))
		return cfg_wrong(
			f, r->line,
			"bgp listen range: peer-group %s has no remote-as, expected "
			"`neighbor %s remote-as`",
			r->group, r->group);
	return 0;
}

static unsigned family(const struct cfg_tenant *t)
{
	return t->vtep.len == 16 ? 6 : 4;
}

/* Does one tenant's bridge have the name of the other's VXLAN device? */
static bool device_clash(const struct cfg_tenant *a, const struct cfg_tenant *b)
{
	char vx[16];

	snprintf(vx, sizeof(vx), "vx%u", b->vni & 0xffffff);
	return b->vni && !strcmp(a->bridge, vx);
}

static int check_pair(const struct cfg_tenant *a, const struct cfg_tenant *b,
		      struct cfg_fault *f)
{
	if (a->vni && a->vni == b->vni)
		return cfg_wrong(f, b->line, "tenants %s and %s have one vni, %u",
				 a->name, b->name, a->vni);
	if (a->bridge[0] && !strcmp(a->bridge, b->bridge))
		return cfg_wrong(f, b->line, "tenants %s and %s have one bridge, %s",
				 a->name, b->name, a->bridge);
	if (device_clash(a, b) || device_clash(b, a))
		return cfg_wrong(
			f, b->line,
			"tenants %s and %s: a bridge has the name of a VXLAN device",
			a->name, b->name);
	if (a->vni && b->vni && a->port == b->port && family(a) == family(b) &&
	    a->gbp != b->gbp)
		return cfg_wrong(
			f, b->line,
			"tenants %s and %s share udp port %u, but only one has gbp",
			a->name, b->name, a->port);
	return 0;
}

static int check_tenants(const struct config *c, struct cfg_fault *f)
{
	const struct cfg_tenant *a, *b;
	int err = 0;

	TAILQ_FOREACH (a, &c->tenants, link) {
		if (device_clash(a, a))
			return cfg_wrong(
				f, a->line,
				"tenant %s: the bridge has the name of its VXLAN "
				"device",
				a->name);
		for (b = TAILQ_NEXT(a, link); b && !err; b = TAILQ_NEXT(b, link))
			err = check_pair(a, b, f);
		if (err)
			return err;
	}
	return 0;
}

int config_check_fault(const struct config *c, struct cfg_fault *f)
{
	const struct cfg_range *r;
	const struct cfg_nbr *n;
	unsigned nbrs = 0;

	TAILQ_FOREACH (n, &c->groups, link)
		if (check_nbr(c, n, f))
			return -EINVAL;
	TAILQ_FOREACH (n, &c->nbrs, link) {
		if (check_nbr(c, n, f))
			return -EINVAL;
		if (++nbrs > CFG_NBRS_MAX)
			return cfg_wrong(
				f, n->line,
				"more than %u neighbors, expected a listen range "
				"for so many",
				CFG_NBRS_MAX);
	}
	TAILQ_FOREACH (r, &c->ranges, link)
		if (check_range(c, r, f))
			return -EINVAL;
	return check_tenants(c, f) || config_ila_check(c, f) ||
			       config_labels_check(c, f) ||
			       config_identity_check(c, f) ||
			       config_endpoint_check(c, f)
		       ? -EINVAL
		       : 0;
}

int config_check(const struct config *c, char *err, size_t errlen)
{
	struct cfg_fault f;
	int rc = config_check_fault(c, &f);

	if (rc)
		snprintf(err, errlen, "%s", f.reason);
	return rc;
}
