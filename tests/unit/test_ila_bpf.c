/* The ILA programs, packets without ICMPv6 errors: addresses of every mode in both
 * directions, checksums, who may send to whom, and what is not translated. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cap-ng.h>

#include "bpf/ila.skel.h"
#include "tests/unit/ilaprog.h"
#include "tests/unit/rand.h"

#define FROM_CONTAINER (prog->progs.ila_from_container)
#define TO_CONTAINER   (prog->progs.ila_to_container)
#define FROM_UNDERLAY  (prog->progs.ila_from_underlay)

static const uint8_t modes[] = { ILA_CSUM_ADJUST, ILA_CSUM_NEUTRAL, ILA_CSUM_NONE,
				 ILA_CSUM_NEUTRAL_AUTO };

#define SIR "2001:db8:c0de:1"

/* a is here, b behind L2, c here too on another device; e is in another domain. */
static struct ila_addr a, b, c, e;
static struct ila64 sir, sir2, l1, l2;

/* Two tenants of one domain with VNIDs, 0x64 and 0x65: one here, two elsewhere. */
static struct ila_addr red, red2, blue, blue2;

static void names(void)
{
	a = addr(SIR ":2000:0:1:a");
	b = addr(SIR ":2000:0:2:b");
	c = addr(SIR ":2000:0:1:c");
	e = addr("2001:db8:c0de:2:2000:0:1:e");
	sir = a.prefix;
	sir2 = e.prefix;
	l1 = half("2001:db8:100:1");
	l2 = half("2001:db8:100:2");
	red = addr(SIR ":6000:64:0:a");
	red2 = addr(SIR ":2000:64:0:b"); /* the type is no part of it */
	blue = addr(SIR ":6000:65:0:a");
	blue2 = addr(SIR ":6000:65:0:b");
}

/* What the host of a knows. */
static void world(enum ila_csum mode)
{
	world_clear();
	put_sir(&sir, 0);
	put_own(&l1, &sir, mode, 0);
	put_remote(&l2, &sir, mode);
	put_local(&a, HERE, 0);
	put_local(&c, HERE + 1, 0);
	put_map(&b, &l2, mode);
}

static struct frame tcp(const struct ila_addr *src, const struct ila_addr *dst)
{
	return frame_make(&(struct desc) {
		.src = *src, .dst = *dst, .proto = IPPROTO_TCP, .data = 20 });
}

static void assert_same(const struct frame *got, const struct frame *want)
{
	assert_int_equal(got->len, want->len);
	assert_memory_equal(got->b, want->b, want->len);
}

static void assert_passes(struct bpf_program *which, const struct frame *f)
{
	struct result r = run(which, f);

	assert_int_equal(r.verdict, TC_ACT_OK);
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
	assert_int_equal(r.mark, verdict == TC_ACT_OK ? BPF_ILA_MARK_UNREACH : 0);
	assert_int_equal(counted(DOM, why), 1);
}

static void assert_drops(struct bpf_program *which, const struct frame *f,
			 enum bpf_ila_count why)
{
	assert_stopped(which, f, TC_ACT_SHOT, why);
}

static void assert_no_way(struct bpf_program *which, const struct frame *f,
			  enum bpf_ila_count why)
{
	assert_stopped(which, f, TC_ACT_OK, why);
}

static void assert_goes_to(struct bpf_program *which, const struct frame *f,
			   const struct ila_addr *dst, enum bpf_ila_count what)
{
	counted(DOM, what);

	struct result r = run(which, f);
	struct ila_addr got = frame_dst(&r.out);

	assert_int_equal(r.verdict, TC_ACT_OK);
	assert_int_equal(r.mark, 0);
	assert_memory_equal(&got, dst, sizeof(got));
	assert_int_equal(counted(DOM, what), 1);
}

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

	assert_int_equal(r.verdict, TC_ACT_OK);
	assert_int_equal(r.mark, 0);
	assert_memory_equal(&got, &wire, sizeof(got));
	assert_true(mode == ILA_CSUM_NONE || frame_sum_ok(&r.out));

	world_clear();
	put_own(locator, &dst->prefix, mode, 0);
	put_local(&back, HERE, 0);
	r = run(FROM_UNDERLAY, &r.out);
	assert_int_equal(r.verdict, TC_ACT_OK);
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
		for (size_t m = 0; m < ARRAY_SIZE(modes); m++) {
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
		there_and_back(&dst, &locator, modes[i % ARRAY_SIZE(modes)]);
	}
}

/* C bit not set on arrival: not changed by who sent it, so not undone either. */
static void neutral_without_c_bit(void **state)
{
	const struct ila_addr wire = { l1, a.id };
	struct frame f = tcp(&b, &wire);

	(void)state;
	world(ILA_CSUM_NEUTRAL);
	assert_goes_to(FROM_UNDERLAY, &f, &a, BPF_ILA_N_IN);
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
	for (size_t m = 0; m < ARRAY_SIZE(modes); m++) {
		const struct ila_addr wire = ila_to_wire(&b, &l2, modes[m]);

		for (size_t x = 0; x < ARRAY_SIZE(exts); x++) {
			for (size_t p = 0; p < ARRAY_SIZE(protos); p++) {
				struct frame f =
					frame_make(&(struct desc) { .src = a,
								    .dst = b,
								    .ext = exts[x],
								    .proto = protos[p],
								    .type = 128,
								    .data = 33 });

				world(modes[m]);

				struct result r = run(FROM_CONTAINER, &f);
				struct ila_addr got = frame_dst(&r.out);

				assert_int_equal(r.verdict, TC_ACT_OK);
				assert_memory_equal(&got, &wire, sizeof(got));
				if (has_sum(protos[p]) && modes[m] != ILA_CSUM_NONE)
					assert_true(frame_sum_ok(&r.out));
				world_clear();
				put_own(&l2, &sir, modes[m], 0);
				put_local(&b, HERE, 0);
				r = run(FROM_UNDERLAY, &r.out);
				assert_int_equal(r.verdict, TC_ACT_OK);
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
	for (size_t m = 0; m < ARRAY_SIZE(modes); m++) {
		const struct ila_addr wire = ila_to_wire(&b, &l2, modes[m]);
		struct frame f = frame_make(&(struct desc) { .src = a,
							     .dst = b,
							     .ext = "hl",
							     .proto = IPPROTO_UDP,
							     .data = 64 });

		world(modes[m]);

		struct result r = run(FROM_CONTAINER, &f);

		assert_int_equal(r.verdict, TC_ACT_OK);
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
	const struct ila_addr wire = ila_to_wire(&b, &l2, ILA_CSUM_ADJUST);
	struct desc d = { .src = a, .dst = wire, .proto = IPPROTO_UDP, .data = 2 };
	struct frame f;

	(void)state;
	world(ILA_CSUM_ADJUST);
	do {
		d.seed++;
		f = frame_make(&d);
	} while (udp_sum(&f) != 0xffff && d.seed);
	assert_int_equal(udp_sum(&f), 0xffff);
	d.dst = b;
	f = frame_make(&d);
	assert_int_not_equal(udp_sum(&f), 0xffff);

	struct result r = run(FROM_CONTAINER, &f);

	assert_int_equal(udp_sum(&r.out), 0xffff);
	assert_true(frame_sum_ok(&r.out));

	d.no_sum = true;
	f = frame_make(&d);
	r = run(FROM_CONTAINER, &f);
	assert_int_equal(r.verdict, TC_ACT_OK);
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
	for (size_t m = 0; m < ARRAY_SIZE(modes); m++) {
		const struct ila_addr wire = ila_to_wire(&b, &l2, modes[m]);
		const struct ila_addr wire_a = ila_to_wire(&a, &l1, modes[m]);

		world(modes[m]);
		for (size_t i = 0; i < 3 * ARRAY_SIZE(exts); i++) {
			bool in = i % 3 == 2;
			struct frame f =
				frame_make(&(struct desc) { .src = in ? b : a,
							    .dst = in ? wire_a : b,
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
				assert_int_equal(r.verdict, TC_ACT_OK);
				assert_int_equal(r.out.len, f.len);
				if (!memcmp(r.out.b, f.b, f.len))
					continue;
				to = frame_dst(&r.out);
				assert_memory_equal(&to, in ? &a : &wire, 16);
				if (modes[m] == ILA_CSUM_ADJUST)
					continue;
				assert_memory_equal(r.out.b, f.b, IP6 + 24);
				assert_memory_equal(r.out.b + NEXT, f.b + NEXT,
						    f.len - NEXT);
			}
		}
	}
}

/* Whatever is in a frame: only what a sends to b goes there, and only what comes for
 * the locator of this host becomes a packet for a. */
static void random_frames(void **state)
{
	const struct ila_addr wire = ila_to_wire(&b, &l2, ILA_CSUM_ADJUST);
	const struct ila_addr wire_a = ila_to_wire(&a, &l1, ILA_CSUM_ADJUST);

	(void)state;
	world(ILA_CSUM_ADJUST);
	for (unsigned i = 0; i < 20000; i++) {
		bool in = i % 2;
		const struct ila_addr *from = in ? &wire_a : &b, *to = in ? &a : &wire;
		struct frame f = frame_make(&(struct desc) {
			.src = in ? b : a,
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
		assert_int_equal(r.verdict, TC_ACT_OK);
		if (!memcmp(&got, &dst, 16))
			continue;
		assert_true(in || !memcmp(&src, &a, 16));
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
	struct frame f = tcp(&a, &b);

	(void)state;
	world(ILA_CSUM_ADJUST);
	f.b[IP6 + 5] = 17; /* of the payload's 40 octets */
	assert_drops(FROM_CONTAINER, &f, BPF_ILA_N_MALFORMED);
	f.b[IP6 + 5] = 18;
	assert_goes_to(FROM_CONTAINER, &f, &(struct ila_addr) { l2, b.id },
		       BPF_ILA_N_OUT);
	f = frame_make(&(struct desc) {
		.src = a, .dst = b, .ext = "ddddddddd", .proto = IPPROTO_TCP });
	assert_drops(FROM_CONTAINER, &f, BPF_ILA_N_MALFORMED);
	world(ILA_CSUM_NEUTRAL);
	assert_goes_to(FROM_CONTAINER, &f,
		       &(struct ila_addr) { l2, half("3000:0:2:afe8") }, BPF_ILA_N_OUT);
}

static void not_ipv6(void **state)
{
	static const uint16_t types[] = { 0x0800, 0x0806, 0x8100, 0x88a8, 0x86dc };
	struct frame f = tcp(&a, &b);

	(void)state;
	world(ILA_CSUM_NEUTRAL);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		f.b[12] = (uint8_t)(types[i] >> 8);
		f.b[13] = (uint8_t)types[i];
		assert_passes(FROM_CONTAINER, &f);
		assert_passes(FROM_UNDERLAY, &f);
		assert_passes(TO_CONTAINER, &f);
	}
	f = tcp(&a, &b);
	f.b[IP6] = 0x50; /* version */
	assert_passes(FROM_CONTAINER, &f);
}

/* The stack takes one hop from each, and says so when it was the last. */
static void hops_are_the_stack_s(void **state)
{
	(void)state;
	world(ILA_CSUM_NEUTRAL);
	for (uint8_t hops = 0; hops < 3; hops++) {
		struct frame f = tcp(&a, &b);

		f.b[IP6 + 7] = hops;

		struct result r = run(FROM_CONTAINER, &f);

		assert_int_equal(r.verdict, TC_ACT_OK);
		assert_int_equal(r.out.b[IP6 + 7], hops);
		frame_set_dst(&f, &(struct ila_addr) { l1, half("3000:0:1:afe8") });
		r = run(FROM_UNDERLAY, &f);
		assert_int_equal(r.verdict, TC_ACT_OK);
		assert_int_equal(r.out.b[IP6 + 7], hops);
	}
}

/* ---- who may send --------------------------------------------------------- */

static void spoofed(void **state)
{
	static const char *const others[] = {
		SIR ":2000:0:1:b",    /* of nobody */
		SIR ":2000:0:1:c",    /* of another device */
		SIR ":2000:0:2:b",    /* of another host */
		"2001:db8:c0de:1::1", /* below the SIR prefix */
		"2001:db8:100:1::1",  /* of this host */
		"2001:db8:ffff::1",   /* of the outside world */
		"ff02::1",
		"::1",
		"::2",
		"fec0::1",
	};

	(void)state;
	world(ILA_CSUM_NEUTRAL);
	put_if(HERE, &(struct bpf_ila_if) { .dom = DOM });
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		const struct ila_addr src = addr(others[i]);
		struct frame f = tcp(&src, &b);

		print_message("# %s\n", others[i]);
		assert_drops(FROM_CONTAINER, &f, BPF_ILA_N_SPOOFED);
		frame_set_dst(&f, &(struct ila_addr) { half("2001:db8:1:1"), b.id });
		assert_drops(FROM_CONTAINER, &f, BPF_ILA_N_SPOOFED);
	}
	/* Of a device that nobody declared. */
	struct frame f = tcp(&c, &b);

	world(ILA_CSUM_NEUTRAL);
	assert_int_equal(run(FROM_CONTAINER, &f).verdict, TC_ACT_SHOT);
}

/* Neighbour discovery, router solicitation, MLD and the like stay on the link. */
static void link_local(void **state)
{
	static const char *const srcs[] = { "fe80::1:2", "febf::1", "::" };
	static const char *const dsts[] = { "ff02::1:ff00:1", "fe80::1",
					    SIR ":2000:0:2:b" };

	(void)state;
	world(ILA_CSUM_NEUTRAL);
	put_if(HERE, &(struct bpf_ila_if) { .dom = DOM });
	for (size_t i = 0; i < 9; i++) {
		struct frame f = frame_make(&(struct desc) { .src = addr(srcs[i / 3]),
							     .dst = addr(dsts[i % 3]),
							     .proto = IPPROTO_ICMPV6,
							     .type = 135,
							     .data = 16 });

		assert_passes(FROM_CONTAINER, &f);
	}
	/* And with its own address, to who is on the link. */
	for (size_t i = 0; i < 2; i++) {
		const struct ila_addr dst = addr(dsts[i]);
		struct frame f = tcp(&a, &dst);

		assert_passes(FROM_CONTAINER, &f);
	}
}

/* ---- where to ------------------------------------------------------------- */

static void ways(void **state)
{
	const struct ila_addr nobody = addr(SIR ":2000:0:9:9");
	const struct ila_addr world_wide = addr("2001:db8:1:2::3");
	const struct ila_addr wire_a = ila_to_wire(&a, &l1, ILA_CSUM_NEUTRAL);
	const struct ila_addr gone = ila_to_wire(&nobody, &l1, ILA_CSUM_NEUTRAL);
	struct frame f = tcp(&a, &nobody);

	(void)state;
	world(ILA_CSUM_NEUTRAL);
	assert_no_way(FROM_CONTAINER, &f, BPF_ILA_N_NO_MAPPING);
	f = tcp(&a, &c);
	assert_goes_to(FROM_CONTAINER, &f, &c, BPF_ILA_N_LOCAL);
	f = tcp(&a, &world_wide);
	assert_passes(FROM_CONTAINER, &f);
	f = tcp(&b, &wire_a);
	assert_goes_to(FROM_UNDERLAY, &f, &a, BPF_ILA_N_IN);
	f = tcp(&b, &a); /* not translated: over a route to the SIR prefix */
	assert_goes_to(FROM_UNDERLAY, &f, &a, BPF_ILA_N_IN);
	f = tcp(&b, &gone);
	assert_no_way(FROM_UNDERLAY, &f, BPF_ILA_N_NOT_HERE);
	f = tcp(&world_wide, &b);
	assert_no_way(FROM_UNDERLAY, &f, BPF_ILA_N_NOT_HERE);
	f = tcp(&b, &world_wide);
	assert_passes(FROM_UNDERLAY, &f);

	/* Nobody takes away what is here. */
	put_map(&a, &l2, ILA_CSUM_NEUTRAL);
	put_map(&c, &l2, ILA_CSUM_NEUTRAL);
	f = tcp(&a, &c);
	assert_goes_to(FROM_CONTAINER, &f, &c, BPF_ILA_N_LOCAL);
	f = tcp(&b, &wire_a);
	assert_goes_to(FROM_UNDERLAY, &f, &a, BPF_ILA_N_IN);
}

/* What is rejected shows the address that its sender had used. */
static void not_here_is_untranslated(void **state)
{
	const struct ila_addr nobody = addr(SIR ":2000:0:9:9");

	(void)state;
	for (size_t m = 0; m < ARRAY_SIZE(modes); m++) {
		const struct ila_addr wire = ila_to_wire(&nobody, &l1, modes[m]);
		struct frame f = tcp(&b, &wire);

		world(modes[m]);

		struct result r = run(FROM_UNDERLAY, &f);
		struct ila_addr got = frame_dst(&r.out);

		assert_int_equal(r.mark, BPF_ILA_MARK_UNREACH);
		assert_memory_equal(&got, &nobody, sizeof(got));
	}
}

/* A router for the domain: what comes for others goes on, by its own mappings. */
static void router(void **state)
{
	const struct ila64 l3 = half("2001:db8:100:3");

	(void)state;
	for (size_t m = 0; m < ARRAY_SIZE(modes); m++) {
		const struct ila_addr moved = ila_to_wire(&b, &l1, modes[m]);
		const struct ila_addr next = ila_to_wire(&b, &l3, modes[m]);
		const struct ila_addr far = addr("2001:db8:1:2::3");
		struct frame f = tcp(&c, &b);

		world(modes[m]);
		put_sir(&sir, BPF_ILA_DOM_ROUTER);
		put_own(&l1, &sir, modes[m], BPF_ILA_DOM_ROUTER);
		put_map(&b, &l3, modes[m]);

		struct result r = run(FROM_UNDERLAY, &f);

		assert_true(modes[m] == ILA_CSUM_NONE || frame_sum_ok(&r.out));
		assert_goes_to(FROM_UNDERLAY, &f, &next, BPF_ILA_N_OUT);
		/* It was here, and has moved: sent on. */
		f = tcp(&far, &moved);
		r = run(FROM_UNDERLAY, &f);
		assert_true(modes[m] == ILA_CSUM_NONE || frame_sum_ok(&r.out));
		assert_goes_to(FROM_UNDERLAY, &f, &next, BPF_ILA_N_OUT);
		f = tcp(&far, &e);
		assert_passes(FROM_UNDERLAY, &f);
	}
}

/* Addresses of the host below its locator. */
static void own_addresses(void **state)
{
	static const char *const ids[] = { "0:0:0:1", "0:0:0:2", "1fff:ffff:ffff:ffff",
					   "0:5efe:a00:1" };

	(void)state;
	for (size_t m = 0; m < ARRAY_SIZE(modes); m++) {
		world(modes[m]);
		put_sir(&sir, BPF_ILA_DOM_VNID);
		put_own(&l1, &sir, modes[m], BPF_ILA_DOM_VNID | BPF_ILA_DOM_ROUTER);
		put_local(&a, HERE, BPF_ILA_LOCAL_VNID);
		for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
			const struct ila_addr own = { l1, half(ids[i]) };
			struct frame f = tcp(&b, &own);

			assert_passes(FROM_UNDERLAY, &f);
			f = tcp(&a, &own);
			assert_passes(FROM_CONTAINER, &f);
		}
	}
}

static void host(void **state)
{
	const struct ila_addr own = addr("2001:db8:0:1::1");
	const struct ila_addr nobody = addr(SIR ":2000:0:9:9");
	const struct ila_addr wire = ila_to_wire(&b, &l2, ILA_CSUM_NEUTRAL);
	struct frame f = tcp(&own, &b);

	(void)state;
	world(ILA_CSUM_NEUTRAL);
	put_if(HERE, &(struct bpf_ila_if) { .flags = BPF_ILA_IF_HOST });
	assert_goes_to(FROM_CONTAINER, &f, &wire, BPF_ILA_N_OUT);
	f = tcp(&own, &nobody);
	assert_no_way(FROM_CONTAINER, &f, BPF_ILA_N_NO_MAPPING);
	/* It comes round again when nobody rejects it. */
	assert_int_equal(run_mark(FROM_CONTAINER, &f, BPF_ILA_MARK_UNREACH).verdict,
			 TC_ACT_SHOT);
	f = tcp(&own, &own);
	assert_passes(FROM_CONTAINER, &f);
	/* The last hop is this host: it quotes what it got. */
	f = tcp(&own, &b);
	for (f.b[IP6 + 7] = 0; f.b[IP6 + 7] < 2; f.b[IP6 + 7]++)
		assert_passes(FROM_CONTAINER, &f);
	assert_goes_to(FROM_CONTAINER, &f, &wire, BPF_ILA_N_OUT);
}

/* ---- tenants -------------------------------------------------------------- */

static void world_of_tenants(uint8_t flags)
{
	world_clear();
	put_sir(&sir, BPF_ILA_DOM_VNID | flags);
	put_own(&l1, &sir, ILA_CSUM_NEUTRAL, BPF_ILA_DOM_VNID | flags);
	put_remote(&l2, &sir, ILA_CSUM_NEUTRAL);
	put_sir(&sir2, 0);
	put_local(&red, HERE, BPF_ILA_LOCAL_VNID);
	put_local(&blue, HERE + 1, BPF_ILA_LOCAL_VNID);
	put_map(&red2, &l2, ILA_CSUM_NEUTRAL);
	put_map(&blue2, &l2, ILA_CSUM_NEUTRAL);
	put_map(&e, &l2, ILA_CSUM_NEUTRAL);
}

static void tenants_out(void **state)
{
	const struct ila_addr wire = ila_to_wire(&red2, &l2, ILA_CSUM_NEUTRAL);
	const struct ila_addr wire_blue = ila_to_wire(&blue2, &l2, ILA_CSUM_NEUTRAL);
	const struct ila_addr world_wide = addr("2001:db8:1:2::3");
	const struct ila_addr *others[] = {
		&blue,  /* here */
		&blue2, /* elsewhere */
		&e,     /* in another domain */
		&wire,  /* past the mappings, even of its own */
		&wire_blue, &(struct ila_addr) { l1, blue.id },
	};
	struct frame f;

	(void)state;
	world_of_tenants(0);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		f = tcp(&red, others[i]);
		assert_drops(FROM_CONTAINER, &f, BPF_ILA_N_ISOLATED_OUT);
	}
	/* Nor an error, which only routers are trusted with. */
	f = tcp(&blue2, &red);
	f = frame_make(&(struct desc) { .src = red,
					.dst = blue2,
					.proto = IPPROTO_ICMPV6,
					.type = 1,
					.quote = &f });
	assert_drops(FROM_CONTAINER, &f, BPF_ILA_N_ISOLATED_OUT);

	f = tcp(&red, &red2);
	assert_goes_to(FROM_CONTAINER, &f, &wire, BPF_ILA_N_OUT);
	f = tcp(&red, &world_wide);
	assert_passes(FROM_CONTAINER, &f);

	/* Every bit of the VNID counts. */
	for (unsigned bit = 0; bit < 28; bit++) {
		struct ila_addr x = red2;

		x.id.b[3 - bit / 8] ^= (uint8_t)(1 << bit % 8);
		f = tcp(&red, &x);
		assert_drops(FROM_CONTAINER, &f, BPF_ILA_N_ISOLATED_OUT);
	}

	/* From a domain without tenants into one with them. */
	put_sir(&sir, BPF_ILA_DOM_VNID);
	put_local(&e, HERE, 0);
	f = tcp(&e, &red2);
	assert_drops(FROM_CONTAINER, &f, BPF_ILA_N_ISOLATED_OUT);
	/* Between two without them. */
	put_sir(&sir, 0);
	assert_goes_to(FROM_CONTAINER, &f, &wire, BPF_ILA_N_OUT);
}

/* To other domains' wire addresses only in vain, where nobody is to be kept apart. */
static void plain_domain_to_locator(void **state)
{
	const struct ila_addr wire = ila_to_wire(&b, &l2, ILA_CSUM_NEUTRAL);
	struct frame f = tcp(&a, &wire);

	(void)state;
	world(ILA_CSUM_NEUTRAL);
	assert_passes(FROM_CONTAINER, &f);
}

static void tenants_in(void **state)
{
	const struct ila_addr router_addr = addr("2001:db8:5::5");
	const struct ila_addr *others[] = { &blue2, &e, &router_addr, &b };
	struct ila_addr dsts[2];
	struct frame f, q;

	(void)state;
	world_of_tenants(0);
	put_sir(&sir2, 0);
	dsts[0] = ila_to_wire(&red, &l1, ILA_CSUM_NEUTRAL);
	dsts[1] = red;
	for (size_t d = 0; d < 2; d++) {
		for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
			f = tcp(others[i], &dsts[d]);
			assert_drops(FROM_UNDERLAY, &f, BPF_ILA_N_ISOLATED_IN);
		}
		f = tcp(&red2, &dsts[d]);
		assert_goes_to(FROM_UNDERLAY, &f, &red, BPF_ILA_N_IN);

		/* A router may say what became of a packet, to him who sent it. */
		q = tcp(&red, &red2);
		f = frame_make(&(struct desc) { .src = router_addr,
						.dst = dsts[d],
						.proto = IPPROTO_ICMPV6,
						.type = 3,
						.quote = &q });
		assert_goes_to(FROM_UNDERLAY, &f, &red, BPF_ILA_N_IN);
		q = tcp(&blue, &red2);
		f = frame_make(&(struct desc) { .src = router_addr,
						.dst = dsts[d],
						.proto = IPPROTO_ICMPV6,
						.type = 3,
						.quote = &q });
		assert_drops(FROM_UNDERLAY, &f, BPF_ILA_N_ISOLATED_IN);
		/* But the other tenant may not even that, nor ask for an echo. */
		q = tcp(&red, &red2);
		f = frame_make(&(struct desc) { .src = blue2,
						.dst = dsts[d],
						.proto = IPPROTO_ICMPV6,
						.type = 3,
						.quote = &q });
		assert_drops(FROM_UNDERLAY, &f, BPF_ILA_N_ISOLATED_IN);
		f = frame_make(&(struct desc) { .src = router_addr,
						.dst = dsts[d],
						.proto = IPPROTO_ICMPV6,
						.type = 128,
						.quote = &q });
		assert_drops(FROM_UNDERLAY, &f, BPF_ILA_N_ISOLATED_IN);
	}
	/* Out of a domain with tenants into one without. */
	put_local(&e, HERE, 0);
	f = tcp(&red2, &e);
	assert_drops(FROM_UNDERLAY, &f, BPF_ILA_N_ISOLATED_IN);
}

static void tenants_and_host(void **state)
{
	const struct ila_addr own = addr("2001:db8:0:1::1");
	const struct ila_addr wire = ila_to_wire(&red2, &l2, ILA_CSUM_NEUTRAL);
	struct frame q, f;

	(void)state;
	world_of_tenants(0);
	put_if(HERE, &(struct bpf_ila_if) { .flags = BPF_ILA_IF_HOST });
	f = tcp(&own, &red2);
	assert_drops(FROM_CONTAINER, &f, BPF_ILA_N_ISOLATED_OUT);
	q = tcp(&red2, &red);
	f = frame_make(&(struct desc) { .src = own,
					.dst = red2,
					.proto = IPPROTO_ICMPV6,
					.type = 3,
					.quote = &q });
	assert_goes_to(FROM_CONTAINER, &f, &wire, BPF_ILA_N_OUT);
}

/* ---- several locators ----------------------------------------------------- */

enum { FLOWS = 4000 };

static struct ila_addr choose(const struct desc *d)
{
	struct frame f = frame_make(d);
	struct result r = run(FROM_CONTAINER, &f);

	assert_int_equal(r.verdict, TC_ACT_OK);
	return frame_dst(&r.out);
}

static void several(void **state)
{
	const struct ila64 l[3] = { half("2001:db8:100:2"), half("2001:db8:100:3"),
				    half("2001:db8:100:4") };
	const uint16_t w[3] = { 1, 2, 5 };
	unsigned got[3] = { 0 };

	(void)state;
	for (size_t m = 0; m < ARRAY_SIZE(modes); m++) {
		memset(got, 0, sizeof(got));
		world(modes[m]);
		put_group(&b, 17, 3, l, w, modes[m]);
		for (unsigned i = 0; i < FLOWS / 4; i++) {
			struct desc d = { .src = a,
					  .dst = b,
					  .proto = IPPROTO_TCP,
					  .sport = (uint16_t)(1024 + i),
					  .dport = 80 };
			struct ila_addr one = choose(&d), two;

			d.data = 77;
			d.hops = 3;
			two = choose(&d);
			assert_memory_equal(&one, &two, sizeof(one));
			for (size_t k = 0; k < 3; k++) {
				struct ila_addr x = ila_to_wire(&b, &l[k], modes[m]);

				if (!memcmp(&x, &one, sizeof(x)))
					got[k]++;
			}
		}
		print_message("# %u %u %u\n", got[0], got[1], got[2]);
		assert_int_equal(got[0] + got[1] + got[2], FLOWS / 4);
		for (size_t k = 0; k < 3; k++) /* four deviations at most */
			assert_in_range(got[k], FLOWS / 4 * w[k] / 8 - 60,
					FLOWS / 4 * w[k] / 8 + 60);
	}
}

/* All fragments of a datagram go to one place; ports of later ones are none. */
static void several_and_fragments(void **state)
{
	const struct ila64 l[2] = { half("2001:db8:100:2"), half("2001:db8:100:3") };
	const uint16_t w[2] = { 1, 1 };

	(void)state;
	world(ILA_CSUM_NEUTRAL);
	put_group(&b, 1, 2, l, w, ILA_CSUM_NEUTRAL);
	for (unsigned i = 0; i < 64; i++) {
		struct desc d = { .src = a,
				  .dst = b,
				  .proto = IPPROTO_UDP,
				  .ext = "f",
				  .sport = (uint16_t)(i * 31),
				  .dport = 53,
				  .data = 8 };
		struct ila_addr one = choose(&d), two;

		d.ext = "l";
		d.sport = (uint16_t)rand32();
		two = choose(&d);
		assert_memory_equal(&one, &two, sizeof(one));
	}
}

/* A group that is gone is no mapping, and never a zero locator. */
static void group_gone(void **state)
{
	struct frame f = tcp(&a, &b);
	struct bpf_ila_addr key = ilaval_addr(&b);
	struct bpf_ila_rewrite v = { .aux = 99 };
	struct bpf_ila_group empty = { 0 };
	uint32_t number = 99;

	(void)state;
	world(ILA_CSUM_NEUTRAL);
	bpf_map_update_elem(bpf_map__fd(prog->maps.ila_map_v1), &key, &v, BPF_ANY);
	assert_no_way(FROM_CONTAINER, &f, BPF_ILA_N_NO_MAPPING);
	bpf_map_update_elem(bpf_map__fd(prog->maps.ila_group_v1), &number, &empty,
			    BPF_ANY);
	assert_no_way(FROM_CONTAINER, &f, BPF_ILA_N_NO_MAPPING);
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
		cmocka_unit_test(hops_are_the_stack_s),
		cmocka_unit_test(spoofed),
		cmocka_unit_test(link_local),
		cmocka_unit_test(ways),
		cmocka_unit_test(not_here_is_untranslated),
		cmocka_unit_test(router),
		cmocka_unit_test(own_addresses),
		cmocka_unit_test(host),
		cmocka_unit_test(tenants_out),
		cmocka_unit_test(plain_domain_to_locator),
		cmocka_unit_test(tenants_in),
		cmocka_unit_test(tenants_and_host),
		cmocka_unit_test(several),
		cmocka_unit_test(several_and_fragments),
		cmocka_unit_test(group_gone),
		cmocka_unit_test(loads_with_three_capabilities),
	};

	if (!ilaprog_open(0))
		return EXIT_FAILURE;
	names();

	int failed = cmocka_run_group_tests(t, NULL, NULL);

	ila_bpf__destroy(prog);
	return failed;
}
