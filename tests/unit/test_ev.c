/* Timers that follow a clock which the test sets. */
#include "tests/unit/unit.h"

#include <event2/event.h>

#include "lib/clock.h"
#include "lib/ev.h"

static char order[16];
static struct ev_timer chained;

static void note(void *arg)
{
	strncat(order, arg, 1);
}

static void note_and_chain(void *arg)
{
	note(arg);
	ev_timer_set(&chained, 0);
}

static void follows_the_clock(void **state UNUSED)
{
	struct event_base *base = event_base_new();
	struct ev_timer a, b, c;

	clock_set(5000);
	ev_timer_init(&a, base, note, "a");
	ev_timer_init(&b, base, note_and_chain, "b");
	ev_timer_init(&c, base, note, "c");
	ev_timer_init(&chained, base, note, "x");
	ev_timer_set(&a, 300);
	ev_timer_set(&b, 100);
	ev_timer_set(&c, 200);
	assert_int_equal(ev_timer_left_ms(&c), 200);
	assert_int_equal(ev_timers_run(), 0);
	clock_set(5099);
	assert_int_equal(ev_timers_run(), 0);
	clock_set(5250);
	assert_int_equal(ev_timer_left_ms(&c), 0);
	assert_int_equal(ev_timers_run(), 3);
	assert_string_equal(order, "bcx"); /* x became due at 5250, after c */
	assert_int_equal(ev_timer_left_ms(&b), -1);
	assert_int_equal(ev_timer_left_ms(&a), 50);
	ev_timer_set(&a, 1000); /* again: the old time is forgotten */
	clock_set(5400);
	assert_int_equal(ev_timers_run(), 0);
	ev_timer_stop(&a);
	clock_set(9999);
	assert_int_equal(ev_timers_run(), 0);
	ev_timer_fini(&a);
	ev_timer_fini(&b);
	ev_timer_fini(&c);
	ev_timer_fini(&chained);
	ev_timer_fini(&chained); /* twice is fine */
	event_base_free(base);
}

static void fires_in_the_loop(void **state UNUSED)
{
	struct event_base *base = event_base_new();
	struct ev_timer a;

	order[0] = 0;
	clock_set(-1);
	ev_timer_init(&a, base, note, "a");
	ev_timer_set(&a, 1);
	event_base_dispatch(base); /* returns when nothing is left to wait for */
	assert_string_equal(order, "a");
	assert_false(a.pending);
	ev_timer_fini(&a);
	event_base_free(base);
	libevent_global_shutdown();
}

static void jitter_stays_in_range(void **state UNUSED)
{
	int64_t lo = 1000, hi = 0;

	for (int i = 0; i < 2000; i++) {
		int64_t v = ev_jitter(1000);

		lo = MIN_OF(lo, v);
		hi = MAX_OF(hi, v);
	}
	assert_in_range(lo, 750, 780);
	assert_in_range(hi, 970, 1000);
	assert_int_equal(ev_jitter(0), 0);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(follows_the_clock),
		cmocka_unit_test(fires_in_the_loop),
		cmocka_unit_test(jitter_stays_in_range),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
