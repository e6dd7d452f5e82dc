/*
 * RT constraint towards one peer: its memberships become the filter of what it is
 * told, at first held back until it has said them all. Not here: what passes a filter
 * (rib/rtset.c), what a change of filter has to be told (export.c, rib/adjout.c), how
 * memberships travel on (rib/adjrtc.c), our own ones (rtc_own.c).
 * RFC 4684 sections 3.2, 5 and 6.
 *
 * Memberships change one by one; the filter is made anew once per loop turn, from all
 * paths of the peer. It is immutable, so that whoever has to compare the old one with
 * the new one keeps a reference.
 */
#include "bgpd/rtc.h"

#include <stdlib.h>

#include "bgpd/routes.h"
#include "lib/log.h"
#include "lib/util.h"
#include "rib/rtset.h"

struct rtc {
	TAILQ_ENTRY(rtc) link; /* routes.rtc_dirty while dirty */
	struct routes *r;
	struct peer *p;
	struct rtfilter *filter; /* in force */
	struct ev_timer limit;   /* of waiting */
	bool waiting;            /* it may still say more */
	bool dirty;
	bool disabled;
	bool over; /* RTC_MOST */
};

void rtc_init(struct routes *r)
{
	TAILQ_INIT(&r->rtc_dirty);
	r->rt_index = rtindex_new();
}

void rtc_fini(struct routes *r)
{
	rtindex_free(r->rt_index);
}

static void make_dirty(struct rtc *c)
{
	if (!c->dirty) {
		c->dirty = true;
		TAILQ_INSERT_TAIL(&c->r->rtc_dirty, c, link);
	}
	export_kick(c->r);
}

static void in_force(struct rtc *c)
{
	c->waiting = false;
	ev_timer_stop(&c->limit);
	make_dirty(c);
}

static void limit_over(void *arg)
{
	struct rtc *c = arg;
	char addr[ADDR_STR];

	log_warn(LOG_UPDATE,
		 "peer %s: no End-of-RIB of route targets, what came is all, "
		 "memberships=%u",
		 ip_format(&c->p->addr, addr),
		 c->r->rib[FAM_RTC].peer[peer_slot(c->p)].n);
	in_force(c);
}

void rtc_up(struct routes *r, struct peer *p)
{
	struct rtc *c;

	if (!p->chan[FAM_RTC].up)
		return;
	c = p->rtc = xcalloc(1, sizeof(*c));
	c->r = r;
	c->p = p;
	c->waiting = true;
	ev_timer_init(&c->limit, r->bgp->base, limit_over, c);
	ev_timer_set(&c->limit, RTC_WAIT_MS);
}

void rtc_down(struct routes *r, struct peer *p)
{
	struct rtc *c = p->rtc;

	if (!c)
		return;
	if (c->dirty)
		TAILQ_REMOVE(&r->rtc_dirty, c, link);
	ev_timer_fini(&c->limit);
	rtfilter_unref(c->filter);
	free(c);
	p->rtc = NULL;
}

void rtc_changed(struct routes *r, struct peer *p)
{
	(void)r;
	if (p->rtc && !p->rtc->waiting)
		make_dirty(p->rtc);
}

void rtc_eor(struct routes *r, struct peer *p)
{
	(void)r;
	if (p->rtc && p->rtc->waiting)
		in_force(p->rtc);
}

void rtc_disabled(struct routes *r, struct peer *p)
{
	(void)r;
	if (!p->rtc)
		return;
	p->rtc->disabled = true;
	in_force(p->rtc);
}

static bool too_many(struct rtc *c)
{
	uint32_t n = c->r->rib[FAM_RTC].peer[peer_slot(c->p)].n;
	static struct log_limit limit;
	char addr[ADDR_STR];
	bool was = c->over;

	c->over = n > RTC_MOST;
	if (was || !c->over)
		return c->over;
	c->r->bgp->limits[LIMIT_MEMBERSHIPS]++;
	if (log_ratelimited(&limit, 10))
		log_warn(LOG_UPDATE,
			 "peer %s: asks for so many route targets that it gets "
			 "everything, memberships=%u limit=%u",
			 ip_format(&c->p->addr, addr), n, RTC_MOST);
	return true;
}

static void apply(struct routes *r, struct rtc *c)
{
	struct rtfilter *now = c->disabled || too_many(c)
				       ? rtfilter_all()
				       : rtfilter_of(&r->rib[FAM_RTC], peer_slot(c->p));

	if (rtfilter_same(c->filter, now)) {
		rtfilter_unref(now);
		return;
	}
	rtfilter_unref(c->filter);
	c->filter = now;
	export_filter(r, c->p);
}

void rtc_apply(struct routes *r)
{
	struct rtc *c;

	while ((c = TAILQ_FIRST(&r->rtc_dirty))) {
		TAILQ_REMOVE(&r->rtc_dirty, c, link);
		c->dirty = false;
		apply(r, c);
	}
}

enum rtc_state rtc_state(const struct peer *p)
{
	if (!p->rtc)
		return RTC_OFF;
	if (p->rtc->disabled)
		return RTC_GIVEN_UP;
	return p->rtc->waiting ? RTC_WAITING : RTC_IN_FORCE;
}

struct rtfilter *rtc_filter(const struct peer *p)
{
	return p->rtc->filter;
}
