/* Policy in the ILA programs: asked with SIR addresses in both directions, and by
 * nobody where a device has none. What policy itself says is tried in
 * test_policy_bpf.c. */
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <unistd.h>

#include "bpf/ila.skel.h"
#include "bpf/netmaps.h"
#include "bpf/polmaps.h"
#include "tests/unit/bpf_help.h"
#include "tests/unit/ilaworld.h"

enum { POLICY = 9, ID_A = 1001, ID_B, IN = BPF_POL_IN, OUT = BPF_POL_OUT };

static void put(struct bpf_map *m, const void *key, const void *value)
{
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(m), key, value, BPF_ANY), 0);
}

static void put_ident(const struct ila_addr *a, uint32_t identity, uint32_t ifindex)
{
	struct bpf_pol_addr k = { .scope_family = BPF_POL_IP6 << 24 };
	struct bpf_pol_ident v = { identity, ifindex };

	memcpy(k.ip, a, sizeof(k.ip));
	put(prog->maps.pol_ident_v1, &k, &v);
}

static void put_ident4(uint32_t a, uint32_t identity, uint32_t ifindex)
{
	struct bpf_pol_addr k = { .scope_family = BPF_POL_IP4 << 24,
				  .ip = { htonl(a) } };
	struct bpf_pol_ident v = { identity, ifindex };

	put(prog->maps.pol_ident_v1, &k, &v);
}

static void forget(const struct ila_addr *a)
{
	struct bpf_pol_addr k = { .scope_family = BPF_POL_IP6 << 24 };

	memcpy(k.ip, a, sizeof(k.ip));
	bpf_map_delete_elem(bpf_map__fd(prog->maps.pol_ident_v1), &k);
}

static void put_ep(uint16_t flags)
{
	struct bpf_pol_ep e = { .identity = ID_A,
				.policy = POLICY,
				.mac = { 2, [5] = 2 } };
	uint32_t ifindex = HERE;

	e.flags = (uint16_t)(flags | BPF_POL_EP_GUARD | BPF_POL_EP_ILA);
	memset(e.shape_id, 0xff, sizeof(e.shape_id));
	put(prog->maps.pol_ep_v1, &ifindex, &e);
}

static void allow(uint32_t peer, unsigned dir, uint8_t proto, uint16_t port)
{
	struct bpf_pol_key k = { .identity = peer,
				 .proto = proto,
				 .port = htons(port),
				 .dir_plen = (uint8_t)(dir << 7 | 16) };
	struct bpf_pol_verdict v = { 0 };
	LIBBPF_OPTS(bpf_map_create_opts, o, .map_flags = BPF_F_NO_PREALLOC);
	int fd = bpf_map_create(BPF_MAP_TYPE_HASH, "policy", sizeof(k), sizeof(v), 16,
				&o);
	uint32_t policy = POLICY;

	assert_true(fd >= 0);
	assert_int_equal(bpf_map_update_elem(fd, &k, &v, BPF_ANY), 0);
	put(prog->maps.pol_verdict_v1, &policy, &fd);
	close(fd);
}

static uint64_t reason(uint32_t r)
{
	static uint64_t before[BPF_POL_REASONS];

	return bpf_counted(prog->maps.pol_reason_v1, r, &before[r]);
}

static void start(uint16_t flags)
{
	uint32_t here = HERE;

	world(ILA_CSUM_NEUTRAL);
	bpf_map_delete_elem(bpf_map__fd(prog->maps.pol_ep_v1), &here);
	put_ident(&ep_a, ID_A, HERE);
	put_ident(&ep_b, ID_B, 0);
	put_ident(&ep_c, ID_A, HERE + 1);
	put_ep(flags);
	allow(1, IN, 1, 1);
}

static struct frame udp(const struct ila_addr *src, const struct ila_addr *dst,
			uint16_t sport, uint16_t dport)
{
	return frame_make(&(struct desc) { .src = *src,
					   .dst = *dst,
					   .proto = IPPROTO_UDP,
					   .sport = sport,
					   .dport = dport,
					   .data = 20 });
}

static void assert_refused(struct bpf_program *which, const struct frame *f,
			   uint32_t why)
{
	reason(why);
	assert_int_equal(run_forwarded(which, f).verdict, TC_ACT_SHOT);
	assert_int_equal(reason(why), 1);
}

static void both_directions(void **state)
{
	struct ila_addr wire = { l2, half("3000:0:2:afe8") };
	struct frame ask = udp(&ep_a, &ep_b, 40000, 53),
		     back = udp(&ep_b, &ep_a, 53, 40000);

	(void)state;
	start(0);
	assert_refused(FROM_CONTAINER, &ask, BPF_POL_R_POLICY);
	allow(ID_B, OUT, IPPROTO_UDP, 53);
	assert_refused(TO_CONTAINER, &back, BPF_POL_R_NO_FLOW);
	assert_goes_to(FROM_CONTAINER, &ask, &wire, BPF_ILA_N_OUT);
	assert_int_equal(run_forwarded(TO_CONTAINER, &back).verdict, TC_ACT_UNSPEC);
	back = udp(&ep_b, &ep_a, 54, 40000);
	assert_refused(TO_CONTAINER, &back, BPF_POL_R_POLICY);
	allow(ID_B, IN, IPPROTO_UDP, 40000);
	assert_int_equal(run_forwarded(TO_CONTAINER, &back).verdict, TC_ACT_UNSPEC);
	/* Somewhere else than to a SIR address, too. */
	struct ila_addr world_addr = addr("2001:db8:77::1");

	ask = udp(&ep_a, &world_addr, 40000, 53);
	assert_refused(FROM_CONTAINER, &ask, BPF_POL_R_POLICY);
	allow(BPF_POL_WORLD, OUT, IPPROTO_UDP, 53);
	assert_passes(FROM_CONTAINER, &ask);
}

/* Who is behind a locator is who he is: an address that only hosts use is no way past
 * what policy says of him. */
static void behind_a_locator(void **state)
{
	struct ila_addr wire = { l2, half("3000:0:2:afe8") };
	struct ila_addr nobody = { l2, half("3000:0:9:9") };
	struct ila_addr router = { l2, half("0:0:0:1") };
	struct frame f = udp(&ep_a, &wire, 40000, 53);

	(void)state;
	start(0);
	allow(BPF_POL_WORLD, OUT, IPPROTO_UDP, 53);
	assert_refused(FROM_CONTAINER, &f, BPF_POL_R_POLICY);
	f = udp(&ep_a, &nobody, 40000, 53);
	assert_refused(FROM_CONTAINER, &f, BPF_POL_R_POLICY);
	f = udp(&ep_a, &router, 40000, 53);
	assert_passes(FROM_CONTAINER, &f);
	allow(ID_B, OUT, IPPROTO_UDP, 53);
	f = udp(&ep_a, &wire, 40000, 53);
	assert_passes(FROM_CONTAINER, &f);
	allow(BPF_POL_INIT, OUT, IPPROTO_UDP, 53);
	f = udp(&ep_a, &nobody, 40000, 53);
	assert_passes(FROM_CONTAINER, &f);
}

static void who_is_it(void **state)
{
	struct ila_addr far = addr(SIR ":2000:0:9:9"), other = addr("2001:db8:77::1");
	struct {
		const struct ila_addr *src;
		uint32_t by;
		uint32_t identity;
	} t[] = {
		{ &ep_b, HERE, ID_B },           { &far, HERE, BPF_POL_INIT },
		{ &other, HERE, BPF_POL_WORLD }, { &other, 0, BPF_POL_HOST },
		{ &ep_c, HERE + 1, ID_A },       { &ep_c, 0, ID_A },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct frame f = udp(t[i].src, &ep_a, 1, 2);

		for (unsigned wrong = 0; wrong < 2; wrong++) {
			start(BPF_POL_EP_OPEN_OUT);
			allow(t[i].identity + wrong, IN, IPPROTO_UDP, 2);
			assert_int_equal(run_by(TO_CONTAINER, &f, t[i].by).verdict,
					 wrong ? TC_ACT_SHOT : TC_ACT_UNSPEC);
		}
	}
	/* Another endpoint's address comes from nowhere else. */
	struct frame f = udp(&ep_c, &ep_a, 1, 2);

	start(BPF_POL_EP_OPEN_IN | BPF_POL_EP_OPEN_OUT);
	assert_refused(TO_CONTAINER, &f, BPF_POL_R_SPOOF_OUTSIDE);
}

/* What has no identity, or is no IPv6, is no way past it. */
static void around_policy(void **state)
{
	struct ila_addr link = addr("fe80::1"), all = addr("ff02::1");
	struct frame f = udp(&link, &ep_b, 1, 53), arp;

	(void)state;
	start(BPF_POL_EP_OPEN_IN | BPF_POL_EP_OPEN_OUT);
	assert_refused(FROM_CONTAINER, &f, BPF_POL_R_SPOOF_IP);
	f = frame_make(&(struct desc) { .src = link,
					.dst = all,
					.proto = IPPROTO_ICMPV6,
					.type = 133,
					.hops = 255 });
	assert_passes(FROM_CONTAINER, &f);
	start(BPF_POL_EP_OPEN_IN);
	assert_passes(FROM_CONTAINER, &f);
	/* IPv4 from an address that is nobody's; ARP; something else. */
	arp = f;
	memset(f.b + 12, 0, 60);
	memcpy(f.b + 12, "\x08\x00\x45\0\0\x1c\0\0\0\0\x40\x11\0\0\x0a\1\0\1\x0a\1\0\2",
	       22);
	f.len = 42;
	assert_refused(FROM_CONTAINER, &f, BPF_POL_R_SPOOF_IP);
	arp.b[12] = 8, arp.b[13] = 6;
	assert_passes(FROM_CONTAINER, &arp);
	assert_passes(TO_CONTAINER, &arp);
	arp.b[12] = 0x88, arp.b[13] = 0xcc;
	assert_refused(FROM_CONTAINER, &arp, BPF_POL_R_NOT_IP);
}

/* Nor is the kernel's own tunnel, which would take it for what it says of itself. */
static void tunnel_to_the_host(void **state)
{
	struct bpf_net_ports ports = { 0 };
	struct bpf_net_vtep k = { .port = htons(4789), .flags = BPF_NET_DOM_IP6 },
			    four = { .vtep = { htonl(0xc0000201) },
				     .port = htons(4789) };
	struct ila_addr vtep = addr("2001:db8:77::1"), far = addr("2001:db8:77::2");
	struct ila_addr all = addr("ff02::1:ff00:1");
	struct {
		const struct ila_addr *dst;
		uint16_t dport;
		bool may;
	} t[] = {
		{ &vtep, 4789, false }, { &vtep, 4790, true }, { &far, 4789, true },
		{ &all, 4789, false },  { &all, 5353, true },  { &ep_b, 4789, true },
		{ &ep_c, 4789, true },  { &ep_c, 4790, true },
	};
	uint32_t take = BPF_NET_TAKE_ANY, zero = 0;
	struct frame f;

	(void)state;
	memcpy(k.vtep, &vtep, sizeof(k.vtep));
	put(prog->maps.net_vtep_v1, &k, &take);
	put(prog->maps.net_vtep_v1, &four, &take);
	ports.bit[htons(4789) / 64] = 1ULL << htons(4789) % 64;
	put(prog->maps.net_port_v1, &zero, &ports);
	for (unsigned named = 0; named < 2; named++) {
		start(BPF_POL_EP_OPEN_IN | BPF_POL_EP_OPEN_OUT);
		if (named)
			put_ident(&vtep, ID_B, 0);
		for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
			f = udp(&ep_a, t[i].dst, 40000, t[i].dport);
			if (t[i].may)
				assert_int_equal(run(FROM_CONTAINER, &f).verdict,
						 TC_ACT_UNSPEC);
			else
				assert_refused(FROM_CONTAINER, &f, BPF_POL_R_VXLAN);
		}
	}
	/* IPv4, for who may send it at all. */
	memset(f.b + 12, 0, 60);
	memcpy(f.b + 12, "\x08\0\x45\0\0\x1c\0\0\0\0\x40\x11\0\0\x0a\1\0\1\xc0\0\2\1",
	       22);
	memcpy(f.b + 34, "\1\1\x12\xb5\0\x8", 6);
	f.len = 42;
	put_ident4(0x0a010001, ID_A, HERE);
	assert_refused(FROM_CONTAINER, &f, BPF_POL_R_VXLAN);
	f.b[37]++;
	assert_int_equal(run(FROM_CONTAINER, &f).verdict, TC_ACT_UNSPEC);
	forget(&vtep);
}

/* A container gets what is for it past the stack, but not past policy, and not where
 * the stack has something to say, or its program to write. */
static void past_the_stack(void **state)
{
	struct ila_addr wire = { l1, half("3000:0:1:afe8") };
	struct frame f = udp(&ep_b, &wire, 53, 40000), want;
	struct result r;

	(void)state;
	for (unsigned m = 0; m < MODES; m++) {
		world(modes[m]);
		put_local(&ep_a, HERE, BPF_ILA_LOCAL_FAST_IN);
		wire = ila_to_wire(&ep_a, &l1, modes[m]);
		f = udp(&ep_b, &ep_a, 53, 40000);
		want = f;
		want.b[IP6 + 7]--;
		frame_set_dst(&f, &wire);
		if (modes[m] == ILA_CSUM_ADJUST)
			f = udp(&ep_b, &wire, 53, 40000);
		r = run(FROM_UNDERLAY, &f);
		assert_int_equal(r.verdict, TC_ACT_REDIRECT);
		assert_same(&r.out, &want);
		f.b[IP6 + 7] = 1;
		assert_int_equal(run(FROM_UNDERLAY, &f).verdict, TC_ACT_UNSPEC);
		f.b[IP6 + 7] = 2;
		put_local(&ep_a, HERE, BPF_ILA_LOCAL_FAST_IN | BPF_ILA_LOCAL_PREFIX);
		assert_int_equal(run(FROM_UNDERLAY, &f).verdict, TC_ACT_UNSPEC);
	}
	start(0);
	put_local(&ep_a, HERE, BPF_ILA_LOCAL_FAST_IN);
	wire = ila_to_wire(&ep_a, &l1, ILA_CSUM_NEUTRAL);
	f = udp(&ep_b, &wire, 54, 7); /* no answer to anything above */
	assert_refused(FROM_UNDERLAY, &f, BPF_POL_R_POLICY);
	allow(ID_B, IN, IPPROTO_UDP, 7);
	assert_int_equal(run(FROM_UNDERLAY, &f).verdict, TC_ACT_REDIRECT);
	/* From the container next to it. */
	start(BPF_POL_EP_OPEN_OUT | BPF_POL_EP_OPEN_IN);
	put_local(&ep_c, HERE + 1, BPF_ILA_LOCAL_FAST_IN);
	f = udp(&ep_a, &ep_c, 1, 2);
	assert_int_equal(run(FROM_CONTAINER, &f).verdict, TC_ACT_REDIRECT);
	put_local(&ep_c, HERE + 1, 0);
	assert_int_equal(run(FROM_CONTAINER, &f).verdict, TC_ACT_UNSPEC);
}

/* What a router says of a packet that was let out, translated back before it is asked.
 */
static void errors(void **state)
{
	struct ila_addr wire = { l2, half("3000:0:2:afe8") };
	struct ila_addr router = addr("2001:db8:77::1");

	(void)state;
	for (unsigned port = 53; port < 55; port++) {
		struct frame q = udp(&ep_a, &wire, 41000, (uint16_t)port);
		struct frame ask = udp(&ep_a, &ep_b, 41000, (uint16_t)port);
		struct frame f = frame_make(&(struct desc) { .src = router,
							     .dst = ep_a,
							     .proto = IPPROTO_ICMPV6,
							     .type = 2,
							     .quote = &q });

		start(0);
		allow(ID_B, OUT, IPPROTO_UDP, 53);
		assert_refused(TO_CONTAINER, &f, BPF_POL_R_POLICY);
		run(FROM_CONTAINER, &ask);
		if (port == 53)
			assert_int_equal(run_forwarded(TO_CONTAINER, &f).verdict,
					 TC_ACT_UNSPEC);
		else
			assert_refused(TO_CONTAINER, &f, BPF_POL_R_POLICY);
	}
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(behind_a_locator),
		cmocka_unit_test(both_directions),
		cmocka_unit_test(who_is_it),
		cmocka_unit_test(around_policy),
		cmocka_unit_test(tunnel_to_the_host),
		cmocka_unit_test(past_the_stack),
		cmocka_unit_test(errors),
	};

	if (!ilaprog_open(0))
		return EXIT_FAILURE;
	names_set();

	int failed = cmocka_run_group_tests(t, NULL, NULL);

	ila_bpf__destroy(prog);
	return failed;
}
