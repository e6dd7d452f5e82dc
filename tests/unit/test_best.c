#include "tests/unit/unit.h"

#include "rib/attrset.h"
#include "rib/best.h"

/* A path as the table below writes it. */
struct side {
	uint32_t local_pref, med, first_as, originator_id;
	uint16_t as_path_len, cluster_len;
	uint8_t origin;
	bool llgr, own, ebgp;
	uint32_t id, addr, rx_id;
};

static const struct {
	const char *name;
	struct side a, b; /* a is the better one, or both are equal */
	enum best_reason why;
} cases[] = {
	{ "llgr last, whatever else",
	  { .local_pref = 1 },
	  { .local_pref = 9, .llgr = true },
	  BEST_LLGR },
	{ "higher local preference",
	  { .local_pref = 200 },
	  { .local_pref = 100, .own = true },
	  BEST_LOCAL_PREF },
	{ "own route",
	  { .own = true, .as_path_len = 9 },
	  { .as_path_len = 0 },
	  BEST_OWN },
	{ "shorter path",
	  { .as_path_len = 1, .origin = 2 },
	  { .as_path_len = 2 },
	  BEST_AS_PATH },
	{ "lower origin", { .origin = 0, .med = 9 }, { .origin = 1 }, BEST_ORIGIN },
	{ "lower med of one AS", { .med = 1 }, { .med = 2, .ebgp = true }, BEST_MED },
	{ "med of two AS says nothing",
	  { .med = 9, .first_as = 1, .ebgp = true },
	  { .med = 1, .first_as = 2 },
	  BEST_EBGP },
	{ "external over internal", { .ebgp = true, .id = 9 }, { .id = 1 }, BEST_EBGP },
	{ "lower originator before router id",
	  { .originator_id = 1, .id = 9 },
	  { .id = 2 },
	  BEST_ROUTER_ID },
	{ "lower router id",
	  { .id = 1, .cluster_len = 3 },
	  { .id = 2 },
	  BEST_ROUTER_ID },
	{ "shorter cluster list",
	  { .cluster_len = 0, .addr = 9 },
	  { .cluster_len = 1, .addr = 1 },
	  BEST_CLUSTER },
	{ "lower address", { .addr = 1 }, { .addr = 2 }, BEST_ADDRESS },
	{ "lower path id last",
	  { .addr = 1, .rx_id = 9 },
	  { .addr = 2, .rx_id = 1 },
	  BEST_ADDRESS },
	{ "lower path id", { .rx_id = 0 }, { .rx_id = 0x80000000 }, BEST_PATH_ID },
	{ "the same", { .addr = 1 }, { .addr = 1 }, BEST_EQUAL },
};

static void fill(const struct side *s, struct attrset *set, struct path_source *src)
{
	*set = (struct attrset) {
		.local_pref = s->local_pref,
		.med = s->med,
		.first_as = s->first_as,
		.originator_id = s->originator_id,
		.as_path_len = s->as_path_len,
		.cluster_len = s->cluster_len,
		.origin = s->origin,
		.llgr_stale = s->llgr,
	};
	*src = (struct path_source) {
		.own = s->own, .ebgp = s->ebgp, .id = s->id, .addr = ip4_of(s->addr)
	};
}

static void compares(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct attrset sa, sb;
		struct path_source a, b;
		struct path_view va = { &sa, &a, cases[i].a.rx_id },
				 vb = { &sb, &b, cases[i].b.rx_id };
		enum best_reason why;
		int want = cases[i].why == BEST_EQUAL ? 0 : -1, got;

		print_message("# %s\n", cases[i].name);
		fill(&cases[i].a, &sa, &a);
		fill(&cases[i].b, &sb, &b);
		got = best_cmp(&va, &vb, &why);
		assert_int_equal(got < 0 ? -1 : got > 0, want);
		assert_int_equal(why, cases[i].why);
		got = best_cmp(&vb, &va, &why);
		assert_int_equal(got < 0 ? -1 : got > 0, -want);
		assert_int_equal(why, cases[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(compares),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
