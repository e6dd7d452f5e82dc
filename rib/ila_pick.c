/*
 * Selection among the paths of one identifier, both carriers together. Which paths
 * there are, and what follows from the choice, is not asked here.
 * draft-lapukhov-bgp-ila-afi section 3; RFC 7432 section 7.7 (sequence).
 */
#include "rib/ila_pick.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util.h"
#include "rib/attrset.h"
#include "wire/ila_com.h"

/* ---- one path ---------------------------------------------------------- */

static const struct {
	const char *name, *text;
} refusals[ILA_REFUSALS] = {
	[ILA_R_NO_LOCATOR] = { "no_locator", "its next hop is no IPv6 address" },
	[ILA_R_LOCATORS] = { "locators_differ", "its locator communities differ" },
	[ILA_R_OWN_LOCATOR] = { "own_locator", "the locator is one of this host" },
	[ILA_R_OWN_ADDRESS] = { "own_address",
				"the SIR address is an address of this host" },
	[ILA_R_MODE] = { "csum_mode", "the checksum mode is unknown" },
	[ILA_R_TYPE] = { "ident_type", "the type of identifier is unknown" },
	[ILA_R_VERSION] = { "marker_version", "the marker is of another version" },
	[ILA_R_NO_DOMAIN] = { "no_domain", "its SIR domain is not configured" },
};

const char *ila_refusal_name(enum ila_refusal r)
{
	if ((unsigned)r < ILA_FAULTS)
		return ila_fault_name((enum ila_fault)r);
	return (unsigned)r < ILA_REFUSALS ? refusals[r].name : "?";
}

const char *ila_refusal_text(enum ila_refusal r)
{
	if ((unsigned)r < ILA_FAULTS)
		return ila_fault_text((enum ila_fault)r);
	return (unsigned)r < ILA_REFUSALS ? refusals[r].text : "?";
}

static bool is_one_of(const struct ila64 *p, const struct ila64 *v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (ila64_eq(p, &v[i]))
			return true;
	return false;
}

/* The copy in a large community survives who changes next hops, so it wins. */
static int locator_read(const struct attrs *a, struct ila64 *out)
{
	int rc = attrs_ila_locator(a, 0, out);

	if (!rc)
		return ILA_R_NONE;
	if (rc == -EINVAL)
		return ILA_R_LOCATORS;
	if (a->nexthop.len != 16)
		return ILA_R_NO_LOCATOR;
	memcpy(out->b, a->nexthop.b, sizeof(out->b));
	return ILA_R_NONE;
}

static int locator_check(const struct ila_view *h, const struct ila64 *p)
{
	enum ila_fault f = ila_prefix_check(p);

	if (f)
		return (int)f;
	if (is_one_of(p, h->sirs, h->n_sirs))
		return ILA_SAME_PREFIX;
	return is_one_of(p, h->locators, h->n_locators) ? ILA_R_OWN_LOCATOR
							: ILA_R_NONE;
}

/* Types whose identifiers name containers, and "as its bits say". */
static bool type_known(unsigned type)
{
	return (type >= ILA_TYPE_LUID && type <= ILA_TYPE_VIRT6_MULTI) ||
	       type == ILA_TYPE_USE_FORMAT;
}

static int marker_read(const struct ila_view *h, const struct attrs *a,
		       const struct ila64 *id, struct ila_marker *m)
{
	int rc = attrs_ila_marker(a, m);

	if (rc == -ENOENT && h->draft) {
		*m = (struct ila_marker) { .csum_mode = (uint8_t)h->csum,
					   .ident_type = (uint8_t)ila_type_of(id) };
		return ILA_R_NONE;
	}
	if (rc)
		return rc == -ENOTSUP ? (int)ILA_R_VERSION : rc;
	if (m->csum_mode >= ILA_CSUMS)
		return ILA_R_MODE;
	return type_known(m->ident_type) ? ILA_R_NONE : ILA_R_TYPE;
}

int ila_cand_read(const struct ila_view *h, const struct ila_addr *addr,
		  const struct path_view *v, struct ila_cand *out)
{
	struct ila_cand c = { .v = *v,
			      .carrier = h->draft ? ILA_DRAFT : ILA_IP6,
			      .bandwidth = -1 };
	struct ila_marker m;
	struct attrs a;
	bool sticky;
	int rc;

	attrset_view(v->attrs, &a);
	rc = marker_read(h, &a, &addr->id, &m);
	if (!rc)
		rc = (int)ila_id_check(&addr->id, (enum ila_csum)m.csum_mode);
	if (!rc)
		rc = locator_read(&a, &c.locator);
	if (!rc)
		rc = locator_check(h, &c.locator);
	if (!rc && h->own_address)
		rc = ILA_R_OWN_ADDRESS;
	if (rc)
		return rc;
	attrs_macmob(&a, &c.seq, &sticky);
	if (attrs_link_bandwidth(&a, &c.bandwidth))
		c.bandwidth = -1;
	c.anycast = m.anycast || c.bandwidth >= 0;
	c.csum = m.csum_mode;
	c.ident_type = m.ident_type;
	*out = c;
	return ILA_R_NONE;
}

/* ---- the best one ------------------------------------------------------ */

/* What is asked before the ordinary decision. */
static int class_cmp(const struct ila_cand *a, const struct ila_cand *b)
{
	const struct attrset *x = a->v.attrs, *y = b->v.attrs;

	if (x->llgr_stale != y->llgr_stale)
		return x->llgr_stale - y->llgr_stale;
	return (a->seq < b->seq) - (a->seq > b->seq);
}

static int cand_cmp(const struct ila_cand *a, const struct ila_cand *b)
{
	int cmp = class_cmp(a, b);

	if (!cmp)
		cmp = best_cmp(&a->v, &b->v, NULL);
	return cmp ? cmp : (a->carrier > b->carrier) - (a->carrier < b->carrier);
}

/* MED compares within one neighbouring AS only, so the others are kept apart. */
static int as_order(const void *pa, const void *pb)
{
	const struct ila_cand *a = pa, *b = pb;
	uint32_t x = a->v.attrs->first_as, y = b->v.attrs->first_as;
	int cmp = class_cmp(a, b);

	if (cmp)
		return cmp;
	return x != y ? (x > y) - (x < y) : cand_cmp(a, b);
}

/* Deterministic MED, as rib/select.c: the winners of the ASes against each other. */
static const struct ila_cand *best_of(struct ila_cand *c, unsigned n)
{
	const struct ila_cand *best = NULL;

	if (n > 1)
		qsort(c, n, sizeof(*c), as_order);
	for (unsigned i = 0; i < n && !class_cmp(&c[i], &c[0]); i++) {
		if (i && c[i].v.attrs->first_as == c[i - 1].v.attrs->first_as)
			continue;
		if (!best || cand_cmp(&c[i], best) < 0)
			best = &c[i];
	}
	return best;
}

/* ---- who is there beside it -------------------------------------------- */

bool ila_pick_equal(const struct ila_cand *best, const struct ila_cand *c)
{
	enum best_reason why;

	if (class_cmp(best, c))
		return false;
	best_cmp(&best->v, &c->v, &why);
	return why > BEST_MED;
}

static bool joins(const struct ila_cand *best, const struct ila_cand *c)
{
	if (c == best)
		return true;
	return c->anycast && c->csum == best->csum &&
	       c->ident_type == best->ident_type && ila_pick_equal(best, c);
}

static bool contradicts(const struct ila_cand *best, const struct ila_cand *c)
{
	return !class_cmp(best, c) &&
	       best->v.attrs->local_pref == c->v.attrs->local_pref &&
	       !ila64_eq(&best->locator, &c->locator) && !(best->anycast && c->anycast);
}

struct weighed {
	struct ila64 locator;
	float bandwidth;
};

static int by_locator(const void *pa, const void *pb)
{
	const struct weighed *a = pa, *b = pb;
	int cmp = memcmp(&a->locator, &b->locator, sizeof(a->locator));

	return cmp ? cmp
		   : (a->bandwidth < b->bandwidth) - (a->bandwidth > b->bandwidth);
}

static int by_weight(const void *pa, const void *pb)
{
	const struct weighed *a = pa, *b = pb;

	if (a->bandwidth != b->bandwidth)
		return a->bandwidth < b->bandwidth ? 1 : -1;
	return memcmp(&a->locator, &b->locator, sizeof(a->locator));
}

/* Each locator once: a path that came twice is one. Return: how many. */
static unsigned locators_unique(struct weighed *w, unsigned n)
{
	unsigned kept = 0;

	qsort(w, n, sizeof(*w), by_locator);
	for (unsigned i = 0; i < n; i++)
		if (!i || !ila64_eq(&w[i].locator, &w[kept - 1].locator))
			w[kept++] = w[i];
	return kept;
}

/* Small whole numbers are weights already; others are brought into 16 bits. */
static float scale_of(const struct weighed *w, unsigned n)
{
	bool as_they_are = true;
	float most = 0;

	for (unsigned i = 0; i < n; i++) {
		float b = w[i].bandwidth;

		if (b < 1 || b > UINT16_MAX || b != (float)(uint16_t)b)
			as_they_are = false;
		most = MAX_OF(most, b);
	}
	return as_they_are || most <= 0 ? 1 : UINT16_MAX / most;
}

/* Where one says nothing of its bandwidth, what the others say compares with nothing:
 * then all are alike. */
static void weights_set(const struct weighed *w, unsigned n, struct ila_pick *out)
{
	bool alike = false;
	float scale = scale_of(w, n), x;

	for (unsigned i = 0; i < n; i++)
		alike |= w[i].bandwidth < 0;
	for (unsigned i = 0; i < n; i++) {
		x = w[i].bandwidth * scale + 0.5f;
		out->locator[i] = w[i].locator;
		out->weight[i] = 1;
		if (!alike && x >= 1)
			out->weight[i] = (uint16_t)MIN_OF(x, (float)UINT16_MAX);
	}
	out->n = n;
}

static void anycast_join(const struct ila_cand *c, unsigned n, struct ila_pick *out)
{
	enum { FEW = 16 };
	struct weighed few[FEW], *w = n > FEW ? xcalloc(n, sizeof(*w)) : few;
	unsigned kept = 0;

	for (unsigned i = 0; i < n; i++)
		if (joins(out->best, &c[i]))
			w[kept++] = (struct weighed) { c[i].locator, c[i].bandwidth };
	kept = locators_unique(w, kept);
	if (kept > ILA_LOCATORS) {
		out->more = true;
		qsort(w, kept, sizeof(*w), by_weight);
		kept = ILA_LOCATORS;
		qsort(w, kept, sizeof(*w), by_locator);
	}
	weights_set(w, kept, out);
	if (w != few)
		free(w);
}

static void duplicate_find(const struct ila_cand *c, unsigned n, struct ila_pick *out)
{
	for (unsigned i = 0; i < n; i++) {
		if (!contradicts(out->best, &c[i]))
			continue;
		if (!out->duplicate ||
		    memcmp(&c[i].locator, &out->other, sizeof(out->other)) < 0)
			out->other = c[i].locator;
		out->duplicate = true;
	}
}

void ila_pick(struct ila_cand *c, unsigned n, struct ila_pick *out)
{
	memset(out, 0, sizeof(*out));
	out->best = best_of(c, n);
	if (!out->best)
		return;
	duplicate_find(c, n, out);
	if (out->best->anycast) {
		anycast_join(c, n, out);
		return;
	}
	out->n = 1;
	out->locator[0] = out->best->locator;
	out->weight[0] = 1;
}
