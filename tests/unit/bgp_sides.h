/* tests/unit/bgp_sides.h - instances that are configured anew, and raw speakers that
 * call one of them. */
#ifndef TESTS_UNIT_BGP_SIDES_H
#define TESTS_UNIT_BGP_SIDES_H

#include "tests/unit/bgp_help.h"

static const char A[] = "127.0.5.1", B[] = "127.0.5.2", C[] = "127.0.5.3";

struct side {
	struct bgp bgp;
	struct config *cfg;
	struct cfg_nbr *nbr;
	struct peer *peer;
};

static struct side a;
static uint16_t port;

static inline void side_init(struct side *s, uint32_t as, const char *id)
{
	bgp_init(&s->bgp, base, &hooks);
	s->cfg = cfg_new(as, id);
}

static inline void side_fini(struct side *s)
{
	bgp_fini(&s->bgp);
	cfg_drop(s->cfg);
	*s = (struct side) { 0 };
}

/* A neighbor of s at `to`, connections coming from `from`. */
static inline void side_nbr(struct side *s, const char *from, const char *to,
			    uint32_t as)
{
	s->nbr = nbr_add(s->cfg, to, as);
	s->nbr->source = ip(from);
}

static inline void side_apply(struct side *s)
{
	s->bgp.port = port;
	bgp_apply(&s->bgp, s->cfg);
	s->peer = s->nbr ? peer_find(&s->bgp, &s->nbr->addr) : NULL;
}

/* A raw speaker at B calls a, up to its OPEN, or its KEEPALIVE. */
static inline struct raw dial_a(const struct open_msg *o, bool confirm)
{
	struct raw r = raw_connect(B, A, port);

	raw_expect(&r, MSG_OPEN);
	raw_send_open(&r, o);
	if (confirm)
		raw_expect(&r, MSG_KEEPALIVE);
	return r;
}

static inline int setup(void **state UNUSED)
{
	help_init();
	return 0;
}

static inline int teardown(void **state UNUSED)
{
	help_fini();
	return 0;
}

#endif
