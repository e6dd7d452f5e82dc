/* One host with its neighbours, for the tests of the ILA programs. */
#include "tests/unit/unit.h"

#include "tests/unit/ilaworld.h"

#include <stdlib.h>

#include "bpf/ila.skel.h"

const uint8_t modes[4] = { ILA_CSUM_ADJUST, ILA_CSUM_NEUTRAL, ILA_CSUM_NONE,
			   ILA_CSUM_NEUTRAL_AUTO };

/* ep_a is here, ep_b behind l2, ep_c here too on another device; ep_e is in another
 * domain. */
struct ila_addr ep_a, ep_b, ep_c, ep_e;
struct ila64 sir, sir2, l1, l2;

/* Two tenants of one domain with VNIDs, 0x64 and 0x65: one here, two elsewhere. */
struct ila_addr red, red2, blue, blue2;

void names_set(void)
{
	ep_a = addr(SIR ":2000:0:1:a");
	ep_b = addr(SIR ":2000:0:2:b");
	ep_c = addr(SIR ":2000:0:1:c");
	ep_e = addr("2001:db8:c0de:2:2000:0:1:e");
	sir = ep_a.prefix;
	sir2 = ep_e.prefix;
	l1 = half("2001:db8:100:1");
	l2 = half("2001:db8:100:2");
	red = addr(SIR ":6000:64:0:a");
	red2 = addr(SIR ":2000:64:0:b"); /* the type is no part of it */
	blue = addr(SIR ":6000:65:0:a");
	blue2 = addr(SIR ":6000:65:0:b");
}

void world(enum ila_csum mode)
{
	world_clear();
	put_sir(&sir, 0);
	put_own(&l1, &sir, mode, 0);
	put_remote(&l2, &sir, mode);
	put_local(&ep_a, HERE, 0);
	put_local(&ep_c, HERE + 1, 0);
	put_map(&ep_b, &l2, mode);
}

struct frame tcp(const struct ila_addr *src, const struct ila_addr *dst)
{
	return frame_make(&(struct desc) {
		.src = *src, .dst = *dst, .proto = IPPROTO_TCP, .data = 20 });
}

void assert_same(const struct frame *got, const struct frame *want)
{
	assert_int_equal(got->len, want->len);
	assert_memory_equal(got->b, want->b, want->len);
}

void assert_passes(struct bpf_program *which, const struct frame *f)
{
	struct result r = run(which, f);

	assert_int_equal(r.verdict, TC_ACT_UNSPEC);
	assert_int_equal(r.mark, 0);
	assert_same(&r.out, f);
}

/* Dropped or marked, as it came, and counted once. */
static void assert_stopped(struct bpf_program *which, const struct frame *f,
			   int verdict, enum bpf_ila_count why)
{
	counted(DOM, why);

	struct result r = run(which, f);

	assert_int_equal(r.verdict, verdict);
	assert_int_equal(r.mark, verdict == TC_ACT_UNSPEC ? BPF_ILA_MARK_UNREACH : 0);
	assert_int_equal(counted(DOM, why), 1);
}

void assert_drops(struct bpf_program *which, const struct frame *f,
		  enum bpf_ila_count why)
{
	assert_stopped(which, f, TC_ACT_SHOT, why);
}

void assert_no_way(struct bpf_program *which, const struct frame *f,
		   enum bpf_ila_count why)
{
	assert_stopped(which, f, TC_ACT_UNSPEC, why);
}

void assert_goes_to(struct bpf_program *which, const struct frame *f,
		    const struct ila_addr *dst, enum bpf_ila_count what)
{
	counted(DOM, what);

	struct result r = run(which, f);
	struct ila_addr got = frame_dst(&r.out);

	assert_int_equal(r.verdict, TC_ACT_UNSPEC);
	assert_int_equal(r.mark, 0);
	assert_memory_equal(&got, dst, sizeof(got));
	assert_int_equal(counted(DOM, what), 1);
}
