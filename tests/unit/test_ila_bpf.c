/* The ILA programs: addresses of every mode in both directions, checksums, frames of
 * every kind. Who may send where is tried in test_ila_ways.c. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cap-ng.h>

#include "bpf/ila.skel.h"
#include "tests/unit/ilaworld.h"
#include "tests/unit/rand.h"

/* ---- addresses ------------------------------------------------------------ */

/* As Linux 6.1 has them on the wire: neutral-map, neutral-map-auto. */
static const struct {
	const char *sir, *locator, *neutral, *neutral_auto;
} vectors[] = {
	{ SIR ":2000:0:1:a", "2001:db8:100:2", "3000:0:1:afe7", "2000:0:1:bfe7" },
	{ SIR ":2000:0:2:b", "2001:db8:100:2", "3000:0:2:afe8", "2000:0:2:bfe8" },
	{ "face:b00c:0:0:2555:0:2:0", "2803:6080:8960:4473", "3555:0:2:4484",
	  "2555:0:2:5484" },
	{ "3333:0:0:1:2000:0:1:87", "2001:0:87:0", "3000:0:1:333", "2000:0:1:1333" },
	{ "3333:0:0:1:2000:0:2:87", "2001:0:87:1", "3000:0:2:332", "2000:0:2:1332" },
	{ "fd00:1:2:3:2123:4567:89ab:cdef", "fd00:1:2:3", "3123:4567:89ab:bdef",
	  "2123:4567:89ab:cdef" },
	{ "fd00:ffff:ffff:ffff:2000:0:0:0", "fd00:0:0:0", "3000:0:0:efff",
	  "2000:0:0:ffff" },
	{ "fd00:0:0:1:2fff:ffff:ffff:ffff", "fd00:ffff:ffff:fffe",
	  "3fff:ffff:ffff:f001", "2fff:ffff:ffff:2" },
	{ "2001:db8:0:5:2000:0:0:1000", "2001:db8:0:1005", "3000:0:0:efff",
	  "2000:0:0:ffff" },
	{ "2001:db8:0:1005:2000:0:0:fffe", "2001:db8:0:5", "3000:0:0:fffe",
	  "2000:0:0:fff" },
	{ "2001:db8:1:1:2000:0:0:0", "2001:db8:1:1", "3000:0:0:efff", "2000:0:0:ffff" },
	{ "2001:db8:a:b:6000:2a:a00:5", "2001:db8:100:7", "7000:2a:a00:ef12",
	  "6000:2a:a00:ff12" },
	{ "2001:db8:a:b:4000:64:c0a8:101", "2001:db8:100:9", "5000:64:c0a8:f00c",
	  "4000:64:c0a8:d" },
};

/* To the wire and back, compared with lib/ila.c; Return: the address on the wire. */
static struct ila_addr there_and_back(const struct ila_addr *dst,
				      const struct ila64 *locator, enum ila_csum mode)
{
	const struct ila_addr src = { dst->prefix, half("2000:0:77:77") };
	const struct ila_addr wire = ila_to_wire(dst, locator, mode);
	const struct ila_addr back = ila_from_wire(&wire, &dst->prefix, mode);
	struct frame f = tcp(&src, dst);

	world_clear();
	put_sir(&dst->prefix, 0);
	put_local(&src, HERE, 0);
	put_map(dst, locator, mode);

	struct result r = run(FROM_CONTAINER, &f);
	struct ila_addr got = frame_dst(&r.out);

	assert_int_equal(r.verdict, TC_ACT_UNSPEC);
	assert_int_equal(r.mark, 0);
	assert_memory_equal(&got, &wire, sizeof(got));
	assert_true(mode == ILA_CSUM_NONE || frame_sum_ok(&r.out));

	world_clear();
	put_own(locator, &dst->prefix, mode, 0);
	put_local(&back, HERE, 0);
	r = run(FROM_UNDERLAY, &r.out);
	assert_int_equal(r.verdict, TC_ACT_UNSPEC);
	assert_int_equal(r.mark, 0);
	frame_set_dst(&f, &back);
	assert_same(&r.out, &f);
	assert_true(mode == ILA_CSUM_NONE || frame_sum_ok(&r.out));
	return got;
}

static void vectors_both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		const struct ila_addr dst = addr(vectors[i].sir);
		const struct ila64 locator = half(vectors[i].locator);
		const struct ila64 want[ILA_CSUMS] = {
			[ILA_CSUM_ADJUST] = dst.id,
			[ILA_CSUM_NEUTRAL] = half(vectors[i].neutral),
			[ILA_CSUM_NONE] = dst.id,
			[ILA_CSUM_NEUTRAL_AUTO] = half(vectors[i].neutral_auto),
		};

		print_message("# %s\n", vectors[i].sir);
		for (size_t m = 0; m < MODES; m++) {
			struct ila_addr wire = there_and_back(&dst, &locator, modes[m]);

			assert_memory_equal(&wire.id, &want[modes[m]], 8);
		}
	}
}

static void random_both_ways(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		struct ila_addr dst;
		struct ila64 locator;

		rand_bytes(&dst, sizeof(dst));
		rand_bytes(&locator, sizeof(locator));
		dst.id.b[0] = (uint8_t)((1 + rand_below(4)) << 5 | rand_below(16));
		if (rand_below(4) == 0) /* words at the edges */
			memset(dst.id.b + 6, rand_below(2) ? 0xff : 0, 2);
		there_and_back(&dst, &locator, modes[i % MODES]);
	}
}

/* C bit not set on arrival: not changed by who sent it, so not undone either. */
static void neutral_without_c_bit(void **state)
{
	const struct ila_addr wire = { l1, ep_a.id };
	struct frame f = tcp(&ep_b, &wire);

	(void)state;
	world(ILA_CSUM_NEUTRAL);
	assert_goes_to(FROM_UNDERLAY, &f, &ep_a, BPF_ILA_N_IN);
}

/* ---- frames --------------------------------------------------------------- */

static const char *const exts[] = { "",  "h",  "d",  "a",   "r",    "R",       "m",
				    "f", "hf", "hr", "dRd", "hdrf", "hdrhdrha" };
static const uint8_t protos[] = { IPPROTO_TCP,  IPPROTO_UDP, IPPROTO_ICMPV6, 136,
				  IPPROTO_DCCP, 132,         IPPROTO_NONE };

static bool has_sum(uint8_t proto)
{
	return proto != 132 && proto != IPPROTO_NONE;
}

/* Every chain of headers before every transport, all modes, both ways: the checksum
 * holds on the wire and nothing but address and checksum has changed. */
static void frames_both_ways(void **state)
{
	(void)state;
	for (size_t m = 0; m < MODES; m++) {
		const struct ila_addr wire = ila_to_wire(&ep_b, &l2, modes[m]);

		for (size_t x = 0; x < ARRAY_SIZE(exts); x++) {
			for (size_t p = 0; p < ARRAY_SIZE(protos); p++) {
				struct frame f =
					frame_make(&(struct desc) { .src = ep_a,
								    .dst = ep_b,
								    .ext = exts[x],
								    .proto = protos[p],
								    .type = 128,
								    .data = 33 });

				world(modes[m]);

				struct result r = run(FROM_CONTAINER, &f);
				struct ila_addr got = frame_dst(&r.out);

				assert_int_equal(r.verdict, TC_ACT_UNSPEC);
				assert_memory_equal(&got, &wire, sizeof(got));
				if (has_sum(protos[p]) && modes[m] != ILA_CSUM_NONE)
					assert_true(frame_sum_ok(&r.out));
				world_clear();
				put_own(&l2, &sir, modes[m], 0);
				put_local(&ep_b, HERE, 0);
				r = run(FROM_UNDERLAY, &r.out);
				assert_int_equal(r.verdict, TC_ACT_UNSPEC);
				assert_int_equal(r.mark, 0);
				assert_same(&r.out, &f);
			}
		}
	}
}

/* No transport header in it: the address alone changes. */
static void later_fragments(void **state)
{
	(void)state;
	for (size_t m = 0; m < MODES; m++) {
		const struct ila_addr wire = ila_to_wire(&ep_b, &l2, modes[m]);
		struct frame f = frame_make(&(struct desc) { .src = ep_a,
							     .dst = ep_b,
							     .ext = "hl",
							     .proto = IPPROTO_UDP,
							     .data = 64 });

		world(modes[m]);

		struct result r = run(FROM_CONTAINER, &f);

		assert_int_equal(r.verdict, TC_ACT_UNSPEC);
		frame_set_dst(&f, &wire);
		assert_same(&r.out, &f);
	}
}

static uint16_t udp_sum(const struct frame *f)
{
	return (uint16_t)(f->b[NEXT + 6] << 8 | f->b[NEXT + 7]);
}

/* A UDP checksum that comes out as 0 is sent as ffff; one that is not there stays so.
 */
static void udp_zero(void **state)
{
	const struct ila_addr wire = ila_to_wire(&ep_b, &l2, ILA_CSUM_ADJUST);
	struct desc d = { .src = ep_a, .dst = wire, .proto = IPPROTO_UDP, .data = 2 };
	struct frame f;

	(void)state;
	world(ILA_CSUM_ADJUST);
	do {
		d.seed++;
		f = frame_make(&d);
	} while (udp_sum(&f) != 0xffff && d.seed);
	assert_int_equal(udp_sum(&f), 0xffff);
	d.dst = ep_b;
	f = frame_make(&d);
	assert_int_not_equal(udp_sum(&f), 0xffff);

	struct result r = run(FROM_CONTAINER, &f);

	assert_int_equal(udp_sum(&r.out), 0xffff);
	assert_true(frame_sum_ok(&r.out));

	d.no_sum = true;
	f = frame_make(&d);
	r = run(FROM_CONTAINER, &f);
	assert_int_equal(r.verdict, TC_ACT_UNSPEC);
	assert_int_equal(udp_sum(&r.out), 0);
}

/* Cut anywhere, every program, every mode: either it is dropped, or it passes as it
 * came, or the address is right and the rest as it came but for the checksum. (The
 * kernel runs no program on less than a fixed header.) */
static void cut_short(void **state)
{
	struct bpf_program *const all[] = { FROM_CONTAINER, TO_CONTAINER,
					    FROM_UNDERLAY };

	(void)state;
	for (size_t m = 0; m < MODES; m++) {
		const struct ila_addr wire = ila_to_wire(&ep_b, &l2, modes[m]);
		const struct ila_addr wire_a = ila_to_wire(&ep_a, &l1, modes[m]);

		world(modes[m]);
		for (size_t i = 0; i < 3 * ARRAY_SIZE(exts); i++) {
			bool in = i % 3 == 2;
			struct frame f =
				frame_make(&(struct desc) { .src = in ? ep_b : ep_a,
							    .dst = in ? wire_a : ep_b,
							    .ext = exts[i / 3],
							    .proto = IPPROTO_ICMPV6,
							    .type = 128,
							    .data = 8 });
			size_t whole = f.len;

			for (f.len = NEXT; f.len <= whole; f.len++) {
				struct result r = run(all[i % 3], &f);
				struct ila_addr to;

				if (r.verdict == TC_ACT_SHOT) {
					assert_true(f.len < whole);
					continue;
				}
				assert_int_equal(r.verdict, TC_ACT_UNSPEC);
				assert_int_equal(r.out.len, f.len);
				if (!memcmp(r.out.b, f.b, f.len))
					continue;
				to = frame_dst(&r.out);
				assert_memory_equal(&to, in ? &ep_a : &wire, 16);
				if (modes[m] == ILA_CSUM_ADJUST)
					continue;
				assert_memory_equal(r.out.b, f.b, IP6 + 24);
				assert_memory_equal(r.out.b + NEXT, f.b + NEXT,
						    f.len - NEXT);
			}
		}
	}
}

/* Whatever is in a frame: only what ep_a sends to ep_b goes there, and only what comes
 * for the locator of this host becomes a packet for ep_a. */
static void random_frames(void **state)
{
	const struct ila_addr wire = ila_to_wire(&ep_b, &l2, ILA_CSUM_ADJUST);
	const struct ila_addr wire_a = ila_to_wire(&ep_a, &l1, ILA_CSUM_ADJUST);

	(void)state;
	world(ILA_CSUM_ADJUST);
	for (unsigned i = 0; i < 20000; i++) {
		bool in = i % 2;
		const struct ila_addr *from = in ? &wire_a : &ep_b,
				      *to = in ? &ep_a : &wire;
		struct frame f = frame_make(&(struct desc) {
			.src = in ? ep_b : ep_a,
			.dst = *from,
			.ext = exts[rand_below(11)],
			.proto = protos[rand_below(ARRAY_SIZE(protos))],
			.data = rand_below(64) });

		for (unsigned n = rand_below(4); n--;)
			f.b[12 + rand_below((uint32_t)f.len - 12)] = (uint8_t)rand32();

		struct result r = run(in ? FROM_UNDERLAY : FROM_CONTAINER, &f);
		struct ila_addr src = frame_src(&f), dst = frame_dst(&f);
		struct ila_addr got = frame_dst(&r.out);

		if (r.verdict == TC_ACT_SHOT)
			continue;
		assert_int_equal(r.verdict, TC_ACT_UNSPEC);
		if (!memcmp(&got, &dst, 16))
			continue;
		assert_true(in || !memcmp(&src, &ep_a, 16));
		assert_memory_equal(&dst.prefix, &from->prefix, 8);
		if (!r.mark) {
			assert_memory_equal(&dst, from, 16);
			assert_memory_equal(&got, to, 16);
		}
		memcpy(r.out.b + IP6 + 24, &dst, 16);
		assert_memory_equal(r.out.b, f.b, NEXT);
	}
}

/* The transport header is there, but not part of the packet by its length; or behind
 * more headers than anybody has use for. Where it is needed it is missing. */
static void checksum_out_of_reach(void **state)
{
	struct frame f = tcp(&ep_a, &ep_b);

	(void)state;
	world(ILA_CSUM_ADJUST);
	f.b[IP6 + 5] = 17; /* of the payload's 40 octets */
	assert_drops(FROM_CONTAINER, &f, BPF_ILA_N_MALFORMED);
	f.b[IP6 + 5] = 18;
	assert_goes_to(FROM_CONTAINER, &f, &(struct ila_addr) { l2, ep_b.id },
		       BPF_ILA_N_OUT);
	f = frame_make(&(struct desc) {
		.src = ep_a, .dst = ep_b, .ext = "ddddddddd", .proto = IPPROTO_TCP });
	assert_drops(FROM_CONTAINER, &f, BPF_ILA_N_MALFORMED);
	/* An extension header that the length cuts, before what has no checksum. */
	f = frame_make(
		&(struct desc) { .src = ep_a, .dst = ep_b, .ext = "hh", .proto = 132 });
	f.b[IP6 + 5] = 15;
	assert_drops(FROM_CONTAINER, &f, BPF_ILA_N_MALFORMED);
	f.b[IP6 + 5] = 16;
	assert_goes_to(FROM_CONTAINER, &f, &(struct ila_addr) { l2, ep_b.id },
		       BPF_ILA_N_OUT);
	f = frame_make(&(struct desc) {
		.src = ep_a, .dst = ep_b, .ext = "ddddddddd", .proto = IPPROTO_TCP });
	world(ILA_CSUM_NEUTRAL);
	assert_goes_to(FROM_CONTAINER, &f,
		       &(struct ila_addr) { l2, half("3000:0:2:afe8") }, BPF_ILA_N_OUT);
}

static void not_ipv6(void **state)
{
	static const uint16_t types[] = { 0x0800, 0x0806, 0x8100, 0x88a8, 0x86dc };
	struct frame f = tcp(&ep_a, &ep_b);

	(void)state;
	world(ILA_CSUM_NEUTRAL);
	f.b[15] = 1; /* of a VLAN, where the type is that of a tag */
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		f.b[12] = (uint8_t)(types[i] >> 8);
		f.b[13] = (uint8_t)types[i];
		assert_passes(FROM_CONTAINER, &f);
		assert_passes(FROM_UNDERLAY, &f);
		assert_passes(TO_CONTAINER, &f);
	}
	f = tcp(&ep_a, &ep_b);
	f.b[IP6] = 0x50; /* version */
	assert_passes(FROM_CONTAINER, &f);
}

/* One tag is in the metadata, and one that says only a priority is none: what is behind
 * it is guarded. More of them hide it from us, not from the stack. */
static void priority_tags(void **state)
{
	static const uint16_t types[] = { 0x8100, 0x88a8 };
	struct frame f = tcp(&ep_c, &ep_b);

	(void)state;
	world(ILA_CSUM_NEUTRAL);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		f.b[12] = (uint8_t)(types[i] >> 8);
		f.b[13] = (uint8_t)types[i];
		f.b[14] = 0xe0;
		assert_int_equal(run(FROM_CONTAINER, &f).verdict, TC_ACT_SHOT);
		assert_int_equal(run(FROM_UNDERLAY, &f).verdict, TC_ACT_SHOT);
	}
}

/* The stack takes one hop from each, and says so when it was the last. */
static void hops_are_the_stack_s(void **state)
{
	(void)state;
	world(ILA_CSUM_NEUTRAL);
	for (uint8_t hops = 0; hops < 3; hops++) {
		struct frame f = tcp(&ep_a, &ep_b);

		f.b[IP6 + 7] = hops;

		struct result r = run(FROM_CONTAINER, &f);

		assert_int_equal(r.verdict, TC_ACT_UNSPEC);
		assert_int_equal(r.out.b[IP6 + 7], hops);
		frame_set_dst(&f, &(struct ila_addr) { l1, half("3000:0:1:afe8") });
		r = run(FROM_UNDERLAY, &f);
		assert_int_equal(r.verdict, TC_ACT_UNSPEC);
		assert_int_equal(r.out.b[IP6 + 7], hops);
	}
}

/* ---- loading -------------------------------------------------------------- */

/* fib has no other capabilities when it loads them. */
static void loads_with_three_capabilities(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (!pid) {
		struct ila_bpf *again;

		capng_clear(CAPNG_SELECT_BOTH);
		capng_updatev(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_BPF,
			      CAP_NET_ADMIN, CAP_PERFMON, -1);
		if (capng_apply(CAPNG_SELECT_CAPS))
			_exit(2);
		again = ila_bpf__open_and_load();
		_exit(!again);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(vectors_both_ways),
		cmocka_unit_test(random_both_ways),
		cmocka_unit_test(neutral_without_c_bit),
		cmocka_unit_test(frames_both_ways),
		cmocka_unit_test(later_fragments),
		cmocka_unit_test(udp_zero),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(random_frames),
		cmocka_unit_test(checksum_out_of_reach),
		cmocka_unit_test(not_ipv6),
		cmocka_unit_test(priority_tags),
		cmocka_unit_test(hops_are_the_stack_s),
		cmocka_unit_test(loads_with_three_capabilities),
	};

	if (!ilaprog_open(0))
		return EXIT_FAILURE;
	names_set();

	int failed = cmocka_run_group_tests(t, NULL, NULL);

	ila_bpf__destroy(prog);
	return failed;
}
