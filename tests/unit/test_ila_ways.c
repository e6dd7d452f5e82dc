/* The ILA programs: who may send to whom, and where to. */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "bpf/ila.skel.h"
#include "tests/unit/ilaworld.h"
#include "tests/unit/rand.h"

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
		struct frame f = tcp(&src, &ep_b);

		print_message("# %s\n", others[i]);
		assert_drops(FROM_CONTAINER, &f, BPF_ILA_N_SPOOFED);
		frame_set_dst(&f, &(struct ila_addr) { half("2001:db8:1:1"), ep_b.id });
		assert_drops(FROM_CONTAINER, &f, BPF_ILA_N_SPOOFED);
	}
	/* Of a device that nobody declared. */
	struct frame f = tcp(&ep_c, &ep_b);

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
		struct frame f = tcp(&ep_a, &dst);

		assert_passes(FROM_CONTAINER, &f);
	}
}

/* ---- where to ------------------------------------------------------------- */

static void ways(void **state)
{
	const struct ila_addr nobody = addr(SIR ":2000:0:9:9");
	const struct ila_addr world_wide = addr("2001:db8:1:2::3");
	const struct ila_addr wire_a = ila_to_wire(&ep_a, &l1, ILA_CSUM_NEUTRAL);
	const struct ila_addr gone = ila_to_wire(&nobody, &l1, ILA_CSUM_NEUTRAL);
	struct frame f = tcp(&ep_a, &nobody);

	(void)state;
	world(ILA_CSUM_NEUTRAL);
	assert_no_way(FROM_CONTAINER, &f, BPF_ILA_N_NO_MAPPING);
	f = tcp(&ep_a, &ep_c);
	assert_goes_to(FROM_CONTAINER, &f, &ep_c, BPF_ILA_N_LOCAL);
	f = tcp(&ep_a, &world_wide);
	assert_passes(FROM_CONTAINER, &f);
	f = tcp(&ep_b, &wire_a);
	assert_goes_to(FROM_UNDERLAY, &f, &ep_a, BPF_ILA_N_IN);
	f = tcp(&ep_b, &ep_a); /* not translated: over a route to the SIR prefix */
	assert_goes_to(FROM_UNDERLAY, &f, &ep_a, BPF_ILA_N_IN);
	f = tcp(&ep_b, &gone);
	assert_no_way(FROM_UNDERLAY, &f, BPF_ILA_N_NOT_HERE);
	f = tcp(&world_wide, &ep_b);
	assert_no_way(FROM_UNDERLAY, &f, BPF_ILA_N_NOT_HERE);
	f = tcp(&ep_b, &world_wide);
	assert_passes(FROM_UNDERLAY, &f);

	/* Nobody takes away what is here. */
	put_map(&ep_a, &l2, ILA_CSUM_NEUTRAL);
	put_map(&ep_c, &l2, ILA_CSUM_NEUTRAL);
	f = tcp(&ep_a, &ep_c);
	assert_goes_to(FROM_CONTAINER, &f, &ep_c, BPF_ILA_N_LOCAL);
	f = tcp(&ep_b, &wire_a);
	assert_goes_to(FROM_UNDERLAY, &f, &ep_a, BPF_ILA_N_IN);
}

/* What is rejected shows the address that its sender had used. */
static void not_here_is_untranslated(void **state)
{
	const struct ila_addr nobody = addr(SIR ":2000:0:9:9");

	(void)state;
	for (size_t m = 0; m < MODES; m++) {
		const struct ila_addr wire = ila_to_wire(&nobody, &l1, modes[m]);
		struct frame f = tcp(&ep_b, &wire);

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
	for (size_t m = 0; m < MODES; m++) {
		const struct ila_addr moved = ila_to_wire(&ep_b, &l1, modes[m]);
		const struct ila_addr next = ila_to_wire(&ep_b, &l3, modes[m]);
		const struct ila_addr far = addr("2001:db8:1:2::3");
		struct frame f = tcp(&ep_c, &ep_b);

		world(modes[m]);
		put_sir(&sir, BPF_ILA_DOM_ROUTER);
		put_own(&l1, &sir, modes[m], BPF_ILA_DOM_ROUTER);
		put_map(&ep_b, &l3, modes[m]);

		struct result r = run(FROM_UNDERLAY, &f);

		assert_true(modes[m] == ILA_CSUM_NONE || frame_sum_ok(&r.out));
		assert_goes_to(FROM_UNDERLAY, &f, &next, BPF_ILA_N_OUT);
		/* It was here, and has moved: sent on. */
		f = tcp(&far, &moved);
		r = run(FROM_UNDERLAY, &f);
		assert_true(modes[m] == ILA_CSUM_NONE || frame_sum_ok(&r.out));
		assert_goes_to(FROM_UNDERLAY, &f, &next, BPF_ILA_N_OUT);
		f = tcp(&far, &ep_e);
		assert_passes(FROM_UNDERLAY, &f);
	}
}

/* Addresses of the host below its locator. */
static void own_addresses(void **state)
{
	static const char *const ids[] = { "0:0:0:1", "0:0:0:2", "1fff:ffff:ffff:ffff",
					   "0:5efe:a00:1" };

	(void)state;
	for (size_t m = 0; m < MODES; m++) {
		world(modes[m]);
		put_sir(&sir, BPF_ILA_DOM_VNID);
		put_own(&l1, &sir, modes[m], BPF_ILA_DOM_VNID | BPF_ILA_DOM_ROUTER);
		put_local(&ep_a, HERE, BPF_ILA_LOCAL_VNID);
		for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
			const struct ila_addr own = { l1, half(ids[i]) };
			struct frame f = tcp(&ep_b, &own);

			assert_passes(FROM_UNDERLAY, &f);
			f = tcp(&ep_a, &own);
			assert_passes(FROM_CONTAINER, &f);
		}
	}
}

static void host(void **state)
{
	const struct ila_addr own = addr("2001:db8:0:1::1");
	const struct ila_addr nobody = addr(SIR ":2000:0:9:9");
	const struct ila_addr wire = ila_to_wire(&ep_b, &l2, ILA_CSUM_NEUTRAL);
	struct frame f = tcp(&own, &ep_b);

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
	f = tcp(&own, &ep_b);
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
	put_map(&ep_e, &l2, ILA_CSUM_NEUTRAL);
}

static void tenants_out(void **state)
{
	const struct ila_addr wire = ila_to_wire(&red2, &l2, ILA_CSUM_NEUTRAL);
	const struct ila_addr wire_blue = ila_to_wire(&blue2, &l2, ILA_CSUM_NEUTRAL);
	const struct ila_addr world_wide = addr("2001:db8:1:2::3");
	const struct ila_addr *others[] = {
		&blue,  /* here */
		&blue2, /* elsewhere */
		&ep_e,  /* in another domain */
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
	put_local(&ep_e, HERE, 0);
	f = tcp(&ep_e, &red2);
	assert_drops(FROM_CONTAINER, &f, BPF_ILA_N_ISOLATED_OUT);
	/* Between two without them. */
	put_sir(&sir, 0);
	assert_goes_to(FROM_CONTAINER, &f, &wire, BPF_ILA_N_OUT);
}

/* To other domains' wire addresses only in vain, where nobody is to be kept apart. */
static void plain_domain_to_locator(void **state)
{
	const struct ila_addr wire = ila_to_wire(&ep_b, &l2, ILA_CSUM_NEUTRAL);
	struct frame f = tcp(&ep_a, &wire);

	(void)state;
	world(ILA_CSUM_NEUTRAL);
	assert_passes(FROM_CONTAINER, &f);
}

static void tenants_in(void **state)
{
	const struct ila_addr router_addr = addr("2001:db8:5::5");
	const struct ila_addr *others[] = { &blue2, &ep_e, &router_addr, &ep_b };
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
	put_local(&ep_e, HERE, 0);
	f = tcp(&red2, &ep_e);
	assert_drops(FROM_UNDERLAY, &f, BPF_ILA_N_ISOLATED_IN);
}

static void tenants_and_host(void **state)
{
	const struct ila_addr own = addr("2001:db8:0:1::1");
	const struct ila_addr wire = ila_to_wire(&red2, &l2, ILA_CSUM_NEUTRAL);
	const struct ila_addr wire_blue = ila_to_wire(&blue2, &l2, ILA_CSUM_NEUTRAL);
	struct frame q, f;

	(void)state;
	world_of_tenants(0);
	put_if(HERE, &(struct bpf_ila_if) { .flags = BPF_ILA_IF_HOST });
	f = tcp(&own, &red2);
	assert_drops(FROM_CONTAINER, &f, BPF_ILA_N_ISOLATED_OUT);
	f = tcp(&blue, &blue2); /* forwarded, with a source of its own choice */
	assert_drops(FROM_CONTAINER, &f, BPF_ILA_N_ISOLATED_OUT);
	put_map(&blue2, &l2, ILA_CSUM_NEUTRAL);
	assert_drops(FROM_CONTAINER, &f, BPF_ILA_N_ISOLATED_OUT);
	put_local(&blue, 0, BPF_ILA_LOCAL_HOST | BPF_ILA_LOCAL_VNID);
	assert_goes_to(FROM_CONTAINER, &f, &wire_blue, BPF_ILA_N_OUT);
	q = tcp(&red2, &red);
	f = frame_make(&(struct desc) { .src = own,
					.dst = red2,
					.proto = IPPROTO_ICMPV6,
					.type = 3,
					.quote = &q });
	assert_goes_to(FROM_CONTAINER, &f, &wire, BPF_ILA_N_OUT);
}

/* Whatever way they have found: nobody of another tenant or domain gets in. */
static void tenants_last_door(void **state)
{
	const struct ila_addr outside = addr("2001:db8:1:2::3");
	const struct {
		const struct ila_addr *src;
		int verdict;
	} rows[] = { { &red2, TC_ACT_UNSPEC },
		     { &outside, TC_ACT_UNSPEC }, /* NAT */
		     { &blue, TC_ACT_SHOT },
		     { &blue2, TC_ACT_SHOT },
		     { &ep_e, TC_ACT_SHOT } };

	(void)state;
	world_of_tenants(0);
	put_sir(&sir2, 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct frame f = tcp(rows[i].src, &red);

		assert_int_equal(run_forwarded(TO_CONTAINER, &f).verdict,
				 rows[i].verdict);
		/* the host itself may see to all of its containers */
		assert_int_equal(run(TO_CONTAINER, &f).verdict, TC_ACT_UNSPEC);
	}
}

/* What is here and that the stack knows no way to would come again and again. */
static void host_to_nowhere(void **state)
{
	const struct ila_addr own = addr("2001:db8:0:1::1");
	const struct ila_addr unset = addr(SIR ":2000:0:1:1");
	struct frame f = tcp(&own, &ep_c);

	(void)state;
	world(ILA_CSUM_NEUTRAL);
	put_local(&unset, 0, BPF_ILA_LOCAL_HOST);
	put_if(HERE, &(struct bpf_ila_if) { .flags = BPF_ILA_IF_HOST });
	assert_no_way(FROM_CONTAINER, &f, BPF_ILA_N_NOT_HERE);
	f = tcp(&ep_b, &unset);
	assert_no_way(FROM_CONTAINER, &f, BPF_ILA_N_NOT_HERE);
}

/* ---- several locators ----------------------------------------------------- */

enum { FLOWS = 4000 };

static struct ila_addr choose(const struct desc *d)
{
	struct frame f = frame_make(d);
	struct result r = run(FROM_CONTAINER, &f);

	assert_int_equal(r.verdict, TC_ACT_UNSPEC);
	return frame_dst(&r.out);
}

static void several(void **state)
{
	const struct ila64 l[3] = { half("2001:db8:100:2"), half("2001:db8:100:3"),
				    half("2001:db8:100:4") };
	const uint16_t w[3] = { 1, 2, 5 };
	unsigned got[3] = { 0 };

	(void)state;
	for (size_t m = 0; m < MODES; m++) {
		memset(got, 0, sizeof(got));
		world(modes[m]);
		put_group(&ep_b, 17, 3, l, w, modes[m]);
		for (unsigned i = 0; i < FLOWS / 4; i++) {
			struct desc d = { .src = ep_a,
					  .dst = ep_b,
					  .proto = IPPROTO_TCP,
					  .sport = (uint16_t)(1024 + i),
					  .dport = 80 };
			struct ila_addr one = choose(&d), two;

			d.data = 77;
			d.hops = 3;
			two = choose(&d);
			assert_memory_equal(&one, &two, sizeof(one));
			for (size_t k = 0; k < 3; k++) {
				struct ila_addr x = ila_to_wire(&ep_b, &l[k], modes[m]);

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

/* Not by ports alone: who asks counts, too, and so does what is asked. */
static void several_by_source(void **state)
{
	const struct ila64 l[2] = { half("2001:db8:100:2"), half("2001:db8:100:3") };
	const uint16_t w[2] = { 1, 1 };
	unsigned got[2] = { 0 };

	(void)state;
	for (unsigned i = 0; i < 64; i++) {
		struct ila_addr *one = i % 2 ? &ep_a : &ep_b, was = *one, to;

		one->id.b[7] = (uint8_t)i;
		world(ILA_CSUM_NONE);
		put_group(&ep_b, 1, 2, l, w, ILA_CSUM_NONE);
		to = choose(&(struct desc) {
			.src = ep_a, .dst = ep_b, .proto = IPPROTO_UDP });
		if (ila64_eq(&to.prefix, &l[1]))
			got[i % 2]++;
		*one = was;
	}
	assert_in_range(got[0], 4, 28);
	assert_in_range(got[1], 4, 28);
}

/* All fragments of a datagram go to one place; ports of later ones are none. */
static void several_and_fragments(void **state)
{
	const struct ila64 l[2] = { half("2001:db8:100:2"), half("2001:db8:100:3") };
	const uint16_t w[2] = { 1, 1 };

	(void)state;
	world(ILA_CSUM_NEUTRAL);
	put_group(&ep_b, 1, 2, l, w, ILA_CSUM_NEUTRAL);
	for (unsigned i = 0; i < 64; i++) {
		struct desc d = { .src = ep_a,
				  .dst = ep_b,
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
	struct frame f = tcp(&ep_a, &ep_b);
	struct bpf_ila_addr key = ilaval_addr(&ep_b);
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

int main(void)
{
	const struct CMUnitTest t[] = {
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
		cmocka_unit_test(tenants_last_door),
		cmocka_unit_test(host_to_nowhere),
		cmocka_unit_test(several),
		cmocka_unit_test(several_by_source),
		cmocka_unit_test(several_and_fragments),
		cmocka_unit_test(group_gone),
	};

	if (!ilaprog_open(0))
		return EXIT_FAILURE;
	names_set();

	int failed = cmocka_run_group_tests(t, NULL, NULL);

	ila_bpf__destroy(prog);
	return failed;
}
