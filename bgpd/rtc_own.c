/*
 * Our own route target memberships: one for each route target that a tenant imports,
 * of our AS, so that reflectors send us these routes and no others. They follow
 * tenants and configuration. Not here: memberships of others (rtc.c).
 * RFC 4684 section 3.1.
 *
 * A reflector without tenants wants nothing for itself: what its clients say goes on
 * to the others, and that asks for their routes.
 */
#include "bgpd/engine_int.h"

#include <string.h>

#include "wire/nlri_rtc.h"

bool rtc_configured(const struct config *c)
{
	const struct cfg_nbr *n;
	bool any = false;

	TAILQ_FOREACH (n, &c->groups, link)
		any |= n->af[FAM_RTC].activate;
	TAILQ_FOREACH (n, &c->nbrs, link)
		any |= n->af[FAM_RTC].activate;
	return any;
}

static void say(void *arg, const struct extcom *rt)
{
	struct engine *e = arg;
	const struct rtc_route m = { .bits = RTC_FULL_BITS,
				     .as = e->bgp.as,
				     .rt = *rt };
	const struct attrs a = {
		.present = 1ull << ATTR_ORIGIN | 1ull << ATTR_AS_PATH,
		.nexthop = ip4_of(e->bgp.router_id), /* the session's, on its way out */
		.origin = ORIGIN_IGP,
	};
	struct nlri n;

	if (!rtc_build(&m, &n))
		routes_originate(&e->routes, &families[FAM_RTC], &n, &a);
}

void rtc_own_update(struct engine *e)
{
	const struct rtc_own now = {
		.on = e->cfg->has_bgp && e->bgp.router_id && rtc_configured(e->cfg),
		.as = e->bgp.as,
		.router_id = e->bgp.router_id,
		.imports = tenants_imports_version(e->tenants),
	};
	struct rib *r = &e->routes.rib[FAM_RTC];

	if (!memcmp(&e->rtc_own, &now, sizeof(now)))
		return;
	e->rtc_own = now;
	rib_peer_stale(r, RIB_OWN);
	if (now.on)
		tenants_imports(e->tenants, say, e);
	rib_peer_sweep(r, RIB_OWN);
}
