/*
 * The records between engine and fib as rows: size, name, text. Linked by both
 * sides. Not for what a record means: fib/serve.c checks and acts.
 */
#include "fib/intent.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include "lib/chan.h"
#include "lib/util.h"

_Static_assert(sizeof(struct intent_hdr) == sizeof(struct chan_hdr) &&
		       offsetof(struct intent_hdr, flags) ==
			       offsetof(struct chan_hdr, flags),
	       "a record begins with the channel's header");
_Static_assert((int)INTENT_BATCH_MAX == (int)CHAN_BATCH, "one datagram");

/* A line that grows; what does not fit is cut. */
struct line {
	char *buf;
	size_t at, size;
};

static void line_add(struct line *l, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void line_add(struct line *l, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (l->at >= l->size)
		return;
	va_start(ap, fmt);
	n = vsnprintf(l->buf + l->at, l->size - l->at, fmt, ap);
	va_end(ap);
	if (n > 0)
		l->at += (size_t)n;
}

static void add_mac(struct line *l, const char *key, const struct mac *m)
{
	char s[ADDR_STR];

	line_add(l, " %s=%s", key, mac_format(m, s));
}

static void add_ip(struct line *l, const char *key, const struct ip *a)
{
	char s[ADDR_STR];

	line_add(l, " %s=%s", key, ip_format(a, s));
}

/* Strings of a record need not be terminated. */
static void add_name(struct line *l, const char *key, const char *s, size_t size)
{
	int len = (int)strnlen(s, size);

	if (len)
		line_add(l, " %s=%.*s", key, len, s);
}

static void flag(struct line *l, bool on, const char *word)
{
	if (on)
		line_add(l, " %s", word);
}

static void l2dom_text(struct line *l, const void *body)
{
	const struct intent_l2dom *d = body;

	line_add(l, " vni=%u", d->vni);
	add_name(l, "bridge", d->bridge, sizeof(d->bridge));
	add_name(l, "vxlan", d->vxlan, sizeof(d->vxlan));
	add_ip(l, "vtep", &d->vtep);
	line_add(l, " port=%u", d->port);
	add_name(l, "underlay", d->underlay, sizeof(d->underlay));
	add_name(l, "tenant", d->tenant, sizeof(d->tenant));
	flag(l, d->flags & L2DOM_CREATE, "create");
	flag(l, d->flags & L2DOM_GBP, "gbp");
	flag(l, d->flags & L2DOM_SUPPRESS, "suppress");
	flag(l, d->flags & L2DOM_EBPF, "ebpf");
}

static void mac_text(struct line *l, const void *body)
{
	const struct intent_mac *m = body;

	line_add(l, " vni=%u", m->vni);
	add_mac(l, "mac", &m->mac);
	add_ip(l, "vtep", &m->vtep);
	if (m->dst_vni && m->dst_vni != m->vni)
		line_add(l, " dst-vni=%u", m->dst_vni);
	flag(l, m->flags & FMAC_STICKY, "sticky");
	flag(l, m->flags & FMAC_GBP, "gbp");
}

static void neigh_text(struct line *l, const void *body)
{
	const struct intent_neigh *n = body;

	line_add(l, " vni=%u", n->vni);
	add_ip(l, "ip", &n->ip);
	add_mac(l, "mac", &n->mac);
	flag(l, n->flags & FNEIGH_ROUTER, "router");
}

static void flood_text(struct line *l, const void *body)
{
	const struct intent_flood *f = body;

	line_add(l, " vni=%u", f->vni);
	add_ip(l, "vtep", &f->vtep);
}

static void endpoint_text(struct line *l, const void *body)
{
	const struct intent_endpoint *e = body;

	line_add(l, " vni=%u", e->vni);
	add_name(l, "dev", e->ifname, sizeof(e->ifname));
	add_mac(l, "mac", &e->mac);
}

static void adopt_text(struct line *l, const void *body)
{
	const struct intent_adopt *a = body;

	line_add(l, " on=%u", a->on);
}

static void query_text(struct line *l, const void *body)
{
	const struct intent_query *q = body;

	line_add(l, " id=%u table=%u diff-only=%u", q->id, q->table, q->diff_only);
}

static void ping_text(struct line *l, const void *body)
{
	const struct intent_ping *p = body;

	line_add(l, " seq=%u", p->seq);
}

static void exit_text(struct line *l, const void *body)
{
	const struct intent_exit *e = body;

	line_add(l, " status=%u keep=%u", e->status, e->keep);
}

static void hello_text(struct line *l, const void *body)
{
	const struct intent_hello *h = body;

	line_add(l, " version=%u restarts=%u kept=%u", h->version, h->fib_restarts,
		 h->kept);
}

static void link_text(struct line *l, const void *body)
{
	static const char *const kinds[] = { "other", "bridge", "vxlan", "port" };
	const struct intent_link *k = body;

	line_add(l, " ifindex=%u", k->ifindex);
	add_name(l, "name", k->name, sizeof(k->name));
	line_add(l, " kind=%s", k->kind < ARRAY_SIZE(kinds) ? kinds[k->kind] : "?");
	if (k->master)
		line_add(l, " master=%u", k->master);
	if (k->vni) {
		line_add(l, " vni=%u port=%u", k->vni, k->port);
		add_ip(l, "vtep", &k->vtep);
	}
	add_mac(l, "mac", &k->mac);
	flag(l, k->flags & LINK_UP, "up");
	flag(l, k->flags & LINK_OURS, "ours");
	flag(l, k->flags & LINK_L2DOM_OK, "l2dom-ok");
}

static void fdb_text(struct line *l, const void *body)
{
	const struct intent_fdb *f = body;

	line_add(l, " vni=%u ifindex=%u", f->vni, f->ifindex);
	add_mac(l, "mac", &f->mac);
	flag(l, f->flags & FDB_STICKY, "sticky");
	flag(l, f->flags & FDB_STATIC, "static");
}

static void addr_text(struct line *l, const void *body)
{
	const struct intent_addr *a = body;

	line_add(l, " ifindex=%u", a->ifindex);
	add_ip(l, "ip", &a->ip);
	line_add(l, " bits=%u", a->bits);
}

static void result_text(struct line *l, const void *body)
{
	const struct intent_result *r = body;

	line_add(l, " table=%u vni=%u err=%d", r->table, r->vni, r->err);
	add_mac(l, "mac", &r->mac);
	add_ip(l, "ip", &r->ip);
	if (r->why[0])
		line_add(l, " why=\"%.*s\"", (int)strnlen(r->why, sizeof(r->why)),
			 r->why);
}

static void counters_text(struct line *l, const void *body)
{
	static const char *const names[TABLES] = {
		"l2dom",      "vxlan-fdb", "bridge-fdb", "neigh",  "flood",
		"ila-domain", "ila-map",   "ila-local",  "policy", "ident",
		"workload",   "net-fdb",   "net-neigh"
	};
	struct intent_counters c;

	memcpy(&c, body, sizeof(c)); /* bodies are aligned to 4 only */
	for (int i = 0; i < TABLES; i++)
		line_add(l, " %s=%u/%u", names[i], c.table[i].seen, c.table[i].wanted);
	line_add(l, " resyncs=%llu", (unsigned long long)c.resyncs);
}

static void signal_text(struct line *l, const void *body)
{
	const struct intent_signal *s = body;

	line_add(l, " signo=%u", s->signo);
}

static void add_half(struct line *l, const char *key, const struct ila64 *a)
{
	char s[ILA_STR];

	line_add(l, " %s=%s", key, ila64_format(a, s));
}

static void add_ila(struct line *l, const char *key, const struct ila_addr *a)
{
	const struct ip ip = ip_of(a, sizeof(*a));

	add_ip(l, key, &ip);
}

static const char *plane_name(unsigned plane)
{
	static const char *const names[] = { "none", "auto", "kernel", "ebpf" };

	return plane < ARRAY_SIZE(names) ? names[plane] : "?";
}

static void ila_domain_text(struct line *l, const void *body)
{
	const struct intent_ila_domain *d = body;

	add_half(l, "sir", &d->sir);
	add_half(l, "locator", &d->locator);
	line_add(l, " csum=%s plane=%s", ila_csum_name(d->csum), plane_name(d->plane));
	for (int i = 0; i < ILA_UNDERLAYS; i++)
		add_name(l, "underlay", d->underlay[i], sizeof(d->underlay[i]));
	flag(l, d->flags & ILA_DOM_VNID, "vnid");
}

static void ila_map_text(struct line *l, const void *body)
{
	const struct intent_ila_map *m = body;

	add_ila(l, "addr", &m->addr);
	add_half(l, "locator", &m->locator);
	line_add(l, " csum=%s type=%u", ila_csum_name(m->csum), m->ident_type);
}

static void ila_multi_text(struct line *l, const void *body)
{
	const struct intent_ila_multi *m = body;

	add_ila(l, "addr", &m->addr);
	line_add(l, " csum=%s type=%u", ila_csum_name(m->csum), m->ident_type);
	for (int i = 0; i < ILA_LOCATORS && i < m->n; i++) {
		add_half(l, "locator", &m->locator[i]);
		line_add(l, " weight=%u", m->weight[i]);
	}
}

static void ila_endpoint_text(struct line *l, const void *body)
{
	const struct intent_ila_endpoint *e = body;

	add_ila(l, "addr", &e->addr);
	add_name(l, "dev", e->ifname, sizeof(e->ifname));
	if (e->vnid)
		line_add(l, " vnid=%u", e->vnid);
	if (e->flags & ILA_EP_PREFIX) {
		struct ip ip = { .len = 16 };

		memcpy(ip.b, e->prefix, sizeof(e->prefix));
		add_ip(l, "prefix", &ip);
	}
	flag(l, e->flags & ILA_EP_HOST, "host");
	flag(l, e->flags & ILA_EP_FAST, "fast");
}

static void ila_state_text(struct line *l, const void *body)
{
	const struct intent_ila_state *s = body;

	add_half(l, "sir", &s->sir);
	line_add(l, " plane=%s err=%d", plane_name(s->plane), s->err);
	flag(l, s->kernel_can, "kernel-can");
	flag(l, s->ebpf_can, "ebpf-can");
	flag(l, s->forwarding, "forwarding");
	if (s->why[0])
		line_add(l, " why=\"%.*s\"", (int)strnlen(s->why, sizeof(s->why)),
			 s->why);
}

static void ila_counters_text(struct line *l, const void *body)
{
	struct intent_ila_counters c;

	memcpy(&c, body, sizeof(c)); /* bodies are aligned to 4 only */
	add_half(l, "sir", &c.sir);
	for (int i = 0; i < ILA_COUNTS; i++)
		line_add(l, " %llu", (unsigned long long)c.n[i]);
}

static void ident_text(struct line *l, const void *body)
{
	const struct intent_ident *i = body;

	line_add(l, " vni=%u", i->vni);
	add_ip(l, "ip", &i->ip);
	line_add(l, "/%u identity=%u", i->bits, i->identity);
	add_name(l, "dev", i->ifname, sizeof(i->ifname));
}

static void group_text(struct line *l, const void *body)
{
	const struct intent_group *g = body;

	line_add(l, " vni=%u group=%u identity=%u", g->vni, g->group, g->identity);
}

static void policy_opt_text(struct line *l, const void *body)
{
	const struct intent_policy_opt *o = body;

	line_add(l, " identity=%u connections=%u", o->identity, o->connections);
}

static void workload_text(struct line *l, const void *body)
{
	const struct intent_workload *w = body;

	add_name(l, "dev", w->ifname, sizeof(w->ifname));
	line_add(l, " vni=%u identity=%u policy=%u", w->vni, w->identity, w->policy);
	add_mac(l, "mac", &w->mac);
	if (w->group)
		line_add(l, " group=%u", w->group);
	flag(l, w->flags & WORKLOAD_EBPF, "ebpf");
	flag(l, w->flags & WORKLOAD_ILA, "ila");
	flag(l, w->flags & WORKLOAD_CLOSED, "closed");
}

static void policy_text(struct line *l, const void *body)
{
	const struct intent_policy *p = body;

	line_add(l, " policy=%u", p->policy);
	if (p->count)
		line_add(l, " count=%u", p->count);
}

const char *drop_name(unsigned reason)
{
	static const char *const names[DROP_REASONS] = {
		[DROP_NONE] = "none",
		[DROP_POLICY] = "policy",
		[DROP_DENY] = "deny",
		[DROP_NO_POLICY] = "no-policy",
		[DROP_NO_FLOW] = "no-flow",
		[DROP_FRAGMENT] = "fragment",
		[DROP_SPOOF_MAC] = "spoof-mac",
		[DROP_SPOOF_IP] = "spoof-ip",
		[DROP_SPOOF_NEIGH] = "spoof-neighbour",
		[DROP_SPOOF_OUTSIDE] = "spoof-outside",
		[DROP_NOT_FOR] = "not-for-endpoint",
		[DROP_VLAN] = "vlan",
		[DROP_NOT_IP] = "not-ip",
		[DROP_MALFORMED] = "malformed",
		[DROP_VXLAN] = "vxlan-header",
		[DROP_FAILED] = "failed",
	};

	return reason < DROP_REASONS ? names[reason] : "?";
}

static const char *dir_name(unsigned dir)
{
	return dir == VERDICT_EGRESS ? "egress" : "ingress";
}

static void verdict_text(struct line *l, const void *body)
{
	const struct intent_verdict *v = body;

	line_add(l, " policy=%u %s identity=%u", v->policy, dir_name(v->dir),
		 v->identity);
	if (v->proto)
		line_add(l, " proto=%u", v->proto);
	if (v->plen)
		line_add(l, " port=%u/%u", v->port, v->plen);
	line_add(l, " %s rule=%u", v->flags & VERDICT_DENY ? "deny" : "allow", v->rule);
}

static void monitor_text(struct line *l, const void *body)
{
	line_add(l, " on=%u", ((const struct intent_monitor *)body)->on);
}

static void add_err(struct line *l, int err, const char *why, size_t size)
{
	line_add(l, " err=%d", err);
	if (why[0])
		line_add(l, " why=\"%.*s\"", (int)strnlen(why, size), why);
}

static void policy_state_text(struct line *l, const void *body)
{
	const struct intent_policy_state *s = body;

	line_add(l, " policy=%u", s->policy);
	add_err(l, s->err, s->why, sizeof(s->why));
}

static void workload_state_text(struct line *l, const void *body)
{
	const struct intent_workload_state *s = body;

	add_name(l, "dev", s->ifname, sizeof(s->ifname));
	line_add(l, " policy=%u", s->policy);
	add_err(l, s->err, s->why, sizeof(s->why));
}

static void drop_text(struct line *l, const void *body)
{
	const struct intent_drop *d = body;
	const struct ip src = ip_of(d->src, d->family == 1 ? 4 : 16);
	const struct ip dst = ip_of(d->dst, d->family == 1 ? 4 : 16);

	line_add(l, " reason=%s %s ifindex=%u vni=%u identity=%u,%u rule=%u",
		 drop_name(d->reason), dir_name(d->dir), d->ifindex, d->vni,
		 d->src_identity, d->dst_identity, d->rule);
	if (d->family)
		add_ip(l, "src", &src);
	if (d->family)
		add_ip(l, "dst", &dst);
	line_add(l, " proto=%u port=%u,%u len=%u", d->proto, d->sport, d->dport,
		 d->len);
}

static void rule_count_text(struct line *l, const void *body)
{
	struct intent_rule_count c;

	memcpy(&c, body, sizeof(c)); /* bodies are aligned to 4 only */
	line_add(l, " rule=%u packets=%llu bytes=%llu", c.rule,
		 (unsigned long long)c.packets, (unsigned long long)c.bytes);
}

static void drop_counters_text(struct line *l, const void *body)
{
	struct intent_drop_counters c;

	memcpy(&c, body, sizeof(c)); /* bodies are aligned to 4 only */
	for (int i = 0; i < DROP_REASONS; i++)
		if (c.n[i])
			line_add(l, " %s=%llu", drop_name((unsigned)i),
				 (unsigned long long)c.n[i]);
	line_add(l, " lost=%llu connections=%u room=%u",
		 (unsigned long long)c.events_lost, c.connections, c.room);
}

static void entry_text(struct line *l, const void *body)
{
	const struct intent_entry *e = body;

	line_add(l, " table=%u vni=%u", e->table, e->vni);
	if (e->number || e->policy)
		line_add(l, " number=%u policy=%u", e->number, e->policy);
	add_mac(l, "mac", &e->mac);
	add_ip(l, "ip", &e->ip);
	if (!ila64_is_zero(&e->locator))
		add_half(l, "locator", &e->locator);
	add_name(l, "dev", e->dev, sizeof(e->dev));
	flag(l, e->state & ENTRY_WANTED, "wanted");
	flag(l, e->state & ENTRY_SEEN, "seen");
	flag(l, e->state & ENTRY_FOREIGN, "foreign");
	flag(l, e->state & ENTRY_HELD, "held");
	if (e->err)
		line_add(l, " err=%d", e->err);
}

#define BODY(s) sizeof(struct intent_##s)
#define NO_BODY 0

static const struct row {
	uint16_t type;
	uint16_t body; /* bytes */
	const char *name;
	void (*text)(struct line *l, const void *body);
} rows[] = {
	{ INTENT_SYNC_BEGIN, NO_BODY, "sync_begin", NULL },
	{ INTENT_SYNC_END, NO_BODY, "sync_end", NULL },
	{ INTENT_L2DOM_SET, BODY(l2dom), "l2dom_set", l2dom_text },
	{ INTENT_L2DOM_DEL, BODY(l2dom), "l2dom_del", l2dom_text },
	{ INTENT_MAC_SET, BODY(mac), "mac_set", mac_text },
	{ INTENT_MAC_DEL, BODY(mac), "mac_del", mac_text },
	{ INTENT_NEIGH_SET, BODY(neigh), "neigh_set", neigh_text },
	{ INTENT_NEIGH_DEL, BODY(neigh), "neigh_del", neigh_text },
	{ INTENT_FLOOD_SET, BODY(flood), "flood_set", flood_text },
	{ INTENT_FLOOD_DEL, BODY(flood), "flood_del", flood_text },
	{ INTENT_ENDPOINT_SET, BODY(endpoint), "endpoint_set", endpoint_text },
	{ INTENT_ENDPOINT_DEL, BODY(endpoint), "endpoint_del", endpoint_text },
	{ INTENT_ADOPT, BODY(adopt), "adopt", adopt_text },
	{ INTENT_QUERY, BODY(query), "query", query_text },
	{ INTENT_PONG, BODY(ping), "pong", ping_text },
	{ INTENT_READY, NO_BODY, "ready", NULL },
	{ INTENT_EXIT, BODY(exit), "exit", exit_text },
	{ INTENT_ILA_DOMAIN_SET, BODY(ila_domain), "ila_domain_set", ila_domain_text },
	{ INTENT_ILA_DOMAIN_DEL, BODY(ila_domain), "ila_domain_del", ila_domain_text },
	{ INTENT_ILA_MAP_SET, BODY(ila_map), "ila_map_set", ila_map_text },
	{ INTENT_ILA_MULTI_SET, BODY(ila_multi), "ila_multi_set", ila_multi_text },
	{ INTENT_ILA_MAP_DEL, BODY(ila_map), "ila_map_del", ila_map_text },
	{ INTENT_ILA_ENDPOINT_SET, BODY(ila_endpoint), "ila_endpoint_set",
	  ila_endpoint_text },
	{ INTENT_ILA_ENDPOINT_DEL, BODY(ila_endpoint), "ila_endpoint_del",
	  ila_endpoint_text },
	{ INTENT_IDENT_SET, BODY(ident), "ident_set", ident_text },
	{ INTENT_IDENT_DEL, BODY(ident), "ident_del", ident_text },
	{ INTENT_GROUP_SET, BODY(group), "group_set", group_text },
	{ INTENT_GROUP_DEL, BODY(group), "group_del", group_text },
	{ INTENT_POLICY_OPT, BODY(policy_opt), "policy_opt", policy_opt_text },
	{ INTENT_WORKLOAD_SET, BODY(workload), "workload_set", workload_text },
	{ INTENT_WORKLOAD_DEL, BODY(workload), "workload_del", workload_text },
	{ INTENT_POLICY_BEGIN, BODY(policy), "policy_begin", policy_text },
	{ INTENT_VERDICT_SET, BODY(verdict), "verdict_set", verdict_text },
	{ INTENT_VERDICT_DEL, BODY(verdict), "verdict_del", verdict_text },
	{ INTENT_POLICY_COMMIT, BODY(policy), "policy_commit", policy_text },
	{ INTENT_POLICY_DEL, BODY(policy), "policy_del", policy_text },
	{ INTENT_MONITOR, BODY(monitor), "monitor", monitor_text },
	{ INTENT_HELLO, BODY(hello), "hello", hello_text },
	{ INTENT_LINK, BODY(link), "link", link_text },
	{ INTENT_FDB, BODY(fdb), "fdb", fdb_text },
	{ INTENT_LNEIGH, BODY(neigh), "lneigh", neigh_text },
	{ INTENT_ADDR, BODY(addr), "addr", addr_text },
	{ INTENT_DUMP_END, NO_BODY, "dump_end", NULL },
	{ INTENT_RESULT, BODY(result), "result", result_text },
	{ INTENT_COUNTERS, BODY(counters), "counters", counters_text },
	{ INTENT_SIGNAL, BODY(signal), "signal", signal_text },
	{ INTENT_PING, BODY(ping), "ping", ping_text },
	{ INTENT_ENTRY, BODY(entry), "entry", entry_text },
	{ INTENT_QUERY_END, BODY(query), "query_end", query_text },
	{ INTENT_ILA_STATE, BODY(ila_state), "ila_state", ila_state_text },
	{ INTENT_ILA_COUNTERS, BODY(ila_counters), "ila_counters", ila_counters_text },
	{ INTENT_POLICY_STATE, BODY(policy_state), "policy_state", policy_state_text },
	{ INTENT_WORKLOAD_STATE, BODY(workload_state), "workload_state",
	  workload_state_text },
	{ INTENT_DROP, BODY(drop), "drop", drop_text },
	{ INTENT_RULE_COUNT, BODY(rule_count), "rule_count", rule_count_text },
	{ INTENT_DROP_COUNTERS, BODY(drop_counters), "drop_counters",
	  drop_counters_text },
};

/* Types are small numbers in two runs: an index beats a search per record. */
static const struct row *row_find(uint16_t type)
{
	static const struct row *index[128];

	if (type >= ARRAY_SIZE(index))
		return NULL;
	if (!index[INTENT_SYNC_BEGIN])
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
			index[rows[i].type] = &rows[i];
	return index[type];
}

size_t intent_size(uint16_t type)
{
	const struct row *r = row_find(type);

	return r ? sizeof(struct intent_hdr) + r->body : 0;
}

const char *intent_name(uint16_t type)
{
	const struct row *r = row_find(type);

	return r ? r->name : "?";
}

const char *intent_format(const struct intent_hdr *h, const void *body, char *buf,
			  size_t size)
{
	const struct row *r = row_find(h->type);
	struct line l = { .buf = buf, .size = size };

	line_add(&l, "%s", intent_name(h->type));
	if (r && r->text)
		r->text(&l, body);
	flag(&l, h->flags & INTENT_F_SWEEP, "sweep");
	flag(&l, h->flags & INTENT_F_GONE, "gone");
	flag(&l, h->flags & INTENT_F_DUMP, "dump");
	return buf;
}
