/*
 * Who of an update group is told something: nearly everybody, or with RT constraint
 * those who want the route's targets. A group may have thousands of members each of
 * which wants something else, and no answer may cost as much as asking each of them:
 * an index leads from route targets to peers, and answers for a list of targets that
 * are asked for again and again are kept for a round.
 * RFC 4684 section 3.2.
 */
#include "bgpd/audience.h"

#include <stdlib.h>
#include <string.h>

#include "bgpd/group.h"
#include "lib/util.h"
#include "rib/rtset.h"

enum {
	NOBODY = UINT32_MAX,
	FEW = 8, /* members that are sooner asked than looked up */
};

/* Questions that are asked again and again in a round. */
enum question { AFFECTS, GAINS, LOSES, WANTS, WANTED, QUESTIONS };

/* The group at hand; one for the process, rounds are never nested. */
static struct {
	struct routes *r;
	const struct group *g;
	/* Answers by list: in which round, shifted by one, and yes or no. Those about
	 * wishes are a lone member's, with its filter of now and of before. */
	uint32_t *answer[QUESTIONS];
	uint32_t room;  /* of each */
	uint32_t round; /* this one */
	bool news;      /* nobody here has wanted anything before */
	struct member **found;
	unsigned n_found, found_room;
	uint64_t stamp; /* of the search; a member with it was found */
} at;

struct audience audience_everybody(void)
{
	return (struct audience) { .src = NOBODY };
}

static unsigned flags(const struct audience *a)
{
	return (unsigned)(a->one | a->list_was << 1 | a->other_was << 2 |
			  a->other_too << 3);
}

int audience_cmp(const struct audience *a, const struct audience *b)
{
	if (a->list != b->list)
		return a->list < b->list ? -1 : 1;
	if (a->src != b->src)
		return a->src < b->src ? -1 : 1;
	if (a->other != b->other)
		return a->other < b->other ? -1 : 1;
	return (int)flags(a) - (int)flags(b);
}

uint32_t audience_hash(const struct audience *a)
{
	uint64_t h = (a->src | (uint64_t)a->list << 32) * 0x9e3779b97f4a7c15u;

	return (uint32_t)(h >> 32) ^ a->other * 31u ^ flags(a);
}

/* ---- one member ------------------------------------------------------------ */

static const struct rtlist *list_at(uint32_t list)
{
	return rtlist_at(at.r->attrs.rts, list);
}

static bool ask(const struct member *m, uint32_t list, bool was)
{
	return rtfilter_wants(was ? m->was : m->now, list_at(list));
}

/* Where the answer is kept, and whether it is there. */
static bool is_known(enum question q, uint32_t list)
{
	return list < at.room && at.answer[q][list] >> 1 == at.round;
}

static bool keep(enum question q, uint32_t list, bool yes)
{
	if (list < at.room)
		at.answer[q][list] = at.round << 1 | yes;
	return yes;
}

static bool wants(const struct member *m, uint32_t list, bool was)
{
	enum question q = was ? WANTED : WANTS;

	if (at.g->n > 1)
		return ask(m, list, was);
	if (is_known(q, list))
		return at.answer[q][list] & 1;
	return keep(q, list, ask(m, list, was));
}

bool audience_has(const struct audience *a, struct member *m)
{
	if ((peer_slot(m->p) == a->src) != a->one)
		return false;
	if (a->list && !wants(m, a->list, a->list_was))
		return false;
	return !a->other || wants(m, a->other, a->other_was) == a->other_too;
}

/* ---- all ------------------------------------------------------------------- */

static bool nobody_wanted(const struct group *g)
{
	const struct member *m;

	if (!g->out.walk || g->out.why != WALK_FILTER)
		return true;
	TAILQ_FOREACH (m, &g->members, link)
		if (m->was)
			return false;
	return true;
}

void audience_begin(struct routes *r, const struct group *g)
{
	uint32_t top = r->attrs.rts->t.top, room = at.room;

	at.r = r;
	at.g = g;
	if (!g->out.rt.lists)
		return;
	if (top > room) {
		at.room = top + top / 4;
		for (int q = 0; q < QUESTIONS; q++) {
			at.answer[q] =
				xrealloc(at.answer[q], at.room * sizeof(*at.answer[q]));
			memset(at.answer[q] + room, 0,
			       (at.room - room) * sizeof(*at.answer[q]));
		}
	}
	at.news = nobody_wanted(g);
	if (++at.round == 1u << 31) { /* the first answers would seem new again */
		for (int q = 0; q < QUESTIONS; q++)
			memset(at.answer[q], 0, at.room * sizeof(*at.answer[q]));
		at.round = 1;
	}
}

static void found(struct member *m)
{
	if (at.n_found == at.found_room) {
		at.found_room = at.found_room ? at.found_room * 2 : 64;
		at.found = xrealloc(at.found, at.found_room * sizeof(*at.found));
	}
	at.found[at.n_found++] = m;
}

/* The member of this group that a peer is, NULL. */
static struct member *member_of(uint32_t slot)
{
	const struct rib *rib = at.g->out.rib;
	const struct peer *p = routes_peer(at.r, rib, slot);
	struct member *m = p ? p->member[at.g->key.f->index] : NULL;

	return m && m->g == at.g ? m : NULL;
}

/* The index may name a peer more than once. */
static void candidate(void *ctx, uint32_t slot)
{
	struct member *m = member_of(slot);

	if (!m || m->stamp == at.stamp)
		return;
	m->stamp = at.stamp;
	if (audience_has(ctx, m))
		found(m);
}

unsigned audience_find(const struct audience *a, struct member ***out)
{
	struct audience copy = *a;
	struct member *m;

	at.n_found = 0;
	at.stamp++;
	if (a->one) {
		candidate(&copy, a->src);
	} else if (a->list && !a->list_was && at.g->n > FEW) {
		copy.list = 0; /* whom the index names wants it */
		rtindex_each(at.r->rt_index, list_at(a->list), candidate, &copy);
	} else {
		TAILQ_FOREACH (m, &at.g->members, link)
			if (audience_has(a, m))
				found(m);
	}
	*out = at.found;
	return at.n_found;
}

static bool anybody(const struct audience *a)
{
	struct member **m;

	return audience_find(a, &m);
}

bool audience_gains(uint32_t list)
{
	struct audience a = {
		.src = NOBODY, .list = list, .other = list, .other_was = true
	};

	if (is_known(GAINS, list))
		return at.answer[GAINS][list] & 1;
	return keep(GAINS, list, anybody(&a));
}

bool audience_loses(uint32_t list)
{
	struct audience a = {
		.src = NOBODY, .list = list, .list_was = true, .other = list
	};

	if (at.news)
		return false;
	if (is_known(LOSES, list))
		return at.answer[LOSES][list] & 1;
	return keep(LOSES, list, anybody(&a));
}

/* Asked once for each route of a walk, so it is answered at a glance. */
bool audience_affects(void *ctx, uint32_t list)
{
	(void)ctx;
	if (is_known(AFFECTS, list))
		return at.answer[AFFECTS][list] & 1;
	return keep(AFFECTS, list, audience_gains(list) || audience_loses(list));
}

void audience_fini(void)
{
	for (int q = 0; q < QUESTIONS; q++)
		free(at.answer[q]);
	free(at.found);
	memset(&at, 0, sizeof(at));
}
