/* The VXLAN programs: where frames go, and what is written before them. What is forged
 * or damaged is tried in test_net_bad.c, policy in test_policy_bpf.c. */
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cap-ng.h>

#include "bpf/net.skel.h"
#include "tests/unit/netprog.h"

/* ---- good ones ------------------------------------------------------------ */

/* Written as frame_wrap() does, but for what is chosen freely. */
static void assert_wrapped(const struct result *r, const struct frame *inner,
			   const struct tunnel *t)
{
	struct frame want = frame_wrap(inner, t);
	size_t udp = frame_inner(&want) - 16;
	uint32_t sum = 0;

	assert_int_equal(r->verdict, TC_ACT_REDIRECT);
	assert_int_equal(r->how, TO_NEIGH);
	assert_int_equal(r->ifindex, UNDERLAY);
	assert_int_equal(r->out.len, want.len);
	assert_true(r->out.b[udp] >= 0xc0); /* source port */
	memcpy(want.b + udp, r->out.b + udp, 2);
	if (r->out.b[12] == 0x08) { /* identification, and so the checksum */
		memcpy(want.b + ETH + 4, r->out.b + ETH + 4, 2);
		memcpy(want.b + ETH + 10, r->out.b + ETH + 10, 2);
		for (unsigned i = 0; i < 20; i += 2)
			sum += (uint32_t)r->out.b[ETH + i] << 8 | r->out.b[ETH + i + 1];
		assert_int_equal((sum & 0xffff) + (sum >> 16), 0xffff);
	}
	assert_memory_equal(r->out.b, want.b, want.len);
}

static struct tunnel tunnel_to(int vtep)
{
	return (struct tunnel) { .src = vtep == 6 ? VTEP6 : VTEP4,
				 .dst = vtep == 6 ? FAR6 : FAR4,
				 .vni = VNI };
}

static const struct {
	const char *name;
	struct desc d; /* addresses are filled in */
} good[] = {
	{ "TCP", { .proto = IPPROTO_TCP, .data = 30 } },
	{ "TCP, nothing in it", { .proto = IPPROTO_TCP } },
	{ "UDP", { .proto = IPPROTO_UDP, .data = 1 } },
	{ "UDP, nothing in it", { .proto = IPPROTO_UDP } },
	{ "marked capable", { .proto = IPPROTO_UDP, .tos = 2 } },
	{ "marked", { .proto = IPPROTO_UDP, .tos = 0xb8 | 3 } },
	{ "SCTP", { .proto = IPPROTO_SCTP, .data = 8 } },
	{ "an unknown protocol", { .proto = 200, .data = 8 } },
	{ "options", { .proto = IPPROTO_TCP, .opts = 3, .ext = "hda" } },
	{ "first fragment",
	  { .proto = IPPROTO_UDP, .frag = 0x2000, .ext = "f", .data = 8 } },
	{ "later fragment",
	  { .proto = IPPROTO_UDP, .frag = 8, .ext = "l", .data = 8 } },
	{ "large", { .proto = IPPROTO_UDP, .data = 1400 } },
};

/* Kernels before 6.3 cannot take a header of the other family off. */
static bool cannot_change_family(void)
{
	unsigned major = 0, minor = 0;
	struct utsname u;

	assert_int_equal(uname(&u), 0);
	assert_int_equal(sscanf(u.release, "%u.%u", &major, &minor), 2);
	return major < 6 || (major == 6 && minor < 3);
}

static void good_frames(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4 * ARRAY_SIZE(good); i++) {
		bool six = i & 1;
		int vtep = i & 2 ? 6 : 4;
		struct desc d = good[i / 4].d, ends = a_to_b(six);
		struct tunnel t = tunnel_to(vtep);
		struct frame in, wrapped;
		struct result r;

		print_message("# %s, IPv%d in IPv%d\n", good[i / 4].name, six ? 6 : 4,
			      vtep);
		world(vtep);
		d.to = ends.to, d.from = ends.from, d.src = ends.src, d.dst = ends.dst;
		in = frame_make(&d);
		t.tos = d.tos & 3;
		r = run(FROM_CONTAINER, &in);
		assert_wrapped(&r, &in, &t);
		assert_int_equal(count(BPF_NET_N_OUT), 1);

		ends = b_to_a(six);
		d.to = ends.to, d.from = ends.from, d.src = ends.src, d.dst = ends.dst;
		in = frame_make(&d);
		t = tunnel_from(vtep);
		wrapped = frame_wrap(&in, &t);
		if (six != (vtep == 6) && cannot_change_family()) {
			t.flags = 0x88000000; /* says that it has no group */
			wrapped = frame_wrap(&in, &t);
			left_alone(FROM_UNDERLAY, &wrapped, BPF_NET_N_STACK);
			continue;
		}
		r = run(FROM_UNDERLAY, &wrapped);
		assert_int_equal(r.verdict, TC_ACT_REDIRECT);
		assert_int_equal(r.how, TO_PEER);
		assert_int_equal(r.ifindex, HERE);
		assert_int_equal(r.out.len, in.len);
		assert_memory_equal(r.out.b, in.b, in.len);
		assert_int_equal(count(BPF_NET_N_IN), 1);
		r = run(TO_CONTAINER, &in);
		assert_int_equal(r.verdict, TC_ACT_UNSPEC);
	}
}

static void next_door(void **state)
{
	(void)state;
	for (unsigned six = 0; six < 2; six++) {
		struct desc d = a_to_b(six);
		struct frame in;
		struct result r;

		world(4);
		d.to = MAC_C;
		d.dst = six ? "fd00::3" : "10.1.0.3";
		in = frame_make(&d);
		r = run(FROM_CONTAINER, &in);
		assert_int_equal(r.verdict, TC_ACT_REDIRECT);
		assert_int_equal(r.how, TO_PEER);
		assert_int_equal(r.ifindex, NEXT);
		assert_memory_equal(r.out.b, in.b, in.len);
		assert_int_equal(count(BPF_NET_N_LOCAL), 1);
	}
}

/* One flow, one way; and not all flows the same. */
static void source_ports(void **state)
{
	struct desc d = a_to_b(false);
	unsigned ports = 0, last = 0;

	(void)state;
	world(4);
	for (unsigned i = 0; i < 32; i++) {
		struct frame f;
		struct result r;
		unsigned port;

		d.sport = (uint16_t)(1000 + i / 2);
		d.data = i;
		f = frame_make(&d);
		r = run(FROM_CONTAINER, &f);
		port = (unsigned)r.out.b[34] << 8 | r.out.b[35];
		if (i % 2)
			assert_int_equal(port, last);
		else
			ports += port != last;
		last = port;
	}
	assert_true(ports >= 15);
}

static void group_policy_ids(void **state)
{
	struct desc d = a_to_b(false);
	struct frame f = frame_make(&d), in;
	struct tunnel t = tunnel_to(4);
	struct result r;

	(void)state;
	world(4);
	put_fdb(MAC_B, FAR4, 0, BPF_NET_FDB_GBP);
	t.flags = 0x88000000 | (ID_A & 0xffff);
	r = run(FROM_CONTAINER, &f);
	assert_wrapped(&r, &f, &t);
	assert_int_equal(r.mark, 0);
	/* Too large, and so for the device: the mark tells it. */
	put_dom(4, 100, BPF_NET_DOM_FAST | BPF_NET_DOM_GBP);
	r = run(FROM_CONTAINER, &f);
	assert_int_equal(r.verdict, TC_ACT_UNSPEC);
	assert_int_equal(r.mark, ID_A);
	assert_int_equal(count(BPF_NET_N_TOO_BIG), 1);
	/* All others have none, whatever the container says. */
	d.to = ALL;
	in = frame_make(&d);
	assert_int_equal(run_by(FROM_CONTAINER, &in, 0, 99).mark, 0);
	assert_int_equal(count(BPF_NET_N_FLOODED), 1);
	put_dom(4, 0, BPF_NET_DOM_FAST);
	r = run_by(FROM_CONTAINER, &f, 0, 99);
	t.flags = 0;
	assert_wrapped(&r, &f, &t);
	assert_int_equal(r.mark, 0);
}

/* dataplane kernel: policy and mark, the rest is the bridge's. */
static void without_fast_path(void **state)
{
	struct desc d = a_to_b(true), back = b_to_a(true);
	struct frame f = frame_make(&d), w = frame_make(&back);
	struct tunnel t = tunnel_from(4);
	struct result r;

	(void)state;
	world(4);
	put_fdb(MAC_B, FAR4, 0, BPF_NET_FDB_GBP);
	put_ep(HERE, ID_A, 0, OPEN | BPF_POL_EP_GUARD, MAC_A, NULL, NULL);
	put_dom(4, 0, BPF_NET_DOM_GBP);
	r = run(FROM_CONTAINER, &f);
	assert_int_equal(r.verdict, TC_ACT_UNSPEC);
	assert_int_equal(r.mark, ID_A);
	assert_memory_equal(r.out.b, f.b, f.len);
	t.flags = 0x88000000;
	w = frame_wrap(&w, &t);
	r = run(FROM_UNDERLAY, &w);
	assert_int_equal(r.verdict, TC_ACT_UNSPEC);
	assert_memory_equal(r.out.b, w.b, w.len);
}

/* To the VXLAN device a frame without a group says that there is none: it would take a
 * mark of the host's own for one. */
static void left_without_group(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		int vtep = i & 1 ? 6 : 4;
		struct tunnel t = tunnel_from(vtep);
		struct desc d = b_to_a(false);
		struct frame in, w;
		struct result r;
		size_t head;

		d.to = ALL;
		in = frame_make(&d);
		world(vtep);
		put_dom(vtep, 1600, BPF_NET_DOM_FAST | (i & 2 ? BPF_NET_DOM_GBP : 0));
		t.check = i & 4 ? 0x1234 : 0;
		w = frame_wrap(&in, &t);
		head = frame_inner(&w) - 8;
		r = run(FROM_UNDERLAY, &w);
		assert_int_equal(r.verdict, TC_ACT_UNSPEC);
		if (i & 2) {
			w.b[head] |= 0x80;
			if (t.check) /* in one's complement, less what is more */
				w.b[head - 2] = 0x92, w.b[head - 1] = 0x33;
		}
		assert_int_equal(r.out.len, w.len);
		assert_memory_equal(r.out.b, w.b, w.len);
		/* One that says something of it is left as it is. */
		t.flags = 0x88000000 | GROUP;
		w = frame_wrap(&in, &t);
		count(BPF_NET_N_STACK);
		if (i & 2)
			left_alone(FROM_UNDERLAY, &w, BPF_NET_N_STACK);
	}
}

/* RFC 6040, figure 4: by outer (row) and inner mark. */
static void marks_of_congestion(void **state)
{
	static const int want[4][4] = {
		/* inner: Not-ECT, ECT(1), ECT(0), CE */
		{ 0, 1, 2, 3 },  /* outer Not-ECT */
		{ 0, 1, 1, 3 },  /* ECT(1) */
		{ 0, 1, 2, 3 },  /* ECT(0) */
		{ -1, 3, 3, 3 }, /* CE */
	};

	(void)state;
	for (unsigned i = 0; i < 32; i++) {
		unsigned outer = i & 3, inner = i >> 2 & 3, six = i >> 4;
		struct desc d = b_to_a(six);
		struct tunnel t = tunnel_from(six ? 6 : 4);
		struct frame f, w;
		struct result r;

		world(six ? 6 : 4);
		t.tos = (uint8_t)outer;
		d.tos = (uint8_t)(0x28 << 2 | inner);
		f = frame_make(&d);
		w = frame_wrap(&f, &t);
		r = run(FROM_UNDERLAY, &w);
		if (want[outer][inner] < 0) {
			assert_int_equal(r.verdict, TC_ACT_SHOT);
			continue;
		}
		d.tos = (uint8_t)(0x28 << 2 | want[outer][inner]);
		f = frame_make(&d); /* with the right checksum */
		assert_int_equal(r.verdict, TC_ACT_REDIRECT);
		assert_memory_equal(r.out.b, f.b, f.len);
	}
}

/* ---- left to bridge and VXLAN device -------------------------------------- */

static void not_known(void **state)
{
	struct desc d = a_to_b(false);
	struct frame f;

	(void)state;
	world(4);
	d.to = "02:00:00:00:00:99";
	f = frame_make(&d);
	left_alone(FROM_CONTAINER, &f, BPF_NET_N_BRIDGED);
	d.to = "01:00:5e:00:00:05";
	d.dst = "224.0.0.5";
	f = frame_make(&d);
	left_alone(FROM_CONTAINER, &f, BPF_NET_N_FLOODED);
	/* No way, or a VTEP of the other family. */
	d = a_to_b(false);
	f = frame_make(&d);
	put_fdb(MAC_B, FAR6, 0, 0);
	left_alone(FROM_CONTAINER, &f, BPF_NET_N_BRIDGED);
	put_fdb(MAC_B, FAR4, UNDERLAY + 1, 0);
	assert_int_equal(run(FROM_CONTAINER, &f).ifindex, UNDERLAY + 1);
	/* The neighbour is known: no route is asked. */
	put_fdb(MAC_B, FAR4, UNDERLAY + 1, BPF_NET_FDB_VIA);
	assert_int_equal(run(FROM_CONTAINER, &f).how, TO_VIA);
	assert_int_equal(run(FROM_CONTAINER, &f).ifindex, UNDERLAY + 1);
}

/* An odd tunnel is not necessarily wrong: the stack decides. */
static void for_the_stack(void **state)
{
	struct desc d = b_to_a(false);
	struct tunnel t = tunnel_from(4);
	struct frame f = frame_make(&d), w;

	(void)state;
	world(4);
	t.flags = 0x88000000;
	t.check = 0x1234;
	w = frame_wrap(&f, &t);
	left_alone(FROM_UNDERLAY, &w, BPF_NET_N_STACK);
	t.check = 0;
	d.to = "02:00:00:00:00:99";
	f = frame_make(&d);
	w = frame_wrap(&f, &t);
	left_alone(FROM_UNDERLAY, &w, BPF_NET_N_STACK);
	d.to = ALL;
	f = frame_make(&d);
	w = frame_wrap(&f, &t);
	left_alone(FROM_UNDERLAY, &w, BPF_NET_N_STACK);
	d = b_to_a(false);
	f = frame_make(&d);
	put_fdb(MAC_A, FAR4, 0, 0); /* it has moved away */
	w = frame_wrap(&f, &t);
	left_alone(FROM_UNDERLAY, &w, BPF_NET_N_STACK);
	world(4);
	f.b[12] = 0x08, f.b[13] = 0x06;
	w = frame_wrap(&f, &t);
	left_alone(FROM_UNDERLAY, &w, BPF_NET_N_STACK);
	t.vni = 5;
	w = frame_wrap(&f, &t);
	left_alone(FROM_UNDERLAY, &w, BPF_NET_N_NO_VNI);
}

static void put_single(uint32_t ifindex, uint16_t port)
{
	const struct bpf_net_single none = { 0 };
	struct bpf_net_single s = { .ifindex = ifindex, .port = htons(port) };
	uint32_t at = bpf_net_single_at(ifindex, s.port);

	for (uint32_t i = 0; i < BPF_NET_SINGLES; i++)
		put(net->maps.net_single_v1, &i, i == at && ifindex ? &s : &none);
}

/* The underlay puts nothing together: the device does, for what there is to put
 * together, and what must not overtake that goes the same way. */
static void segments(void **state)
{
	enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };
	static const struct {
		struct desc d;
		bool stack;
	} row[] = {
		{ { .proto = IPPROTO_TCP, .flags = ACK, .data = 1 }, true },
		{ { .proto = IPPROTO_TCP, .flags = ACK, .data = 1200 }, true },
		{ { .proto = IPPROTO_TCP, .flags = SYN, .data = 8 }, true },
		{ { .proto = IPPROTO_TCP, .flags = ACK | FIN }, true },
		{ { .proto = IPPROTO_TCP, .flags = RST }, true },
		{ { .proto = IPPROTO_TCP, .flags = ACK }, false },
		{ { .proto = IPPROTO_TCP, .flags = SYN }, false },
		{ { .proto = IPPROTO_TCP, .flags = SYN | ACK }, false },
		{ { .proto = IPPROTO_UDP, .data = 1200 }, false },
		{ { .proto = IPPROTO_TCP, .opts = 3, .ext = "h", .data = 9 }, false },
	};

	(void)state;
	for (unsigned i = 0; i < 8 * ARRAY_SIZE(row); i++) {
		struct desc d = row[i / 8].d, ends = b_to_a(i & 1);
		int vtep = i & 2 ? 6 : 4;
		struct tunnel t = tunnel_from(vtep);
		struct frame in, w;

		if (!!(i & 1) != (vtep == 6) && cannot_change_family())
			continue;
		world(vtep);
		put_single(i & 4 ? HERE : 0, 4789);
		d.to = ends.to, d.from = ends.from, d.src = ends.src, d.dst = ends.dst;
		in = frame_make(&d);
		w = frame_wrap(&in, &t);
		if (i & 4 && row[i / 8].stack)
			left_alone(FROM_UNDERLAY, &w, BPF_NET_N_STACK);
		else
			assert_int_equal(run(FROM_UNDERLAY, &w).how, TO_PEER);
	}
	put_single(0, 0);
}

/* Only of that device and that port, and only what is right so far. */
static void segments_elsewhere(void **state)
{
	struct desc d = b_to_a(false);
	struct tunnel t = tunnel_from(4);
	struct frame in, w;

	(void)state;
	d.proto = IPPROTO_TCP, d.flags = 16, d.data = 8;
	in = frame_make(&d);
	w = frame_wrap(&in, &t);
	world(4);
	put_single(HERE + BPF_NET_SINGLES, 4789); /* the same place */
	assert_int_equal(run(FROM_UNDERLAY, &w).how, TO_PEER);
	put_single(HERE, 4790);
	assert_int_equal(run(FROM_UNDERLAY, &w).how, TO_PEER);
	put_single(HERE, 4789);
	left_alone(FROM_UNDERLAY, &w, BPF_NET_N_STACK);
	t.flags = 0x08000001;
	w = frame_wrap(&in, &t);
	assert_dropped(FROM_UNDERLAY, &w, BPF_POL_R_VXLAN);
	put_single(0, 0);
}

/* Not ours, and not counted: other addresses, ports, protocols; what is in fragments or
 * has options; no endpoint on the device. */
static void none_of_ours(void **state)
{
	struct desc d = b_to_a(false);
	struct tunnel t = tunnel_from(4);
	struct frame f = frame_make(&d), w;

	(void)state;
	world(4);
	assert_int_equal(run(FROM_UNDERLAY, &f).verdict, TC_ACT_UNSPEC);
	t.dst = "192.0.2.9";
	w = frame_wrap(&f, &t);
	assert_int_equal(run(FROM_UNDERLAY, &w).verdict, TC_ACT_UNSPEC);
	t = tunnel_from(4);
	t.dport = 8472;
	w = frame_wrap(&f, &t);
	assert_int_equal(run(FROM_UNDERLAY, &w).verdict, TC_ACT_UNSPEC);
	t = tunnel_from(4);
	t.dport = 53, t.flags = 0xffffffff; /* as other UDP may look */
	w = frame_wrap(&f, &t);
	assert_int_equal(run(FROM_UNDERLAY, &w).verdict, TC_ACT_UNSPEC);
	t = tunnel_from(4);
	for (unsigned i = 0; i < 3; i++) {
		w = frame_wrap(&f, &t);
		w.b[ETH + (i == 0   ? 6
			   : i == 1 ? 7
				    : 0)] = i == 0   ? 0x20
					    : i == 1 ? 1
						     : 0x46;
		assert_int_equal(run(FROM_UNDERLAY, &w).verdict, TC_ACT_UNSPEC);
	}
	w = frame_wrap(&f, &t);
	w.b[ETH + 10] ^= 1; /* its checksum does not hold */
	assert_int_equal(run(FROM_UNDERLAY, &w).verdict, TC_ACT_UNSPEC);
	world_clear();
	w = frame_wrap(&f, &t);
	assert_int_equal(run(FROM_UNDERLAY, &w).verdict, TC_ACT_UNSPEC);
	assert_int_equal(run(FROM_CONTAINER, &f).verdict, TC_ACT_UNSPEC);
	assert_int_equal(run(TO_CONTAINER, &f).verdict, TC_ACT_UNSPEC);
	for (unsigned i = 0; i < BPF_POL_REASONS; i++)
		assert_int_equal(reason(i), 0);
}

/* A tunnel in a tunnel is a packet like others, in both directions. */
static void nested(void **state)
{
	struct desc d = b_to_a(false);
	struct tunnel t = { .src = "10.1.0.2", .dst = "10.1.0.1", .vni = VNI },
		      far = tunnel_from(4);
	struct frame f = frame_make(&d), in, w;
	struct result r;

	(void)state;
	world(4);
	in = frame_wrap(&f, &t);
	w = frame_wrap(&in, &far);
	r = run(FROM_UNDERLAY, &w);
	assert_int_equal(r.how, TO_PEER);
	assert_int_equal(r.out.len, in.len);
	assert_memory_equal(r.out.b, in.b, in.len);
}

/* ---- neighbours ----------------------------------------------------------- */

static void assert_answered(const struct frame *f, const struct frame *want)
{
	struct result r = run(FROM_CONTAINER, f);

	assert_int_equal(r.verdict, TC_ACT_REDIRECT);
	assert_int_equal(r.how, TO_PEER);
	assert_int_equal(r.ifindex, HERE);
	assert_int_equal(r.out.len, want->len);
	assert_memory_equal(r.out.b, want->b, want->len);
	assert_int_equal(count(BPF_NET_N_ANSWERED), 1);
}

static void arp_answers(void **state)
{
	const struct arp a_asks = {
		.from = MAC_A, .spa = "10.1.0.1", .tpa = "10.1.0.2", .op = 1
	};
	const struct arp b_answers = { .to = MAC_A,
				       .from = MAC_B,
				       .spa = "10.1.0.2",
				       .tpa = "10.1.0.1",
				       .op = 2 };
	struct frame f = frame_arp(&a_asks), want = frame_arp(&b_answers);
	struct arp odd;

	(void)state;
	world(4);
	assert_int_equal(run(FROM_CONTAINER, &f).verdict, TC_ACT_UNSPEC);
	put_neigh("10.1.0.2", MAC_B, 0);
	memcpy(want.b + 32, f.b + 22, 6);
	assert_answered(&f, &want);
	/* Is it taken? */
	odd = a_asks;
	odd.spa = "0.0.0.0";
	f = frame_arp(&odd);
	memset(want.b + 38, 0, 4);
	assert_answered(&f, &want);
	/* To one: is it still there? An announcement; an answer. */
	odd = a_asks;
	odd.to = MAC_B;
	f = frame_arp(&odd);
	assert_int_equal(run(FROM_CONTAINER, &f).verdict, TC_ACT_UNSPEC);
	odd = a_asks;
	odd.tpa = odd.spa;
	f = frame_arp(&odd);
	assert_int_equal(run(FROM_CONTAINER, &f).verdict, TC_ACT_UNSPEC);
	odd = a_asks;
	odd.op = 2;
	f = frame_arp(&odd);
	assert_int_equal(run(FROM_CONTAINER, &f).verdict, TC_ACT_UNSPEC);
	/* For somebody else, or not what it says to be. */
	odd.spa = "10.1.0.3";
	f = frame_arp(&odd);
	assert_dropped(FROM_CONTAINER, &f, BPF_POL_R_SPOOF_NEIGH);
	odd = a_asks;
	odd.sha = MAC_C;
	f = frame_arp(&odd);
	assert_dropped(FROM_CONTAINER, &f, BPF_POL_R_SPOOF_NEIGH);
	f = frame_arp(&a_asks);
	f.len = 41;
	assert_dropped(FROM_CONTAINER, &f, BPF_POL_R_MALFORMED);
	f.len = 42;
	f.b[18] = 8;
	assert_dropped(FROM_CONTAINER, &f, BPF_POL_R_MALFORMED);
}

static void neighbour_discovery_answers(void **state)
{
	struct desc ask = { .to = "33:33:ff:00:00:02",
			    .from = MAC_A,
			    .src = "fd00::1",
			    .dst = "ff02::1:ff00:2",
			    .proto = IPPROTO_ICMPV6,
			    .type = 135,
			    .hops = 255,
			    .target = "fd00::2" };
	struct desc tell = { .to = MAC_A,
			     .from = MAC_B,
			     .src = "fd00::2",
			     .dst = "fd00::1",
			     .proto = IPPROTO_ICMPV6,
			     .type = 136,
			     .hops = 255,
			     .dport = 0x6000,
			     .target = "fd00::2" };
	struct frame f = frame_make(&ask), want = frame_make(&tell);

	(void)state;
	world(4);
	/* No policy stands between neighbours. */
	put_ep(HERE, ID_A, 1, USUAL, MAC_A, NULL, NULL);
	left_alone(FROM_CONTAINER, &f, BPF_NET_N_FLOODED);
	put_neigh("fd00::2", MAC_B, 0);
	assert_answered(&f, &want);
	put_neigh("fd00::2", MAC_B, BPF_NET_NEIGH_ROUTER);
	tell.dport = 0xe000;
	want = frame_make(&tell);
	assert_answered(&f, &want);
	/* Is it taken? That is for all to hear, if it is its own. */
	ask.src = "::";
	f = frame_make(&ask);
	assert_dropped(FROM_CONTAINER, &f, BPF_POL_R_SPOOF_NEIGH);
	/* To one, from afar, with more in it. */
	ask.src = "fd00::1";
	ask.to = MAC_B;
	f = frame_make(&ask);
	assert_int_equal(run(FROM_CONTAINER, &f).how, TO_NEIGH);
	ask.to = "33:33:ff:00:00:02";
	ask.data = 8;
	f = frame_make(&ask);
	left_alone(FROM_CONTAINER, &f, BPF_NET_N_FLOODED);
	ask.data = 0;
	ask.hops = 254;
	f = frame_make(&ask);
	assert_dropped(FROM_CONTAINER, &f, BPF_POL_R_NO_POLICY);
}

/* ---- what a path takes ---------------------------------------------------- */

static unsigned paths_told;
static char path_to[INET6_ADDRSTRLEN];

static int on_event(void *ctx, void *data, size_t size)
{
	const struct bpf_pol_event *e = data;

	(void)ctx;
	assert_int_equal(size, sizeof(*e));
	assert_int_equal(e->reason, BPF_POL_E_PATH);
	assert_int_equal(e->family, BPF_POL_IP6);
	inet_ntop(AF_INET6, e->dst, path_to, sizeof(path_to));
	paths_told++;
	return 0;
}

static void paths(void **state)
{
	struct ring_buffer *ring = ring_buffer__new(bpf_map__fd(net->maps.pol_event_v1),
						    on_event, NULL, NULL);
	struct desc d = a_to_b(false);
	struct frame f = frame_make(&d), sent, said;
	struct tunnel other = { .src = "2001:db8::9", .dst = FAR6, .vni = VNI };
	struct desc too_big = { .to = MAC_A,
				.from = MAC_B,
				.src = "2001:db8::99",
				.dst = VTEP6,
				.proto = IPPROTO_ICMPV6,
				.type = 2,
				.quote = &sent };
	uint32_t outer;

	(void)state;
	assert_non_null(ring);
	world(6);
	sent = run(FROM_CONTAINER, &f).out;
	outer = (uint32_t)sent.len - ETH;
	put_fdb(MAC_B, FAR6, 0, outer << BPF_NET_FDB_MTU_SHIFT);
	assert_int_equal(run(FROM_CONTAINER, &f).how, TO_NEIGH);
	put_fdb(MAC_B, FAR6, 0, (outer - 1) << BPF_NET_FDB_MTU_SHIFT);
	left_alone(FROM_CONTAINER, &f, BPF_NET_N_TOO_BIG);
	/* A router says so, to the stack as well. */
	said = frame_make(&too_big);
	assert_int_equal(run(FROM_UNDERLAY, &said).verdict, TC_ACT_UNSPEC);
	ring_buffer__consume(ring);
	assert_int_equal(paths_told, 1);
	assert_string_equal(path_to, FAR6);
	/* Something else; of what another one sent; cut short. */
	too_big.type = 1;
	said = frame_make(&too_big);
	assert_int_equal(run(FROM_UNDERLAY, &said).verdict, TC_ACT_UNSPEC);
	too_big.type = 2;
	sent = frame_wrap(&f, &other);
	said = frame_make(&too_big);
	assert_int_equal(run(FROM_UNDERLAY, &said).verdict, TC_ACT_UNSPEC);
	said.len = ETH + 40 + 8 + 40;
	assert_int_equal(run(FROM_UNDERLAY, &said).verdict, TC_ACT_UNSPEC);
	ring_buffer__consume(ring);
	assert_int_equal(paths_told, 1);
	ring_buffer__free(ring);
}

/* ---- loading -------------------------------------------------------------- */

/* fib has no other capabilities when it loads them. */
static void loads_with_three_capabilities(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (!pid) {
		capng_clear(CAPNG_SELECT_BOTH);
		capng_updatev(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_BPF,
			      CAP_NET_ADMIN, CAP_PERFMON, -1);
		if (capng_apply(CAPNG_SELECT_CAPS))
			_exit(2);
		_exit(!net_bpf__open_and_load());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(good_frames),
		cmocka_unit_test(next_door),
		cmocka_unit_test(source_ports),
		cmocka_unit_test(group_policy_ids),
		cmocka_unit_test(without_fast_path),
		cmocka_unit_test(left_without_group),
		cmocka_unit_test(marks_of_congestion),
		cmocka_unit_test(not_known),
		cmocka_unit_test(for_the_stack),
		cmocka_unit_test(segments),
		cmocka_unit_test(segments_elsewhere),
		cmocka_unit_test(none_of_ours),
		cmocka_unit_test(nested),
		cmocka_unit_test(arp_answers),
		cmocka_unit_test(neighbour_discovery_answers),
		cmocka_unit_test(paths),
		cmocka_unit_test(loads_with_three_capabilities),
	};

	if (!netprog_open())
		return EXIT_FAILURE;

	int failed = cmocka_run_group_tests(t, NULL, NULL);

	netprog_close();
	return failed;
}
