/*
 * The loop of the fib process. All work happens in turns: read what the kernel did,
 * mend what is lost, bring devices and then entries nearer to what is wanted, tell
 * the engine. Whatever has news asks for a turn.
 */
#include "fib/run.h"

#include <errno.h>
#include <event2/event.h>
#include <malloc.h>
#include <stdlib.h>

#include "fib/backends.h"
#include "fib/be_bpf.h"
#include "fib/dom.h"
#include "fib/ila.h"
#include "fib/pol.h"
#include "fib/serve.h"
#include "fib/state.h"
#include "fib/super.h"
#include "fib/up.h"
#include "fib/watch.h"
#include "lib/chan.h"
#include "lib/clock.h"
#include "lib/util.h"

enum {
	CHAN_READS = 12,  /* datagrams a turn, some 4200 records */
	APPLY_MAX = 4096, /* entries a turn */
	TICK_MS = 200,    /* counters are told so often at most */
	SWEEP_S = 360,
	AUDIT_S = 60,
	RESYNC_PAUSE_MS = 20,
	/* Chunks of entries (lib/slab.h) are mappings of their own, always: glibc would
	 * raise its limit with the first one freed, and keep the later ones. */
	OWN_MAPPING = 128 << 10,
	FILES_WANTED = 65536, /* two links for each container of the eBPF plane */
};

/* libevent runs what is active before it looks for more: a turn that makes the next one
 * active would keep the engine waiting until nothing is left to do. */
void fib_turn_soon(struct fib *f)
{
	static const struct timeval now = { 0 };

	if (f->turn_due || !f->ev_turn)
		return;
	f->turn_due = true;
	if (f->in_turn)
		event_add(f->ev_turn, &now);
	else
		event_active(f->ev_turn, EV_TIMEOUT, 0);
}

static void tick_at(struct fib *f, int64_t at_ms)
{
	int64_t ms = MAX_OF(at_ms - clock_ms(), 1);
	struct timeval tv = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	if (at_ms >= f->tick_ms)
		return;
	f->tick_ms = at_ms;
	event_add(f->ev_tick, &tv);
}

/* A storm must not make us dump all the time: rest as long as the dump took. */
static void resync(struct fib *f)
{
	int64_t start = clock_ms(), end;
	int err;

	if (start < f->resync_ms) {
		tick_at(f, f->resync_ms);
		return;
	}
	f->resyncs++;
	err = watch_dump(f);
	end = clock_ms();
	f->resync_ms = end + MAX_OF(end - start, RESYNC_PAUSE_MS);
	log_info(LOG_FIB, "events were lost: compared with a dump, err=%d ms=%lld", err,
		 (long long)(end - start));
	if (err)
		tick_at(f, f->resync_ms);
}

static void turn(struct fib *f)
{
	int64_t now = clock_ms(), next;

	want_tick(&f->want);
	watch_read(f);
	if (f->lost)
		resync(f);
	if (f->want.next_retry_ms <= now)
		want_unpark_due(&f->want, now);
	next = dom_retry(f, now);
	dom_work(f);
	pol_before(f);
	ila_work(f);
	next = MIN_OF(next, be_bpf_retry(f, now));
	backends_apply(f, APPLY_MAX);
	next = MIN_OF(next, pol_after(f));
	next = MIN_OF(next, be_bpf_counters(f));
	next = MIN_OF(next, pol_counters(f));
	up_send(f);
	if (f->want.n_diff || !TAILQ_EMPTY(&f->doms))
		fib_turn_soon(f);
	if (f->want.changed && f->chan)
		next = MIN_OF(next, now + TICK_MS);
	next = MIN_OF(next, f->want.next_retry_ms);
	if (next != INT64_MAX)
		tick_at(f, next);
}

static void on_turn(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct fib *f = arg;

	f->turn_due = false;
	if (f->over)
		return;
	f->in_turn = true;
	turn(f);
	f->in_turn = false;
}

static void on_tick(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct fib *f = arg;

	f->tick_ms = INT64_MAX;
	fib_turn_soon(f);
}

static void on_audit(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct fib *f = arg;

	f->audits++;
	watch_dump(f);
	ila_audit(f);
	fib_turn_soon(f);
}

/* ---- generations ---- */

void fib_sweep(struct fib *f)
{
	uint32_t n;

	fib_sweep_cancel(f);
	n = want_sweep(&f->want);
	dom_sweep(f);
	ila_sweep(f);
	pol_sweep(f);
	log_info(LOG_FIB, "swept what was not renewed, entries=%u", n);
	fib_turn_soon(f);
}

static void on_sweep(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	fib_sweep(arg);
}

void fib_sweep_later(struct fib *f)
{
	struct timeval tv = { .tv_sec = f->o->sweep_s ? f->o->sweep_s : SWEEP_S };

	event_add(f->ev_sweep, &tv);
}

void fib_sweep_cancel(struct fib *f)
{
	event_del(f->ev_sweep);
}

/* ---- the engine's channel ---- */

static void on_record(void *arg, const struct chan_hdr *h, const void *body)
{
	struct intent_hdr i = { .type = h->type, .len = h->len, .flags = h->flags };

	serve_record(arg, &i, body);
}

static void on_ahead(void *arg, const struct chan_hdr *h, const void *body)
{
	struct intent_hdr i = { .type = h->type, .len = h->len, .flags = h->flags };

	serve_ahead(arg, &i, body);
}

static void on_want_write(void *arg, bool on)
{
	struct fib *f = arg;

	if (on)
		event_add(f->ev_chan_w, NULL);
	else
		event_del(f->ev_chan_w);
}

static void on_room(void *arg)
{
	fib_turn_soon(arg);
}

static const struct chan_ops chan_ops = {
	.size_of = intent_size,
	.record = on_record,
	.ahead = on_ahead,
	.want_write = on_want_write,
	.room = on_room,
};

static void on_chan(evutil_socket_t fd UNUSED, short what, void *arg)
{
	struct fib *f = arg;
	int n = 0;

	want_tick(&f->want);
	if (what & EV_WRITE)
		n = chan_writable(f->chan);
	if (what & EV_READ)
		n = chan_readable(f->chan, CHAN_READS);
	if (n < 0)
		super_lost(f);
	fib_turn_soon(f);
}

void fib_attach(struct fib *f, int fd, unsigned restarts)
{
	f->chan = chan_new(fd, &chan_ops, f);
	f->ev_chan = event_new(f->base, fd, EV_READ | EV_PERSIST, on_chan, f);
	f->ev_chan_w = event_new(f->base, fd, EV_WRITE | EV_PERSIST, on_chan, f);
	event_add(f->ev_chan, NULL);
	up_start(f, restarts);
	fib_turn_soon(f);
}

void fib_detach(struct fib *f)
{
	if (!f->chan)
		return;
	event_free(f->ev_chan);
	event_free(f->ev_chan_w);
	f->ev_chan = f->ev_chan_w = NULL;
	chan_free(f->chan);
	f->chan = NULL;
	up_reset(f);
	/* The next engine may be slow to come: what it wants is not known. */
	fib_sweep_cancel(f);
}

/* ---- start and end ---- */

static int setup(struct fib *f)
{
	struct timeval audit = { .tv_sec = f->o->audit_s ? f->o->audit_s : AUDIT_S };
	int err;

	TAILQ_INIT(&f->doms);
	TAILQ_INIT(&f->ups);
	STAILQ_INIT(&f->queries);
	f->tick_ms = INT64_MAX;
	f->ev_fd = f->own_fd = f->nl.fd = f->gnl.fd = -1;
	files_raise(FILES_WANTED);
	bpf_progs_init(&f->progs);
	bpf_attach_init(&f->attach, &f->progs, f->o->no_tcx);
	ila_init(f);
	want_init(&f->want);
	want_begin(&f->want); /* nothing goes before an engine has spoken */
	f->base = event_base_new();
	if (!f->base)
		return -ENOMEM;
	f->ev_turn = event_new(f->base, -1, 0, on_turn, f);
	f->ev_tick = evtimer_new(f->base, on_tick, f);
	f->ev_audit = event_new(f->base, -1, EV_PERSIST, on_audit, f);
	f->ev_sweep = evtimer_new(f->base, on_sweep, f);
	event_add(f->ev_audit, &audit);
	err = nl_open(&f->nl, NETLINK_ROUTE);
	if (!err)
		err = watch_open(f);
	if (!err)
		err = watch_dump(f);
	return err;
}

static void shadow_free(struct fib *f)
{
	struct lfdb *e, *next_e;
	struct lneigh *n, *next_n;
	struct laddr *a, *next_a;
	struct link *l, *next_l;
	struct dom *d, *next_d;
	struct endpoint *p, *next_p;

	HASH_ITER (hh, f->fdbs, e, next_e) {
		HASH_DEL(f->fdbs, e);
		free(e);
	}
	HASH_ITER (hh, f->neighs, n, next_n) {
		HASH_DEL(f->neighs, n);
		free(n);
	}
	HASH_ITER (hh, f->addrs, a, next_a) {
		HASH_DEL(f->addrs, a);
		free(a);
	}
	HASH_CLEAR(hn, f->link_names);
	HASH_ITER (hh, f->links, l, next_l) {
		HASH_DEL(f->links, l);
		free(l);
	}
	HASH_ITER (hh, f->by_vni, d, next_d) {
		HASH_DEL(f->by_vni, d);
		free(d);
	}
	HASH_ITER (hh, f->endpoints, p, next_p) {
		HASH_DEL(f->endpoints, p);
		free(p);
	}
}

static void teardown(struct fib *f)
{
	fib_detach(f);
	super_stop(f);
	watch_close(f);
	ila_fini(f);
	pol_fini(f);
	nl_close(&f->nl);
	nl_close(&f->gnl);
	if (f->ev_turn)
		event_free(f->ev_turn);
	if (f->ev_tick)
		event_free(f->ev_tick);
	if (f->ev_audit)
		event_free(f->ev_audit);
	if (f->ev_sweep)
		event_free(f->ev_sweep);
	if (f->base)
		event_base_free(f->base);
	want_fini(&f->want);
	shadow_free(f);
}

int fib_run(const struct fib_opts *o)
{
	struct fib f = { .o = o };
	int err, status = 1;

	mallopt(M_MMAP_THRESHOLD, OWN_MAPPING);
	err = setup(&f);
	if (err) {
		log_err(LOG_FIB, "kernel: cannot be watched, err=%d", err);
	} else {
		err = super_start(&f);
		if (!err)
			event_base_dispatch(f.base);
		status = super_status(&f);
	}
	teardown(&f);
	return status;
}
