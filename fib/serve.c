/*
 * The engine's records. It parses what peers send, so whatever it asks is checked
 * here field by field: VNIs, names, addresses, and the limits given at start.
 */
#include "fib/serve.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "fib/dom.h"
#include "fib/port.h"
#include "fib/run.h"
#include "fib/state.h"
#include "fib/super.h"
#include "fib/up.h"
#include "lib/util.h"

enum { VNI_MAX = (1 << 24) - 1, QUERIES_MAX = 16 };

static bool name_ok(const char *s, size_t size, bool may_be_empty)
{
	size_t len = strnlen(s, size);

	if (len == size)
		return false;
	if (!len)
		return may_be_empty;
	if (!strcmp(s, ".") || !strcmp(s, ".."))
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] <= ' ' || s[i] == '/' || s[i] == ':' ||
		    s[i] == 127)
			return false;
	return true;
}

static bool text_ok(const char *s, size_t size)
{
	size_t len = strnlen(s, size);

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < ' ' || s[i] == 127)
			return false;
	return len < size;
}

static bool ip_ok(const struct ip *a)
{
	static const uint8_t zero[16];

	if (a->len != 4 && a->len != 16)
		return false;
	return !memcmp(a->b + a->len, zero, 16u - a->len);
}

static bool ip_unicast(const struct ip *a)
{
	static const uint8_t all[4] = { 255, 255, 255, 255 };

	return ip_ok(a) && !ip_is_zero(a) && !ip_is_multicast(a) &&
	       !(a->len == 4 && !memcmp(a->b, all, 4));
}

static int vni_check(const struct fib_opts *o, uint32_t vni, const char **why)
{
	if (!vni || vni > VNI_MAX) {
		*why = "VNI out of range";
		return -EINVAL;
	}
	if (o->vni_max && (vni < o->vni_min || vni > o->vni_max)) {
		*why = "VNI not allowed";
		return -EPERM;
	}
	return 0;
}

static int dev_check(const struct fib_opts *o, const char *name, const char **why)
{
	if (!strcmp(name, "lo") || (o->allow_dev && fnmatch(o->allow_dev, name, 0))) {
		*why = "device not allowed";
		return -EPERM;
	}
	return 0;
}

static int bad(const char **why, const char *text)
{
	*why = text;
	return -EINVAL;
}

static int check_l2dom(const struct fib_opts *o, const void *body, const char **why)
{
	const struct intent_l2dom *d = body;
	int err;

	if (!name_ok(d->bridge, sizeof(d->bridge), false) ||
	    !name_ok(d->vxlan, sizeof(d->vxlan), false) ||
	    !name_ok(d->underlay, sizeof(d->underlay), true))
		return bad(why, "device name");
	if (!strcmp(d->bridge, d->vxlan))
		return bad(why, "bridge and device have one name");
	if (!text_ok(d->tenant, sizeof(d->tenant)))
		return bad(why, "tenant name");
	if (!d->port)
		return bad(why, "UDP port");
	if (d->vtep.len && !ip_unicast(&d->vtep))
		return bad(why, "local VTEP");
	err = dev_check(o, d->bridge, why);
	return err ? err : dev_check(o, d->vxlan, why);
}

/* A delete names its key; the rest may be empty. */
static int check_vni_only(const struct fib_opts *o UNUSED, const void *body UNUSED,
			  const char **why UNUSED)
{
	return 0;
}

static int check_mac_key(const struct fib_opts *o UNUSED, const void *body,
			 const char **why)
{
	const struct intent_mac *m = body;

	if (mac_is_zero(&m->mac) || mac_is_multicast(&m->mac))
		return bad(why, "MAC is zero or multicast");
	return 0;
}

static int check_mac(const struct fib_opts *o, const void *body, const char **why)
{
	const struct intent_mac *m = body;

	if (!ip_unicast(&m->vtep))
		return bad(why, "VTEP");
	if (m->dst_vni > VNI_MAX)
		return bad(why, "VNI to send with");
	return check_mac_key(o, body, why);
}

static int check_neigh_key(const struct fib_opts *o UNUSED, const void *body,
			   const char **why)
{
	const struct intent_neigh *n = body;

	if (!ip_unicast(&n->ip) || ip_is_loopback(&n->ip))
		return bad(why, "neighbour's address");
	return 0;
}

static int check_neigh(const struct fib_opts *o, const void *body, const char **why)
{
	const struct intent_neigh *n = body;

	if (mac_is_zero(&n->mac) || mac_is_multicast(&n->mac))
		return bad(why, "MAC is zero or multicast");
	return check_neigh_key(o, body, why);
}

static int check_flood(const struct fib_opts *o UNUSED, const void *body,
		       const char **why)
{
	const struct intent_flood *t = body;

	return ip_unicast(&t->vtep) ? 0 : bad(why, "VTEP");
}

static int check_endpoint_key(const struct fib_opts *o UNUSED, const void *body,
			      const char **why)
{
	const struct intent_endpoint *e = body;

	return name_ok(e->ifname, sizeof(e->ifname), false) ? 0
							    : bad(why, "device name");
}

static int check_endpoint(const struct fib_opts *o, const void *body, const char **why)
{
	const struct intent_endpoint *e = body;
	int err = check_endpoint_key(o, body, why);

	if (err)
		return err;
	if (mac_is_multicast(&e->mac))
		return bad(why, "MAC is multicast");
	return dev_check(o, e->ifname, why);
}

/* ---- what to do ---- */

static void do_sync_begin(struct fib *f, const struct intent_hdr *h UNUSED,
			  const void *body UNUSED)
{
	fib_sweep_cancel(f);
	want_begin(&f->want);
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
	struct want_key k = { .vni = m->vni, .mac = m->mac, .table = TABLE_VXLAN_FDB };
	struct want_val v = { .vtep = m->vtep,
			      .dst_vni = m->dst_vni == m->vni ? 0 : m->dst_vni };

	set(f, &k, &v, m->cookie);
	k.table = TABLE_BRIDGE_FDB;
	v = (struct want_val) { .flags = m->flags & FMAC_STICKY ? WV_STICKY : 0 };
	set(f, &k, &v, m->cookie);
}

static void do_mac_del(struct fib *f, const struct intent_hdr *h UNUSED,
		       const void *body)
{
	const struct intent_mac *m = body;
	struct want_key k = { .vni = m->vni, .mac = m->mac, .table = TABLE_VXLAN_FDB };

	unset(f, &k);
	k.table = TABLE_BRIDGE_FDB;
	unset(f, &k);
}

static void do_neigh_set(struct fib *f, const struct intent_hdr *h UNUSED,
			 const void *body)
{
	const struct intent_neigh *n = body;
	struct want_key k = { .vni = n->vni, .ip = n->ip, .table = TABLE_NEIGH };
	struct want_val v = { .mac = n->mac,
			      .flags = n->flags & FNEIGH_ROUTER ? WV_ROUTER : 0 };

	set(f, &k, &v, n->cookie);
}

static void do_neigh_del(struct fib *f, const struct intent_hdr *h UNUSED,
			 const void *body)
{
	const struct intent_neigh *n = body;
	struct want_key k = { .vni = n->vni, .ip = n->ip, .table = TABLE_NEIGH };

	unset(f, &k);
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

/* In the order of enum intent_type. has_vni: the body begins with a VNI. */
static const struct row {
	uint16_t type;
	bool has_vni;
	int (*check)(const struct fib_opts *o, const void *body, const char **why);
	void (*act)(struct fib *f, const struct intent_hdr *h, const void *body);
	uint8_t table; /* for RESULT */
} rows[] = {
	{ INTENT_SYNC_BEGIN, false, NULL, do_sync_begin, 0 },
	{ INTENT_SYNC_END, false, NULL, do_sync_end, 0 },
	{ INTENT_L2DOM_SET, true, check_l2dom, do_l2dom_set, TABLE_L2DOM },
	{ INTENT_L2DOM_DEL, true, check_vni_only, do_l2dom_del, TABLE_L2DOM },
	{ INTENT_MAC_SET, true, check_mac, do_mac_set, TABLE_VXLAN_FDB },
	{ INTENT_MAC_DEL, true, check_mac_key, do_mac_del, TABLE_VXLAN_FDB },
	{ INTENT_NEIGH_SET, true, check_neigh, do_neigh_set, TABLE_NEIGH },
	{ INTENT_NEIGH_DEL, true, check_neigh_key, do_neigh_del, TABLE_NEIGH },
	{ INTENT_FLOOD_SET, true, check_flood, do_flood_set, TABLE_FLOOD },
	{ INTENT_FLOOD_DEL, true, check_flood, do_flood_del, TABLE_FLOOD },
	{ INTENT_ENDPOINT_SET, true, check_endpoint, do_endpoint_set, TABLE_L2DOM },
	{ INTENT_ENDPOINT_DEL, false, check_endpoint_key, do_endpoint_del,
	  TABLE_L2DOM },
	{ INTENT_ADOPT, false, NULL, do_adopt, 0 },
	{ INTENT_QUERY, false, NULL, do_query, 0 },
	{ INTENT_PONG, false, NULL, do_pong, 0 },
	{ INTENT_READY, false, NULL, do_ready, 0 },
	{ INTENT_EXIT, false, NULL, do_exit, 0 },
};
_Static_assert(offsetof(struct intent_l2dom, vni) == 0 &&
		       offsetof(struct intent_mac, vni) == 0 &&
		       offsetof(struct intent_neigh, vni) == 0 &&
		       offsetof(struct intent_flood, vni) == 0 &&
		       offsetof(struct intent_endpoint, vni) == 0,
	       "rows with has_vni begin with it");

static const struct row *row_find(uint16_t type)
{
	size_t i = type - (size_t)INTENT_SYNC_BEGIN;

	return i < ARRAY_SIZE(rows) && rows[i].type == type ? &rows[i] : NULL;
}

int serve_check(const struct fib_opts *o, const struct intent_hdr *h, const void *body,
		const char **why)
{
	const struct row *r = row_find(h->type);
	int err = 0;

	if (!r)
		return bad(why, "not a record of the engine");
	if (r->has_vni)
		err = vni_check(o, *(const uint32_t *)body, why);
	if (!err && r->check)
		err = r->check(o, body, why);
	return err;
}

/* What a refused record was about, for the engine's log and `show fib`. */
static void refuse(struct fib *f, const struct row *r, const struct intent_hdr *h,
		   const void *body, int err, const char *why)
{
	static struct log_limit limit;
	uint32_t vni = r && r->has_vni ? *(const uint32_t *)body : 0, cookie = 0;

	if (r && r->act == do_mac_set)
		cookie = ((const struct intent_mac *)body)->cookie;
	else if (r && r->act == do_neigh_set)
		cookie = ((const struct intent_neigh *)body)->cookie;
	else if (r && r->act == do_flood_set)
		cookie = ((const struct intent_flood *)body)->cookie;
	if (log_ratelimited(&limit, 20))
		log_warn(LOG_FIB, "%s: refused, %s, vni=%u", intent_name(h->type), why,
			 vni);
	f->want.count[r ? r->table : 0].ops_failed++;
	up_result(f, r ? r->table : 0, vni, cookie, err, why);
}

void serve_record(struct fib *f, const struct intent_hdr *h, const void *body)
{
	const struct row *r = row_find(h->type);
	const char *why = "";
	int err = serve_check(f->o, h, body, &why);

	if (err)
		refuse(f, r, h, body, err, why);
	else
		r->act(f, h, body);
}
