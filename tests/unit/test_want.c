#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>

#include "fib/want.h"
#include "lib/clock.h"

static struct want w;
static struct want_dom dom;

static int setup(void **state)
{
	(void)state;
	clock_set(1000);
	want_init(&w);
	w.gen = 1;
	dom = (struct want_dom) { .vni = 10, .serve = true, .open = true };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	want_fini(&w);
	clock_set(-1);
	return 0;
}

static struct want_key key(uint32_t n)
{
	struct mac m = { { 2, 0, 0, 0, (uint8_t)(n >> 8), (uint8_t)n } };

	return (struct want_key) { .vni = 10,
				   .ip = want_of_mac(&m),
				   .table = TABLE_VXLAN_FDB };
}

static struct want_val val(uint8_t n)
{
	return (struct want_val) { .to = ip4_of(0x0a000000u + n) };
}

static struct want_entry *get(uint32_t n)
{
	struct want_key k = key(n);

	return want_get(&w, &k, &dom);
}

static struct want_entry *find(uint32_t n)
{
	struct want_key k = key(n);

	return want_find(&w, &k);
}

static void set(uint32_t n, uint8_t v)
{
	struct want_val val_n = val(v);

	want_set(&w, get(n), &val_n, 5);
}

static void seen(uint32_t n, uint8_t v)
{
	struct want_val val_n = val(v);

	want_seen(&w, get(n), &val_n);
}

static const struct intent_table_counters *count(void)
{
	return &w.count[TABLE_VXLAN_FDB];
}

/* Write every difference, as be_vxlan.c does; Return: how many there were. */
static unsigned apply(int err)
{
	struct want_entry *e;
	unsigned n = 0;

	for (; (e = want_next(&w, WQ_L2)); n++)
		want_done(&w, e, err, err ? "no" : "");
	return n;
}

static void life(void **state)
{
	(void)state;
	set(1, 1);
	assert_int_equal(count()->missing, 1);
	assert_int_equal(apply(0), 1);
	assert_int_equal(count()->missing, 0);
	assert_int_equal(count()->seen, 1);
	set(1, 1); /* the same again */
	assert_int_equal(apply(0), 0);
	set(1, 2); /* moved */
	assert_int_equal(count()->missing, 1);
	assert_int_equal(apply(0), 1);
	want_unset(&w, find(1));
	assert_int_equal(count()->extra, 1);
	assert_int_equal(apply(0), 1);
	assert_null(find(1));
	assert_int_equal(count()->wanted + count()->seen + count()->extra, 0);
}

/* A change of mind before anything was written. */
static void withdrawn_in_time(void **state)
{
	(void)state;
	set(1, 1);
	want_unset(&w, find(1));
	assert_null(find(1));
	assert_int_equal(apply(0), 0);
	set(1, 1);
	apply(0);
	want_unset(&w, find(1));
	set(1, 1); /* back before the delete */
	assert_int_equal(apply(0), 0);
	assert_int_equal(count()->seen, 1);
}

static void repair_counts(void **state)
{
	(void)state;
	set(1, 1);
	apply(0);
	want_flag(&w, find(1), WE_BROKEN, 0);
	want_gone(&w, find(1));
	assert_int_equal(count()->missing, 1);
	assert_int_equal(find(1)->since_ms, 1000);
	assert_int_equal(apply(0), 1);
	assert_int_equal(count()->repaired, 1);
	want_flag(&w, find(1), WE_UNSURE, 0); /* written again, but no repair */
	assert_int_equal(apply(0), 1);
	assert_int_equal(count()->repaired, 1);
}

static void yields_until_told(void **state)
{
	(void)state;
	set(1, 1);
	apply(0);
	want_flag(&w, find(1), WE_YIELD, 0);
	want_gone(&w, find(1));
	assert_int_equal(apply(0), 0);
	assert_int_equal(count()->missing, 1); /* still a difference */
	set(1, 1);                             /* the engine insists */
	assert_int_equal(apply(0), 1);
	want_flag(&w, find(1), WE_YIELD, 0);
	want_gone(&w, find(1));
	want_unset(&w, find(1)); /* or it gives in */
	assert_null(find(1));
}

static const struct {
	int err;
	int64_t first_ms; /* pause after the first refusal */
	bool told;
} refusals[] = {
	{ -ENOMEM, 20, false },  { -EBUSY, 20, false },   { -ENETDOWN, 20, false },
	{ -EINVAL, 5000, true }, { -EEXIST, 5000, true }, { -EPERM, 5000, true },
};

static void refusal(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		int64_t ms = refusals[i].first_ms;
		struct want_entry *e;

		clock_set(1000);
		set(1, 1);
		assert_int_equal(apply(refusals[i].err), 1);
		e = find(1);
		assert_int_equal(want_err(e), refusals[i].err);
		assert_string_equal(want_why(e), "no");
		assert_int_equal(count()->failed, 1);
		assert_int_equal(!!(e->flags & WE_RESULT), refusals[i].told);
		if (refusals[i].told)
			want_told(&w, e);
		assert_int_equal(apply(0), 0); /* waits */
		want_unpark_due(&w, 1000 + ms - 1);
		assert_int_equal(w.next_retry_ms, 1000 + ms);
		assert_int_equal(apply(0), 0);
		want_unpark_due(&w, 1000 + ms);
		assert_int_equal(apply(refusals[i].err), 1);
		assert_int_equal(e->trouble->retry_ms,
				 1000 + 2 * ms);  /* twice as long */
		want_serve(&w, &dom, true, true); /* a device changed: at once */
		assert_int_equal(apply(0), 1);
		assert_int_equal(count()->failed, 0);
		/* the engine hears that it is mended, once it heard of the refusal */
		if (refusals[i].told) {
			assert_true(e->flags & WE_RESULT);
			assert_ptr_equal(want_result(&w), e);
			want_told(&w, e);
		}
		want_unset(&w, find(1));
		apply(0);
		assert_null(find(1));
	}
}

/* What does not pass by itself after all is told. */
static void transient_for_long(void **state)
{
	(void)state;
	set(1, 1);
	for (int i = 0; i < 10; i++) {
		apply(-ENOMEM);
		clock_set(clock_ms() + 2000);
		want_unpark_due(&w, clock_ms());
	}
	assert_true(find(1)->flags & WE_RESULT);
	assert_true(find(1)->trouble->retry_ms <= clock_ms() + 1000);
}

/* Wanted, but it would be wrong in the kernel: taken out, told, and back later. */
static void held_back(void **state)
{
	struct want_val v1 = val(1), v2 = val(2);

	(void)state;
	set(1, 1);
	apply(0);
	want_hold(&w, find(1), &v2, 9, -EHOSTUNREACH, "no way");
	assert_int_equal(count()->missing, 0);
	assert_int_equal(count()->extra, 1);
	assert_int_equal(count()->failed, 1);
	assert_ptr_equal(want_result(&w), find(1));
	want_told(&w, find(1));
	assert_int_equal(apply(0), 1); /* the delete */
	assert_int_equal(count()->missing + count()->extra, 0);
	assert_int_equal(count()->seen, 0);
	assert_int_equal(want_err(find(1)), -EHOSTUNREACH);
	want_hold(&w, find(1), &v2, 9, -EHOSTUNREACH, "no way"); /* no news */
	assert_null(want_result(&w));
	want_unpark_due(&w, INT64_MAX - 1); /* waits for no clock */
	assert_int_equal(apply(0), 0);
	want_set(&w, find(1), &v2, 9);
	assert_int_equal(want_err(find(1)), 0);
	assert_ptr_equal(want_result(&w), find(1)); /* mended */
	want_told(&w, find(1));
	assert_int_equal(apply(0), 1);
	assert_memory_equal(&find(1)->seen, &v2, sizeof(v2));
	/* held back and given up before the delete was written, and after */
	want_hold(&w, find(1), &v1, 9, -EINVAL, "own");
	want_unset(&w, find(1));
	assert_int_equal(apply(0), 1);
	while (want_result(&w))
		want_told(&w, want_result(&w));
	assert_null(find(1));
	want_hold(&w, get(1), &v1, 9, -EINVAL, "own");
	want_told(&w, find(1));
	want_unset(&w, find(1));
	assert_null(find(1));
	/* the reason went before anybody heard of it: nobody hears of either */
	want_hold(&w, get(1), &v1, 9, -ENODEV, "not there yet");
	assert_ptr_equal(want_result(&w), find(1));
	want_set(&w, find(1), &v1, 9);
	assert_null(want_result(&w));
	assert_int_equal(want_err(find(1)), 0);
	want_unset(&w, find(1));
	assert_int_equal(count()->failed, 0);
}

/* Each queue has its own differences. */
static void queues(void **state)
{
	struct want_dom other = {
		.vni = 11, .queue = WQ_BPF, .serve = true, .open = true
	};
	struct want_key k = { .vni = 11, .table = TABLE_ILA_MAP };
	struct want_val v = { .num = 1 };

	(void)state;
	set(1, 1);
	want_set(&w, want_get(&w, &k, &other), &v, 0);
	assert_int_equal(w.n_diff, 2);
	assert_int_equal(w.n_queue[WQ_L2], 1);
	assert_null(want_next(&w, WQ_ROUTE));
	want_done(&w, want_next(&w, WQ_BPF), 0, NULL);
	assert_int_equal(w.n_diff, 1);
	assert_int_equal(apply(0), 1);
	want_unset(&w, want_find(&w, &k));
	want_done(&w, want_next(&w, WQ_BPF), 0, NULL);
	assert_null(want_find(&w, &k));
}

static void closed_domain(void **state)
{
	(void)state;
	dom.serve = dom.open = false;
	set(1, 1);
	assert_int_equal(apply(0), 0); /* kept until its device appears */
	want_serve(&w, &dom, true, false);
	assert_int_equal(apply(0), 0); /* there, but not for us */
	want_serve(&w, &dom, true, true);
	assert_int_equal(apply(0), 1);
	want_serve(&w, &dom, true, false);
	assert_int_equal(apply(0), 1); /* taken away */
	assert_int_equal(count()->seen, 0);
	assert_int_equal(count()->wanted, 1);
}

static void generations(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 4; i++)
		set(i, 1);
	apply(0);
	want_begin(&w);
	set(1, 1);
	set(2, 2);
	want_unset(&w, find(3));
	assert_int_equal(apply(0), 2); /* the change and the delete, nothing else */
	assert_int_equal(want_sweep(&w), 1);
	assert_int_equal(apply(0), 1);
	assert_null(find(0));
	assert_int_equal(count()->swept, 1);
	assert_int_equal(count()->seen, 2);
}

static void adopted_at_start(void **state)
{
	(void)state;
	want_begin(&w);
	for (uint32_t i = 0; i < 3; i++) {
		want_flag(&w, (seen(i, 1), find(i)), WE_ADOPTED, 0);
	}
	w.syncing = true;
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(find(i)->flags & WE_SEEN, WE_SEEN);
	while (want_next(&w, WQ_L2)) /* queued before they were marked */
		;
	dom.open = false; /* its domain is announced after its entries */
	set(0, 1);
	want_serve(&w, &dom, true, false);
	assert_int_equal(apply(0), 0);
	want_serve(&w, &dom, true, true);
	assert_int_equal(apply(0), 0);
	assert_int_equal(want_sweep(&w), 2);
	assert_int_equal(apply(0), 2);
	assert_non_null(find(0));
	assert_null(find(1));
}

static void foreign(void **state)
{
	struct want_key k = { .vni = 10, .ip = ip4_of(1), .table = TABLE_FLOOD };
	struct want_val none = { 0 };
	struct want_entry *e = want_get(&w, &k, &dom);

	(void)state;
	/* somebody floods there: as good as ours, never deleted */
	want_foreign(&w, e, true, true);
	want_set(&w, e, &none, 0);
	assert_int_equal(apply(0), 0);
	want_unset(&w, e);
	assert_int_equal(apply(0), 0);
	want_set(&w, e, &none, 0);
	want_foreign(&w, e, false, false);
	assert_int_equal(apply(0), 1);
	/* somebody's MAC in the way goes: ours follows at once */
	set(1, 1);
	want_foreign(&w, find(1), true, true);
	assert_int_equal(apply(-EEXIST), 1);
	want_foreign(&w, find(1), false, false);
	assert_int_equal(apply(0), 1);
	assert_int_equal(count()->foreign, 0);
}

/* The table against a plain array, through growth and gaps. */
static void table(void **state)
{
	enum { KEYS = 5000, STEPS = 60000 };
	static bool model[KEYS];
	uint32_t n = 0, have = 0, each = 0;
	uint64_t at = 0;

	(void)state;
	srand(1);
	dom.serve = false;
	for (int i = 0; i < STEPS; i++) {
		n = (uint32_t)rand() % KEYS;
		assert_int_equal(find(n) != NULL, model[n]);
		if (model[n])
			want_unset(&w, find(n));
		else
			set(n, 1);
		have += model[n] ? UINT32_MAX : 1;
		model[n] = !model[n];
	}
	for (n = 0; n < KEYS; n++)
		assert_int_equal(find(n) != NULL, model[n]);
	while (want_each(&w, &at))
		each++;
	assert_int_equal(each, have);
	assert_int_equal(w.entries.used, have);
	assert_int_equal(count()->wanted, have);
}

/*
 * Wants, events and failing writes in random order: once the writes succeed, what is
 * wanted is seen and nothing else.
 */
static void converges(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 300; seed++) {
		bool wanted[4] = { false };
		uint8_t v[4] = { 0 };

		srand(seed);
		for (int step = 0; step < 60; step++) {
			uint32_t n = (uint32_t)rand() % 4;
			struct want_entry *e = find(n);

			switch (rand() % 7) {
			case 0:
			case 1:
				v[n] = (uint8_t)(rand() % 3);
				set(n, v[n]);
				wanted[n] = true;
				break;
			case 2:
				if (e)
					want_unset(&w, e);
				wanted[n] = false;
				break;
			case 3:
				seen(n, (uint8_t)(rand() % 3));
				break;
			case 4:
				if (e)
					want_gone(&w, e);
				break;
			case 5:
				apply(rand() % 2 ? -EINVAL : -ENOMEM);
				break;
			default:
				apply(0);
			}
		}
		clock_set(clock_ms() + 100000);
		want_unpark_due(&w, clock_ms());
		apply(0);
		assert_int_equal(count()->missing + count()->extra, 0);
		for (uint32_t n = 0; n < 4; n++) {
			struct want_entry *e = find(n);
			struct want_val is = val(v[n]);

			assert_int_equal(e && e->flags & WE_SEEN, wanted[n]);
			if (wanted[n])
				assert_memory_equal(&e->seen, &is, sizeof(is));
			if (wanted[n])
				want_unset(&w, e);
		}
		apply(0);
		while (want_result(&w))
			want_told(&w, want_result(&w));
		assert_int_equal(w.entries.used, 0);
	}
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest t[] = {
		CASE(life),
		CASE(withdrawn_in_time),
		CASE(repair_counts),
		CASE(yields_until_told),
		CASE(refusal),
		CASE(transient_for_long),
		CASE(held_back),
		CASE(queues),
		CASE(closed_domain),
		CASE(generations),
		CASE(adopted_at_start),
		CASE(foreign),
		CASE(table),
		CASE(converges),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
