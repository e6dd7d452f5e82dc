/* The ILA programs and ICMPv6 errors: what is quoted was translated on its way, and is
 * shown to its sender with the address that he had used. */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "bpf/ila.skel.h"
#include "tests/unit/ilaprog.h"

#define SIR "2001:db8:c0de:1"

static const uint8_t modes[] = { ILA_CSUM_ADJUST, ILA_CSUM_NEUTRAL, ILA_CSUM_NONE,
				 ILA_CSUM_NEUTRAL_AUTO };

/* a is here, b behind L2, c nowhere; r is a router on the way. */
static struct ila_addr a, b, c, r;
static struct ila64 sir, l1, l2, l3;

static void world(enum ila_csum mode)
{
	a = addr(SIR ":2000:0:1:a");
	b = addr(SIR ":2000:0:2:b");
	c = addr(SIR ":2000:0:3:c");
	r = addr("2001:db8:5::5");
	sir = a.prefix;
	l1 = half("2001:db8:100:1");
	l2 = half("2001:db8:100:2");
	l3 = half("2001:db8:100:3");
	world_clear();
	put_sir(&sir, 0);
	put_own(&l1, &sir, mode, 0);
	put_remote(&l2, &sir, mode);
	put_remote(&l3, &sir, mode);
	put_local(&a, HERE, 0);
	put_map(&b, &l2, mode);
	counted_reset();
}

/* As the packet was on the wire, its checksum included. */
static struct frame sent(const struct ila_addr *to, const struct ila64 *locator,
			 enum ila_csum mode, uint8_t proto)
{
	struct ila_addr wire = ila_to_wire(to, locator, mode);

	return frame_make(&(struct desc) { .src = a,
					   .dst = wire,
					   .proto = proto,
					   .type = 128,
					   .sport = 7,
					   .data = 40 });
}

static struct frame error_about(const struct frame *q, const struct ila_addr *to,
				uint8_t type, const char *ext)
{
	return frame_make(&(struct desc) { .src = r,
					   .dst = *to,
					   .ext = ext,
					   .type = type,
					   .proto = IPPROTO_ICMPV6,
					   .quote = q });
}

static size_t quoted_dst(const struct frame *f)
{
	return frame_l4(f, NULL) + 8 + 24;
}

/* The ways on which an error comes to a. */
enum way {
	TRANSLATED,   /* over an ILA router, to our locator */
	UNTRANSLATED, /* over a route to the SIR prefix */
	OF_THIS_HOST, /* of our own stack, on the way to the container */
	WAYS
};

static struct result deliver(enum way way, enum ila_csum mode, const struct frame *f)
{
	struct ila_addr wire = ila_to_wire(&a, &l1, mode);
	struct frame in = *f;

	if (way == OF_THIS_HOST)
		return run(prog->progs.ila_to_container, f);
	if (way == TRANSLATED) {
		/* The other router keeps the checksum right in its own way. */
		put_sir(&sir, BPF_ILA_DOM_ROUTER);
		put_map(&a, &l1, mode);
		forget_local(&a);
		in = run(prog->progs.ila_from_underlay, f).out;
		assert_memory_equal(in.b + IP6 + 24, &wire, 16);
		put_local(&a, HERE, 0);
		put_sir(&sir, 0);
	}
	return run(prog->progs.ila_from_underlay, &in);
}

static void assert_restored(const struct result *got, const struct frame *f,
			    const struct ila_addr *to, bool sum)
{
	struct frame want = *f;
	size_t at = frame_l4(f, NULL);

	assert_int_equal(got->verdict, TC_ACT_UNSPEC);
	assert_int_equal(got->mark, 0);
	memcpy(want.b + quoted_dst(f), to, 16);
	if (sum)
		assert_true(frame_sum_ok(&got->out));
	memcpy(want.b + at + 2, got->out.b + at + 2, 2); /* judged above */
	assert_int_equal(got->out.len, want.len);
	assert_memory_equal(got->out.b, want.b, want.len);
}

static void restored(void **state)
{
	static const char *const exts[] = { "", "h", "hd", "dr", "f", "hdrhdrh" };
	static const uint8_t protos[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMPV6 };

	(void)state;
	for (size_t m = 0; m < ARRAY_SIZE(modes); m++) {
		for (unsigned i = 0; i < 4 * WAYS * 6 * 3; i++) {
			const char *ext = exts[i / (4 * WAYS) % 6];
			uint8_t type = (uint8_t)(1 + i % 4);
			enum way way = (enum way)(i / 4 % WAYS);

			world(modes[m]);

			struct frame q =
				sent(&b, &l2, modes[m], protos[i / (4 * WAYS * 6)]);
			struct frame f = error_about(&q, &a, type, ext);
			struct result got = deliver(way, modes[m], &f);

			assert_restored(&got, &f, &b, true);
			assert_int_equal(counted(DOM, BPF_ILA_N_ERROR), 1);
			assert_int_equal(counted(DOM, BPF_ILA_N_ERROR_BAD), 0);
			assert_int_equal(counted(DOM, BPF_ILA_N_IN),
					 way == OF_THIS_HOST ? 0 : 1);
		}
	}
}

/* A router quotes as much as fits; from the fixed header on it is enough. */
static void cut_quotation(void **state)
{
	(void)state;
	for (size_t m = 0; m < ARRAY_SIZE(modes); m++) {
		struct frame q;

		world(modes[m]);
		q = sent(&b, &l2, modes[m], IPPROTO_TCP);
		for (size_t whole = q.len, len = IP6; len <= whole; len++) {
			q.len = len;

			struct frame f = error_about(&q, &a, 2, "h");
			struct result got = deliver(UNTRANSLATED, modes[m], &f);

			if (len < NEXT)
				assert_memory_equal(got.out.b, f.b, f.len);
			else
				assert_restored(&got, &f, &b, true);
			assert_true(frame_sum_ok(&got.out));
			assert_int_equal(got.verdict, TC_ACT_UNSPEC);
		}
	}
}

/* Not part of the packet by its length, whatever lies behind it in the frame. */
static void behind_the_end(void **state)
{
	struct frame q, f;
	struct result got;

	(void)state;
	world(ILA_CSUM_NONE);
	q = sent(&b, &l2, ILA_CSUM_NONE, IPPROTO_TCP);
	f = error_about(&q, &a, 2, NULL);
	f.b[IP6 + 4] = 0;
	f.b[IP6 + 5] = 47;
	got = deliver(UNTRANSLATED, ILA_CSUM_NONE, &f);
	assert_int_equal(got.verdict, TC_ACT_UNSPEC);
	assert_memory_equal(got.out.b, f.b, f.len);
	f.b[IP6 + 5] = 48;
	got = deliver(UNTRANSLATED, ILA_CSUM_NONE, &f);
	assert_restored(&got, &f, &b, false);
}

static void assert_left(enum ila_csum mode, const struct frame *f, unsigned bad)
{
	for (enum way way = UNTRANSLATED; way < WAYS; way++) {
		struct result got;

		counted(DOM, BPF_ILA_N_ERROR_BAD);
		got = deliver(way, mode, f);
		assert_int_equal(got.verdict, TC_ACT_UNSPEC);
		assert_int_equal(got.out.len, f->len);
		assert_memory_equal(got.out.b, f->b, f->len);
		assert_int_equal(counted(DOM, BPF_ILA_N_ERROR_BAD), bad);
		assert_int_equal(counted(DOM, BPF_ILA_N_ERROR), 0);
	}
}

static void left_alone(void **state)
{
	(void)state;
	for (size_t m = 0; m < ARRAY_SIZE(modes); m++) {
		struct frame q, f;

		world(modes[m]);
		/* No mapping leads there: it is elsewhere by now, or never was. */
		q = sent(&b, &l3, modes[m], IPPROTO_TCP);
		f = error_about(&q, &a, 2, NULL);
		assert_left(modes[m], &f, 1);
		q = sent(&c, &l2, modes[m], IPPROTO_TCP);
		f = error_about(&q, &a, 2, NULL);
		assert_left(modes[m], &f, 1);
		/* Not a packet of the one who is told. */
		q = sent(&b, &l2, modes[m], IPPROTO_TCP);
		q.b[IP6 + 8 + 15] ^= 1;
		f = error_about(&q, &a, 2, NULL);
		assert_left(modes[m], &f, 1);
		/* Nothing of ours: an address of a host, one of the world. */
		q = sent(&b, &l2, modes[m], IPPROTO_TCP);
		frame_set_dst(&q, &(struct ila_addr) { l2, half("0:0:0:1") });
		f = error_about(&q, &a, 3, NULL);
		assert_left(modes[m], &f, 0);
		frame_set_dst(&q, &r);
		f = error_about(&q, &a, 3, NULL);
		assert_left(modes[m], &f, 0);
		/* Not translated yet. */
		frame_set_dst(&q, &b);
		f = error_about(&q, &a, 1, NULL);
		assert_left(modes[m], &f, 0);
	}
}

/* Only errors, types 1 to 4, and only IPv6 in them. */
static void no_errors(void **state)
{
	static const uint8_t types[] = { 0, 5, 100, 127, 128, 129, 135, 137, 255 };
	struct frame q, f;

	(void)state;
	world(ILA_CSUM_NONE);
	q = sent(&b, &l2, ILA_CSUM_NONE, IPPROTO_TCP);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		f = error_about(&q, &a, types[i], NULL);
		assert_left(ILA_CSUM_NONE, &f, 0);
	}
	q.b[IP6] = 0x45;
	f = error_about(&q, &a, 1, NULL);
	assert_left(ILA_CSUM_NONE, &f, 0);
	q.b[IP6] = 0x60;
	f = error_about(&q, &a, 1, "l"); /* a later fragment only looks like one */
	assert_left(ILA_CSUM_NONE, &f, 0);
	/* So does another protocol. */
	f = frame_make(&(struct desc) { .src = r,
					.dst = a,
					.ext = "h",
					.proto = 136,
					.sport = 0x0200,
					.quote = &q });
	assert_left(ILA_CSUM_NONE, &f, 0);
	f = error_about(&q, &a, 1, "hdrhdrhdr");
	assert_left(ILA_CSUM_NONE, &f, 0);
}

/* Behind several locators: each of them leads back. */
static void several(void **state)
{
	const uint16_t w[2] = { 1, 1 };

	(void)state;
	for (size_t m = 0; m < ARRAY_SIZE(modes); m++) {
		for (unsigned i = 0; i < 2; i++) {
			world(modes[m]);

			const struct ila64 l[2] = { l2, l3 };
			struct frame q = sent(&b, &l[i], modes[m], IPPROTO_TCP);
			struct frame f = error_about(&q, &a, 2, NULL);
			struct result got;

			put_group(&b, 5, 2, l, w, modes[m]);
			got = deliver(UNTRANSLATED, modes[m], &f);
			assert_restored(&got, &f, &b, true);

			const struct ila64 l4 = half("2001:db8:100:4");

			put_remote(&l4, &sir, modes[m]);
			q = sent(&b, &l4, modes[m], IPPROTO_TCP);
			f = error_about(&q, &a, 2, NULL);
			counted_reset();
			assert_left(modes[m], &f, 1);
		}
	}
}

/* Packets of the host itself carry its own address, which no map knows; or one below
 * its locator. */
static void of_the_host(void **state)
{
	const struct ila_addr owns[] = { addr("2001:db8:0:1::1"),
					 { half("2001:db8:100:1"), half("0:0:0:1") } };

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(modes); i++) {
		enum ila_csum mode = modes[i / 2];
		struct frame q, f;
		struct result got;

		world(mode);
		q = sent(&b, &l2, mode, IPPROTO_UDP);
		memcpy(q.b + IP6 + 8, &owns[i % 2], 16);
		f = error_about(&q, &owns[i % 2], 3, NULL);
		got = run(prog->progs.ila_from_underlay, &f);
		assert_restored(&got, &f, &b, true);
		assert_int_equal(counted(DOM, BPF_ILA_N_ERROR), 1);
		assert_int_equal(counted(DOM, BPF_ILA_N_IN), 0);
	}
}

/* On the way to its sender's host nobody else touches the quotation. */
static void in_transit(void **state)
{
	(void)state;
	for (size_t m = 0; m < ARRAY_SIZE(modes); m++) {
		struct frame q, f, want;
		struct result got;

		world(modes[m]);
		put_sir(&sir, BPF_ILA_DOM_ROUTER);
		q = sent(&c, &l2, modes[m], IPPROTO_TCP);
		f = error_about(&q, &b, 2, NULL);
		got = run(prog->progs.ila_from_underlay, &f);
		want = f;
		frame_set_dst(&want, &(struct ila_addr) { 0 });
		frame_set_dst(&got.out, &(struct ila_addr) { 0 });
		memcpy(want.b + NEXT + 2, got.out.b + NEXT + 2, 2);
		assert_memory_equal(got.out.b, want.b, want.len);
	}
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(restored),       cmocka_unit_test(cut_quotation),
		cmocka_unit_test(behind_the_end), cmocka_unit_test(left_alone),
		cmocka_unit_test(no_errors),      cmocka_unit_test(several),
		cmocka_unit_test(of_the_host),    cmocka_unit_test(in_transit),
	};

	if (!ilaprog_open(0))
		return EXIT_FAILURE;

	int failed = cmocka_run_group_tests(t, NULL, NULL);

	ila_bpf__destroy(prog);
	return failed;
}
