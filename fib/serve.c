/*
 * The engine's records. It parses what peers send, so whatever it asks is checked
 * here field by field: VNIs, names, addresses, and the limits given at start.
 */
#include "fib/serve.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "fib/check.h"
#include "fib/dom.h"
#include "fib/ila.h"
#include "fib/pol.h"
#include "fib/port.h"
#include "fib/run.h"
#include "fib/state.h"
#include "fib/super.h"
#include "fib/up.h"
#include "lib/util.h"

/* ---- what to do ---- */

static void do_sync_begin(struct fib *f, const struct intent_hdr *h UNUSED,
			  const void *body UNUSED)
{
	fib_sweep_cancel(f);
	want_begin(&f->want);
	pol_sync_begin(f);
}

static void do_sync_end(struct fib *f, const struct intent_hdr *h,
			const void *body UNUSED)
{
	if (h->flags & INTENT_F_SWEEP)
		fib_sweep(f);
	else
		fib_sweep_later(f);
}

/* Records are compared as bytes later: nothing behind the end of a name counts. */
static void tail_clear(char *s, size_t size)
{
	size_t len = strlen(s);

	memset(s + len, 0, size - len);
}

static void do_l2dom_set(struct fib *f, const struct intent_hdr *h UNUSED,
			 const void *body)
{
	struct intent_l2dom d = *(const struct intent_l2dom *)body;

	memset(d.pad, 0, sizeof(d.pad));
	tail_clear(d.bridge, sizeof(d.bridge));
	tail_clear(d.vxlan, sizeof(d.vxlan));
	tail_clear(d.underlay, sizeof(d.underlay));
	tail_clear(d.tenant, sizeof(d.tenant));
	dom_set(f, &d);
}

static void do_l2dom_del(struct fib *f, const struct intent_hdr *h UNUSED,
			 const void *body)
{
	dom_unset(f, ((const struct intent_l2dom *)body)->vni);
}

static void set(struct fib *f, const struct want_key *k, const struct want_val *v,
		uint32_t cookie)
{
	want_set(&f->want, want_get(&f->want, k, &dom_get(f, k->vni)->w), v, cookie);
}

static void unset(struct fib *f, const struct want_key *k)
{
	struct want_entry *e = want_find(&f->want, k);

	if (e)
		want_unset(&f->want, e);
}

static void do_mac_set(struct fib *f, const struct intent_hdr *h UNUSED,
		       const void *body)
{
	const struct intent_mac *m = body;
	struct want_key k = { .vni = m->vni,
			      .ip = want_of_mac(&m->mac),
			      .table = TABLE_VXLAN_FDB };
	struct want_val v = { .to = m->vtep,
			      .num = m->dst_vni == m->vni ? 0 : m->dst_vni };

	set(f, &k, &v, m->cookie);
	k.table = TABLE_BRIDGE_FDB;
	v = (struct want_val) { .flags = m->flags & FMAC_STICKY ? WV_STICKY : 0 };
	set(f, &k, &v, m->cookie);
	net_mac_set(f, m);
}

static void do_mac_del(struct fib *f, const struct intent_hdr *h UNUSED,
		       const void *body)
{
	const struct intent_mac *m = body;
	struct want_key k = { .vni = m->vni,
			      .ip = want_of_mac(&m->mac),
			      .table = TABLE_VXLAN_FDB };

	unset(f, &k);
	k.table = TABLE_BRIDGE_FDB;
	unset(f, &k);
	net_mac_del(f, m);
}

static void do_neigh_set(struct fib *f, const struct intent_hdr *h UNUSED,
			 const void *body)
{
	const struct intent_neigh *n = body;
	struct want_key k = { .vni = n->vni, .ip = n->ip, .table = TABLE_NEIGH };
	struct want_val v = { .to = want_of_mac(&n->mac),
			      .flags = n->flags & FNEIGH_ROUTER ? WV_ROUTER : 0 };

	set(f, &k, &v, n->cookie);
	net_neigh_set(f, n);
}

static void do_neigh_del(struct fib *f, const struct intent_hdr *h UNUSED,
			 const void *body)
{
	const struct intent_neigh *n = body;
	struct want_key k = { .vni = n->vni, .ip = n->ip, .table = TABLE_NEIGH };

	unset(f, &k);
	net_neigh_del(f, n);
}

static void do_flood_set(struct fib *f, const struct intent_hdr *h UNUSED,
			 const void *body)
{
	const struct intent_flood *t = body;
	struct want_key k = { .vni = t->vni, .ip = t->vtep, .table = TABLE_FLOOD };

	set(f, &k, &(struct want_val) { 0 }, t->cookie);
}

static void do_flood_del(struct fib *f, const struct intent_hdr *h UNUSED,
			 const void *body)
{
	const struct intent_flood *t = body;
	struct want_key k = { .vni = t->vni, .ip = t->vtep, .table = TABLE_FLOOD };

	unset(f, &k);
}

static void do_endpoint_set(struct fib *f, const struct intent_hdr *h UNUSED,
			    const void *body)
{
	endpoint_set(f, body);
}

static void do_endpoint_del(struct fib *f, const struct intent_hdr *h UNUSED,
			    const void *body)
{
	endpoint_unset(f, ((const struct intent_endpoint *)body)->ifname);
}

static void do_adopt(struct fib *f, const struct intent_hdr *h UNUSED, const void *body)
{
	dom_adopt(f, ((const struct intent_adopt *)body)->on);
}

static void do_query(struct fib *f, const struct intent_hdr *h UNUSED, const void *body)
{
	up_query(f, body);
}

static void do_pong(struct fib *f, const struct intent_hdr *h UNUSED, const void *body)
{
	super_pong(f, body);
}

static void do_ready(struct fib *f, const struct intent_hdr *h UNUSED,
		     const void *body UNUSED)
{
	super_ready(f);
}

static void do_exit(struct fib *f, const struct intent_hdr *h UNUSED, const void *body)
{
	super_exit(f, body);
}

/*
 * In the order of enum intent_type. has_vni, has_addr: the body begins with a VNI, a
 * SIR address or a SIR prefix. cookie: its offset, 0: none. What ILA is asked may
 * contradict what was said before: try() may still refuse.
 */
static const struct row {
	uint16_t type;
	uint8_t table; /* for RESULT */
	uint8_t cookie;
	bool has_vni, has_addr;
	check_record *check;
	void (*act)(struct fib *f, const struct intent_hdr *h, const void *body);
	int (*try)(struct fib *f, const void *body, const char **why);
} rows[] = {
#define PLAIN(t, act)                                                                  \
	{                                                                              \
		INTENT_##t, 0, 0, false, false, NULL, act, NULL                        \
	}
#define COOKIE(s) offsetof(struct intent_##s, cookie)
#define L2(t, table, cookie, check, act)                                               \
	{                                                                              \
		INTENT_##t, TABLE_##table, cookie, true, false, check, act, NULL       \
	}
#define ILA(t, table, cookie, check, try)                                              \
	{                                                                              \
		INTENT_ILA_##t, TABLE_ILA_##table, cookie, false, true, check, NULL,   \
			try                                                            \
	}
#define POL(t, table, cookie, check, try)                                              \
	{                                                                              \
		INTENT_##t, TABLE_##table, cookie, false, false, check, NULL, try      \
	}
	PLAIN(SYNC_BEGIN, do_sync_begin),
	PLAIN(SYNC_END, do_sync_end),
	L2(L2DOM_SET, L2DOM, 0, check_l2dom, do_l2dom_set),
	L2(L2DOM_DEL, L2DOM, 0, NULL, do_l2dom_del),
	L2(MAC_SET, VXLAN_FDB, COOKIE(mac), check_mac, do_mac_set),
	L2(MAC_DEL, VXLAN_FDB, COOKIE(mac), check_mac_key, do_mac_del),
	L2(NEIGH_SET, NEIGH, COOKIE(neigh), check_neigh, do_neigh_set),
	L2(NEIGH_DEL, NEIGH, COOKIE(neigh), check_neigh_key, do_neigh_del),
	L2(FLOOD_SET, FLOOD, COOKIE(flood), check_flood, do_flood_set),
	L2(FLOOD_DEL, FLOOD, COOKIE(flood), check_flood, do_flood_del),
	L2(ENDPOINT_SET, L2DOM, 0, check_endpoint, do_endpoint_set),
	{ INTENT_ENDPOINT_DEL, TABLE_L2DOM, 0, false, false, check_endpoint_key,
	  do_endpoint_del, NULL },
	PLAIN(ADOPT, do_adopt),
	PLAIN(QUERY, do_query),
	PLAIN(PONG, do_pong),
	PLAIN(READY, do_ready),
	PLAIN(EXIT, do_exit),
	ILA(DOMAIN_SET, DOMAIN, 0, check_ila_domain, ila_domain_set),
	ILA(DOMAIN_DEL, DOMAIN, 0, check_ila_domain_key, ila_domain_del),
	ILA(MAP_SET, MAP, COOKIE(ila_map), check_ila_map, ila_map_set),
	ILA(MULTI_SET, MAP, COOKIE(ila_multi), check_ila_multi, ila_multi_set),
	ILA(MAP_DEL, MAP, COOKIE(ila_map), check_ila_key, ila_map_del),
	ILA(ENDPOINT_SET, LOCAL, 0, check_ila_endpoint, ila_endpoint_set),
	ILA(ENDPOINT_DEL, LOCAL, 0, check_ila_key, ila_endpoint_del),
	POL(IDENT_SET, IDENT, COOKIE(ident), check_ident, pol_ident_set),
	POL(IDENT_DEL, IDENT, COOKIE(ident), check_ident_key, pol_ident_del),
	POL(GROUP_SET, IDENT, 0, check_group, pol_group_set),
	POL(GROUP_DEL, IDENT, 0, check_group_key, pol_group_del),
	POL(POLICY_OPT, IDENT, 0, check_policy_opt, pol_options),
	POL(WORKLOAD_SET, WORKLOAD, COOKIE(workload), check_workload, pol_workload_set),
	POL(WORKLOAD_DEL, WORKLOAD, COOKIE(workload), check_workload_key,
	    pol_workload_del),
	POL(POLICY_BEGIN, POLICY, 0, check_policy, pol_policy_begin),
	POL(VERDICT_SET, POLICY, 0, check_verdict, pol_verdict_set),
	POL(VERDICT_DEL, POLICY, 0, check_verdict, pol_verdict_del),
	POL(POLICY_COMMIT, POLICY, 0, check_policy, pol_policy_commit),
	POL(POLICY_DEL, POLICY, 0, check_policy, pol_policy_del),
	POL(MONITOR, POLICY, 0, NULL, pol_monitor),
};
_Static_assert(offsetof(struct intent_l2dom, vni) == 0 &&
		       offsetof(struct intent_mac, vni) == 0 &&
		       offsetof(struct intent_neigh, vni) == 0 &&
		       offsetof(struct intent_flood, vni) == 0 &&
		       offsetof(struct intent_endpoint, vni) == 0,
	       "rows with has_vni begin with it");
_Static_assert(offsetof(struct intent_ila_domain, sir) == 0 &&
		       offsetof(struct intent_ila_map, addr) == 0 &&
		       offsetof(struct intent_ila_multi, addr) == 0 &&
		       offsetof(struct intent_ila_endpoint, addr) == 0,
	       "rows with has_addr begin with it");

static const struct row *row_find(uint16_t type)
{
	size_t i = type - (size_t)INTENT_SYNC_BEGIN;

	return i < ARRAY_SIZE(rows) && rows[i].type == type ? &rows[i] : NULL;
}

static int row_check(const struct row *r, const struct fib_opts *o, const void *body,
		     const char **why)
{
	int err = 0;

	if (r->has_vni)
		err = check_vni(o, *(const uint32_t *)body, why);
	if (!err && r->check)
		err = r->check(o, body, why);
	return err;
}

int serve_check(const struct fib_opts *o, const struct intent_hdr *h, const void *body,
		const char **why)
{
	const struct row *r = row_find(h->type);

	if (r)
		return row_check(r, o, body, why);
	*why = "not a record of the engine";
	return -EINVAL;
}

/* What a refused record was about, for the engine's log and `show fib`. */
static void refuse(struct fib *f, const struct row *r, const struct intent_hdr *h,
		   const void *body, int err, const char *why)
{
	static struct log_limit limit;
	struct intent_result res = { .err = err, .table = r ? r->table : 0 };
	char addr[ADDR_STR];

	if (r && r->has_vni)
		res.vni = *(const uint32_t *)body;
	if (r && r->cookie)
		memcpy(&res.cookie, (const uint8_t *)body + r->cookie, 4);
	if (r && r->check == check_ident) {
		res.vni = ((const struct intent_ident *)body)->vni;
		res.ip = ((const struct intent_ident *)body)->ip;
	}
	if (r && r->has_addr) {
		bool prefix = r->table == TABLE_ILA_DOMAIN;

		res.ip.len = 16;
		memcpy(res.ip.b, body, prefix ? 8 : 16);
	}
	str_copy(res.why, sizeof(res.why), why);
	if (log_ratelimited(&limit, 20))
		log_warn(LOG_FIB, "%s: refused, %s, vni=%u addr=%s",
			 intent_name(h->type), why, res.vni, ip_format(&res.ip, addr));
	f->want.count[res.table].ops_failed++;
	up_refusal(f, &res);
}

void serve_record(struct fib *f, const struct intent_hdr *h, const void *body)
{
	const struct row *r = row_find(h->type);
	const char *why = "not a record of the engine";
	int err = r ? row_check(r, f->o, body, &why) : -EINVAL;

	if (!err && r->act)
		r->act(f, h, body);
	else if (!err)
		err = r->try(f, body, &why);
	if (err)
		refuse(f, r, h, body, err, why);
}

void serve_ahead(struct fib *f, const struct intent_hdr *h, const void *body)
{
	if (h->type == INTENT_ILA_MAP_SET || h->type == INTENT_ILA_MAP_DEL)
		ila_map_ahead(f, body);
}
