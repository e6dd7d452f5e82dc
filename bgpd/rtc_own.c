/*
 * Our own route target memberships: one for each route target that a tenant imports,
 * of our AS, so that reflectors send us these routes and no others. They follow
 * tenants and configuration. Not here: memberships of others (rtc.c).
 * RFC 4684 section 3.1.
 *
 * A reflector without tenants wants nothing for itself: what its clients say goes on
 * to the others, and that asks for their routes. Clients without RT constraint say
 * nothing. If they import targets that nobody else asks for, or if there are too many
 * memberships to tell everybody, `default-originate` asks a neighbor for everything.
 */
#include "bgpd/engine_int.h"

#include <string.h>

#include "wire/nlri_rtc.h"

/* Is RT constraint active anywhere; does anybody get the default? */
static void settings(const struct config *c, bool *on, bool *all)
{
	const struct cfg_nbr *n;

	*on = *all = false;
	TAILQ_FOREACH (n, &c->groups, link) {
		*on |= n->af[FAM_RTC].activate;
		*all |= n->af[FAM_RTC].default_originate;
	}
	TAILQ_FOREACH (n, &c->nbrs, link) {
		*on |= n->af[FAM_RTC].activate;
		*all |= n->af[FAM_RTC].default_originate;
	}
}

static void say(struct engine *e, const struct rtc_route *m)
{
	const struct attrs a = {
		.present = 1ull << ATTR_ORIGIN | 1ull << ATTR_AS_PATH,
		.nexthop = ip4_of(e->bgp.router_id), /* the session's, on its way out */
		.origin = ORIGIN_IGP,
	};
	struct nlri n;

	if (!rtc_build(m, &n))
		routes_originate(&e->routes, &families[FAM_RTC], &n, &a);
}

static void say_target(void *arg, const struct extcom *rt)
{
	struct engine *e = arg;
	const struct rtc_route m = { .bits = RTC_FULL_BITS,
				     .as = e->bgp.as,
				     .rt = *rt };

	say(e, &m);
}

void rtc_own_update(struct engine *e)
{
	const struct rtc_route everything = { 0 };
	struct rtc_own now = {
		.as = e->bgp.as,
		.router_id = e->bgp.router_id,
		.imports = tenants_imports_version(e->tenants),
	};
	struct rib *r = &e->routes.rib[FAM_RTC];

	settings(e->cfg, &now.on, &now.all);
	now.on &= e->cfg->has_bgp && e->bgp.router_id;
	if (!memcmp(&e->rtc_own, &now, sizeof(now)))
		return;
	e->rtc_own = now;
	rib_peer_stale(r, RIB_OWN);
	if (now.on)
		tenants_imports(e->tenants, say_target, e);
	if (now.on && now.all) /* told to those that default-originate names */
		say(e, &everything);
	rib_peer_sweep(r, RIB_OWN);
}
