/*
 * What programs say. The engine hears of dropped packets one by one while somebody
 * watches; of paths that take less than their device fib hears itself. And
 * counters of reasons and rules, and the entries that are not in fib/want.h.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "fib/pol_int.h"
#include "fib/run.h"
#include "fib/state.h"
#include "lib/chan.h"
#include "lib/clock.h"
#include "lib/util.h"

/* Packets that are told of in a second; the others are counted. */
enum { COUNTERS_MS = 1000, EVENTS_A_SECOND = 500 };

int pol_monitor(struct fib *f, const void *body, const char **why UNUSED)
{
	struct pol *p = pol_get(f);

	p->monitor = ((const struct intent_monitor *)body)->on;
	p->opt_due = true;
	pol_due(f);
	return 0;
}

/* ---- dropped packets ---- */

static bool may_tell(struct fib *f)
{
	struct pol *p = f->pol;
	int64_t now = clock_ms();

	if (now - p->second_ms >= 1000) {
		p->second_ms = now;
		p->second_n = 0;
	}
	if (f->chan && chan_has_room(f->chan) && p->second_n < EVENTS_A_SECOND) {
		p->second_n++;
		return true;
	}
	p->counted.events_lost++;
	return false;
}

static int on_event(void *arg, void *data, size_t size)
{
	struct fib *f = arg;
	struct bpf_pol_event e;
	struct intent_drop d;
	struct ip vtep;

	if (size < sizeof(e))
		return 0;
	memcpy(&e, data, sizeof(e));
	if (e.reason == BPF_POL_E_PATH) {
		vtep = ip_of(e.dst, sizeof(e.dst));
		net_way_told(f, &vtep);
		return 0;
	}
	if (!f->pol->monitor || !may_tell(f))
		return 0;
	d = (struct intent_drop) {
		.ifindex = e.ifindex,
		.vni = e.vni,
		.src_identity = e.src_identity,
		.dst_identity = e.dst_identity,
		.rule = e.rule,
		.reason = e.reason,
		.dir = e.dir,
		.proto = e.proto,
		.family = e.family,
		.sport = ntohs(e.sport),
		.dport = ntohs(e.dport),
		.len = e.len,
	};
	memcpy(d.src, e.src, sizeof(d.src));
	memcpy(d.dst, e.dst, sizeof(d.dst));
	chan_put(f->chan, INTENT_DROP, 0, &d, sizeof(d));
	return 0;
}

static void on_ring(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct fib *f = arg;

	ring_buffer__consume(f->pol->ring);
	fib_turn_soon(f);
}

static void monitor_open(struct fib *f)
{
	struct pol *p = f->pol;

	p->ring = ring_buffer__new(pol_fd(f, BPF_M_POL_EVENT), on_event, f, NULL);
	if (!p->ring) {
		log_warn(LOG_FIB, "policy: programs are not heard, err=%d", -errno);
		return;
	}
	p->ev_ring = event_new(f->base, ring_buffer__epoll_fd(p->ring),
			       EV_READ | EV_PERSIST, on_ring, f);
	event_add(p->ev_ring, NULL);
}

void pol_monitor_close(struct pol *p)
{
	if (p->ev_ring)
		event_free(p->ev_ring);
	ring_buffer__free(p->ring);
	p->ev_ring = NULL;
	p->ring = NULL;
}

void pol_monitor_work(struct fib *f)
{
	struct pol *p = f->pol;
	bool on = p->monitor || net_in_use(p);

	if (on && !p->ring)
		monitor_open(f);
	else if (!on && p->ring)
		pol_monitor_close(p);
}

/* ---- counters ---- */

int64_t pol_counters(struct fib *f)
{
	struct pol *p = f->pol;
	int64_t now = clock_ms();
	struct intent_drop_counters c;

	if (!p || !p->open || !f->chan)
		return INT64_MAX;
	if (now - p->told_ms < COUNTERS_MS)
		return p->told_ms + COUNTERS_MS;
	p->told_ms = now;
	pol_ct_look(f);
	c = p->counted;
	c.connections = p->connections;
	c.room = f->progs.max[BPF_M_POL_CT];
	if (!bpf_map_sums(pol_fd(f, BPF_M_POL_REASON), 0, DROP_REASONS, c.n) &&
	    (!p->was_counted || memcmp(&c, &p->counted, sizeof(c)))) {
		chan_put(f->chan, INTENT_DROP_COUNTERS, 0, &c, sizeof(c));
		p->counted = c;
		p->was_counted = true;
	}
	return now + COUNTERS_MS;
}

void pol_retell(struct fib *f)
{
	if (!f->pol)
		return;
	f->pol->was_counted = false;
	f->pol->told_ms = 0;
	/* It may use numbers of the last one before we hear of it. */
	for (struct load *l = f->pol->loads; l; l = l->hh.next)
		l->known = false;
}

/* ---- asked for ---- */

typedef void put_fn(struct fib *f, uint16_t type, const void *body, uint32_t len);

struct rules {
	struct fib *f;
	const struct intent_query *q;
	put_fn *put;
	int cpus;
};

static void on_rule(void *arg, const void *key, const void *value)
{
	const struct rules *r = arg;
	struct intent_rule_count c = { .id = r->q->id };
	const uint8_t *at = value;

	memcpy(&c.rule, key, sizeof(c.rule));
	for (int i = 0; i < r->cpus; i++, at += sizeof(struct bpf_pol_count)) {
		struct bpf_pol_count one;

		memcpy(&one, at, sizeof(one));
		c.packets += one.packets;
		c.bytes += one.bytes;
	}
	if (c.packets)
		r->put(r->f, INTENT_RULE_COUNT, &c, sizeof(c));
}

/* The numbers that verdicts name; the map has room for more. */
static uint32_t rule_max(const struct pol *p)
{
	const struct policy *y;
	const struct verdict *v;
	uint32_t max = 0;

	TAILQ_FOREACH (y, &p->policies, q) {
		uint32_t at = 0;

		while ((v = verdicts_each(&y->v, &at)))
			max = MAX_OF(max, v->value.rule);
	}
	return max;
}

static void rules_answer(struct rules *r)
{
	uint32_t max = MIN_OF(rule_max(r->f->pol) + 1, r->f->progs.max[BPF_M_POL_RULE]);
	void *value;

	r->cpus = libbpf_num_possible_cpus();
	if (r->cpus <= 0)
		return;
	value = xcalloc((size_t)r->cpus, sizeof(struct bpf_pol_count));
	for (uint32_t i = 0; i < max; i++)
		if (!bpf_map_lookup_elem(pol_fd(r->f, BPF_M_POL_RULE), &i, value))
			on_rule(r, &i, value);
	free(value);
}

static void policies_answer(struct fib *f, const struct intent_query *q, put_fn *put)
{
	const struct policy *y;

	TAILQ_FOREACH (y, &f->pol->policies, q) {
		bool wanted = y->engine && y->committed;
		bool right = y->nr && !y->fresh && !y->v.n_todo;
		struct intent_entry r = { .id = q->id,
					  .table = TABLE_POLICY,
					  .err = y->err,
					  .plane = ILA_PLANE_EBPF,
					  .number = y->v.n_keep,
					  .policy = y->engine };

		if (q->diff_only && wanted && right && !y->err)
			continue;
		r.state |= wanted ? ENTRY_WANTED : 0;
		r.state |= right ? ENTRY_SEEN : 0;
		put(f, INTENT_ENTRY, &r, sizeof(r));
	}
}

static void loads_answer(struct fib *f, const struct intent_query *q, put_fn *put)
{
	for (const struct load *l = f->pol->loads; l; l = l->hh.next) {
		struct intent_entry r = { .id = q->id,
					  .table = TABLE_WORKLOAD,
					  .state = ENTRY_WANTED,
					  .err = l->err,
					  .vni = l->want.vni,
					  .mac = l->want.mac,
					  .plane = ILA_PLANE_EBPF,
					  .number = l->want.identity,
					  .policy = l->want.policy };

		if (q->diff_only && !l->err)
			continue;
		r.state |= l->err ? 0 : ENTRY_SEEN;
		memcpy(r.dev, l->want.ifname, sizeof(r.dev));
		put(f, INTENT_ENTRY, &r, sizeof(r));
	}
}

void pol_answer(struct fib *f, const struct intent_query *q,
		void (*put)(struct fib *f, uint16_t type, const void *body,
			    uint32_t len))
{
	struct rules r = { .f = f, .q = q, .put = put };

	if (!f->pol)
		return;
	if (q->table == QUERY_RULES && f->pol->open)
		rules_answer(&r);
	if (q->table == TABLE_POLICY || q->table == TABLES)
		policies_answer(f, q, put);
	if (q->table == TABLE_WORKLOAD || q->table == TABLES)
		loads_answer(f, q, put);
}
