/* The VXLAN programs against those who know them: a container that wants past its
 * policy or into another's place, and whoever can send to the port of the tunnel. */
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "bpf/net.skel.h"
#include "tests/unit/netprog.h"
#include "tests/unit/rand.h"

enum { IN = BPF_POL_IN, OUT = BPF_POL_OUT, SYN = 2, ACK = 16, POLICY = 9, OTHER = 6 };
enum { CIDR = 0x01000005, MAPPED = 0x80001234 };

/* A with a policy of that number, default deny where flags do not say otherwise. */
static void start(uint16_t flags)
{
	world(4);
	put_ep(HERE, ID_A, POLICY, USUAL | flags, MAC_A, "10.1.0.1", "fd00::1");
	put_verdict(POLICY, 4, OUT, 1, 1, 16, 0, 0); /* so that there is one */
}

static void allow(unsigned dir, uint32_t peer, uint8_t proto, uint16_t port,
		  unsigned plen)
{
	put_verdict(POLICY, peer, dir, proto, port, plen, 0, 0);
}

static void assert_dropped_by(struct bpf_program *which, const struct frame *f,
			      uint32_t by, enum bpf_pol_reason why)
{
	reason(why);
	assert_int_equal(run_by(which, f, by, 0).verdict, TC_ACT_SHOT);
	assert_int_equal(reason(why), 1);
}

static struct frame in_tunnel(const struct frame *inner)
{
	struct tunnel t = tunnel_from(4);

	return frame_wrap(inner, &t);
}

static struct desc udp(const char *src, const char *dst, const char *from,
		       const char *to)
{
	return (struct desc) { .src = src,
			       .dst = dst,
			       .from = from,
			       .to = to,
			       .proto = IPPROTO_UDP,
			       .sport = 1,
			       .dport = 53,
			       .data = 8 };
}

/* ---- who it is ------------------------------------------------------------ */

/* Prefixes that rules name are of the world outside; in the overlay nobody gets their
 * identity by an address of his choosing. Those that the operator gave labels do. */
static void prefix_in_overlay(void **state)
{
	struct desc d = udp("172.16.5.5", "10.1.0.1", MAC_B, MAC_A);
	struct frame f = frame_make(&d), w = in_tunnel(&f);

	(void)state;
	start(0);
	put_net("0.0.0.0", 0, CIDR);
	allow(IN, CIDR, 0, 0, 0);
	assert_dropped(FROM_UNDERLAY, &w, BPF_POL_R_POLICY);
	assert_dropped_by(TO_CONTAINER, &f, VXLAN, BPF_POL_R_POLICY);
	assert_int_equal(run_by(TO_CONTAINER, &f, OTHER, 0).verdict, TC_ACT_UNSPEC);
	allow(IN, BPF_POL_INIT, 0, 0, 0);
	assert_int_equal(run(FROM_UNDERLAY, &w).verdict, TC_ACT_REDIRECT);
	assert_int_equal(run_by(TO_CONTAINER, &f, VXLAN, 0).verdict, TC_ACT_UNSPEC);
	start(0);
	put_net("172.16.0.0", 16, MAPPED);
	allow(IN, MAPPED, 0, 0, 0);
	assert_int_equal(run(FROM_UNDERLAY, &w).verdict, TC_ACT_REDIRECT);
	assert_int_equal(run_by(TO_CONTAINER, &f, VXLAN, 0).verdict, TC_ACT_UNSPEC);
}

/* What belongs to an endpoint of this host comes from its device, or from the host. */
static void local_address_by_another_way(void **state)
{
	struct desc d = udp("10.1.0.3", "10.1.0.1", MAC_C, MAC_A);
	struct frame f = frame_make(&d);

	(void)state;
	start(0);
	allow(IN, ID_C, 0, 0, 0);
	assert_int_equal(run_by(TO_CONTAINER, &f, NEXT, 0).verdict, TC_ACT_UNSPEC);
	assert_int_equal(run_by(TO_CONTAINER, &f, 0, 0).verdict, TC_ACT_UNSPEC);
	assert_dropped_by(TO_CONTAINER, &f, OTHER, BPF_POL_R_SPOOF_OUTSIDE);
	assert_dropped_by(TO_CONTAINER, &f, VXLAN, BPF_POL_R_SPOOF_OUTSIDE);
}

/* Without an address it is still the endpoint on that device. */
static void neighbour_without_address(void **state)
{
	static const struct {
		const char *src, *dst;
		uint16_t sport, dport;
	} t[] = {
		{ "0.0.0.0", "255.255.255.255", 68, 67 },
		{ "fe80::c", "ff02::1:2", 546, 547 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct desc d = udp(t[i].src, t[i].dst, MAC_C, ALL);
		struct frame f;

		d.sport = t[i].sport, d.dport = t[i].dport;
		f = frame_make(&d);
		start(0);
		allow(IN, BPF_POL_WORLD, 0, 0, 0);
		assert_dropped_by(TO_CONTAINER, &f, NEXT, BPF_POL_R_POLICY);
		assert_int_equal(run_by(TO_CONTAINER, &f, OTHER, 0).verdict,
				 TC_ACT_UNSPEC);
		allow(IN, ID_C, 0, 0, 0);
		assert_int_equal(run_by(TO_CONTAINER, &f, NEXT, 0).verdict,
				 TC_ACT_UNSPEC);
	}
}

/* The table of MACs is of a time when the device was in this tenant. */
static void device_of_another_tenant(void **state)
{
	struct desc d = udp("10.1.0.1", "10.1.0.3", MAC_A, MAC_C);
	struct frame f = frame_make(&d);
	uint32_t next = NEXT;
	struct bpf_pol_ep e;

	(void)state;
	world(4);
	assert_int_equal(run(FROM_CONTAINER, &f).ifindex, NEXT);
	assert_int_equal(
		bpf_map_lookup_elem(bpf_map__fd(net->maps.pol_ep_v1), &next, &e), 0);
	e.vni = VNI + 1;
	inet_pton(AF_INET, "10.1.0.3", &e.ip4);
	put(net->maps.pol_ep_v1, &next, &e);
	left_alone(FROM_CONTAINER, &f, BPF_NET_N_BRIDGED);
}

/* ---- by other addresses --------------------------------------------------- */

/* Whoever may speak to the world may not therefore speak to every neighbour. */
static void link_local_is_not_the_world(void **state)
{
	static const char *const dst[] = { "fe80::c", "169.254.0.3" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(dst); i++) {
		struct desc d = udp(i ? "10.1.0.1" : "fd00::1", dst[i], MAC_A, MAC_C);
		struct frame f = frame_make(&d);

		start(0);
		put_net(i ? "0.0.0.0" : "::", 0, CIDR);
		allow(OUT, BPF_POL_WORLD, 0, 0, 0);
		allow(OUT, CIDR, 0, 0, 0);
		assert_dropped(FROM_CONTAINER, &f, BPF_POL_R_POLICY);
	}
}

/* A frame for all with a packet for one is for that one. */
static void packet_for_one_in_a_frame_for_all(void **state)
{
	struct desc d = udp("10.1.0.2", "10.1.0.3", MAC_B, ALL);
	struct frame f = frame_make(&d);

	(void)state;
	world(4);
	assert_dropped_by(TO_CONTAINER, &f, VXLAN, BPF_POL_R_NOT_FOR);
	d.dst = "10.1.0.1";
	f = frame_make(&d);
	assert_int_equal(run_by(TO_CONTAINER, &f, VXLAN, 0).verdict, TC_ACT_UNSPEC);
	d.dst = "10.1.0.255";
	f = frame_make(&d);
	assert_int_equal(run_by(TO_CONTAINER, &f, VXLAN, 0).verdict, TC_ACT_UNSPEC);
}

/* ---- neighbours ----------------------------------------------------------- */

/* What no link works without is no way out: not off the link, and not as a letter. */
static void neighbour_discovery_as_a_way_out(void **state)
{
	static const struct {
		const char *name, *dst;
		uint8_t type, hops;
		bool allowed;
		const char *ext;
		size_t data;
	} t[] = {
		{ "a question to all", "ff02::1:ff00:2", 135, 255, true, NULL, 0 },
		{ "with a nonce", "ff02::1:ff00:2", 135, 255, true, NULL, 8 },
		{ "a question to one", "fd00::2", 135, 255, true, NULL, 0 },
		{ "an answer to one", "fd00::2", 136, 255, true, NULL, 0 },
		{ "an answer on the link", "fe80::2", 136, 255, true, NULL, 0 },
		{ "from further", "fd00::2", 136, 254, false, NULL, 0 },
		{ "a letter to one", "fd00::2", 136, 255, false, NULL, 1000 },
		{ "to the world", "2001:db8:5::5", 135, 255, false, NULL, 1000 },
		{ "beyond the link", "ff05::2", 135, 255, false, NULL, 0 },
		{ "in fragments", "fd00::2", 136, 255, false, "f", 0 },
		{ "who routes?", "ff02::2", 133, 255, true, NULL, 0 },
		{ "who routes there?", "fd00::2", 133, 255, false, NULL, 0 },
		{ "a group", "ff02::16", 143, 1, true, "h", 100 },
		{ "a group of one", "fd00::2", 143, 1, false, "h", 100 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct desc d = { .from = MAC_A,
				  .to = MAC_B,
				  .src = "fd00::1",
				  .dst = t[i].dst,
				  .proto = IPPROTO_ICMPV6,
				  .type = t[i].type,
				  .hops = t[i].hops,
				  .ext = t[i].ext,
				  .target = t[i].type == 135   ? "fd00::2"
					    : t[i].type == 136 ? "fd00::1"
							       : NULL,
				  .data = t[i].data };
		struct frame f = frame_make(&d);

		print_message("# %s\n", t[i].name);
		start(0);
		if (t[i].allowed)
			assert_int_equal(run(FROM_CONTAINER, &f).verdict,
					 TC_ACT_REDIRECT);
		else
			assert_dropped(FROM_CONTAINER, &f, BPF_POL_R_POLICY);
	}
}

/* An endpoint is no router, even with an address of the link that is its own. */
static void rogue_router(void **state)
{
	static const uint8_t types[] = { 134, 137 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct desc d = { .from = MAC_A,
				  .to = "33:33:00:00:00:01",
				  .src = "fe80::a",
				  .dst = "ff02::1",
				  .proto = IPPROTO_ICMPV6,
				  .type = types[i],
				  .hops = 255,
				  .data = 40 };
		struct frame f = frame_make(&d);

		world(4);
		put_ident("fe80::a", ID_A, HERE);
		assert_dropped(FROM_CONTAINER, &f, BPF_POL_R_SPOOF_NEIGH);
		put_ep(HERE, ID_A, 0, OPEN | BPF_POL_EP_FAST, MAC_A, NULL, NULL);
		left_alone(FROM_CONTAINER, &f, BPF_NET_N_FLOODED);
	}
}

/* Nobody outside says where an endpoint of this host is. */
static void neighbours_told_from_outside(void **state)
{
	(void)state;
	for (uint8_t op = 1; op <= 2; op++) {
		struct arp a = {
			.from = MAC_B, .spa = "10.1.0.3", .tpa = "10.1.0.1", .op = op
		};
		struct frame f = frame_arp(&a);

		world(4);
		assert_dropped_by(TO_CONTAINER, &f, VXLAN, BPF_POL_R_SPOOF_OUTSIDE);
		assert_dropped_by(TO_CONTAINER, &f, OTHER, BPF_POL_R_SPOOF_OUTSIDE);
		assert_int_equal(run_by(TO_CONTAINER, &f, NEXT, 0).verdict,
				 TC_ACT_UNSPEC);
		assert_int_equal(run_by(TO_CONTAINER, &f, 0, 0).verdict, TC_ACT_UNSPEC);
		a.spa = "10.1.0.2";
		f = frame_arp(&a);
		assert_int_equal(run_by(TO_CONTAINER, &f, VXLAN, 0).verdict,
				 TC_ACT_UNSPEC);
	}
	for (unsigned own = 0; own < 2; own++) {
		struct tunnel t = tunnel_from(6);
		struct desc d = b_to_a(true);
		struct frame f, w;

		d.proto = IPPROTO_ICMPV6;
		d.type = 136;
		d.hops = 255;
		d.target = own ? "fd00::2" : "fd00::3";
		d.data = 0;
		f = frame_make(&d);
		w = frame_wrap(&f, &t);
		world(6);
		if (own) {
			assert_int_equal(run(FROM_UNDERLAY, &w).verdict,
					 TC_ACT_REDIRECT);
			assert_int_equal(run_by(TO_CONTAINER, &f, VXLAN, 0).verdict,
					 TC_ACT_UNSPEC);
		} else {
			assert_dropped(FROM_UNDERLAY, &w, BPF_POL_R_SPOOF_OUTSIDE);
			assert_dropped_by(TO_CONTAINER, &f, VXLAN,
					  BPF_POL_R_SPOOF_OUTSIDE);
		}
	}
}

/* ---- tunnels of their own ------------------------------------------------- */

/* An address of this host that is no VTEP. */
#define ASIDE4 "192.0.2.33"
#define ASIDE6 "2001:db8:33::1"

static void put_aside(const char *addr)
{
	struct bpf_net_vtep k = { .port = htons(4789) };
	uint32_t take = BPF_NET_TAKE_ANY;

	if (strchr(addr, ':'))
		k.flags = BPF_NET_DOM_IP6;
	assert_int_equal(inet_pton(k.flags ? AF_INET6 : AF_INET, addr, k.vtep), 1);
	put(net->maps.net_vtep_v1, &k, &take);
}

/* A container that sends to our VTEP as if it were one is in every tenant at once: so
 * it is by any address of this host, by what all of a group get, and whatever labels
 * the operator gave the address. */
static void tunnel_from_a_container(void **state)
{
	static const struct {
		const char *dst;
		uint16_t dport;
		enum bpf_pol_reason why;
	} t[] = {
		{ VTEP4, 4789, BPF_POL_R_VXLAN },
		{ VTEP6, 4789, BPF_POL_R_VXLAN },
		{ ASIDE4, 4789, BPF_POL_R_VXLAN },
		{ ASIDE6, 4789, BPF_POL_R_VXLAN },
		{ "224.0.0.1", 4789, BPF_POL_R_VXLAN },
		{ "239.1.2.3", 4789, BPF_POL_R_VXLAN },
		{ "255.255.255.255", 4789, BPF_POL_R_VXLAN },
		{ "127.0.0.2", 4789, BPF_POL_R_VXLAN },
		{ "0.0.0.0", 4789, BPF_POL_R_VXLAN },
		{ "ff02::2", 4789, BPF_POL_R_VXLAN },
		{ "ff02::1:ff00:1", 4789, BPF_POL_R_VXLAN },
		{ "ff05::7", 4789, BPF_POL_R_VXLAN },
		{ VTEP4, 4790, BPF_POL_R_NONE },
		{ VTEP6, 4788, BPF_POL_R_NONE },
		{ "239.1.2.3", 5353, BPF_POL_R_NONE },
		{ "ff02::fb", 5353, BPF_POL_R_NONE },
		{ "192.0.2.77", 4789, BPF_POL_R_NONE },
		{ "10.1.0.2", 4789, BPF_POL_R_NONE },
		{ "fd00::2", 4789, BPF_POL_R_NONE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		bool six = strchr(t[i].dst, ':');
		struct desc d = udp(six ? "fd00::1" : "10.1.0.1", t[i].dst, MAC_A,
				    "02:00:00:00:00:99");
		struct frame f;

		print_message("# %s %u\n", t[i].dst, t[i].dport);
		world(six ? 6 : 4);
		put_aside(six ? ASIDE6 : ASIDE4);
		d.dport = t[i].dport;
		f = frame_make(&d);
		for (unsigned named = 0; named < 2; named++) {
			if (named)
				put_ident(t[i].dst, MAPPED, 0);
			if (t[i].why)
				assert_dropped(FROM_CONTAINER, &f, t[i].why);
			else
				left_alone(FROM_CONTAINER, &f, BPF_NET_N_BRIDGED);
		}
		d.proto = IPPROTO_TCP;
		f = frame_make(&d);
		left_alone(FROM_CONTAINER, &f, BPF_NET_N_BRIDGED);
	}
}

/* What comes for an address that is no VTEP may be somebody else's. */
static void port_of_the_tunnel_elsewhere(void **state)
{
	static const char *const to[] = { ASIDE4, ASIDE6, VTEP4, VTEP6 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(to); i++) {
		struct tunnel t = tunnel_from(i & 1 ? 6 : 4);
		struct desc d = b_to_a(false);
		struct frame f = frame_make(&d), w;

		world(i & 1 ? 6 : 4);
		put_aside(i & 1 ? ASIDE6 : ASIDE4);
		t.dst = to[i];
		t.flags = 0x12345678;
		w = frame_wrap(&f, &t);
		if (i < 2)
			assert_int_equal(run(FROM_UNDERLAY, &w).verdict, TC_ACT_UNSPEC);
		else
			assert_dropped(FROM_UNDERLAY, &w, BPF_POL_R_VXLAN);
	}
}

/* ---- lengths and fragments ------------------------------------------------ */

/* No length is what the stack makes of the largest segments, and of nothing else. */
static void no_length(void **state)
{
	(void)state;
	for (unsigned six = 0; six < 2; six++) {
		struct desc d = a_to_b(six);
		struct frame f = frame_make(&d);

		world(4);
		f.b[ETH + (six ? 4 : 2)] = f.b[ETH + (six ? 5 : 3)] = 0;
		assert_dropped(FROM_CONTAINER, &f, BPF_POL_R_MALFORMED);
	}
}

/* RFC 3128: the second part must not be able to rewrite the header in the first. */
static void fragment_in_the_header(void **state)
{
	struct desc d = a_to_b(false);
	struct frame f;

	(void)state;
	world(4);
	d.frag = 1;
	f = frame_make(&d);
	assert_dropped(FROM_CONTAINER, &f, BPF_POL_R_MALFORMED);
	d.frag = 3;
	f = frame_make(&d);
	assert_int_equal(run(FROM_CONTAINER, &f).verdict, TC_ACT_REDIRECT);
}

/* ---- errors --------------------------------------------------------------- */

/* About a packet that might have been sent, but was not. */
static void error_about_nothing(void **state)
{
	struct desc q = udp("10.1.0.1", "10.1.0.2", MAC_A, MAC_B);
	struct desc d = udp("10.1.0.99", "10.1.0.1", MAC_B, MAC_A);
	struct frame quote, f;

	(void)state;
	start(0);
	allow(OUT, ID_B, IPPROTO_UDP, 53, 16);
	quote = frame_make(&q);
	d.proto = IPPROTO_ICMP;
	d.type = 3;
	d.quote = &quote;
	d.data = 0;
	f = frame_make(&d);
	f = in_tunnel(&f);
	assert_dropped(FROM_UNDERLAY, &f, BPF_POL_R_POLICY);
	assert_int_equal(run(FROM_CONTAINER, &quote).verdict, TC_ACT_REDIRECT);
	assert_int_equal(run(FROM_UNDERLAY, &f).verdict, TC_ACT_REDIRECT);
}

/* ---- whatever they write -------------------------------------------------- */

/* What a receiver makes of a packet, which takes the longest way to the header that
 * matters and never looks at anything else. */
struct seen {
	bool nothing; /* it drops it */
	bool later, first;
	uint32_t id;
	uint8_t proto;
	uint8_t type;
	uint8_t hops;
	uint16_t dport;
	const uint8_t *src, *dst;
};

static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static struct seen see_transport(struct seen s, const uint8_t *b, size_t at, size_t end)
{
	s.nothing = s.proto == 59; /* no next header */
	if (s.later || s.nothing)
		return s;
	if (s.proto == IPPROTO_UDP || s.proto == IPPROTO_ICMPV6) {
		s.nothing = at + 8 > end;
		if (!s.nothing && s.proto == IPPROTO_UDP)
			s.dport = (uint16_t)get16(b + at + 2);
		else if (!s.nothing)
			s.type = b[at];
	}
	return s;
}

static struct seen see4(const struct frame *f)
{
	const uint8_t *h = f->b + ETH;
	size_t head = (h[0] & 15) * 4U, len = get16(h + 2);
	unsigned off = get16(h + 6);
	struct seen s = { .proto = h[9],
			  .src = h + 12,
			  .dst = h + 16,
			  .id = (uint32_t)get16(h + 4),
			  .later = off & 0x1fff,
			  .first = (off & 0x3fff) == 0x2000,
			  .hops = h[8] };

	if (h[0] >> 4 != 4 || head < 20 || len < head || len > f->len - ETH) {
		s.nothing = true;
		return s;
	}
	return see_transport(s, f->b, ETH + head, ETH + len);
}

static struct seen see6(const struct frame *f)
{
	const uint8_t *h = f->b + ETH;
	size_t at = ETH + 40, end = at + get16(h + 4), parts = 0;
	struct seen s = { .proto = h[6], .hops = h[7], .src = h + 8, .dst = h + 24 };

	s.nothing = h[0] >> 4 != 6 || end > f->len;
	while (!s.nothing && !s.later) {
		const uint8_t *x = f->b + at;

		if (s.proto != 0 && s.proto != 43 && s.proto != 44 && s.proto != 51 &&
		    s.proto != 60)
			return see_transport(s, f->b, at, end);
		if (at + 8 > end) {
			s.nothing = true;
			break;
		}
		if (s.proto == 44) {
			if (parts++) {
				s.nothing = true;
				break;
			}
			s.later = get16(x + 2) & 0xfff8;
			s.first = !s.later && x[3] & 1;
			memcpy(&s.id, x + 4, 4);
			at += 8;
		} else {
			at += s.proto == 51 ? (x[1] + 2U) * 4 : (x[1] + 1U) * 8;
		}
		s.proto = x[0];
	}
	return s;
}

static bool is_group_or_link(const uint8_t *a, bool six)
{
	return six ? a[0] == 0xff || (a[0] == 0xfe && (a[1] & 0xc0) == 0x80)
		   : a[0] >> 4 == 14;
}

/* A and B, who may ask one another UDP 53 and nothing else. */
static bool is_allowed(const struct frame *f, unsigned dir, uint32_t *ids, unsigned *n)
{
	bool six = f->b[12] == 0x86 && f->b[13] == 0xdd;
	struct seen s;
	uint8_t a[16], b[16];

	if (f->b[12] == 0x08 && f->b[13] == 0x06)
		return true; /* tried elsewhere */
	if (!six && !(f->b[12] == 0x08 && f->b[13] == 0))
		return false;
	s = six ? see6(f) : see4(f);
	if (s.nothing)
		return true;
	if (six && s.proto == IPPROTO_ICMPV6 && !s.later && !s.first)
		return s.hops == 255 ? s.type == 133 || s.type == 135 || s.type == 136
				     : s.hops == 1;
	inet_pton(six ? AF_INET6 : AF_INET, six ? "fd00::1" : "10.1.0.1", a);
	inet_pton(six ? AF_INET6 : AF_INET, six ? "fd00::2" : "10.1.0.2", b);
	if (memcmp(s.src, dir == OUT ? a : b, six ? 16 : 4) ||
	    (memcmp(s.dst, dir == OUT ? b : a, six ? 16 : 4) &&
	     !(dir == IN && is_group_or_link(s.dst, six))))
		return false;
	if (s.later) {
		for (unsigned i = 0; i < *n; i++)
			if (ids[i] == s.id)
				return true;
		return false;
	}
	if (s.proto != IPPROTO_UDP || s.dport != 53)
		return false;
	if (s.first)
		ids[(*n)++] = s.id;
	return true;
}

static struct frame scribble(unsigned dir)
{
	static const char *const ext[] = { NULL, "h",  "d",  "r",   "a",
					   "f",  "hf", "df", "hdr", "fd" };
	static const uint8_t values[] = { 0,   1,   4,    6,    17,   43,   44,  51,
					  53,  58,  59,   60,   0x20, 0x45, 255, 135,
					  136, 254, 0x46, 0x86, 0xdd, 8,    16,  24 };
	bool six = rand_below(2);
	struct desc d = dir == OUT ? a_to_b(six) : b_to_a(six);
	struct frame f;
	size_t most;

	d.proto = rand_below(4)
			  ? IPPROTO_UDP
			  : (rand_below(2) ? IPPROTO_TCP
					   : (six ? IPPROTO_ICMPV6 : IPPROTO_ICMP));
	d.dport = rand_below(4) ? 53 : 54;
	d.type = 128;
	d.ext = six ? ext[rand_below(ARRAY_SIZE(ext))] : NULL;
	d.opts = !six && !rand_below(4) ? (uint8_t)rand_below(4) : 0;
	d.frag = !six && !rand_below(4) ? (uint16_t)(rand_below(2) ? 0x2000 : 1) : 0;
	d.id = (uint16_t)rand32();
	d.data = rand_below(60);
	f = frame_make(&d);
	most = f.len < 100 ? f.len : 100;
	for (unsigned n = rand_below(4); n; n--)
		f.b[12 + rand_below((uint32_t)most - 12)] =
			rand_below(3) ? values[rand_below(ARRAY_SIZE(values))]
				      : (uint8_t)rand32();
	if (!rand_below(4))
		f.len -= rand_below(20);
	if (f.len < ETH + 40) /* nothing shorter is run */
		f.len = ETH + 40;
	return f;
}

static void nothing_but_what_may(void **state)
{
	static uint32_t ids[2][200000];
	unsigned n[2] = { 0 }, passed[2] = { 0 };

	(void)state;
	start(0);
	allow(OUT, ID_B, IPPROTO_UDP, 53, 16);
	allow(IN, ID_B, IPPROTO_UDP, 53, 16);
	for (unsigned i = 0; i < 60000; i++) {
		unsigned dir = i & 1, tunnel = i & 2;
		struct frame f = scribble(dir), w;
		struct result r;

		if (dir == OUT) {
			r = run(FROM_CONTAINER, &f);
		} else if (!tunnel) {
			r = run_by(TO_CONTAINER, &f, VXLAN, 0);
		} else {
			w = in_tunnel(&f);
			r = run(FROM_UNDERLAY, &w);
			if (r.verdict == TC_ACT_UNSPEC) /* TO_CONTAINER sees it, too */
				continue;
		}
		if (r.verdict == TC_ACT_SHOT)
			continue;
		passed[dir]++;
		if (is_allowed(&f, dir, ids[dir], &n[dir]))
			continue;
		for (size_t k = 0; k < f.len; k++)
			printf("%02x%s", f.b[k], k % 16 == 15 ? "\n" : " ");
		fail_msg("\nthis passes, direction %u, round %u", dir, i);
	}
	assert_true(passed[IN] > 3000 && passed[OUT] > 3000);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(prefix_in_overlay),
		cmocka_unit_test(local_address_by_another_way),
		cmocka_unit_test(neighbour_without_address),
		cmocka_unit_test(device_of_another_tenant),
		cmocka_unit_test(link_local_is_not_the_world),
		cmocka_unit_test(packet_for_one_in_a_frame_for_all),
		cmocka_unit_test(neighbour_discovery_as_a_way_out),
		cmocka_unit_test(rogue_router),
		cmocka_unit_test(neighbours_told_from_outside),
		cmocka_unit_test(tunnel_from_a_container),
		cmocka_unit_test(port_of_the_tunnel_elsewhere),
		cmocka_unit_test(no_length),
		cmocka_unit_test(fragment_in_the_header),
		cmocka_unit_test(error_about_nothing),
		cmocka_unit_test(nothing_but_what_may),
	};

	if (!netprog_open())
		return EXIT_FAILURE;

	int failed = cmocka_run_group_tests(t, NULL, NULL);

	netprog_close();
	return failed;
}
