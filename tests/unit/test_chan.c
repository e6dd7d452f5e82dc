#include "tests/unit/unit.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/chan.h"

/* Type n has a body of n * 4 bytes; 0 and 100 up are unknown. */
static size_t size_of(uint16_t type)
{
	return type && type < 100 ? sizeof(struct chan_hdr) + type * 4u : 0;
}

struct side {
	struct chan *c;
	unsigned records, rooms, aheads;
	uint32_t sum, last_first, flags;
	bool ordered, want_write;
};

static void on_record(void *arg, const struct chan_hdr *h, const void *body)
{
	struct side *s = arg;
	uint32_t v;

	memcpy(&v, body, sizeof(v));
	assert_true(s->aheads > s->records); /* it was announced */
	if (s->records && v != s->last_first + 1)
		s->ordered = false;
	s->last_first = v;
	s->records++;
	s->sum += h->type;
	s->flags = h->flags;
}

static void on_ahead(void *arg, const struct chan_hdr *h, const void *body UNUSED)
{
	struct side *s = arg;

	assert_int_equal(h->len, size_of(h->type));
	s->aheads++;
}

static void on_want_write(void *arg, bool on)
{
	struct side *s = arg;

	s->want_write = on;
}

static void on_room(void *arg)
{
	struct side *s = arg;

	s->rooms++;
}

static const struct chan_ops ops = {
	.size_of = size_of,
	.record = on_record,
	.ahead = on_ahead,
	.want_write = on_want_write,
	.room = on_room,
};

static void pair_open(struct side *a, struct side *b, int *raw)
{
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd), 0);
	*a = (struct side) { .ordered = true };
	*b = (struct side) { .ordered = true };
	a->c = chan_new(fd[0], &ops, a);
	if (raw)
		*raw = fd[1];
	else
		b->c = chan_new(fd[1], &ops, b);
}

static int put(struct side *s, uint16_t type, uint32_t first)
{
	uint32_t body[100] = { first };

	return chan_put(s->c, type, first & 1, body, type * 4u);
}

static void batches(void **state)
{
	struct side a, b;

	(void)state;
	pair_open(&a, &b, NULL);
	for (uint32_t i = 0; i < 50; i++)
		assert_int_equal(put(&a, 10, i), 0);
	assert_int_equal(chan_readable(b.c, 8), 0);
	assert_int_equal(chan_flush(a.c), 0);
	assert_int_equal(chan_readable(b.c, 8), 1);
	assert_int_equal(b.records, 50);
	assert_int_equal(b.aheads, 50);
	assert_int_equal(b.sum, 500);
	assert_int_equal(b.flags, 1);
	assert_true(b.ordered);
	assert_int_equal(chan_flush(a.c), 0); /* nothing: no empty datagram */
	assert_int_equal(chan_readable(b.c, 8), 0);
	chan_free(a.c);
	chan_free(b.c);
}

static void refuses_wrong_sizes(void **state)
{
	struct side a, b;
	uint32_t body[4] = { 0 };

	(void)state;
	pair_open(&a, &b, NULL);
	assert_int_equal(chan_put(a.c, 1, 0, body, 8), -EINVAL);
	assert_int_equal(chan_put(a.c, 100, 0, body, 4), -EINVAL);
	assert_int_equal(chan_put(a.c, 0, 0, NULL, 0), -EINVAL);
	chan_free(a.c);
	chan_free(b.c);
}

/* A reader that sleeps: everything queues, nothing is lost, room() comes once. */
static void queues_and_keeps_order(void **state)
{
	struct side a, b;
	uint32_t sent = 0;

	(void)state;
	pair_open(&a, &b, NULL);
	while (chan_has_room(a.c))
		assert_int_equal(put(&a, 99, sent++), 0);
	assert_int_equal(chan_flush(a.c), 0);
	assert_true(a.want_write);
	assert_true(chan_queued(a.c) >= CHAN_QUEUE_HIGH);
	for (int i = 0; i < 1000 && b.records < sent; i++) {
		assert_true(chan_readable(b.c, 4) >= 0);
		if (a.want_write)
			assert_int_equal(chan_writable(a.c), 0);
	}
	assert_int_equal(b.records, sent);
	assert_true(b.ordered);
	assert_int_equal(a.rooms, 1);
	assert_false(a.want_write);
	assert_int_equal(chan_queued(a.c), 0);
	chan_free(a.c);
	chan_free(b.c);
}

static void has_an_end(void **state)
{
	struct side a, b;
	uint32_t i = 0;
	int err = 0;

	(void)state;
	pair_open(&a, &b, NULL);
	for (; !err && i < 200000; i++)
		err = put(&a, 99, i);
	assert_int_equal(err, -ENOBUFS);
	assert_true(chan_queued(a.c) < CHAN_QUEUE_MAX + 2 * CHAN_BATCH);
	chan_free(a.c);
	chan_free(b.c);
}

static void end_of_file(void **state)
{
	struct side a, b;

	(void)state;
	pair_open(&a, &b, NULL);
	put(&b, 1, 7);
	chan_flush(b.c);
	chan_free(b.c);
	assert_int_equal(chan_readable(a.c, 8), 1); /* what was sent still counts */
	assert_int_equal(a.records, 1);
	assert_int_equal(chan_readable(a.c, 8), -EPIPE);
	put(&a, 1, 7);
	assert_int_equal(chan_flush(a.c), -EPIPE);
	assert_int_equal(put(&a, 1, 7), -EPIPE);
	assert_int_equal(chan_writable(a.c), -EPIPE);
	chan_free(a.c);
}

static const struct {
	const char *name;
	uint16_t words[12];
	size_t len;
	unsigned records, bad;
} hostile[] = {
	{ "one good", { 1, 12, 0, 0, 7, 0 }, 12, 1, 0 },
	{ "header cut short", { 1, 12, 0 }, 6, 0, 1 },
	{ "longer than the datagram", { 1, 16, 0, 0, 7, 0 }, 12, 0, 1 },
	{ "length 0 would loop", { 1, 0, 0, 0, 7, 0 }, 12, 0, 1 },
	{ "odd length", { 1, 13, 0, 0, 7, 0, 0 }, 14, 0, 1 },
	{ "wrong size for its type", { 2, 12, 0, 0, 7, 0 }, 12, 0, 1 },
	{ "unknown, then good", { 200, 8, 0, 0, 1, 12, 0, 0, 7, 0 }, 20, 1, 1 },
	{ "good, then trailing bytes", { 1, 12, 0, 0, 7, 0, 1 }, 14, 1, 1 },
};

static void hostile_datagrams(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		struct side a, b;
		int raw;

		print_message("# %s\n", hostile[i].name);
		pair_open(&a, &b, &raw);
		assert_int_equal(send(raw, hostile[i].words, hostile[i].len, 0),
				 (ssize_t)hostile[i].len);
		assert_int_equal(chan_readable(a.c, 8), 1);
		assert_int_equal(a.records, hostile[i].records);
		assert_int_equal(chan_stats(a.c)->rx_bad, hostile[i].bad);
		close(raw);
		chan_free(a.c);
	}
}

static void oversized_datagram(void **state)
{
	static uint8_t big[CHAN_BATCH + 4];
	struct side a, b;
	int raw;

	(void)state;
	pair_open(&a, &b, &raw);
	assert_int_equal(send(raw, big, sizeof(big), 0), (ssize_t)sizeof(big));
	assert_int_equal(chan_readable(a.c, 8), 1);
	assert_int_equal(a.records, 0);
	assert_int_equal(chan_stats(a.c)->rx_bad, 1);
	close(raw);
	chan_free(a.c);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(batches),
		cmocka_unit_test(refuses_wrong_sizes),
		cmocka_unit_test(queues_and_keeps_order),
		cmocka_unit_test(has_an_end),
		cmocka_unit_test(end_of_file),
		cmocka_unit_test(hostile_datagrams),
		cmocka_unit_test(oversized_datagram),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
