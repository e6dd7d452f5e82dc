/* The VXLAN programs: what is forged or damaged goes nowhere, and is counted. */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "bpf/net.skel.h"
#include "tests/unit/netprog.h"
#include "tests/unit/rand.h"

static const struct {
	const char *name;
	struct desc
		d; /* to MAC_B from MAC_A, and the addresses of a_to_b() when absent */
	bool six;
	enum bpf_pol_reason why; /* NONE: goes to B */
} forged[] = {
	{ "another MAC", { .from = MAC_C, .proto = 17 }, false, BPF_POL_R_SPOOF_MAC },
	{ "another MAC", { .from = MAC_C, .proto = 17 }, true, BPF_POL_R_SPOOF_MAC },
	{ "the neighbour's address",
	  { .src = "10.1.0.3", .proto = 17 },
	  false,
	  BPF_POL_R_SPOOF_IP },
	{ "the neighbour's address",
	  { .src = "fd00::3", .proto = 17 },
	  true,
	  BPF_POL_R_SPOOF_IP },
	{ "B's own", { .src = "10.1.0.2", .proto = 17 }, false, BPF_POL_R_SPOOF_IP },
	{ "nobody's address",
	  { .src = "10.9.9.9", .proto = 17 },
	  false,
	  BPF_POL_R_SPOOF_IP },
	{ "no address",
	  { .src = "0.0.0.0", .proto = 17, .sport = 67, .dport = 68 },
	  false,
	  BPF_POL_R_SPOOF_IP },
	{ "no address, DHCP",
	  { .src = "0.0.0.0", .proto = 17, .sport = 68, .dport = 67 },
	  false,
	  BPF_POL_R_NONE },
	{ "no address, TCP",
	  { .src = "0.0.0.0", .proto = 6, .sport = 68, .dport = 67 },
	  false,
	  BPF_POL_R_SPOOF_IP },
	{ "no address, later fragment",
	  { .src = "0.0.0.0", .proto = 17, .frag = 1, .data = 8 },
	  false,
	  BPF_POL_R_SPOOF_IP },
	{ "no address",
	  { .src = "::", .proto = 17, .sport = 546, .dport = 547 },
	  true,
	  BPF_POL_R_SPOOF_IP },
	{ "of the link", { .src = "fe80::9", .proto = 17 }, true, BPF_POL_R_SPOOF_IP },
	{ "of the link, TCP",
	  { .src = "fe80::9", .proto = 6 },
	  true,
	  BPF_POL_R_SPOOF_IP },
	{ "of the link, DHCPv6",
	  { .src = "fe80::9", .proto = 17, .sport = 546, .dport = 547 },
	  true,
	  BPF_POL_R_NONE },
	{ "of the link, but C's",
	  { .src = "fe80::3", .proto = 17, .sport = 546, .dport = 547 },
	  true,
	  BPF_POL_R_SPOOF_IP },
	{ "echo from the link",
	  { .src = "fe80::9", .proto = 58, .type = 128 },
	  true,
	  BPF_POL_R_SPOOF_IP },
	{ "loopback", { .src = "127.0.0.1", .proto = 17 }, false, BPF_POL_R_SPOOF_IP },
	{ "multicast", { .src = "224.0.0.1", .proto = 17 }, false, BPF_POL_R_SPOOF_IP },
	{ "its own", { .proto = 17 }, false, BPF_POL_R_NONE },
	{ "its own", { .proto = 17 }, true, BPF_POL_R_NONE },
	{ "advertises itself",
	  { .proto = 58, .type = 136, .hops = 255, .target = "fd00::1" },
	  true,
	  BPF_POL_R_NONE },
	{ "advertises C",
	  { .proto = 58, .type = 136, .hops = 255, .target = "fd00::3" },
	  true,
	  BPF_POL_R_SPOOF_NEIGH },
	{ "advertises B from the link",
	  { .src = "fe80::9",
	    .proto = 58,
	    .type = 136,
	    .hops = 255,
	    .target = "fd00::2" },
	  true,
	  BPF_POL_R_SPOOF_NEIGH },
	{ "advertises C's address of the link",
	  { .src = "fe80::9",
	    .proto = 58,
	    .type = 136,
	    .hops = 255,
	    .target = "fe80::3" },
	  true,
	  BPF_POL_R_SPOOF_NEIGH },
	{ "asks whether C is taken",
	  { .src = "::", .proto = 58, .type = 135, .hops = 255, .target = "fd00::3" },
	  true,
	  BPF_POL_R_SPOOF_NEIGH },
	{ "asks whether its own is taken",
	  { .src = "::", .proto = 58, .type = 135, .hops = 255, .target = "fd00::1" },
	  true,
	  BPF_POL_R_NONE },
	{ "asks for B",
	  { .src = "fe80::9",
	    .proto = 58,
	    .type = 135,
	    .hops = 255,
	    .target = "fd00::2" },
	  true,
	  BPF_POL_R_NONE },
	{ "an advertisement cut short",
	  { .src = "fe80::9", .proto = 58, .type = 136, .hops = 255 },
	  true,
	  BPF_POL_R_MALFORMED },
};

static void forged_by_containers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forged); i++) {
		struct desc d = forged[i].d, usual = a_to_b(forged[i].six);
		struct frame f;

		print_message("# %s\n", forged[i].name);
		world(4);
		put_ident("fe80::3", ID_C, NEXT);
		d.to = MAC_B;
		d.from = d.from ? d.from : MAC_A;
		d.src = d.src ? d.src : usual.src;
		d.dst = usual.dst;
		f = frame_make(&d);
		if (forged[i].why) {
			assert_dropped(FROM_CONTAINER, &f, forged[i].why);
		} else {
			assert_int_equal(run(FROM_CONTAINER, &f).verdict,
					 TC_ACT_REDIRECT);
		}
		/* Who is not guarded may do all that. */
		put_ep(HERE, ID_A, 0, OPEN | BPF_POL_EP_FAST, MAC_A, NULL, NULL);
		assert_int_equal(run(FROM_CONTAINER, &f).verdict, TC_ACT_REDIRECT);
	}
}

static void forged_from_outside(void **state)
{
	static const struct {
		const char *name, *src, *dst;
		uint32_t flags, vni;
		enum bpf_pol_reason why;
	} t[] = {
		{ "A's own address", "10.1.0.1", "10.1.0.1", 0, VNI,
		  BPF_POL_R_SPOOF_OUTSIDE },
		{ "the neighbour's", "10.1.0.3", "10.1.0.1", 0, VNI,
		  BPF_POL_R_SPOOF_OUTSIDE },
		{ "the neighbour's, IPv6", "fd00::3", "fd00::1", 0, VNI,
		  BPF_POL_R_SPOOF_OUTSIDE },
		{ "for C, to A's MAC", "10.1.0.2", "10.1.0.3", 0, VNI,
		  BPF_POL_R_NOT_FOR },
		{ "for nobody", "10.1.0.2", "10.1.0.9", 0, VNI, BPF_POL_R_NOT_FOR },
		{ "no I", "10.1.0.2", "10.1.0.1", 0x80000000, VNI, BPF_POL_R_VXLAN },
		{ "no I, unknown VNI", "10.1.0.2", "10.1.0.1", 0x80000000, 9,
		  BPF_POL_R_VXLAN },
		{ "all flags", "10.1.0.2", "10.1.0.1", 0xffffffff, VNI,
		  BPF_POL_R_VXLAN },
		{ "group without G", "10.1.0.2", "10.1.0.1", 0x0800004d, VNI,
		  BPF_POL_R_VXLAN },
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(t); i++) {
		struct tunnel tun = tunnel_from(i & 1 ? 6 : 4);
		struct desc d = b_to_a(false);
		struct frame f;

		print_message("# %s\n", t[i / 2].name);
		world(i & 1 ? 6 : 4);
		d.src = t[i / 2].src, d.dst = t[i / 2].dst;
		tun.flags = t[i / 2].flags;
		tun.vni = t[i / 2].vni;
		f = frame_make(&d);
		f = frame_wrap(&f, &tun);
		assert_dropped(FROM_UNDERLAY, &f, t[i / 2].why);
		if (t[i / 2].why == BPF_POL_R_VXLAN)
			continue;
		/* The same by the VXLAN device. */
		f = frame_make(&d);
		reason(t[i / 2].why);
		assert_int_equal(run_by(TO_CONTAINER, &f, VXLAN, 0).verdict,
				 TC_ACT_SHOT);
		assert_int_equal(reason(t[i / 2].why), 1);
	}
}

/* B is elsewhere: a port of the bridge with B's address is not B. */
static void elsewhere_from_next_door(void **state)
{
	struct desc d = b_to_a(false);
	struct frame f;

	(void)state;
	world(4);
	put_verdict(5, ID_B, BPF_POL_IN, 0, 0, 0, 1, 0);
	put_ep(HERE, ID_A, 5, USUAL, MAC_A, "10.1.0.1", NULL);
	f = frame_make(&d);
	assert_int_equal(run_by(TO_CONTAINER, &f, VXLAN, 0).verdict, TC_ACT_UNSPEC);
	reason(BPF_POL_R_POLICY);
	assert_int_equal(run_by(TO_CONTAINER, &f, VXLAN + 1, 0).verdict, TC_ACT_SHOT);
	assert_int_equal(reason(BPF_POL_R_POLICY), 1);
	policy_clear(5);
}

static void flooded_to_another(void **state)
{
	struct desc d = b_to_a(false);
	struct frame f;

	(void)state;
	world(4);
	d.to = MAC_C;
	f = frame_make(&d);
	assert_dropped(TO_CONTAINER, &f, BPF_POL_R_NOT_FOR);
	d.to = ALL;
	d.dst = "10.1.0.255";
	f = frame_make(&d);
	assert_int_equal(run(TO_CONTAINER, &f).verdict, TC_ACT_UNSPEC);
}

/* A frame for the neighbour's MAC with another's address was judged by the wrong
 * identity. */
static void wrong_address_next_door(void **state)
{
	struct desc d = a_to_b(false);
	struct frame f;

	(void)state;
	world(4);
	d.to = MAC_C;
	f = frame_make(&d);
	assert_dropped(FROM_CONTAINER, &f, BPF_POL_R_NOT_FOR);
}

/* Cut at every length that the kernel runs a program on, and every length field wrong
 * by one: never delivered in pieces. */
static void cut_short(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		bool six = i & 1;
		int vtep = i & 2 ? 6 : 4;
		struct desc d = a_to_b(six), back = b_to_a(six);
		struct tunnel t = tunnel_from(vtep);
		struct frame f = frame_make(&d), w = frame_make(&back);
		size_t full = f.len - d.data;

		w = frame_wrap(&w, &t);
		world(vtep);
		for (size_t len = ETH + (six ? 40 : 20); len < f.len; len++) {
			struct frame cut = f;

			cut.len = len;
			assert_dropped(FROM_CONTAINER, &cut, BPF_POL_R_MALFORMED);
			memcpy(cut.b, cut.b + 6, 6); /* for A */
			assert_dropped(TO_CONTAINER, &cut, BPF_POL_R_MALFORMED);
		}
		for (size_t len = ETH + (vtep == 6 ? 40 : 20); len < w.len; len++) {
			struct frame cut = w;

			cut.len = len;
			assert_int_equal(
				run(FROM_UNDERLAY, &cut).verdict,
				TC_ACT_UNSPEC); /* the stack's, which drops it */
		}
		/* The packet says that it ends before its transport header does. */
		for (size_t len = six ? 1 : 0; len < full - ETH - (six ? 40 : 0);
		     len++) {
			struct frame cut = f;

			if (!six &&
			    !len) /* as long as it is: what GSO makes of the largest */
				continue;
			cut.b[ETH + (six ? 5 : 3)] = (uint8_t)len;
			assert_dropped(FROM_CONTAINER, &cut, BPF_POL_R_MALFORMED);
		}
		/* In a tunnel, too. */
		for (unsigned at = 0; at < 2; at++) {
			struct frame bad = w;
			size_t field = frame_inner(&w) + ETH + (six ? 5 : 3);

			bad.b[field] = (uint8_t)(at ? bad.b[field] + 1 : 10);
			assert_dropped(FROM_UNDERLAY, &bad, BPF_POL_R_MALFORMED);
			bad = w;
			bad.b[frame_inner(&w) - 11] =
				(uint8_t)(bad.b[frame_inner(&w) - 11] + (at ? 1 : -1));
			assert_dropped(FROM_UNDERLAY, &bad, BPF_POL_R_VXLAN);
		}
	}
}

static void other_damage(void **state)
{
	static const struct {
		const char *name;
		bool six;
		unsigned at, value;
	} t[] = {
		{ "version 5", false, ETH, 0x55 },
		{ "a header of four words", false, ETH, 0x44 },
		{ "a header longer than the packet", false, ETH, 0x4f },
		{ "version 5", true, ETH, 0x50 },
		{ "ends in an extension header", true, ETH + 6, 60 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct desc d = a_to_b(t[i].six);
		struct frame f;

		world(4);
		d.data = 0;
		f = frame_make(&d);
		f.b[t[i].at] = (uint8_t)t[i].value;
		if (t[i].at == ETH + 6) /* its length */
			f.b[ETH + 41] = 200;
		assert_dropped(FROM_CONTAINER, &f, BPF_POL_R_MALFORMED);
	}
	/* More headers than anybody has use for. */
	struct desc d = a_to_b(true);
	struct frame f;

	d.ext = "ddddddddd";
	f = frame_make(&d);
	assert_dropped(FROM_CONTAINER, &f, BPF_POL_R_MALFORMED);
}

/* Tags and other protocols are not seen by policy: where there is one, they stay out.
 */
static void unseen_by_policy(void **state)
{
	static const uint16_t types[] = {
		0x8100, 0x88a8, 0x88cc, 0x0600, 0x8847, 0x0026
	};
	struct desc d = a_to_b(false);
	struct frame f = frame_make(&d);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		bool tag = i < 2;

		world(4);
		f.b[12] = (uint8_t)(types[i] >> 8);
		f.b[13] = (uint8_t)types[i];
		f.b[14] = 0, f.b[15] = 5; /* VLAN */
		assert_int_equal(run(FROM_CONTAINER, &f).verdict, TC_ACT_UNSPEC);
		memcpy(f.b, "\2\0\0\0\0\xa", 6);
		assert_int_equal(run(TO_CONTAINER, &f).verdict, TC_ACT_UNSPEC);
		if (tag) { /* none, and so what the stack finds behind it is hidden */
			f.b[15] = 0;
			assert_dropped(FROM_CONTAINER, &f, BPF_POL_R_VLAN);
			f.b[15] = 5;
		}
		put_ep(HERE, ID_A, 1, BPF_POL_EP_OPEN_IN | USUAL, MAC_A, NULL, NULL);
		assert_dropped(FROM_CONTAINER, &f,
			       tag ? BPF_POL_R_VLAN : BPF_POL_R_NOT_IP);
		assert_int_equal(run(TO_CONTAINER, &f).verdict, TC_ACT_UNSPEC);
		put_ep(HERE, ID_A, 1, BPF_POL_EP_OPEN_OUT | USUAL, MAC_A, NULL, NULL);
		assert_dropped(TO_CONTAINER, &f,
			       tag ? BPF_POL_R_VLAN : BPF_POL_R_NOT_IP);
	}
}

/* Whatever comes, it is dropped, left as it was, or goes where it should. */
static void random_damage(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		bool six = i & 1;
		int vtep = i & 2 ? 6 : 4;
		struct desc d = b_to_a(six);
		struct tunnel t = tunnel_from(vtep);
		struct frame f, w;
		struct result r;

		if (i % 1000 < 4)
			world(vtep);
		else
			put_dom(vtep, 1600, BPF_NET_DOM_FAST | BPF_NET_DOM_GBP);
		d.ext = six && i & 4 ? "hf" : NULL;
		f = frame_make(&d);
		w = frame_wrap(&f, &t);
		for (unsigned n = rand_below(4); n; n--)
			w.b[12 + rand_below((uint32_t)w.len - 12)] = (uint8_t)rand32();
		r = run(FROM_UNDERLAY, &w);
		if (r.verdict == TC_ACT_REDIRECT) {
			assert_int_equal(r.how, TO_PEER);
			assert_true(r.ifindex == HERE);
			assert_memory_equal(r.out.b, "\2\0\0\0\0\xa", 6);
		} else if (r.verdict == TC_ACT_UNSPEC) {
			size_t head = frame_inner(&w) - 8;

			assert_int_equal(r.out.len, w.len);
			/* But that it has no group, where it said nothing. */
			if (w.b[head] == 0x08 && r.out.b[head] == 0x88)
				memcpy(w.b + head - 2, r.out.b + head - 2, 3);
			assert_memory_equal(r.out.b, w.b, w.len);
		} else {
			assert_int_equal(r.verdict, TC_ACT_SHOT);
		}
		if (i % 256 == 255)
			world(vtep);
	}
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(forged_by_containers),
		cmocka_unit_test(forged_from_outside),
		cmocka_unit_test(elsewhere_from_next_door),
		cmocka_unit_test(flooded_to_another),
		cmocka_unit_test(wrong_address_next_door),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(other_damage),
		cmocka_unit_test(unseen_by_policy),
		cmocka_unit_test(random_damage),
	};

	if (!netprog_open())
		return EXIT_FAILURE;

	int failed = cmocka_run_group_tests(t, NULL, NULL);

	netprog_close();
	return failed;
}
