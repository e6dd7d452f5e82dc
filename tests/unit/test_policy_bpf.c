/* Policy in the programs: verdicts against a slow reference, answers, errors,
 * fragments, identities, counters and events. */
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "bpf/net.skel.h"
#include "tests/unit/netprog.h"
#include "tests/unit/rand.h"

enum { IN = BPF_POL_IN, OUT = BPF_POL_OUT, SYN = 2, ACK = 16, POLICY = 9 };

/* A is asked, B is the peer. dir: of A. */
static struct frame packet(unsigned dir, struct desc d)
{
	bool six = d.ext || d.proto == IPPROTO_ICMPV6;
	const char *a = six ? "fd00::1" : "10.1.0.1", *b = six ? "fd00::2" : "10.1.0.2";

	d.to = dir == OUT ? MAC_B : MAC_A;
	d.from = dir == OUT ? MAC_A : MAC_B;
	d.src = d.src ? d.src : dir == OUT ? a : b;
	d.dst = d.dst ? d.dst : dir == OUT ? b : a;
	return frame_make(&d);
}

/* By tunnel and by bridge there is the same policy; the first is asked here. Return:
 * TC_ACT_SHOT or something else. */
static int verdict(unsigned dir, struct desc d)
{
	struct tunnel t = { .src = FAR4, .dst = VTEP4, .vni = VNI };
	struct frame f = packet(dir, d);

	if (dir == OUT)
		return run(FROM_CONTAINER, &f).verdict;
	f = frame_wrap(&f, &t);
	return run(FROM_UNDERLAY, &f).verdict;
}

static void assert_allowed(unsigned dir, struct desc d)
{
	assert_int_not_equal(verdict(dir, d), TC_ACT_SHOT);
}

static void assert_denied(unsigned dir, struct desc d, enum bpf_pol_reason why)
{
	reason(why);
	assert_int_equal(verdict(dir, d), TC_ACT_SHOT);
	assert_int_equal(reason(why), 1);
}

/* Endpoint A with a policy of that number, default deny both ways. */
static void start(uint16_t flags)
{
	world(4);
	put_ep(HERE, ID_A, POLICY, USUAL | flags, MAC_A, "10.1.0.1", NULL);
	put_verdict(POLICY, 4, OUT, 1, 1, 16, 0, 0); /* so that there is one */
}

static void allow(unsigned dir, uint32_t peer, uint8_t proto, uint16_t port,
		  unsigned plen)
{
	put_verdict(POLICY, peer, dir, proto, port, plen, 0, 0);
}

#define TCP(s, d, f)                                                                   \
	(struct desc)                                                                  \
	{                                                                              \
		.proto = IPPROTO_TCP, .sport = (s), .dport = (d), .flags = (f)         \
	}
#define UDP(s, d)                                                                      \
	(struct desc)                                                                  \
	{                                                                              \
		.proto = IPPROTO_UDP, .sport = (s), .dport = (d)                       \
	}

/* ---- verdicts ------------------------------------------------------------- */

struct rule {
	uint32_t peer; /* 0: any */
	unsigned dir, plen;
	uint8_t proto; /* 0: any */
	uint16_t port;
	bool deny;
};

static bool rule_covers(const struct rule *r, unsigned dir, uint32_t peer,
			uint8_t proto, uint16_t port)
{
	if (r->dir != dir || (r->peer && r->peer != peer))
		return false;
	if (!r->proto)
		return true;
	return r->proto == proto && !((r->port ^ port) >> (16 - r->plen));
}

/* Who denies wins; nobody allows by saying nothing. */
static bool reference(const struct rule *r, unsigned n, unsigned dir, uint32_t peer,
		      uint8_t proto, uint16_t port)
{
	bool allowed = false;

	for (unsigned i = 0; i < n; i++) {
		if (!rule_covers(&r[i], dir, peer, proto, port))
			continue;
		if (r[i].deny)
			return false;
		allowed = true;
	}
	return allowed;
}

static uint16_t some_port(void)
{
	static const uint16_t ports[] = { 0, 1, 80, 81, 443, 0x7fff, 0x8000, 0xffff };

	return ports[rand_below(ARRAY_SIZE(ports))];
}

/* The mask of shapes that these rules need, and no more. */
static void put_ep_for(const struct rule *r, unsigned n)
{
	uint32_t ifindex = HERE;
	struct bpf_pol_ep e;

	put_ep(HERE, ID_A, POLICY, USUAL, MAC_A, NULL, NULL);
	assert_int_equal(
		bpf_map_lookup_elem(bpf_map__fd(net->maps.pol_ep_v1), &ifindex, &e), 0);
	memset(e.shape_id, 0, sizeof(e.shape_id));
	memset(e.shape_any, 0, sizeof(e.shape_any));
	for (unsigned i = 0; i < n; i++) {
		uint32_t bit = r[i].proto ? 1U << r[i].plen : BPF_POL_SHAPE_ALL;

		*(r[i].peer ? &e.shape_id[r[i].dir] : &e.shape_any[r[i].dir]) |= bit;
		if (r[i].deny)
			e.flags |= (uint16_t)(BPF_POL_EP_DENY_IN << r[i].dir);
	}
	put(net->maps.pol_ep_v1, &ifindex, &e);
}

static void like_the_reference(void **state)
{
	static const uint32_t peers[] = { 0, ID_B, ID_C, ID_D };
	static const uint8_t protos[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP };
	unsigned seen[2] = { 0 };

	(void)state;
	for (unsigned round = 0; round < 300; round++) {
		struct rule r[8];
		unsigned n = rand_below(ARRAY_SIZE(r) + 1);

		world(4);
		for (unsigned i = 0; i < n; i++) {
			r[i] = (struct rule) {
				.peer = peers[rand_below(ARRAY_SIZE(peers))],
				.dir = rand_below(2),
				.proto = rand_below(4) ? protos[rand_below(3)] : 0,
				.deny = round & 1 && !rand_below(3),
			};
			if (r[i].proto) {
				r[i].plen = rand_below(3) ? 16 : rand_below(17);
				r[i].port = (uint16_t)(some_port() &
						       (0xffff0000 >> r[i].plen));
			}
			for (unsigned k = 0; k < i; k++) {
				/* one entry, one verdict */
				if (r[k].peer == r[i].peer && r[k].dir == r[i].dir &&
				    r[k].proto == r[i].proto &&
				    r[k].plen == r[i].plen && r[k].port == r[i].port)
					r[i].deny = r[k].deny;
			}
			put_verdict(POLICY, r[i].peer, r[i].dir, r[i].proto, r[i].port,
				    r[i].plen, 0, r[i].deny ? BPF_POL_DENY : 0);
		}
		if (!n)
			put_verdict(POLICY, 1, IN, 1, 1, 16, 0, 0);
		put_ep_for(r, n);
		for (unsigned k = 0; k < 40; k++) {
			struct desc d = { .proto = protos[rand_below(3)],
					  .sport = 5,
					  .dport = some_port(),
					  .flags = SYN };
			unsigned dir = rand_below(2);
			bool want = reference(r, n, dir, ID_B, d.proto, d.dport);

			d.sport = (uint16_t)(40000 + k); /* a flow of its own */
			assert_int_equal(verdict(dir, d) != TC_ACT_SHOT, want);
			seen[want]++;
		}
	}
	assert_true(seen[0] > 1000 && seen[1] > 1000);
}

/* The number of the one that decides: the longest port, and the peer before any. */
static void counts_by_rule(void **state)
{
	static const struct {
		uint32_t peer;
		uint8_t proto;
		uint16_t port;
		unsigned plen;
	} order[] = {
		{ ID_B, 6, 80, 16 }, { 0, 6, 80, 16 },  { ID_B, 6, 64, 10 },
		{ 0, 6, 64, 10 },    { ID_B, 6, 0, 0 }, { 0, 6, 0, 0 },
		{ ID_B, 0, 0, 0 },   { 0, 0, 0, 0 },
	};
	struct bpf_pol_count c[256];
	struct frame f = packet(OUT, TCP(1, 80, SYN));

	(void)state;
	for (unsigned first = 0; first < ARRAY_SIZE(order); first++) {
		uint64_t packets = 0, bytes = 0;
		uint32_t rule = first + 1;
		int fd = bpf_map__fd(net->maps.pol_rule_v1);

		start(BPF_POL_EP_OPEN_IN);
		memset(c, 0, sizeof(c));
		assert_int_equal(bpf_map_update_elem(fd, &rule, c, BPF_ANY), 0);
		for (unsigned i = first; i < ARRAY_SIZE(order); i++)
			put_verdict(POLICY, order[i].peer, OUT, order[i].proto,
				    order[i].port, order[i].plen, i + 1, 0);
		assert_allowed(OUT, TCP(1, 80, SYN));
		assert_allowed(OUT, TCP(1, 80, SYN));
		assert_int_equal(bpf_map_lookup_elem(fd, &rule, c), 0);
		for (int i = 0; i < libbpf_num_possible_cpus(); i++) {
			packets += c[i].packets;
			bytes += c[i].bytes;
		}
		assert_int_equal(packets, 2);
		assert_int_equal(bytes, 2 * f.len);
	}
}

static void nothing_loaded(void **state)
{
	(void)state;
	world(4);
	put_ep(HERE, ID_A, 0, USUAL, MAC_A, NULL, NULL);
	assert_denied(OUT, UDP(1, 2), BPF_POL_R_NO_POLICY);
	assert_denied(IN, UDP(1, 2), BPF_POL_R_NO_POLICY);
	put_ep(HERE, ID_A, POLICY, USUAL, MAC_A, NULL, NULL);
	assert_denied(OUT, UDP(1, 2), BPF_POL_R_NO_POLICY);
	assert_denied(IN, UDP(1, 2), BPF_POL_R_NO_POLICY);
}

/* The receiver's policy is asked next door, too, and it may be another. */
static void next_door(void **state)
{
	struct desc d = { .to = MAC_C,
			  .from = MAC_A,
			  .src = "10.1.0.1",
			  .dst = "10.1.0.3",
			  .proto = IPPROTO_UDP,
			  .dport = 53 };
	struct frame f;

	(void)state;
	world(4);
	put_ep(NEXT, ID_C, POLICY, USUAL | BPF_POL_EP_OPEN_OUT, MAC_C, NULL, NULL);
	put_verdict(POLICY, ID_A, IN, IPPROTO_UDP, 53, 16, 0, 0);
	f = frame_make(&d);
	assert_int_equal(run(FROM_CONTAINER, &f).ifindex, NEXT);
	d.dport = 54;
	f = frame_make(&d);
	assert_int_equal(run(FROM_CONTAINER, &f).verdict, TC_ACT_SHOT);
	put_verdict(POLICY, ID_A, IN, IPPROTO_UDP, 53, 16, 0, BPF_POL_DENY);
	d.dport = 53;
	f = frame_make(&d);
	reason(BPF_POL_R_DENY);
	assert_int_equal(run(FROM_CONTAINER, &f).verdict, TC_ACT_SHOT);
	assert_int_equal(reason(BPF_POL_R_DENY), 1);
}

/* ---- answers -------------------------------------------------------------- */

static void answers(void **state)
{
	(void)state;
	for (unsigned out = 0; out < 2; out++) { /* who begins: A is OUT */
		start(0);
		allow(out, ID_B, IPPROTO_UDP, 53, 16);
		assert_denied(!out, UDP(53, 40000), BPF_POL_R_NO_FLOW);
		assert_allowed(out, UDP(40000, 53));
		assert_allowed(!out, UDP(53, 40000));
		assert_allowed(!out, UDP(53, 40000));
		assert_denied(!out, UDP(53, 40001), BPF_POL_R_NO_FLOW);
		assert_denied(!out, UDP(54, 40000), BPF_POL_R_POLICY);
		/* An answer opens nothing by itself. */
		assert_denied(out, UDP(40000, 54), BPF_POL_R_POLICY);
	}
}

static void answers_of_tcp(void **state)
{
	(void)state;
	start(BPF_POL_EP_OPEN_OUT);
	allow(IN, ID_B, IPPROTO_TCP, 80, 16);
	/* By flags alone nobody comes in. */
	assert_denied(IN, TCP(443, 40000, ACK), BPF_POL_R_NO_FLOW);
	assert_denied(IN, TCP(443, 40000, SYN), BPF_POL_R_POLICY);
	assert_allowed(OUT, TCP(40000, 443, SYN));
	assert_allowed(IN, TCP(443, 40000, SYN | ACK));
	assert_allowed(IN, TCP(443, 40000, ACK));
	/* A server that answers does not open the way for what is no longer allowed. */
	assert_allowed(IN, TCP(50000, 80, SYN));
	assert_allowed(OUT, TCP(80, 50000, SYN | ACK));
	assert_allowed(IN, TCP(50000, 80, ACK));
	put_ep(HERE, ID_A, POLICY + 1, USUAL | BPF_POL_EP_OPEN_OUT, MAC_A, NULL, NULL);
	put_verdict(POLICY + 1, ID_B, IN, IPPROTO_TCP, 81, 16, 0, 0);
	assert_denied(IN, TCP(50000, 80, ACK), BPF_POL_R_POLICY);
	assert_allowed(OUT, TCP(80, 50000, ACK));
	assert_denied(IN, TCP(50000, 80, ACK), BPF_POL_R_POLICY);
	/* The other connection is still what the new policy allows. */
	assert_allowed(IN, TCP(443, 40000, ACK));
}

static uint64_t rule_packets(uint32_t rule)
{
	struct bpf_pol_count per_cpu[256];
	uint64_t sum = 0;

	assert_int_equal(
		bpf_map_lookup_elem(bpf_map__fd(net->maps.pol_rule_v1), &rule, per_cpu),
		0);
	for (int i = 0; i < libbpf_num_possible_cpus(); i++)
		sum += per_cpu[i].packets;
	return sum;
}

/* What is remembered of a connection says no more than asking again would. */
static void known_connections(void **state)
{
	const struct desc d = UDP(40000, 53);
	uint64_t before;

	(void)state;
	for (unsigned dir = IN; dir <= OUT; dir++) {
		start(0);
		put_verdict(POLICY, ID_B, dir, IPPROTO_UDP, 53, 16, 9, 0);
		before = rule_packets(9);
		for (int i = 0; i < 5; i++)
			assert_allowed(dir, d);
		assert_int_equal(rule_packets(9) - before, 5);
		/* Denied in place, then taken away. */
		put_ep(HERE, ID_A, POLICY,
		       (uint16_t)(USUAL | BPF_POL_EP_DENY_IN << dir), MAC_A, "10.1.0.1",
		       NULL);
		put_verdict(POLICY, ID_B, dir, IPPROTO_UDP, 53, 16, 9, BPF_POL_DENY);
		assert_denied(dir, d, BPF_POL_R_DENY);
		put_verdict(POLICY, ID_B, dir, IPPROTO_UDP, 53, 16, 9, 0);
		assert_allowed(dir, d);
		policy_clear(POLICY);
		put_verdict(POLICY, ID_C, dir, IPPROTO_UDP, 53, 16, 9, 0);
		assert_denied(dir, d, BPF_POL_R_POLICY);
		/* Another peer with the address, another policy, none. */
		put_verdict(POLICY, ID_B, dir, IPPROTO_UDP, 53, 16, 9, 0);
		assert_allowed(dir, d);
		put_ident("10.1.0.2", ID_D, 0);
		assert_denied(dir, d, BPF_POL_R_POLICY);
		put_ident("10.1.0.2", ID_B, 0);
		assert_allowed(dir, d);
		put_ep(HERE, ID_A, POLICY + 1, USUAL, MAC_A, "10.1.0.1", NULL);
		assert_denied(dir, d, BPF_POL_R_NO_POLICY);
		put_ep(HERE, ID_A, 0, USUAL, MAC_A, "10.1.0.1", NULL);
		assert_denied(dir, d, BPF_POL_R_NO_POLICY);
	}
}

/* Seen first in the middle, after a restart or when its entry was lost. */
static void answers_from_the_middle(void **state)
{
	(void)state;
	start(BPF_POL_EP_OPEN_OUT);
	allow(IN, ID_B, IPPROTO_TCP, 80, 16);
	assert_allowed(OUT, TCP(80, 50000, ACK)); /* a server's */
	policy_clear(POLICY);
	put_verdict(POLICY, ID_B, IN, IPPROTO_TCP, 81, 16, 0, 0);
	assert_denied(IN, TCP(50000, 80, ACK), BPF_POL_R_POLICY);
	assert_allowed(OUT, TCP(40000, 443, ACK)); /* a client's */
	assert_allowed(IN, TCP(443, 40000, ACK));
}

/* A policy, or a peer, that changes stops what answers to nothing any more. */
static void answers_after_a_change(void **state)
{
	(void)state;
	start(0);
	allow(OUT, ID_B, IPPROTO_UDP, 53, 16);
	assert_allowed(OUT, UDP(40000, 53));
	assert_allowed(IN, UDP(53, 40000));
	put_ident("10.1.0.2", ID_C, 0);
	assert_denied(IN, UDP(53, 40000), BPF_POL_R_POLICY);
	allow(OUT, ID_C, IPPROTO_UDP, 53, 16);
	assert_allowed(IN, UDP(53, 40000));
	put_ident("10.1.0.2", ID_B, 0);
	put_ep(HERE, ID_A, POLICY + 1, USUAL, MAC_A, NULL, NULL);
	put_verdict(POLICY + 1, ID_B, OUT, IPPROTO_UDP, 54, 16, 0, 0);
	assert_denied(IN, UDP(53, 40000), BPF_POL_R_POLICY);
	put_verdict(POLICY + 1, ID_B, OUT, IPPROTO_UDP, 53, 16, 0, 0);
	assert_allowed(IN, UDP(53, 40000));
}

/* Whom nobody has announced is of the world when asked, and not when he answers from
 * the overlay. */
static void answers_of_the_unknown(void **state)
{
	struct desc ask = UDP(40000, 53), answer = UDP(53, 40000);

	(void)state;
	for (unsigned out = 0; out < 2; out++) {
		start(0);
		*(out ? &ask.dst : &ask.src) = "10.1.0.50";
		*(out ? &answer.src : &answer.dst) = "10.1.0.50";
		allow(out, out ? BPF_POL_WORLD : BPF_POL_INIT, IPPROTO_UDP, 53, 16);
		assert_denied(!out, answer, BPF_POL_R_POLICY);
		assert_int_not_equal(verdict(out, ask), TC_ACT_SHOT);
		assert_int_not_equal(verdict(!out, answer), TC_ACT_SHOT);
		put_ident("10.1.0.50", ID_C, 0);
		assert_denied(!out, answer, BPF_POL_R_POLICY);
		ask = UDP(40000, 53), answer = UDP(53, 40000);
	}
}

static void echoes(void **state)
{
	(void)state;
	for (unsigned six = 0; six < 2; six++) {
		struct desc ask = { .proto = six ? IPPROTO_ICMPV6 : IPPROTO_ICMP,
				    .type = six ? 128 : 8,
				    .dport = 7 };
		struct desc answer = ask;

		answer.type = six ? 129 : 0;
		start(0);
		assert_denied(OUT, ask, BPF_POL_R_POLICY);
		allow(OUT, ID_B, ask.proto, ask.type, 16);
		assert_denied(IN, answer, BPF_POL_R_NO_FLOW);
		assert_allowed(OUT, ask);
		assert_allowed(IN, answer);
		assert_denied(IN, ask, BPF_POL_R_POLICY); /* no answer */
		answer.dport = 8;
		assert_denied(IN, answer, BPF_POL_R_NO_FLOW);
	}
}

/* More flows than there is room for: who speaks again is let in again. */
static void lost_entries(void **state)
{
	unsigned lost = 0;

	(void)state;
	start(0);
	allow(OUT, ID_B, IPPROTO_UDP, 53, 16);
	for (unsigned i = 0; i < 10000; i++)
		assert_allowed(OUT, UDP((uint16_t)(1000 + i), 53));
	for (unsigned i = 0; i < 10000; i++) {
		reason(BPF_POL_R_NO_FLOW);
		if (verdict(IN, UDP(53, (uint16_t)(1000 + i))) == TC_ACT_SHOT) {
			assert_int_equal(reason(BPF_POL_R_NO_FLOW), 1);
			lost++;
		}
	}
	assert_in_range(lost, 5000, 9999);
	assert_allowed(OUT, UDP(1000, 53));
	assert_allowed(IN, UDP(53, 1000));
}

/* ---- errors --------------------------------------------------------------- */

/* An error about a packet of these ports, from a router. */
static struct desc error_about(unsigned dir, const struct frame *quote, bool six)
{
	struct desc d = { .proto = six ? IPPROTO_ICMPV6 : IPPROTO_ICMP,
			  .type = six ? 2 : 3,
			  .quote = quote };

	if (dir == IN) /* neither B nor known */
		d.src = six ? "fd00::99" : "10.1.0.99";
	return d;
}

static void errors(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		unsigned six = i & 1, in = i >> 1; /* direction of the error */
		unsigned dir = in ? IN : OUT;
		struct desc d = UDP(40000, 53), back = UDP(53, 40000),
			    other = UDP(1, 2);
		struct frame asked, answered, neither;

		d.ext = back.ext = other.ext = six ? "d" : NULL;
		/* What A would send (or get), as question and as answer. */
		asked = packet(!dir, d);
		answered = packet(!dir, back);
		neither = packet(!dir, other);
		start(0);
		assert_denied(dir, error_about(dir, &asked, six), BPF_POL_R_POLICY);
		allow(!dir, ID_B, IPPROTO_UDP, 53, 16);
		assert_denied(dir, error_about(dir, &asked, six), BPF_POL_R_POLICY);
		assert_allowed(!dir, d);
		assert_allowed(dir, error_about(dir, &asked, six));
		assert_denied(dir, error_about(dir, &answered, six), BPF_POL_R_POLICY);
		assert_denied(dir, error_about(dir, &neither, six), BPF_POL_R_POLICY);
		/* The answer to what comes in may meet its end, too. */
		allow(dir, ID_B, IPPROTO_UDP, 53, 16);
		assert_allowed(dir, d);
		assert_allowed(!dir, back);
		assert_allowed(dir, error_about(dir, &answered, six));
		/* About somebody else's packet, or cut short. */
		d.src = six ? "fd00::77" : "10.1.0.77";
		asked = packet(!dir, d);
		assert_denied(dir, error_about(dir, &asked, six), BPF_POL_R_POLICY);
		d.src = NULL;
		asked = packet(!dir, d);
		asked.len = ETH + (six ? 44 : 22);
		assert_denied(dir, error_about(dir, &asked, six), BPF_POL_R_POLICY);
	}
}

/* ---- fragments ------------------------------------------------------------ */

static struct desc part(bool six, bool later, uint16_t id)
{
	struct desc d = UDP(1, 53);

	d.ext = six ? later ? "l" : "f" : NULL;
	d.frag = six ? 0 : later ? 0x2001 : 0x2000;
	d.id = id;
	d.data = 16;
	return d;
}

static void fragments(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		unsigned dir = i & 1;
		bool six = i >> 1;

		start(0);
		allow(dir, ID_B, IPPROTO_UDP, 53, 16);
		assert_denied(dir, part(six, true, 1), BPF_POL_R_FRAGMENT);
		assert_allowed(dir, part(six, false, 1));
		assert_allowed(dir, part(six, true, 1));
		assert_denied(dir, part(six, true, 2), BPF_POL_R_FRAGMENT);
		assert_denied(!dir, part(six, true, 1), BPF_POL_R_FRAGMENT);
		/* Without a port there is nothing to remember. */
		allow(dir, ID_B, IPPROTO_UDP, 0, 0);
		assert_allowed(dir, part(six, true, 2));
		/* A first one that is not allowed makes no way. */
		start(0);
		allow(dir, ID_B, IPPROTO_UDP, 54, 16);
		assert_denied(dir, part(six, false, 3), BPF_POL_R_POLICY);
		assert_denied(dir, part(six, true, 3), BPF_POL_R_FRAGMENT);
	}
}

/* ---- identities ----------------------------------------------------------- */

static int from_outside(const char *src, uint32_t group)
{
	struct tunnel t = { .src = FAR4,
			    .dst = VTEP4,
			    .vni = VNI,
			    .flags = group ? 0x88000000 | group : 0 };
	struct frame f = packet(IN, (struct desc) { .src = src, .proto = IPPROTO_UDP });
	int tunnel, bridge;

	reason(BPF_POL_R_POLICY);
	bridge = run_by(TO_CONTAINER, &f, VXLAN, group).verdict != TC_ACT_SHOT;
	f = frame_wrap(&f, &t);
	tunnel = run(FROM_UNDERLAY, &f).verdict != TC_ACT_SHOT;
	assert_int_equal(tunnel, bridge);
	return tunnel;
}

static void who_is_it(void **state)
{
	static const struct {
		const char *name, *src;
		uint32_t group, identity;
	} t[] = {
		{ "announced", "10.1.0.2", 0, ID_B },
		{ "announced, whatever the group", "10.1.0.2", GROUP, ID_B },
		{ "unknown, of a known group", "10.1.0.50", GROUP, ID_D },
		{ "unknown, of an unknown group", "10.1.0.50", 78, BPF_POL_INIT },
		{ "unknown", "10.1.0.50", 0, BPF_POL_INIT },
		{ "of a prefix", "172.16.5.5", 0, 0x80000005 },
		{ "of a longer prefix", "172.16.6.5", 0, 0x80000006 },
		{ "of one that a rule names", "172.16.7.5", 0, BPF_POL_INIT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		print_message("# %s\n", t[i].name);
		start(0);
		put_net("172.16.0.0", 16, 0x80000005);
		put_net("172.16.6.0", 24, 0x80000006);
		put_net("172.16.7.0", 24, 0x01000007);
		allow(IN, t[i].identity, 0, 0, 0);
		assert_true(from_outside(t[i].src, t[i].group));
		policy_clear(POLICY);
		allow(IN, t[i].identity + 1, 0, 0, 0);
		assert_false(from_outside(t[i].src, t[i].group));
	}
	count(BPF_NET_N_GROUP);
	from_outside("10.1.0.50", 78);
	assert_int_equal(count(BPF_NET_N_GROUP), 2);
}

static void who_is_it_at_the_bridge(void **state)
{
	static const struct {
		const char *src;
		uint32_t by, identity;
	} t[] = {
		{ "10.1.0.50", 0, BPF_POL_HOST },     { "10.1.0.50", 5, BPF_POL_WORLD },
		{ "10.1.0.50", VXLAN, BPF_POL_INIT }, { "10.1.0.3", NEXT, ID_C },
		{ "172.16.5.5", 5, 0x01000005 },      { "172.16.5.5", 0, BPF_POL_HOST },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct frame f = packet(
			IN, (struct desc) { .src = t[i].src, .proto = IPPROTO_UDP });

		start(0);
		put_net("172.16.0.0", 16, 0x01000005);
		allow(IN, t[i].identity, 0, 0, 0);
		/* A mark says something only where the device put it. */
		assert_int_equal(
			run_by(TO_CONTAINER, &f, t[i].by, t[i].by == VXLAN ? 0 : GROUP)
				.verdict,
			TC_ACT_UNSPEC);
		policy_clear(POLICY);
		allow(IN, t[i].identity + 1, 0, 0, 0);
		assert_int_equal(run_by(TO_CONTAINER, &f, t[i].by, 0).verdict,
				 TC_ACT_SHOT);
	}
}

static void to_the_world(void **state)
{
	struct desc d = UDP(1, 2);

	(void)state;
	start(0);
	put_net("172.16.0.0", 16, 0x01000005);
	allow(OUT, BPF_POL_WORLD, 0, 0, 0);
	d.dst = "198.51.100.1";
	assert_allowed(OUT, d);
	d.dst = "172.16.0.1";
	assert_denied(OUT, d, BPF_POL_R_POLICY);
	allow(OUT, 0x01000005, 0, 0, 0);
	assert_allowed(OUT, d);
}

/* ---- events --------------------------------------------------------------- */

static struct bpf_pol_event last;
static unsigned events;

static int on_event(void *ctx, void *data, size_t size)
{
	(void)ctx;
	assert_int_equal(size, sizeof(last));
	memcpy(&last, data, sizeof(last));
	events++;
	return 0;
}

static void tells_what_it_drops(void **state)
{
	struct ring_buffer *r = ring_buffer__new(bpf_map__fd(net->maps.pol_event_v1),
						 on_event, NULL, NULL);
	struct bpf_pol_opt on = { .flags = BPF_POL_OPT_EVENTS };
	struct desc d = TCP(1000, 80, SYN);
	struct bpf_pol_event want = {
		.ifindex = HERE,
		.vni = VNI,
		.src_identity = ID_A,
		.dst_identity = ID_B,
		.rule = 5,
		.reason = BPF_POL_R_DENY,
		.dir = OUT,
		.proto = IPPROTO_TCP,
		.family = BPF_POL_IP4,
		.sport = htons(1000),
		.dport = htons(80),
	};
	uint32_t zero = 0;

	(void)state;
	assert_non_null(r);
	start(0);
	put_verdict(POLICY, ID_B, OUT, IPPROTO_TCP, 80, 16, 5, BPF_POL_DENY);
	want.len = (uint32_t)packet(OUT, d).len;
	assert_denied(OUT, d, BPF_POL_R_DENY);
	ring_buffer__consume(r);
	assert_int_equal(events, 0);
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(net->maps.pol_opt_v2), &zero,
					     &on, BPF_ANY),
			 0);
	assert_denied(OUT, d, BPF_POL_R_DENY);
	ring_buffer__consume(r);
	assert_int_equal(events, 1);
	inet_pton(AF_INET, "10.1.0.1", want.src);
	inet_pton(AF_INET, "10.1.0.2", want.dst);
	assert_memory_equal(&last, &want, sizeof(want));
	on.flags = 0;
	bpf_map_update_elem(bpf_map__fd(net->maps.pol_opt_v2), &zero, &on, BPF_ANY);
	ring_buffer__free(r);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(like_the_reference),
		cmocka_unit_test(counts_by_rule),
		cmocka_unit_test(nothing_loaded),
		cmocka_unit_test(next_door),
		cmocka_unit_test(answers),
		cmocka_unit_test(answers_of_tcp),
		cmocka_unit_test(known_connections),
		cmocka_unit_test(answers_from_the_middle),
		cmocka_unit_test(answers_after_a_change),
		cmocka_unit_test(answers_of_the_unknown),
		cmocka_unit_test(echoes),
		cmocka_unit_test(lost_entries),
		cmocka_unit_test(errors),
		cmocka_unit_test(fragments),
		cmocka_unit_test(who_is_it),
		cmocka_unit_test(who_is_it_at_the_bridge),
		cmocka_unit_test(to_the_world),
		cmocka_unit_test(tells_what_it_drops),
	};

	if (!netprog_open())
		return EXIT_FAILURE;

	int failed = cmocka_run_group_tests(t, NULL, NULL);

	netprog_close();
	return failed;
}
