/*
 * Best path comparison, RFC 4271 section 9.1.2.2 with RFC 4456 section 9. Pure.
 */
#include "rib/best.h"

#include <stddef.h>

#include "lib/util.h"
#include "rib/attrset.h"

/* Each step: <0 a is better, >0 b is better, 0 next step. */
static int larger(uint32_t a, uint32_t b)
{
	return (a < b) - (a > b);
}

static int smaller(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

static uint32_t router_id(const struct path_view *p)
{
	return p->attrs->originator_id ? p->attrs->originator_id : p->src->id;
}

static int step_llgr(const struct path_view *a, const struct path_view *b)
{
	return smaller(a->attrs->llgr_stale, b->attrs->llgr_stale);
}

static int step_local_pref(const struct path_view *a, const struct path_view *b)
{
	return larger(a->attrs->local_pref, b->attrs->local_pref);
}

static int step_own(const struct path_view *a, const struct path_view *b)
{
	return larger(a->src->own, b->src->own);
}

static int step_as_path(const struct path_view *a, const struct path_view *b)
{
	return smaller(a->attrs->as_path_len, b->attrs->as_path_len);
}

static int step_origin(const struct path_view *a, const struct path_view *b)
{
	return smaller(a->attrs->origin, b->attrs->origin);
}

static int step_med(const struct path_view *a, const struct path_view *b)
{
	if (a->attrs->first_as != b->attrs->first_as)
		return 0;
	return smaller(a->attrs->med, b->attrs->med);
}

static int step_ebgp(const struct path_view *a, const struct path_view *b)
{
	return larger(a->src->ebgp, b->src->ebgp);
}

static int step_router_id(const struct path_view *a, const struct path_view *b)
{
	return smaller(router_id(a), router_id(b));
}

static int step_cluster(const struct path_view *a, const struct path_view *b)
{
	return smaller(a->attrs->cluster_len, b->attrs->cluster_len);
}

static int step_address(const struct path_view *a, const struct path_view *b)
{
	return ip_cmp(&a->src->addr, &b->src->addr);
}

static int step_path_id(const struct path_view *a, const struct path_view *b)
{
	return smaller(a->rx_id, b->rx_id);
}

/* In the order of the RFC; a row here is a step there. */
static const struct {
	enum best_reason reason;
	const char *text;
	int (*cmp)(const struct path_view *a, const struct path_view *b);
} steps[] = {
	{ BEST_LLGR, "LLGR stale", step_llgr },
	{ BEST_LOCAL_PREF, "Local Pref", step_local_pref },
	{ BEST_OWN, "Local Route", step_own },
	{ BEST_AS_PATH, "AS Path", step_as_path },
	{ BEST_ORIGIN, "Origin", step_origin },
	{ BEST_MED, "MED", step_med },
	{ BEST_EBGP, "Peer Type", step_ebgp },
	{ BEST_ROUTER_ID, "Router ID", step_router_id },
	{ BEST_CLUSTER, "Cluster length", step_cluster },
	{ BEST_ADDRESS, "Neighbor IP", step_address },
	{ BEST_PATH_ID, "Path ID", step_path_id },
};

int best_cmp(const struct path_view *a, const struct path_view *b,
	     enum best_reason *why)
{
	enum best_reason reason = BEST_EQUAL;
	int cmp = 0;

	for (size_t i = 0; i < ARRAY_SIZE(steps) && !cmp; i++) {
		cmp = steps[i].cmp(a, b);
		reason = cmp ? steps[i].reason : BEST_EQUAL;
	}
	if (why)
		*why = reason;
	return cmp;
}

const char *best_reason_text(enum best_reason r)
{
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		if (steps[i].reason == r)
			return steps[i].text;
	return r == BEST_FIRST ? "First path received" : "Nothing left to compare";
}
