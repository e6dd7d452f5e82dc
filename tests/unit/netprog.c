/* Frames, maps and runs for the tests of the VXLAN programs. Headers and checksums are
 * made here from the RFCs, not with anything the programs use. */
#include "tests/unit/unit.h"

#include "tests/unit/netprog.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <unistd.h>

#include "bpf/net.skel.h"
#include "lib/addr.h"
#include "tests/unit/bpf_help.h"

struct net_bpf *net;

bool netprog_open(void)
{
	bpf_or_skip();
	net = net_bpf__open();
	if (!net)
		return false;
	net->rodata->redirect_tell = 1;
	/* So small that it can be filled, not so small that what one CPU keeps for
	 * itself is all of it. */
	bpf_map__set_max_entries(net->maps.pol_ct_v2, 4096);
	return !net_bpf__load(net);
}

void netprog_close(void)
{
	net_bpf__destroy(net);
}

/* ---- frames --------------------------------------------------------------- */

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static uint32_t sum_of(const uint8_t *p, size_t n, uint32_t sum)
{
	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void mac_put(uint8_t *p, const char *text)
{
	struct mac m;

	assert_int_equal(mac_parse(text, &m), 0);
	memcpy(p, &m, 6);
}

/* Return: bytes of the address. */
static size_t addr_put(uint8_t *p, const char *text)
{
	bool six = strchr(text, ':');

	assert_int_equal(inet_pton(six ? AF_INET6 : AF_INET, text, p), 1);
	return six ? 16 : 4;
}

static uint8_t ext_number(char c)
{
	const char *letters = "hdarfl", *at = strchr(letters, c);
	static const uint8_t numbers[] = { 0, 60, 51, 43, 44, 44 };

	assert_non_null(at);
	return numbers[at - letters];
}

static size_t ext_put(uint8_t *h, char c, uint8_t next, uint32_t id)
{
	memset(h, 0, 24);
	h[0] = next;
	if (c == 'a')
		h[1] = 4;
	if (c == 'f')
		put16(h + 2, 1);
	if (c == 'l')
		put16(h + 2, 8);
	if (c == 'f' || c == 'l')
		put32(h + 4, id);
	return c == 'a' ? 24 : 8;
}

/* Return: its length; sum: offset of the checksum in it, 0: none. */
static size_t l4_put(uint8_t *p, const struct desc *d, size_t *sum)
{
	*sum = 0;
	memset(p, 0, 40);
	switch (d->proto) {
	case IPPROTO_TCP:
		put16(p, d->sport);
		put16(p + 2, d->dport);
		p[12] = 5 << 4;
		p[13] = d->flags;
		*sum = 16;
		return 20;
	case IPPROTO_UDP:
		put16(p, d->sport);
		put16(p + 2, d->dport);
		*sum = 6;
		return 8;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		p[0] = d->type;
		put16(p + 4, d->dport);
		*sum = 2;
		if (!d->target)
			return 8;
		addr_put(p + 8, d->target);
		p[24] = d->type == 136 ? 2 : 1;
		p[25] = 1;
		mac_put(p + 26, d->from);
		return 32;
	case IPPROTO_SCTP:
		put16(p, d->sport);
		put16(p + 2, d->dport);
		return 12;
	default:
		return 4;
	}
}

struct frame frame_make(const struct desc *d)
{
	const char *ext = d->ext ? d->ext : "";
	uint8_t a[16], *ip;
	struct frame f = { .len = ETH };
	bool six = strchr(d->src, ':');
	bool part = strchr(ext, 'l') || d->frag & 0x1fff;
	size_t at, sum;
	uint32_t s;

	mac_put(f.b, d->to);
	mac_put(f.b + 6, d->from);
	put16(f.b + 12, six ? 0x86dd : 0x0800);
	ip = f.b + ETH;
	f.len += six ? 40 : 20U + 4U * d->opts;
	for (const char *e = ext; *e; e++)
		f.len += ext_put(f.b + f.len, *e, e[1] ? ext_number(e[1]) : d->proto,
				 d->id);
	at = f.len;
	if (part) {
		sum = 0; /* data only */
	} else {
		f.len += l4_put(f.b + at, d, &sum);
	}
	if (d->quote) {
		memcpy(f.b + f.len, d->quote->b + ETH, d->quote->len - ETH);
		f.len += d->quote->len - ETH;
	}
	for (size_t i = 0; i < d->data; i++)
		f.b[f.len++] = (uint8_t)(i * 7 + 1);
	if (six) {
		put32(ip, 6U << 28 | (uint32_t)d->tos << 20);
		put16(ip + 4, (unsigned)(f.len - ETH - 40));
		ip[6] = *ext ? ext_number(*ext) : d->proto;
		ip[7] = d->hops ? d->hops : 64;
		addr_put(ip + 8, d->src);
		addr_put(ip + 24, d->dst);
	} else {
		ip[0] = (uint8_t)(0x45 + d->opts);
		memset(ip + 20, 1, 4U * d->opts); /* no operation */
		ip[1] = d->tos;
		put16(ip + 2, (unsigned)(f.len - ETH));
		put16(ip + 4, d->id);
		put16(ip + 6, d->frag);
		ip[8] = d->hops ? d->hops : 64;
		ip[9] = d->proto;
		addr_put(ip + 12, d->src);
		addr_put(ip + 16, d->dst);
		put16(ip + 10, ~sum_of(ip, 20U + 4U * d->opts, 0) & 0xffff);
	}
	if (d->proto == IPPROTO_UDP && !part)
		put16(f.b + at + 4, (unsigned)(f.len - at));
	if (!sum)
		return f;
	s = 0;
	if (six || d->proto != IPPROTO_ICMP) {
		s = sum_of(a, addr_put(a, d->src), 0);
		s = sum_of(a, addr_put(a, d->dst), s);
		s += d->proto + (uint32_t)(f.len - at);
	}
	put16(f.b + at + sum, ~sum_of(f.b + at, f.len - at, s) & 0xffff);
	return f;
}

struct frame frame_arp(const struct arp *a)
{
	static const uint8_t head[] = { 8, 6, 0, 1, 8, 0, 6, 4, 0 };
	struct frame f = { .len = ETH + 28 };

	mac_put(f.b, a->to ? a->to : ALL);
	mac_put(f.b + 6, a->from);
	memcpy(f.b + 12, head, sizeof(head));
	f.b[21] = a->op;
	mac_put(f.b + 22, a->sha ? a->sha : a->from);
	addr_put(f.b + 28, a->spa);
	addr_put(f.b + 38, a->tpa);
	return f;
}

struct frame frame_wrap(const struct frame *inner, const struct tunnel *t)
{
	bool six = strchr(t->src, ':');
	size_t head = six ? 40 : 20, udp = ETH + head;
	struct frame f = { .len = udp + 16 + inner->len };
	uint8_t *ip = f.b + ETH;

	memcpy(f.b, inner->b, 12);
	put16(f.b + 12, six ? 0x86dd : 0x0800);
	put16(f.b + udp, 0xc001);
	put16(f.b + udp + 2, t->dport ? t->dport : 4789);
	put16(f.b + udp + 4, (unsigned)(16 + inner->len));
	put16(f.b + udp + 6, t->check);
	put32(f.b + udp + 8, t->flags ? t->flags : 0x08000000);
	put32(f.b + udp + 12, t->vni << 8);
	memcpy(f.b + udp + 16, inner->b, inner->len);
	if (six) {
		put32(ip, 6U << 28 | (uint32_t)t->tos << 20);
		put16(ip + 4, (unsigned)(f.len - udp));
		ip[6] = IPPROTO_UDP;
		ip[7] = 64;
		addr_put(ip + 8, t->src);
		addr_put(ip + 24, t->dst);
		return f;
	}
	ip[0] = 0x45;
	ip[1] = t->tos;
	put16(ip + 2, (unsigned)(f.len - ETH));
	ip[8] = 64;
	ip[9] = IPPROTO_UDP;
	addr_put(ip + 12, t->src);
	addr_put(ip + 16, t->dst);
	put16(ip + 10, ~sum_of(ip, 20, 0) & 0xffff);
	return f;
}

size_t frame_inner(const struct frame *f)
{
	return ETH + (f->b[12] == 0x86 ? 40U : 20U) + 16;
}

/* ---- runs ----------------------------------------------------------------- */

struct result run_by(struct bpf_program *which, const struct frame *in,
		     uint32_t ifindex, uint32_t mark)
{
	struct __sk_buff ctx = { .ingress_ifindex = ifindex, .mark = mark };
	struct result r = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = in->b,
		    .data_size_in = (uint32_t)in->len, .data_out = r.out.b,
		    .data_size_out = sizeof(r.out.b), .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx), .ctx_out = &ctx,
		    .ctx_size_out = sizeof(ctx));

	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(which), &o), 0);
	r.verdict = (int)o.retval;
	r.mark = ctx.mark;
	r.ifindex = ctx.cb[0];
	r.how = ctx.cb[1];
	r.out.len = o.data_size_out;
	return r;
}

struct result run(struct bpf_program *which, const struct frame *in)
{
	return run_by(which, in, 0, 0);
}

uint64_t reason(enum bpf_pol_reason r)
{
	static uint64_t before[BPF_POL_REASONS];

	return bpf_counted(net->maps.pol_reason_v1, r, &before[r]);
}

uint64_t count(enum bpf_net_count c)
{
	static uint64_t before[BPF_NET_COUNTS];

	return bpf_counted(net->maps.net_count_v1, c, &before[c]);
}

/* ---- maps ----------------------------------------------------------------- */

enum { KEY_MAX = 64, PUTS = 4096 };

/* What a test has put in, to be taken out again. */
static struct {
	struct bpf_map *map;
	uint8_t key[KEY_MAX];
} puts_made[PUTS];
static unsigned puts_n;

void put(struct bpf_map *m, const void *key, const void *value)
{
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(m), key, value, BPF_ANY), 0);
	assert_in_range(puts_n, 0, PUTS - 1);
	puts_made[puts_n].map = m;
	memcpy(puts_made[puts_n++].key, key, bpf_map__key_size(m));
}

static void empty(struct bpf_map *m)
{
	uint8_t key[KEY_MAX];

	while (!bpf_map_get_next_key(bpf_map__fd(m), NULL, key))
		bpf_map_delete_elem(bpf_map__fd(m), key);
}

void world_clear(void)
{
	for (; puts_n; puts_n--) /* put twice: it is gone already */
		bpf_map_delete_elem(bpf_map__fd(puts_made[puts_n - 1].map),
				    puts_made[puts_n - 1].key);
	empty(net->maps.pol_verdict_v1);
	empty(net->maps.pol_ct_v2);
}

static struct bpf_pol_addr scoped(const char *addr)
{
	struct bpf_pol_addr a = { 0 };
	size_t n = addr_put((uint8_t *)a.ip, addr);

	a.scope_family = (n == 4 ? BPF_POL_IP4 : BPF_POL_IP6) << 24 | VNI;
	return a;
}

void put_ident(const char *addr, uint32_t identity, uint32_t ifindex)
{
	struct bpf_pol_addr k = scoped(addr);
	struct bpf_pol_ident v = { identity, ifindex };

	put(net->maps.pol_ident_v1, &k, &v);
}

void put_net(const char *addr, unsigned bits, uint32_t identity)
{
	struct bpf_pol_net k = { 32 + bits, scoped(addr) };
	struct bpf_pol_ident v = { identity, 0 };

	put(net->maps.pol_net_v1, &k, &v);
}

void put_neigh(const char *addr, const char *mac, uint16_t flags)
{
	struct bpf_pol_addr k = scoped(addr);
	struct bpf_net_neigh v = { .flags = flags };

	mac_put(v.mac, mac);
	put(net->maps.net_neigh_v1, &k, &v);
}

void put_fdb(const char *mac, const char *vtep, uint32_t ifindex, uint32_t flags)
{
	struct bpf_net_mac k = { .vni = VNI };
	struct bpf_net_fdb v = { .vni = VNI, .ifindex = ifindex, .flags = flags };

	mac_put(k.mac, mac);
	if (vtep && addr_put((uint8_t *)v.vtep, vtep) == 16)
		v.flags |= BPF_NET_FDB_IP6;
	put(net->maps.net_fdb_v2, &k, &v);
}

void put_dom(int vtep, uint16_t mtu, uint32_t flags)
{
	struct bpf_net_dom d = { .underlay = UNDERLAY,
				 .vxlan = VXLAN,
				 .mtu = mtu,
				 .port = htons(4789),
				 .flags = flags };
	struct bpf_net_vtep own = { .port = htons(4789) };
	struct bpf_net_ports ports = { 0 };
	uint32_t vni = VNI, take = BPF_NET_TAKE_VTEP, zero = 0;

	if (addr_put((uint8_t *)d.vtep, vtep == 6 ? VTEP6 : VTEP4) == 16)
		d.flags |= BPF_NET_DOM_IP6;
	memcpy(own.vtep, d.vtep, sizeof(own.vtep));
	own.flags = d.flags & BPF_NET_DOM_IP6;
	put(net->maps.net_dom_v1, &vni, &d);
	put(net->maps.net_vtep_v1, &own, &take);
	ports.bit[htons(4789) / 64] = 1ULL << htons(4789) % 64;
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(net->maps.net_port_v1), &zero,
					     &ports, BPF_ANY),
			 0);
}

void put_ep(uint32_t ifindex, uint32_t identity, uint32_t policy, uint16_t flags,
	    const char *mac, const char *ip4, const char *ip6)
{
	struct bpf_pol_ep e = { .vni = VNI,
				.identity = identity,
				.policy = policy,
				.flags = flags,
				.group = (uint16_t)identity };

	memset(e.shape_id, 0xff, sizeof(e.shape_id));
	memset(e.shape_any, 0xff, sizeof(e.shape_any));
	mac_put(e.mac, mac);
	if (ip4)
		addr_put((uint8_t *)&e.ip4, ip4);
	if (ip6)
		addr_put((uint8_t *)e.ip6, ip6);
	put(net->maps.pol_ep_v1, &ifindex, &e);
}

/* What fib does after verdicts have changed in place. */
static void verdicts_changed(void)
{
	struct bpf_pol_opt o = { 0 };
	uint32_t zero = 0;

	bpf_map_lookup_elem(bpf_map__fd(net->maps.pol_opt_v2), &zero, &o);
	o.changes++;
	put(net->maps.pol_opt_v2, &zero, &o);
}

void put_verdict(uint32_t policy, uint32_t peer, unsigned dir, uint8_t proto,
		 uint16_t port, unsigned plen, uint32_t rule, uint8_t flags)
{
	struct bpf_pol_key k = { .identity = peer,
				 .dir_plen = (uint8_t)(dir << 7 | plen),
				 .proto = proto };
	struct bpf_pol_verdict v = { .rule = rule, .flags = flags };
	LIBBPF_OPTS(bpf_map_create_opts, o, .map_flags = BPF_F_NO_PREALLOC);
	int outer = bpf_map__fd(net->maps.pol_verdict_v1), fd;
	uint32_t id;

	k.port = htons((uint16_t)(port & (0xffff0000 >> plen)));
	if (!bpf_map_lookup_elem(outer, &policy, &id)) {
		fd = bpf_map_get_fd_by_id(id);
	} else {
		fd = bpf_map_create(BPF_MAP_TYPE_HASH, "policy", sizeof(k), sizeof(v),
				    1024, &o);
		assert_int_equal(bpf_map_update_elem(outer, &policy, &fd, BPF_ANY), 0);
	}
	assert_true(fd >= 0);
	assert_int_equal(bpf_map_update_elem(fd, &k, &v, BPF_ANY), 0);
	close(fd);
	verdicts_changed();
}

void policy_clear(uint32_t policy)
{
	bpf_map_delete_elem(bpf_map__fd(net->maps.pol_verdict_v1), &policy);
	verdicts_changed();
}

void world(int vtep)
{
	const char *far = vtep == 6 ? FAR6 : FAR4;
	struct bpf_pol_group group = { VNI, GROUP };
	uint32_t id_d = ID_D;

	world_clear();
	put_dom(vtep, 1600, BPF_NET_DOM_FAST | BPF_NET_DOM_GBP);
	put_fdb(MAC_A, NULL, HERE, BPF_NET_FDB_LOCAL);
	put_fdb(MAC_C, NULL, NEXT, BPF_NET_FDB_LOCAL);
	put_fdb(MAC_B, far, 0, 0);
	put_ident("10.1.0.1", ID_A, HERE);
	put_ident("fd00::1", ID_A, HERE);
	put_ident("10.1.0.3", ID_C, NEXT);
	put_ident("fd00::3", ID_C, NEXT);
	put_ident("10.1.0.2", ID_B, 0);
	put_ident("fd00::2", ID_B, 0);
	put(net->maps.pol_group_v1, &group, &id_d);
	put_ep(HERE, ID_A, 0, OPEN | USUAL, MAC_A, "10.1.0.1", "fd00::1");
	put_ep(NEXT, ID_C, 0, OPEN | USUAL, MAC_C, NULL, NULL);
	for (unsigned i = 0; i < BPF_POL_REASONS; i++)
		reason(i);
	for (unsigned i = 0; i < BPF_NET_COUNTS; i++)
		count(i);
}

/* ---- what is said of frames ---------------------------------------------- */

struct desc a_to_b(bool six)
{
	return (struct desc) {
		.to = MAC_B,
		.from = MAC_A,
		.src = six ? "fd00::1" : "10.1.0.1",
		.dst = six ? "fd00::2" : "10.1.0.2",
		.proto = IPPROTO_TCP,
		.sport = 1000,
		.dport = 80,
		.data = 30,
	};
}

struct desc b_to_a(bool six)
{
	struct desc d = a_to_b(six);

	d.to = MAC_A;
	d.from = MAC_B;
	d.src = six ? "fd00::2" : "10.1.0.2";
	d.dst = six ? "fd00::1" : "10.1.0.1";
	return d;
}

struct tunnel tunnel_from(int vtep)
{
	return (struct tunnel) { .src = vtep == 6 ? FAR6 : FAR4,
				 .dst = vtep == 6 ? VTEP6 : VTEP4,
				 .vni = VNI };
}

void left_alone(struct bpf_program *which, const struct frame *f,
		enum bpf_net_count why)
{
	struct result r = run(which, f);

	assert_int_equal(r.verdict, TC_ACT_UNSPEC);
	assert_int_equal(r.out.len, f->len);
	assert_memory_equal(r.out.b, f->b, f->len);
	assert_int_equal(count(why), 1);
}

void assert_dropped(struct bpf_program *which, const struct frame *f,
		    enum bpf_pol_reason why)
{
	uint64_t n;

	reason(why);
	assert_int_equal(run(which, f).verdict, TC_ACT_SHOT);
	n = reason(why);
	assert_int_equal(n, 1);
}
