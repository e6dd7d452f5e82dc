/* Frames, maps and runs for the tests of the ILA programs. Checksums are computed here
 * from RFC 8200 section 8.1, not with anything the programs use. */
#include "tests/unit/unit.h"

#include "tests/unit/ilaprog.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "bpf/ila.skel.h"
#include "tests/unit/bpf_help.h"

struct ila_bpf *prog;

bool ilaprog_open(unsigned maps)
{
	bpf_or_skip();
	prog = ila_bpf__open();
	if (!prog)
		return false;
	if (maps)
		bpf_map__set_max_entries(prog->maps.ila_map_v1, maps);
	return !ila_bpf__load(prog);
}

struct ila_addr addr(const char *text)
{
	struct ila_addr a;

	assert_int_equal(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

struct ila64 half(const char *text)
{
	struct ila64 p;

	assert_int_equal(ila64_parse(text, &p), 0);
	return p;
}

/* ---- frames --------------------------------------------------------------- */

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static uint32_t sum_of(const uint8_t *p, size_t n, uint32_t sum)
{
	for (size_t i = 0; i + 1 < n; i += 2)
		sum += get16(p + i);
	if (n % 2)
		sum += (uint32_t)p[n - 1] << 8;
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static size_t sum_at(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return 16;
	case IPPROTO_UDP:
	case 136: /* UDP-Lite */
	case IPPROTO_DCCP:
		return 6;
	case IPPROTO_ICMPV6:
		return 2;
	default:
		return 0;
	}
}

static bool is_ext(uint8_t next)
{
	return next == 0 || next == 43 || next == 44 || next == 51 || next == 60 ||
	       next == 135;
}

static size_t ext_len(const uint8_t *h, uint8_t next)
{
	return next == 44 ? 8 : next == 51 ? (h[1] + 2U) * 4 : (h[1] + 1U) * 8;
}

/* Transport header, and the address that its pseudo header has. */
static size_t walk(const struct frame *f, uint8_t *proto, const uint8_t **dst)
{
	uint8_t next = f->b[IP6 + 6];
	size_t at = NEXT;

	*dst = f->b + IP6 + 24;
	while (is_ext(next)) {
		const uint8_t *h = f->b + at;

		if (next == 43 && h[3])
			*dst = h + ext_len(h, next) - 16;
		at += ext_len(h, next);
		next = h[0];
	}
	*proto = next;
	return at;
}

size_t frame_l4(const struct frame *f, uint8_t *proto)
{
	const uint8_t *dst;
	uint8_t ignored;

	return walk(f, proto ? proto : &ignored, &dst);
}

/* Over pseudo header and what is there; ffff when it holds. */
static uint32_t l4_sum(const struct frame *f)
{
	const uint8_t *dst;
	uint8_t proto;
	size_t at = walk(f, &proto, &dst), len = f->len - at;
	uint32_t sum = (uint32_t)(len >> 16) + (uint32_t)(len & 0xffff) + proto;

	sum = sum_of(f->b + IP6 + 8, 16, sum);
	sum = sum_of(dst, 16, sum);
	return sum_of(f->b + at, len, sum);
}

bool frame_sum_ok(const struct frame *f)
{
	return l4_sum(f) == 0xffff;
}

struct ila_addr frame_src(const struct frame *f)
{
	struct ila_addr a;

	memcpy(&a, f->b + IP6 + 8, sizeof(a));
	return a;
}

struct ila_addr frame_dst(const struct frame *f)
{
	struct ila_addr a;

	memcpy(&a, f->b + IP6 + 24, sizeof(a));
	return a;
}

void frame_set_dst(struct frame *f, const struct ila_addr *a)
{
	memcpy(f->b + IP6 + 24, a, sizeof(*a));
}

static uint8_t ext_number(char c)
{
	static const struct {
		char letter;
		uint8_t number;
	} all[] = { { 'h', 0 },  { 'd', 60 }, { 'a', 51 }, { 'r', 43 },
		    { 'R', 43 }, { 'f', 44 }, { 'l', 44 }, { 'm', 135 } };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		if (all[i].letter == c)
			return all[i].number;
	}
	fail_msg("no extension header %c", c);
	return 0;
}

/* One extension header; Return: its length. */
static size_t ext_put(uint8_t *h, char c, uint8_t next)
{
	static const uint8_t last[16] = { 0x20, 1, 0xd, 0xb8, 0x77, [15] = 9 };

	h[0] = next;
	switch (c) {
	case 'a':
		h[1] = 4; /* in words of four, without the first two */
		return 24;
	case 'R':
		h[1] = 2;
		h[3] = 1;
		memcpy(h + 8, last, sizeof(last));
		return 24;
	case 'f':
		put16(h + 2, 1); /* more to come */
		return 8;
	case 'l':
		put16(h + 2, 8);
		return 8;
	case 'd':
		h[1] = 1;
		return 16;
	default:
		return 8;
	}
}

static size_t l4_put(uint8_t *p, const struct desc *d)
{
	put16(p, d->sport);
	put16(p + 2, d->dport);
	switch (d->proto) {
	case IPPROTO_TCP:
		p[12] = 5 << 4;
		return 20;
	case IPPROTO_DCCP:
		p[4] = 4;
		return 16;
	case IPPROTO_UDP:
	case 136:
		return 8;
	case IPPROTO_ICMPV6:
		put16(p, (unsigned)d->type << 8);
		put16(p + 2, 0);
		return 8;
	case IPPROTO_NONE:
		return 0;
	default:
		return 4;
	}
}

static void sum_put(struct frame *f, size_t at, const struct desc *d)
{
	size_t field = sum_at(d->proto);

	if (!field || d->no_sum)
		return;
	uint32_t sum = ~l4_sum(f) & 0xffff;

	if (!sum && d->proto == IPPROTO_UDP)
		sum = 0xffff;
	put16(f->b + at + field, sum);
}

struct frame frame_make(const struct desc *d)
{
	static const uint8_t eth[14] = {
		2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x86, 0xdd
	};
	const char *ext = d->ext ? d->ext : "";
	struct frame f = { .len = NEXT };

	memcpy(f.b, eth, sizeof(eth));
	f.b[IP6] = 0x60;
	f.b[IP6 + 6] = *ext ? ext_number(*ext) : d->proto;
	f.b[IP6 + 7] = d->hops ? d->hops : 64;
	memcpy(f.b + IP6 + 8, &d->src, 16);
	memcpy(f.b + IP6 + 24, &d->dst, 16);
	for (; *ext; ext++)
		f.len += ext_put(f.b + f.len, *ext,
				 ext[1] ? ext_number(ext[1]) : d->proto);

	size_t l4 = f.len;

	f.len += l4_put(f.b + l4, d);
	if (d->quote) {
		memcpy(f.b + f.len, d->quote->b + IP6, d->quote->len - IP6);
		f.len += d->quote->len - IP6;
	}
	for (size_t i = 0; i < d->data; i++)
		f.b[f.len + i] = (uint8_t)(i * 7 + 1);
	if (d->data >= 2)
		put16(f.b + f.len, d->seed);
	f.len += d->data;
	if (d->proto == IPPROTO_UDP || d->proto == 136)
		put16(f.b + l4 + 4, (unsigned)(f.len - l4));
	put16(f.b + IP6 + 4, (unsigned)(f.len - NEXT));
	sum_put(&f, l4, d);
	return f;
}

/* ---- runs ----------------------------------------------------------------- */

static struct result run_ctx(struct bpf_program *which, const struct frame *in,
			     struct __sk_buff ctx)
{
	struct result r = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = in->b,
		    .data_size_in = (uint32_t)in->len, .data_out = r.out.b,
		    .data_size_out = sizeof(r.out.b), .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx), .ctx_out = &ctx,
		    .ctx_size_out = sizeof(ctx));

	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(which), &o), 0);
	r.verdict = (int)o.retval;
	r.mark = ctx.mark;
	r.out.len = o.data_size_out;
	return r;
}

struct result run_mark(struct bpf_program *which, const struct frame *in, uint32_t mark)
{
	return run_ctx(which, in, (struct __sk_buff) { .mark = mark });
}

struct result run_by(struct bpf_program *which, const struct frame *in,
		     uint32_t ifindex)
{
	return run_ctx(which, in, (struct __sk_buff) { .ingress_ifindex = ifindex });
}

struct result run_forwarded(struct bpf_program *which, const struct frame *in)
{
	return run_by(which, in, HERE);
}

struct result run(struct bpf_program *which, const struct frame *in)
{
	return run_mark(which, in, 0);
}

uint64_t counted(unsigned dom, enum bpf_ila_count what)
{
	static uint64_t before[BPF_ILA_DOMS * BPF_ILA_ROW];
	uint32_t key = dom * BPF_ILA_ROW + what;

	return bpf_counted(prog->maps.ila_count_v1, key, &before[key]);
}

/* ---- maps ----------------------------------------------------------------- */

/* What a test has put in, to be taken out again: nothing else is in the maps. */
static struct {
	struct bpf_map *map;
	uint8_t key[16];
} put[64];
static unsigned puts_made;

static void map_put(struct bpf_map *m, const void *key, const void *value)
{
	assert_in_range(puts_made, 0, ARRAY_SIZE(put) - 1);
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(m), key, value, BPF_ANY), 0);
	put[puts_made].map = m;
	memcpy(put[puts_made++].key, key, bpf_map__key_size(m));
}

void world_clear(void)
{
	for (; puts_made; puts_made--) /* put twice, or forgotten: it is gone already */
		bpf_map_delete_elem(bpf_map__fd(put[puts_made - 1].map),
				    put[puts_made - 1].key);
}

void counted_reset(void)
{
	for (unsigned i = 0; i < BPF_ILA_COUNTS; i++)
		counted(DOM, i);
}

void put_sir(const struct ila64 *sir, uint8_t flags)
{
	__be64 key = ilaval_prefix(sir);
	struct bpf_ila_dom v = { .dom = DOM, .kind = BPF_ILA_SIR, .flags = flags };

	map_put(prog->maps.ila_dom_v1, &key, &v);
}

void put_own(const struct ila64 *locator, const struct ila64 *sir, enum ila_csum mode,
	     uint8_t flags)
{
	__be64 key = ilaval_prefix(locator);
	struct bpf_ila_dom v = { .to = ilaval_from_wire(locator, sir, mode),
				 .dom = DOM,
				 .kind = BPF_ILA_LOCATOR,
				 .flags = flags };

	map_put(prog->maps.ila_dom_v1, &key, &v);
}

void put_local(const struct ila_addr *a, uint32_t ifindex, uint16_t flags)
{
	struct bpf_ila_addr key = ilaval_addr(a);
	struct bpf_ila_local v = { ifindex, DOM, flags };

	map_put(prog->maps.ila_local_v1, &key, &v);
}

void forget_local(const struct ila_addr *a)
{
	struct bpf_ila_addr key = ilaval_addr(a);

	assert_int_equal(
		bpf_map_delete_elem(bpf_map__fd(prog->maps.ila_local_v1), &key), 0);
}

void put_map(const struct ila_addr *a, const struct ila64 *locator, enum ila_csum mode)
{
	struct bpf_ila_addr key = ilaval_addr(a);
	struct bpf_ila_rewrite v = ilaval_to_wire(&a->prefix, locator, mode);

	map_put(prog->maps.ila_map_v1, &key, &v);
}

void put_remote(const struct ila64 *locator, const struct ila64 *sir,
		enum ila_csum mode)
{
	__be64 key = ilaval_prefix(locator);
	struct bpf_ila_rewrite v = ilaval_from_wire(locator, sir, mode);

	map_put(prog->maps.ila_remote_v1, &key, &v);
}

void put_group(const struct ila_addr *a, uint32_t number, unsigned n,
	       const struct ila64 *locator, const uint16_t *weight, enum ila_csum mode)
{
	struct bpf_ila_addr key = ilaval_addr(a);
	struct bpf_ila_rewrite v = { .mode = (uint8_t)mode, .aux = number };
	struct bpf_ila_group g;

	ilaval_group(&a->prefix, n, locator, weight, mode, &g);
	map_put(prog->maps.ila_group_v1, &number, &g);
	map_put(prog->maps.ila_map_v1, &key, &v);
}

void put_if(uint32_t ifindex, const struct bpf_ila_if *v)
{
	map_put(prog->maps.ila_if_v1, &ifindex, v);
}
