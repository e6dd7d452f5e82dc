/*
 * `neighbor P origin-check` at work: the judge for the routes of an UPDATE, what is
 * counted and said of those refused, and a changed setting on a running session.
 * What a route may claim is decided in rib/claim.c.
 */
#include "bgpd/routes.h"

#include "lib/log.h"
#include "lib/out.h"
#include "wire/attrs.h"

enum { LINES_PER_MINUTE = 5 }; /* of each peer: none hides behind another */

bool origin_claims(const struct peer *p, const struct family *f, const struct attrs *a,
		   struct claims *out)
{
	const struct claim_rule *rule = &p->cfg.af[f->index].origin;

	if (!rule->on)
		return false;
	claims_init(out, rule, &p->addr, p->remote_id, a);
	return true;
}

void origin_refused(struct peer *p, const struct family *f, const struct claims *c,
		    enum update_reason why, const struct nlri *n)
{
	char addr[ADDR_STR], route[NLRI_STR_MAX], claim[CLAIM_STR];

	p->stats.update_errors[why]++;
	p->stats.origin_refused[f->index]++;
	if (!log_ratelimited(&p->origin_limit, LINES_PER_MINUTE))
		return;
	log_warn(LOG_UPDATE, "peer %s: origin-check refused %s: %s",
		 ip_format(&p->addr, addr), f->ops->format(n, route),
		 claims_format(c, why, f->ops, n, claim));
}

/* ---- a setting that changed ---- */

void origin_configured(struct peer *p, const struct cfg_nbr *was)
{
	for (unsigned i = 0; i < FAMS; i++) {
		const struct claim_rule *old = &was->af[i].origin,
					*now = &p->cfg.af[i].origin;

		if (claim_rule_equal(old, now))
			continue;
		if (now->on)
			routes_recheck(p, &families[i], "origin-check");
		if (old->on)
			routes_ask_again(p, &families[i], "origin-check");
	}
}

/* ---- show ---- */

static void prefixes_show(struct out *o, const char *key, const struct prefix *p,
			  unsigned n)
{
	char buf[ADDR_STR];

	out_arr(o, key);
	for (unsigned i = 0; i < n; i++) {
		out_str(o, NULL, prefix_format(&p[i], buf));
		out_text(o, ", %s", buf);
	}
	out_end(o);
}

void origin_show(const struct peer *p, const struct family *f, struct out *o)
{
	const struct claim_rule *r = &p->cfg.af[f->index].origin;
	uint64_t refused = p->stats.origin_refused[f->index];
	char buf[ADDR_STR];

	if (!r->on)
		return;
	out_text(o, "  Origin check: %s", ip_format(&p->addr, buf));
	out_obj(o, "originCheck");
	if (f->index != FAM_ILA)
		prefixes_show(o, f->index == FAM_EVPN ? "vteps" : "nextHops", r->vteps,
			      r->n_vteps);
	if (f->index == FAM_EVPN)
		out_bool(o, "rdAsNumber", r->rd_as);
	else
		prefixes_show(o, "locators", r->locators, r->n_locators);
	out_uint(o, "refusedRoutes", refused);
	out_end(o);
	out_text(o, "%s; %llu routes refused\n", r->rd_as ? ", RDs by AS number" : "",
		 (unsigned long long)refused);
}
