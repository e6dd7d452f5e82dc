/*
 * Route target membership on its way to internal peers: an update group is told
 * differently from other families, RFC 4684 section 3.2.
 *
 *  - Not the winner goes out but the best path that may: a non-client is told of a
 *    client's wish although another reflector's says the same and wins.
 *  - A client is told what it said itself, so that it sends us the routes that it asks
 *    for; when somebody else says the same, that path instead. A client that is a
 *    reflector would find its cluster in its own path and drop it, and never hear
 *    that others want these routes, too.
 *
 * So what is told hangs on any path of a net, and nets are looked at often: one with
 * a thousand members changes a thousand times. Told is only what is new, for which
 * the attributes are kept that were told last. There are far fewer memberships than
 * routes.
 */
#include "rib/adjrtc.h"

#include <stdlib.h>
#include <string.h>

#include "lib/util.h"

enum { NOBODY = UINT32_MAX };

/* Best path that may go out and is not of this peer. */
static uint32_t pick(const struct adjout *o, uint32_t net, adjout_policy may, void *ctx,
		     uint32_t except)
{
	const struct rib *r = o->rib;
	uint32_t best = 0;

	for (uint32_t id = rib_net(r, net)->paths; id; id = rib_path(r, id)->next) {
		const struct path *p = rib_path(r, id);
		struct path_view v, b;

		if (p->peer == except || !may(ctx, r, p))
			continue;
		v = rib_path_view(r, id);
		if (best)
			b = rib_path_view(r, best);
		if (!best || best_cmp(&v, &b, NULL) < 0)
			best = id;
	}
	return best;
}

static struct attrset *attrs_of(const struct adjout *o, uint32_t path)
{
	return path ? rib_path(o->rib, path)->attrs : NULL;
}

static struct adjrtc_told *told_at(struct adjout *o, uint32_t net)
{
	if (net >= o->n_rtc) {
		uint32_t n = MAX_OF(o->rib->nets.next, net + 1);

		n += n / 4;
		o->rtc = xrealloc(o->rtc, n * sizeof(*o->rtc));
		memset(o->rtc + o->n_rtc, 0, (n - o->n_rtc) * sizeof(*o->rtc));
		o->n_rtc = n;
	}
	return &o->rtc[net];
}

static void keep(const struct adjout *o, struct attrset **at, struct attrset *now)
{
	if (now)
		attrset_ref(now);
	attrset_unref(o->rib->attrs, *at);
	*at = now;
}

uint16_t adjrtc_step(struct adjout *o, uint32_t net, uint16_t told, adjout_policy may,
		     void *ctx, struct adjout_step *s)
{
	struct adjrtc_told *t = told_at(o, net);
	uint32_t path = pick(o, net, may, ctx, NOBODY);
	uint32_t src = path ? rib_path(o->rib, path)->peer : NOBODY;
	uint32_t other = path && o->echo ? pick(o, net, may, ctx, src) : 0;
	uint32_t back = other ? other : path; /* what its source hears */
	bool news = path && ((o->walk && o->why == WALK_REFRESH) || !told ||
			     told - 1u != src || t->all != attrs_of(o, path));

	*s = (struct adjout_step) { .net = net, .src = src };
	s->old_src = o->echo ? NOBODY : (uint32_t)told - 1;
	s->withdraw = told && !path;
	if (news)
		s->path = path;
	if (o->echo && path && (news || t->src != attrs_of(o, back))) {
		if (back == path && news)
			s->src = NOBODY; /* the same for everybody */
		else
			s->alt = back;
	}
	keep(o, &t->all, attrs_of(o, path));
	keep(o, &t->src, o->echo ? attrs_of(o, back) : NULL);
	return (uint16_t)(path ? src + 1 : 0);
}

void adjrtc_fini(struct adjout *o)
{
	for (uint32_t i = 0; i < o->n_rtc; i++) {
		keep(o, &o->rtc[i].all, NULL);
		keep(o, &o->rtc[i].src, NULL);
	}
	free(o->rtc);
}

void adjrtc_split(struct adjout *o, const struct adjout *of)
{
	o->rtc = of->n_rtc ? xmemdup(of->rtc, of->n_rtc * sizeof(*of->rtc)) : NULL;
	for (uint32_t i = 0; i < o->n_rtc; i++) {
		if (o->rtc[i].all)
			attrset_ref(o->rtc[i].all);
		if (o->rtc[i].src)
			attrset_ref(o->rtc[i].src);
	}
}
