/* The ILA programs, packets without ICMPv6 errors: addresses of every mode in both
 * directions, checksums, who may send to whom, and what is not translated. */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "bpf/ila.skel.h"
#include "tests/unit/ilaprog.h"
#include "tests/unit/rand.h"

static struct ila_bpf *s;

enum { DOM = 3 }; /* number of the domain, for its counters */

/* ---- the world of a test -------------------------------------------------- */

static void world_clear(void)
{
	map_clear(s->maps.ila_dom_v1);
	map_clear(s->maps.ila_local_v1);
	map_clear(s->maps.ila_if_v1);
	map_clear(s->maps.ila_remote_v1);
	map_clear(s->maps.ila_map_v1);
	map_clear(s->maps.ila_group_v1);
	for (unsigned i = 0; i < BPF_ILA_COUNTS; i++)
		counted(s, DOM, i);
}

static void put_sir(const struct ila64 *sir, uint8_t flags)
{
	__be64 key = ilaval_prefix(sir);
	struct bpf_ila_dom v = { .dom = DOM, .kind = BPF_ILA_SIR, .flags = flags };

	map_put(s->maps.ila_dom_v1, &key, &v);
}

static void put_own(const struct ila64 *locator, const struct ila64 *sir,
		    enum ila_csum mode, uint8_t flags)
{
	__be64 key = ilaval_prefix(locator);
	struct bpf_ila_dom v = { .to = ilaval_from_wire(locator, sir, mode),
				 .dom = DOM,
				 .kind = BPF_ILA_LOCATOR,
				 .flags = flags };

	map_put(s->maps.ila_dom_v1, &key, &v);
}

static void put_local(const struct ila_addr *a, uint32_t ifindex, uint16_t flags)
{
	struct bpf_ila_addr key = ilaval_addr(a);
	struct bpf_ila_local v = { ifindex, DOM, flags };

	map_put(s->maps.ila_local_v1, &key, &v);
}

static void put_map(const struct ila_addr *a, const struct ila64 *locator,
		    enum ila_csum mode)
{
	struct bpf_ila_addr key = ilaval_addr(a);
	struct bpf_ila_rewrite v = ilaval_to_wire(&a->prefix, locator, mode);

	map_put(s->maps.ila_map_v1, &key, &v);
}

/* ---- vectors -------------------------------------------------------------- */

/* As Linux 6.1 has them on the wire. */
static const struct {
	const char *sir, *locator, *neutral, *neutral_auto;
} vectors[] = {
	{ "2001:db8:c0de:1:2000:0:1:a", "2001:db8:100:2", "3000:0:1:afe7",
	  "2000:0:1:bfe7" },
};

static void vector(const char *sir_text, const char *locator_text, enum ila_csum mode,
		   const struct ila64 *wire_id)
{
	const struct ila_addr sir = addr(sir_text);
	const struct ila64 locator = half(locator_text);
	const struct ila_addr src = { sir.prefix, half("2000:0:0:77") };
	const struct ila_addr wire = { locator, *wire_id };
	struct frame f = frame_make(&(struct desc) {
		.src = src, .dst = sir, .proto = IPPROTO_TCP, .data = 20 });

	world_clear();
	put_sir(&sir.prefix, 0);
	put_local(&src, HERE, 0);
	put_map(&sir, &locator, mode);

	struct result r = run(s->progs.ila_from_container, &f);

	assert_int_equal(r.verdict, TC_ACT_OK);
	assert_memory_equal(r.out.b + IP6 + 24, &wire, 16);
	assert_true(mode == ILA_CSUM_NONE || frame_sum_ok(&r.out));

	/* And at the other end. */
	world_clear();
	put_sir(&sir.prefix, 0);
	put_own(&locator, &sir.prefix, mode, 0);
	put_local(&sir, HERE, 0);
	r = run(s->progs.ila_from_underlay, &r.out);
	assert_int_equal(r.verdict, TC_ACT_OK);
	assert_int_equal(r.mark, 0);
	assert_int_equal(r.out.len, f.len);
	assert_memory_equal(r.out.b, f.b, f.len);
}

static void vectors_both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		const struct ila_addr sir = addr(vectors[i].sir);
		const struct ila64 n = half(vectors[i].neutral);
		const struct ila64 a = half(vectors[i].neutral_auto);

		print_message("# %s\n", vectors[i].sir);
		vector(vectors[i].sir, vectors[i].locator, ILA_CSUM_NONE, &sir.id);
		vector(vectors[i].sir, vectors[i].locator, ILA_CSUM_ADJUST, &sir.id);
		vector(vectors[i].sir, vectors[i].locator, ILA_CSUM_NEUTRAL, &n);
		vector(vectors[i].sir, vectors[i].locator, ILA_CSUM_NEUTRAL_AUTO, &a);
	}
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(vectors_both_ways),
	};

	s = ilaprog_open(0);
	if (!s)
		return EXIT_FAILURE;

	int failed = cmocka_run_group_tests(t, NULL, NULL);

	ila_bpf__destroy(s);
	return failed;
}
