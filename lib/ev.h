/* lib/ev.h - timers on libevent that follow clock_ms(), so that tests drive them. */
#ifndef LIB_EV_H
#define LIB_EV_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct event;
struct event_base;

/* One-shot timer; embedded, between ev_timer_init() and ev_timer_fini(). */
struct ev_timer {
	LIST_ENTRY(ev_timer) link; /* while pending */
	struct event *ev;
	int64_t due_ms; /* clock_ms() when it fires */
	bool pending;
	void (*fn)(void *arg);
	void *arg;
};

/** ev_timer_init - stopped; fn(arg) is called from the loop of base. */
void ev_timer_init(struct ev_timer *t, struct event_base *base, void (*fn)(void *arg),
		   void *arg);
void ev_timer_fini(struct ev_timer *t);

/** ev_timer_set - (re)start: fires once, ms milliseconds from now. */
void ev_timer_set(struct ev_timer *t, int64_t ms);
void ev_timer_stop(struct ev_timer *t);

/** ev_timer_left_ms - time to go, 0 when due; -1 when it is not running. */
int64_t ev_timer_left_ms(const struct ev_timer *t);

/** ev_timers_run - tests, after clock_set(): call every timer that is due, earliest
 * first, also those that these start. Return: how many were called. */
unsigned ev_timers_run(void);

/** ev_jitter - 75 to 100 % of a time, uniformly (RFC 4271 section 10). */
int64_t ev_jitter(int64_t ms);

#endif
