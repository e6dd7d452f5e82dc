/*
 * Timers: libevent wakes us, clock_ms() decides. A test that freezes the clock
 * calls ev_timers_run() instead of waiting; the real wake-up then finds nothing
 * due and sleeps on.
 */
#include "lib/ev.h"

#include <stdlib.h>

#include <event2/event.h>

#include "lib/clock.h"
#include "lib/util.h"

static LIST_HEAD(, ev_timer) armed = LIST_HEAD_INITIALIZER(armed);

static void wake_after(struct ev_timer *t, int64_t ms)
{
	struct timeval tv = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	evtimer_add(t->ev, &tv);
}

static void fire(struct ev_timer *t)
{
	ev_timer_stop(t);
	t->fn(t->arg);
}

static void on_wake(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct ev_timer *t = arg;
	int64_t left = ev_timer_left_ms(t);

	if (left > 0)
		wake_after(t, left);
	else if (left == 0)
		fire(t);
}

void ev_timer_init(struct ev_timer *t, struct event_base *base, void (*fn)(void *arg),
		   void *arg)
{
	*t = (struct ev_timer) { .fn = fn, .arg = arg };
	t->ev = evtimer_new(base, on_wake, t);
	if (!t->ev)
		abort(); /* out of memory, as in xcalloc() */
}

void ev_timer_fini(struct ev_timer *t)
{
	if (!t->ev)
		return;
	ev_timer_stop(t);
	event_free(t->ev);
	t->ev = NULL;
}

void ev_timer_set(struct ev_timer *t, int64_t ms)
{
	ev_timer_stop(t);
	t->due_ms = clock_ms() + ms;
	t->pending = true;
	LIST_INSERT_HEAD(&armed, t, link);
	wake_after(t, ms);
}

void ev_timer_stop(struct ev_timer *t)
{
	if (!t->pending)
		return;
	t->pending = false;
	LIST_REMOVE(t, link);
	evtimer_del(t->ev);
}

int64_t ev_timer_left_ms(const struct ev_timer *t)
{
	if (!t->pending)
		return -1;

	int64_t left = t->due_ms - clock_ms();

	return left > 0 ? left : 0;
}

unsigned ev_timers_run(void)
{
	for (unsigned n = 0;; n++) {
		struct ev_timer *t, *first = NULL;

		LIST_FOREACH (t, &armed, link)
			if (!first || t->due_ms < first->due_ms)
				first = t;
		if (!first || first->due_ms > clock_ms())
			return n;
		fire(first);
	}
}

int64_t ev_jitter(int64_t ms)
{
	return ms - (int64_t)arc4random_uniform((uint32_t)(ms / 4) + 1);
}
