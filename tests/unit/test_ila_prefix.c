/* The ILA programs and a tenant with a prefix of its own: its containers see nothing
 * but that, everybody else nothing of it. */
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "bpf/ila.skel.h"
#include "tests/unit/ilaworld.h"

#define TENANT "fd00:aaaa:bbbb:cccc:dddd:eeee"

enum { VNID = 0x64 };

/* pa and pb as the tenant sees them, sa and sb as the rest of the domain does. */
static struct ila_addr pa, pb, sa, sb, gateway;

/* pa's host, and pb's when far. */
static void tenant_world(enum ila_csum mode, bool far)
{
	struct bpf_ila_if v = { .id_high = htonl(3U << 29 | VNID),
				.dom = DOM,
				.flags = BPF_ILA_IF_PREFIX };
	const struct ila_addr *here = far ? &sb : &sa, *there = far ? &sa : &sb;
	const struct ila64 *own = far ? &l2 : &l1, *other = far ? &l1 : &l2;

	world_clear();
	v.sir = ilaval_prefix(&sir);
	memcpy(v.tenant_prefix, &pa, sizeof(v.tenant_prefix));
	put_if(HERE, &v);
	put_sir(&sir, BPF_ILA_DOM_VNID);
	put_own(own, &sir, mode, BPF_ILA_DOM_VNID);
	put_remote(other, &sir, mode);
	put_local(here, HERE, BPF_ILA_LOCAL_VNID | BPF_ILA_LOCAL_PREFIX);
	put_map(there, other, mode);
	counted(DOM, BPF_ILA_N_IN);
}

static void tenant_names(void)
{
	names_set();
	pa = addr(TENANT ":10:a");
	pb = addr(TENANT ":10:b");
	sa = addr(SIR ":6000:64:10:a");
	sb = addr(SIR ":6000:64:10:b");
	gateway = addr("fe80::1");
}

/* The same but for the transport checksum, which is judged by itself. */
static void assert_same_but_sum(const struct frame *got, const struct frame *want)
{
	static const uint8_t at[256] = { [IPPROTO_TCP] = 16,
					 [IPPROTO_UDP] = 6,
					 [136] = 6,
					 [IPPROTO_DCCP] = 6,
					 [IPPROTO_ICMPV6] = 2 };
	struct frame w = *want;
	uint8_t proto;
	size_t l4 = frame_l4(want, &proto);

	if (at[proto])
		memcpy(w.b + l4 + at[proto], got->b + l4 + at[proto], 2);
	assert_same(got, &w);
}

static void there(void **state)
{
	static const char *const exts[] = { "", "h", "d", "a", "r", "m", "f", "hdrf" };
	static const uint8_t protos[] = { IPPROTO_TCP, IPPROTO_UDP,  IPPROTO_ICMPV6,
					  136,         IPPROTO_DCCP, 132 };

	(void)state;
	for (size_t m = 0; m < MODES; m++) {
		const struct ila_addr wire = ila_to_wire(&sb, &l2, modes[m]);

		for (size_t i = 0; i < ARRAY_SIZE(exts) * ARRAY_SIZE(protos); i++) {
			struct desc d = { .src = pa,
					  .dst = pb,
					  .ext = exts[i % ARRAY_SIZE(exts)],
					  .proto = protos[i / ARRAY_SIZE(exts)],
					  .type = 129,
					  .data = 21 };
			struct frame f = frame_make(&d), want;
			bool sum = d.proto != 132;

			d.src = sa;
			d.dst = wire;
			want = frame_make(&d);
			tenant_world(modes[m], false);

			struct result r = run(FROM_CONTAINER, &f);

			assert_int_equal(r.verdict, TC_ACT_UNSPEC);
			assert_int_equal(r.mark, 0);
			assert_same_but_sum(&r.out, &want);
			if (sum && modes[m] != ILA_CSUM_NONE)
				assert_true(frame_sum_ok(&r.out));
			tenant_world(modes[m], true);
			r = run(FROM_UNDERLAY, &r.out);
			assert_int_equal(counted(DOM, BPF_ILA_N_IN), 1);
			if (sum)
				assert_true(frame_sum_ok(&r.out));
			r = run(TO_CONTAINER, &r.out);
			assert_int_equal(r.verdict, TC_ACT_UNSPEC);
			assert_same(&r.out, &f);
		}
	}
}

static void later_fragment(void **state)
{
	struct desc d = {
		.src = pa, .dst = pb, .ext = "l", .proto = IPPROTO_UDP, .data = 64
	};
	struct frame f = frame_make(&d), want = f;
	const struct ila_addr wire = ila_to_wire(&sb, &l2, ILA_CSUM_NEUTRAL);

	(void)state;
	tenant_world(ILA_CSUM_NEUTRAL, false);
	memcpy(want.b + IP6 + 8, &sa, 16);
	frame_set_dst(&want, &wire);

	struct result r = run(FROM_CONTAINER, &f);

	assert_same(&r.out, &want);
}

/* Of a host that has both; and of others of the tenant that see SIR addresses. */
static void neighbours(void **state)
{
	struct frame f = tcp(&pa, &pb);
	struct result r;

	(void)state;
	tenant_world(ILA_CSUM_NEUTRAL, false);
	put_local(&sb, HERE, BPF_ILA_LOCAL_VNID | BPF_ILA_LOCAL_PREFIX);
	assert_goes_to(FROM_CONTAINER, &f, &sb, BPF_ILA_N_LOCAL);
	r = run(FROM_CONTAINER, &f);
	r = run(TO_CONTAINER, &r.out);
	assert_same(&r.out, &f);

	f = tcp(&red2, &sa);
	r = run(TO_CONTAINER, &f);
	f = tcp(&red2, &pa);
	assert_same_but_sum(&r.out, &f);
	assert_true(frame_sum_ok(&r.out));

	/* Of this host, and of the world. */
	const struct ila_addr world_wide = addr("2001:db8:1:2::3");

	f = tcp(&pa, &world_wide);
	r = run(FROM_CONTAINER, &f);
	assert_int_equal(r.verdict, TC_ACT_UNSPEC);
	f = tcp(&sa, &world_wide);
	assert_same_but_sum(&r.out, &f);
	assert_true(frame_sum_ok(&r.out));
}

static void spoofed_prefix(void **state)
{
	static const char *const others[] = { TENANT ":10:c",
					      TENANT ":0:0",
					      "fd00:aaaa:bbbb:cccc:dddd:eeef:10:a",
					      "fd00:aaaa:bbbb:cccd:dddd:eeee:10:a",
					      "fd01:aaaa:bbbb:cccc:dddd:eeee:10:a",
					      SIR ":6000:65:10:a" };

	(void)state;
	tenant_world(ILA_CSUM_NEUTRAL, false);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		const struct ila_addr src = addr(others[i]);
		struct frame f = tcp(&src, &pb);

		assert_drops(FROM_CONTAINER, &f, BPF_ILA_N_SPOOFED);
	}
}

/* Its own prefix leads nowhere else: another tenant is reached neither by the SIR
 * address nor by one that looks like it. */
static void isolated(void **state)
{
	struct frame f = tcp(&pa, &blue2);

	(void)state;
	tenant_world(ILA_CSUM_NEUTRAL, false);
	put_map(&blue2, &l2, ILA_CSUM_NEUTRAL);
	assert_drops(FROM_CONTAINER, &f, BPF_ILA_N_ISOLATED_OUT);
}

static void no_mapping(void **state)
{
	const struct ila_addr pc = addr(TENANT ":10:c"), sc = addr(SIR ":6000:64:10:c");
	struct frame f = tcp(&pa, &pc), e_out;
	struct result r;

	(void)state;
	tenant_world(ILA_CSUM_NEUTRAL, false);
	assert_no_way(FROM_CONTAINER, &f, BPF_ILA_N_NO_MAPPING);
	/* What the stack says to it comes back as the tenant knows it. */
	f = tcp(&sa, &sc);
	e_out = frame_make(&(struct desc) { .src = addr("2001:db8:0:1::1"),
					    .dst = sa,
					    .proto = IPPROTO_ICMPV6,
					    .type = 1,
					    .quote = &f });
	r = run(TO_CONTAINER, &e_out);
	f = tcp(&pa, &pc);
	memcpy(f.b + NEXT + 16, r.out.b + NEXT + 8 + 40 + 16, 2); /* not judged */
	f = frame_make(&(struct desc) { .src = addr("2001:db8:0:1::1"),
					.dst = pa,
					.proto = IPPROTO_ICMPV6,
					.type = 1,
					.quote = &f });
	assert_same_but_sum(&r.out, &f);
	assert_true(frame_sum_ok(&r.out));
}

/* The other container has something to say about pa's packet: both ways. */
static void errors(void **state)
{
	(void)state;
	for (size_t m = 0; m < MODES; m++) {
		struct frame q = tcp(&pa, &pb), f, far;
		struct result r;

		f = frame_make(&(struct desc) { .src = pb,
						.dst = pa,
						.ext = "h",
						.proto = IPPROTO_ICMPV6,
						.type = 1,
						.quote = &q });
		tenant_world(modes[m], true);
		far = run(FROM_CONTAINER, &f).out;
		assert_true(modes[m] == ILA_CSUM_NONE || frame_sum_ok(&far));

		size_t at = frame_l4(&far, NULL) + 8;

		assert_memory_equal(far.b + at + 8, &sa, 16);
		assert_memory_equal(far.b + at + 24, &sb, 16);
		tenant_world(modes[m], false);
		r = run(FROM_UNDERLAY, &far);
		r = run(TO_CONTAINER, &r.out);
		assert_same(&r.out, &f);
	}
}

/* A router's, about a packet that had been translated twice. */
static void errors_on_the_way(void **state)
{
	const struct ila_addr router = addr("2001:db8:5::5");

	(void)state;
	for (size_t m = 0; m < MODES; m++) {
		struct frame q = tcp(&pa, &pb), f;
		struct result r;

		tenant_world(modes[m], false);
		q = run(FROM_CONTAINER, &q).out;
		f = frame_make(&(struct desc) { .src = router,
						.dst = sa,
						.proto = IPPROTO_ICMPV6,
						.type = 2,
						.quote = &q });
		r = run(FROM_UNDERLAY, &f);
		r = run(TO_CONTAINER, &r.out);
		memcpy(q.b + IP6 + 8, &pa, 16);
		frame_set_dst(&q, &pb);
		f = frame_make(&(struct desc) { .src = router,
						.dst = pa,
						.proto = IPPROTO_ICMPV6,
						.type = 2,
						.quote = &q });
		assert_same_but_sum(&r.out, &f);
		assert_true(frame_sum_ok(&r.out));
	}
}

static struct frame discovery(uint8_t type, const char *src, const char *dst,
			      const struct ila_addr *target)
{
	struct frame body = { .len = IP6 + 24 };

	memcpy(body.b + IP6, target, 16);
	body.b[IP6 + 16] = 1; /* option: link-layer address */
	body.b[IP6 + 17] = 1;
	return frame_make(&(struct desc) { .src = addr(src),
					   .dst = addr(dst),
					   .hops = 255,
					   .proto = IPPROTO_ICMPV6,
					   .type = type,
					   .quote = &body });
}

/* The host's stack asks for the SIR address, and is answered. */
static void neighbour_discovery(void **state)
{
	static const struct {
		uint8_t type;
		const char *src, *dst, *want_src, *want_dst;
		bool out;
	} all[] = {
		{ .type = 135, .src = "fe80::1", .dst = "ff02::1:ff10:a" },
		{ .type = 135,
		  .src = "fe80::1",
		  .dst = SIR ":6000:64:10:a",
		  .want_dst = TENANT ":10:a" },
		{ .type = 136,
		  .src = TENANT ":10:a",
		  .dst = "fe80::1",
		  .want_src = SIR ":6000:64:10:a",
		  .out = true },
		{ .type = 136, .src = "fe80::a", .dst = "fe80::1", .out = true },
		{ .type = 135, .src = "::", .dst = "ff02::1:ff10:a", .out = true },
	};

	(void)state;
	tenant_world(ILA_CSUM_NEUTRAL, false);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		bool out = all[i].out;
		const char *ws = all[i].want_src, *wd = all[i].want_dst;
		struct frame f =
			discovery(all[i].type, all[i].src, all[i].dst, out ? &pa : &sa);
		struct frame want = discovery(all[i].type, ws ? ws : all[i].src,
					      wd ? wd : all[i].dst, out ? &sa : &pa);
		struct result r = run(out ? FROM_CONTAINER : TO_CONTAINER, &f);

		assert_int_equal(r.verdict, TC_ACT_UNSPEC);
		assert_same_but_sum(&r.out, &want);
		assert_true(frame_sum_ok(&r.out));
	}
	/* Its gateway is the host's own affair. */
	struct frame f = discovery(135, "fe80::a", "ff02::1:ff00:1", &gateway);

	assert_passes(FROM_CONTAINER, &f);
	f = discovery(136, "fe80::1", "fe80::a", &gateway);
	assert_passes(TO_CONTAINER, &f);
}

static void cannot_be(void **state)
{
	struct frame f = frame_make(&(struct desc) {
		.src = pa, .dst = pb, .ext = "R", .proto = IPPROTO_TCP });

	(void)state;
	tenant_world(ILA_CSUM_NEUTRAL, false);
	assert_drops(FROM_CONTAINER, &f, BPF_ILA_N_MALFORMED);
	f = tcp(&pa, &pb);
	f.b[IP6 + 5] = 17; /* the length ends before the checksum */
	assert_drops(FROM_CONTAINER, &f, BPF_ILA_N_MALFORMED);
}

static void cut_short(void **state)
{
	struct frame q = tcp(&pb, &pa);
	struct frame f = frame_make(&(struct desc) { .src = pa,
						     .dst = pb,
						     .ext = "hd",
						     .proto = IPPROTO_ICMPV6,
						     .type = 1,
						     .quote = &q });
	size_t whole = f.len;

	(void)state;
	tenant_world(ILA_CSUM_NEUTRAL, false);
	for (f.len = NEXT; f.len < whole; f.len++) {
		struct result r = run(FROM_CONTAINER, &f);
		struct ila_addr src = frame_src(&r.out);

		if (r.verdict == TC_ACT_SHOT)
			continue;
		assert_memory_equal(&src, &sa, 16); /* the prefix stays at home */
		assert_int_equal(r.out.len, f.len);
	}
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(there),
		cmocka_unit_test(later_fragment),
		cmocka_unit_test(neighbours),
		cmocka_unit_test(spoofed_prefix),
		cmocka_unit_test(isolated),
		cmocka_unit_test(no_mapping),
		cmocka_unit_test(errors),
		cmocka_unit_test(errors_on_the_way),
		cmocka_unit_test(neighbour_discovery),
		cmocka_unit_test(cannot_be),
		cmocka_unit_test(cut_short),
	};

	if (!ilaprog_open(0))
		return EXIT_FAILURE;
	tenant_names();

	int failed = cmocka_run_group_tests(t, NULL, NULL);

	ila_bpf__destroy(prog);
	return failed;
}
