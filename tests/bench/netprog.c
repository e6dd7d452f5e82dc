/*
 * What the VXLAN programs cost a packet, by BPF_PROG_TEST_RUN and the kernel's own
 * clock: with one peer, and with many in every map and their addresses taking turns;
 * with everything allowed, with a verdict for each peer, and with entries for answers.
 * One line of JSON each, nanoseconds, the best of some rounds. A packet with a tunnel
 * is not given another one: each run has its own frame, and what a run costs that does
 * nothing is taken off. Usage: netprog [peers (a power of two, at most 2^20)]
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/pkt_cls.h>

#include "bpf/net.skel.h"
#include "bpf/netmaps.h"
#include "bpf/polmaps.h"
#include "lib/util.h"

enum { ROUNDS = 5, RUNS = 1 << 17, HERE = 1, VNI = 100, FRAME = 54, TUNNEL = 50 };

static struct net_bpf *prog;
static uint8_t packet[FRAME + TUNNEL];
static uint8_t carried = IPPROTO_TCP; /* of the inner packet */

static void must(int err, const char *what)
{
	if (err) {
		fprintf(stderr, "%s: %s\n", what, strerror(errno));
		exit(EXIT_FAILURE);
	}
}

static void put(struct bpf_map *m, const void *key, const void *value)
{
	must(bpf_map_update_elem(bpf_map__fd(m), key, value, BPF_ANY),
	     bpf_map__name(m));
}

/* ---- maps ----------------------------------------------------------------- */

static struct bpf_pol_addr peer_addr(uint32_t n)
{
	return (struct bpf_pol_addr) { .scope_family = BPF_POL_IP4 << 24 | VNI,
				       .ip = { htonl(10U << 24 | n) } };
}

static struct bpf_pol_addr own_addr(void)
{
	return (struct bpf_pol_addr) { .scope_family = BPF_POL_IP4 << 24 | VNI,
				       .ip = { htonl(192U << 24 | 1) } };
}

static struct bpf_net_mac mac(uint32_t n)
{
	uint32_t low = htonl(n);
	struct bpf_net_mac k = { .vni = VNI, .mac = { 2 } };

	memcpy(k.mac + 2, &low, 4);
	return k;
}

static void peers(uint32_t n)
{
	struct bpf_pol_verdict allow = { .rule = 1 };
	LIBBPF_OPTS(bpf_map_create_opts, o, .map_flags = BPF_F_NO_PREALLOC);
	struct bpf_net_fdb fdb = { .vtep = { htonl(0xc0000202) }, .vni = VNI };
	uint32_t policy = 1;
	int fd = bpf_map_create(BPF_MAP_TYPE_HASH, "policy", sizeof(struct bpf_pol_key),
				sizeof(allow), 2 * n + 16, &o);

	must(fd < 0, "policy");
	put(prog->maps.pol_verdict_v1, &policy, &fd);
	for (uint32_t i = 0; i < n; i++) {
		struct bpf_pol_addr a = peer_addr(i);
		struct bpf_pol_ident id = { 0x80000000 | i, 0 };
		struct bpf_net_mac m = mac(i);
		struct bpf_pol_key k = { .identity = id.identity,
					 .proto = IPPROTO_TCP,
					 .port = htons(80) };

		put(prog->maps.pol_ident_v1, &a, &id);
		put(prog->maps.net_fdb_v2, &m, &fdb);
		for (unsigned dir = 0; dir < 2; dir++) {
			k.dir_plen = (uint8_t)(dir << 7 | 16);
			must(bpf_map_update_elem(fd, &k, &allow, BPF_ANY), "verdict");
		}
	}
	close(fd);
}

static void world(void)
{
	struct bpf_net_dom d = { .vtep = { htonl(0xc0000201) },
				 .underlay = HERE,
				 .port = htons(4789),
				 .mtu = 1600,
				 .flags = BPF_NET_DOM_FAST | BPF_NET_DOM_GBP };
	struct bpf_pol_addr own = own_addr();
	struct bpf_pol_ident id = { 1000, HERE };
	struct bpf_net_mac m = mac(0xfffffff);
	struct bpf_net_fdb fdb = { .ifindex = HERE, .flags = BPF_NET_FDB_LOCAL };
	struct bpf_net_ports ports = { 0 };
	uint32_t vni = VNI, zero = 0;

	ports.bit[htons(4789) / 64] = 1ULL << htons(4789) % 64;
	put(prog->maps.net_port_v1, &zero, &ports);
	put(prog->maps.net_dom_v1, &vni, &d);
	put(prog->maps.pol_ident_v1, &own, &id);
	put(prog->maps.net_fdb_v2, &m, &fdb);
}

static void endpoint(uint32_t policy, uint16_t flags)
{
	struct bpf_pol_ep e = { .identity = 1000,
				.vni = VNI,
				.policy = policy,
				.flags = (uint16_t)(flags | BPF_POL_EP_GUARD |
						    BPF_POL_EP_FAST),
				.ip4 = own_addr().ip[0],
				.shape_id = { 1 << 16, 1 << 16 } };
	struct bpf_net_mac m = mac(0xfffffff);
	uint32_t ifindex = HERE;

	memcpy(e.mac, m.mac, 6);
	put(prog->maps.pol_ep_v1, &ifindex, &e);
}

/* ---- frames --------------------------------------------------------------- */

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void ip4(uint8_t *p, unsigned len, uint8_t proto, uint32_t src, uint32_t dst)
{
	uint32_t sum = 0;

	memset(p, 0, 20);
	p[0] = 0x45;
	put16(p + 2, len);
	p[8] = 64;
	p[9] = proto;
	src = htonl(src);
	dst = htonl(dst);
	memcpy(p + 12, &src, 4);
	memcpy(p + 16, &dst, 4);
	for (unsigned i = 0; i < 20; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	put16(p + 10, ~(sum + (sum >> 16)) & 0xffff);
}

/* TCP without data between the endpoint and peer 0; or UDP. */
static void inner(uint8_t *p, bool out)
{
	struct bpf_net_mac own = mac(0xfffffff), far = mac(0);
	uint32_t a = ntohl(own_addr().ip[0]), b = ntohl(peer_addr(0).ip[0]);

	memcpy(p, out ? far.mac : own.mac, 6);
	memcpy(p + 6, out ? own.mac : far.mac, 6);
	put16(p + 12, 0x0800);
	ip4(p + 14, 40, carried, out ? a : b, out ? b : a);
	put16(p + 34, 1000);
	put16(p + 36, 80);
	if (carried == IPPROTO_UDP) {
		put16(p + 38, 20);
		return;
	}
	p[46] = 5 << 4;
	p[47] = 16;
}

/* Return: its length. */
static uint32_t frame(bool out)
{
	memset(packet, 0, sizeof(packet));
	if (out) {
		inner(packet, true);
		return FRAME;
	}
	put16(packet + 12, 0x0800);
	ip4(packet + 14, 90, IPPROTO_UDP, 0xc0000202, 0xc0000201);
	put16(packet + 36, 4789);
	put16(packet + 38, 70);
	packet[42] = 8;
	packet[48] = VNI;
	inner(packet + TUNNEL, false);
	return sizeof(packet);
}

/* From or to peer n. Checksums are the receiver's to look at. */
static void turn(bool out, uint32_t n)
{
	uint8_t *ip = packet + (out ? 14 + 16 : TUNNEL + 14 + 12);
	uint8_t *m = packet + (out ? 2 : TUNNEL + 6 + 2);
	uint32_t low = htonl(n), a = peer_addr(n).ip[0];

	memcpy(ip, &a, 4);
	memcpy(m, &low, 4);
}

/* ---- runs ----------------------------------------------------------------- */

static int nothing;

static void clock_of(int fd, uint64_t *ns, uint64_t *runs)
{
	struct bpf_prog_info i = { 0 };
	uint32_t len = sizeof(i);

	must(bpf_obj_get_info_by_fd(fd, &i, &len), "info");
	*ns = i.run_time_ns;
	*runs = i.run_cnt;
}

/* Return: nanoseconds a run. */
static double round_of(int fd, bool out, uint32_t len, uint32_t peers_n, int want)
{
	uint64_t ns, runs, ns0, runs0;

	clock_of(fd, &ns0, &runs0);
	for (uint32_t i = 0; i < RUNS; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = packet,
			    .data_size_in = len);

		/* An odd factor: every one of them once, and never the next in memory.
		 */
		turn(out, (i * 0x9e3779b1) & (peers_n - 1));
		must(bpf_prog_test_run_opts(fd, &o), "run");
		if ((int)o.retval != want) {
			fprintf(stderr, "verdict %d\n", (int)o.retval);
			exit(EXIT_FAILURE);
		}
	}
	clock_of(fd, &ns, &runs);
	return (double)(ns - ns0) / (double)(runs - runs0);
}

static void measure(struct bpf_program *p, bool out, uint32_t n, const char *policy)
{
	double best = 1e9, least = 1e9, t;
	uint32_t len = frame(out);

	for (unsigned i = 0; i < ROUNDS; i++) {
		t = round_of(nothing, out, len, n, TC_ACT_OK);
		least = t < least ? t : least;
		t = round_of(bpf_program__fd(p), out, len, n, TC_ACT_REDIRECT);
		best = t < best ? t : best;
	}
	printf("{\"program\":\"%s\",\"policy\":\"%s\",\"peers\":%u,\"ns\":%.0f}\n",
	       bpf_program__name(p), policy, n, best - least);
	fflush(stdout);
}

static void start(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	nothing = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "nothing", "Dual BSD/GPL",
				insns, ARRAY_SIZE(insns), NULL);
	must(nothing < 0 || bpf_enable_stats(BPF_STATS_RUN_TIME) < 0, "statistics");
}

static void all(uint32_t n)
{
	enum { IN = BPF_POL_EP_OPEN_IN, OUT = BPF_POL_EP_OPEN_OUT };
	static const struct {
		const char *name;
		uint32_t policy;
		uint16_t
			flags; /* for what goes out; for what comes in, the other way */
	} t[] = {
		{ "none", 0, IN | OUT },
		{ "verdicts", 1, IN }, /* no entry for answers */
		{ "verdicts and answers", 1, 0 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(t); i++) {
		endpoint(t[i].policy, t[i].flags);
		measure(prog->progs.net_from_container, true, n, t[i].name);
		endpoint(t[i].policy, t[i].flags == IN ? OUT : t[i].flags);
		measure(prog->progs.net_from_underlay, false, n, t[i].name);
	}
	/* Is it for a tunnel of this host's own? */
	carried = IPPROTO_UDP;
	endpoint(0, IN | OUT);
	measure(prog->progs.net_from_container, true, n, "none, UDP");
	carried = IPPROTO_TCP;
}

int main(int argc, char **argv)
{
	unsigned n = argc > 1 ? (unsigned)atoi(argv[1]) : 1 << 17;

	if (!n || n & (n - 1) || n > 1 << 20) {
		fprintf(stderr, "the number of peers is a power of two\n");
		return EXIT_FAILURE;
	}
	prog = net_bpf__open();
	if (!prog)
		return EXIT_FAILURE;
	bpf_map__set_max_entries(prog->maps.pol_ct_v2, 2 * n < 1024 ? 1024 : 2 * n);
	bpf_map__set_max_entries(prog->maps.pol_ident_v1, n + 2);
	bpf_map__set_max_entries(prog->maps.net_fdb_v2, n + 2);
	if (net_bpf__load(prog))
		return EXIT_FAILURE;
	start();
	world();
	peers(1);
	all(1);
	peers(n);
	all(n);
	return 0;
}
