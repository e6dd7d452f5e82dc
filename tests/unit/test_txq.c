/* Transmit queue: order, partly sent buffers, counts. */
#include "tests/unit/unit.h"

#include "bgpd/peer.h"
#include "bgpd/txq.h"

static struct txbuf *text(const char *s, uint32_t messages)
{
	uint32_t len = (uint32_t)strlen(s);
	struct txbuf *t = txbuf_new(len);

	memcpy(t->data, s, len);
	t->len = len;
	t->messages = messages;
	return t;
}

static void push(struct txq *q, const char *s, bool first)
{
	struct txbuf *t = text(s, 1);

	if (first)
		txq_push_first(q, t);
	else
		txq_push(q, t);
	txbuf_unref(t);
}

/* What the next writev() would send. */
static void expect(const struct txq *q, const char *want)
{
	struct iovec iov[TXQ_IOV];
	char got[4096];
	size_t at = 0;
	int n = txq_iov(q, iov);

	for (int i = 0; i < n; i++) {
		memcpy(got + at, iov[i].iov_base, iov[i].iov_len);
		at += iov[i].iov_len;
	}
	got[at] = 0;
	assert_string_equal(got, want);
	assert_int_equal(q->bytes, strlen(want));
}

static void keeps_order(void **state UNUSED)
{
	struct txq q = { 0 };
	uint64_t done = 0;

	push(&q, "aaa", false);
	push(&q, "bbb", false);
	expect(&q, "aaabbb");
	txq_sent(&q, 4, &done);
	assert_int_equal(done, 1);
	expect(&q, "bb");
	push(&q, "K", true); /* never inside bbb */
	expect(&q, "bbK");
	push(&q, "N", true);
	expect(&q, "bbNK");
	txq_sent(&q, 2, &done);
	assert_int_equal(done, 2);
	push(&q, "F", true);
	expect(&q, "FNK");
	txq_sent(&q, 3, &done);
	assert_int_equal(q.n, 0);
	assert_int_equal(done, 5);
	txq_clear(&q);
}

static void trims_to_the_partly_sent(void **state UNUSED)
{
	struct txq q = { 0 };
	uint64_t done = 0;

	push(&q, "aaa", false);
	push(&q, "bbb", false);
	txq_sent(&q, 1, &done);
	txq_trim(&q);
	expect(&q, "aa");
	txq_sent(&q, 2, &done);
	push(&q, "ccc", false);
	txq_trim(&q);
	expect(&q, "");
	txq_clear(&q);
}

static void knows_what_is_next(void **state UNUSED)
{
	struct txq q = { 0 };
	uint64_t done = 0;

	assert_false(txq_next_is(&q, "K", 1));
	push(&q, "aaa", false);
	push(&q, "K", true);
	assert_true(txq_next_is(&q, "K", 1));
	assert_false(txq_next_is(&q, "KK", 2));
	txq_sent(&q, 2, &done);
	assert_false(txq_next_is(&q, "K", 1));
	push(&q, "K", true);
	assert_true(txq_next_is(&q, "K", 1));
	txq_clear(&q);
}

/* The ring wraps and grows at every phase; each buffer is freed once (ASan). */
static void grows_and_wraps(void **state UNUSED)
{
	struct txbuf *shared = text("0123456789", 2);
	struct txq q = { 0 };
	uint64_t done = 0, want = 0;

	for (unsigned round = 0; round < 200; round++) {
		for (unsigned i = 0; i < round % 7 + 3; i++, want++)
			txq_push(&q, shared);
		txq_sent(&q, 10 * (round % 5 + 1) + 3, &done);
		assert_int_equal(q.bytes, (want - done / 2) * 10 - q.off);
	}
	assert_int_equal(shared->refs, q.n + 1);
	txq_sent(&q, q.bytes, &done);
	assert_int_equal(done, want * 2);
	assert_int_equal(q.bytes, 0);
	assert_int_equal(shared->refs, 1);
	txq_clear(&q);
	txbuf_unref(shared);
}

/* What a burst needed is not kept by each of many hundred queues. */
static void a_long_ring_goes(void **state UNUSED)
{
	struct txq q = { 0 };
	uint64_t messages = 0;

	for (int i = 0; i < 3; i++)
		push(&q, "x", false);
	txq_sent(&q, 3, &messages);
	assert_non_null(q.ring);
	for (int i = 0; i < 1000; i++)
		push(&q, "ab", false);
	txq_sent(&q, 1999, &messages);
	assert_int_equal(q.n, 1);
	assert_non_null(q.ring);
	txq_sent(&q, 1, &messages);
	assert_null(q.ring);
	assert_int_equal(q.cap, 0);
	push(&q, "again", true);
	expect(&q, "again");
	txq_clear(&q);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(keeps_order),
		cmocka_unit_test(trims_to_the_partly_sent),
		cmocka_unit_test(knows_what_is_next),
		cmocka_unit_test(grows_and_wraps),
		cmocka_unit_test(a_long_ring_goes),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
