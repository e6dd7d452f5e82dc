/*
 * What the fields of the engine's records may be: the engine parses what peers send, so
 * nothing of it is believed. Pure. Not for what depends on what was said before
 * (fib/ila.c), nor for what follows (fib/serve.c).
 */
#include "fib/check.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <string.h>

#include "fib/fib.h"
#include "fib/intent.h"
#include "lib/util.h"

enum { VNI_MAX = (1 << 24) - 1 };

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

int check_vni(const struct fib_opts *o, uint32_t vni, const char **why)
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

int check_l2dom(const struct fib_opts *o, const void *body, const char **why)
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
	if (d->flags & ~(L2DOM_CREATE | L2DOM_GBP | L2DOM_SUPPRESS | L2DOM_EBPF))
		return bad(why, "flags");
	if (d->vtep.len && !ip_unicast(&d->vtep))
		return bad(why, "local VTEP");
	err = dev_check(o, d->bridge, why);
	return err ? err : dev_check(o, d->vxlan, why);
}

/* A delete names its key; the rest may be empty. */
int check_mac_key(const struct fib_opts *o UNUSED, const void *body, const char **why)
{
	const struct intent_mac *m = body;

	if (mac_is_zero(&m->mac) || mac_is_multicast(&m->mac))
		return bad(why, "MAC is zero or multicast");
	return 0;
}

int check_mac(const struct fib_opts *o, const void *body, const char **why)
{
	const struct intent_mac *m = body;

	if (!ip_unicast(&m->vtep))
		return bad(why, "VTEP");
	if (m->dst_vni > VNI_MAX)
		return bad(why, "VNI to send with");
	return check_mac_key(o, body, why);
}

int check_neigh_key(const struct fib_opts *o UNUSED, const void *body, const char **why)
{
	const struct intent_neigh *n = body;

	if (!ip_unicast(&n->ip) || ip_is_loopback(&n->ip))
		return bad(why, "neighbour's address");
	return 0;
}

int check_neigh(const struct fib_opts *o, const void *body, const char **why)
{
	const struct intent_neigh *n = body;

	if (mac_is_zero(&n->mac) || mac_is_multicast(&n->mac))
		return bad(why, "MAC is zero or multicast");
	return check_neigh_key(o, body, why);
}

int check_flood(const struct fib_opts *o UNUSED, const void *body, const char **why)
{
	const struct intent_flood *t = body;

	return ip_unicast(&t->vtep) ? 0 : bad(why, "VTEP");
}

int check_endpoint_key(const struct fib_opts *o UNUSED, const void *body,
		       const char **why)
{
	const struct intent_endpoint *e = body;

	return name_ok(e->ifname, sizeof(e->ifname), false) ? 0
							    : bad(why, "device name");
}

int check_endpoint(const struct fib_opts *o, const void *body, const char **why)
{
	const struct intent_endpoint *e = body;
	int err = check_endpoint_key(o, body, why);

	if (err)
		return err;
	if (mac_is_multicast(&e->mac))
		return bad(why, "MAC is multicast");
	return dev_check(o, e->ifname, why);
}

/* ---- ILA ---- */

static int fault(const char **why, enum ila_fault f)
{
	return f == ILA_OK ? 0 : bad(why, ila_fault_text(f));
}

int check_ila_domain_key(const struct fib_opts *o UNUSED, const void *body,
			 const char **why)
{
	return fault(why,
		     ila_prefix_check(&((const struct intent_ila_domain *)body)->sir));
}

static int underlay_check(const struct fib_opts *o, const struct intent_ila_domain *d,
			  const char **why)
{
	for (int i = 0; i < ILA_UNDERLAYS; i++) {
		if (!name_ok(d->underlay[i], sizeof(d->underlay[i]), true))
			return bad(why, "device name");
		if (d->underlay[i][0] && dev_check(o, d->underlay[i], why))
			return -EPERM;
	}
	return 0;
}

int check_ila_domain(const struct fib_opts *o, const void *body, const char **why)
{
	const struct intent_ila_domain *d = body;
	int err = check_ila_domain_key(o, body, why);

	if (!err && !ila64_is_zero(&d->locator))
		err = fault(why, ila_prefix_check(&d->locator));
	if (err)
		return err;
	if (ila64_eq(&d->sir, &d->locator))
		return fault(why, ILA_SAME_PREFIX);
	if (d->csum >= ILA_CSUMS)
		return bad(why, "checksum mode");
	if (d->plane < ILA_PLANE_AUTO || d->plane > ILA_PLANE_EBPF)
		return bad(why, "data plane");
	if (d->flags & ~ILA_DOM_VNID)
		return bad(why, "flags");
	if (d->flags & ILA_DOM_VNID && d->plane == ILA_PLANE_KERNEL) {
		*why = "kernel ILA keeps no tenants apart";
		return -EOPNOTSUPP;
	}
	return underlay_check(o, d, why);
}

static int check_ila_addr(const struct ila_addr *a, const char **why)
{
	int err = fault(why, ila_prefix_check(&a->prefix));

	return err ? err : fault(why, ila_id_check(&a->id, ILA_CSUM_NONE));
}

int check_ila_key(const struct fib_opts *o UNUSED, const void *body, const char **why)
{
	return check_ila_addr(body, why);
}

static int check_locator(const struct ila_addr *a, const struct ila64 *locator,
			 const char **why)
{
	int err = fault(why, ila_prefix_check(locator));

	if (!err && ila64_eq(&a->prefix, locator))
		err = fault(why, ILA_SAME_PREFIX);
	return err;
}

static int check_mapping(const struct ila_addr *a, uint8_t csum, uint8_t type,
			 const char **why)
{
	if (csum >= ILA_CSUMS)
		return bad(why, "checksum mode");
	if (type < ILA_TYPE_LUID || type > ILA_TYPE_VIRT6_MULTI)
		return bad(why, "type of identifier");

	int err = check_ila_addr(a, why);

	return err ? err : fault(why, ila_id_check(&a->id, csum));
}

int check_ila_map(const struct fib_opts *o UNUSED, const void *body, const char **why)
{
	const struct intent_ila_map *m = body;
	int err = check_mapping(&m->addr, m->csum, m->ident_type, why);

	return err ? err : check_locator(&m->addr, &m->locator, why);
}

int check_ila_multi(const struct fib_opts *o UNUSED, const void *body, const char **why)
{
	const struct intent_ila_multi *m = body;
	int err = check_mapping(&m->addr, m->csum, m->ident_type, why);

	if (err)
		return err;
	if (m->n < 2 || m->n > ILA_LOCATORS)
		return bad(why, "number of locators");
	for (int i = 0; i < m->n && !err; i++) {
		if (!m->weight[i])
			return bad(why, "weight");
		if (i && memcmp(&m->locator[i - 1], &m->locator[i],
				sizeof(m->locator[i])) >= 0)
			return bad(why, "order of locators");
		err = check_locator(&m->addr, &m->locator[i], why);
	}
	return err;
}

int check_ila_endpoint(const struct fib_opts *o, const void *body, const char **why)
{
	const struct intent_ila_endpoint *e = body;
	bool host = e->flags & ILA_EP_HOST;
	struct ila64 prefix;
	int err = check_ila_addr(&e->addr, why);

	if (err)
		return err;
	if (e->flags & ~(ILA_EP_PREFIX | ILA_EP_HOST | ILA_EP_FAST) ||
	    (e->flags & (ILA_EP_PREFIX | ILA_EP_FAST) && host))
		return bad(why, "flags");
	if (e->vnid > ILA_VNID_MAX || (e->vnid && ila_vnid_of(&e->addr.id) != e->vnid))
		return bad(why, "VNID");
	memcpy(&prefix, e->prefix, sizeof(prefix));
	if (e->flags & ILA_EP_PREFIX)
		err = fault(why, ila_prefix_check(&prefix));
	if (err)
		return err;
	if (host)
		return e->ifname[0] ? bad(why, "device of the host itself") : 0;
	if (!name_ok(e->ifname, sizeof(e->ifname), false))
		return bad(why, "device name");
	return dev_check(o, e->ifname, why);
}

/* ---- identity and policy ---- */

/* 0 is the scope of ILA. */
static int check_scope(const struct fib_opts *o, uint32_t vni, const char **why)
{
	return vni ? check_vni(o, vni, why) : 0;
}

int check_ident_key(const struct fib_opts *o, const void *body, const char **why)
{
	const struct intent_ident *i = body;

	if (!ip_ok(&i->ip) || i->bits > i->ip.len * 8)
		return bad(why, "address of an identity");
	for (unsigned bit = i->bits; bit < i->ip.len * 8u; bit++)
		if (i->ip.b[bit / 8] >> (7 - bit % 8) & 1)
			return bad(why, "address has bits behind its prefix");
	return check_scope(o, i->vni, why);
}

int check_ident(const struct fib_opts *o, const void *body, const char **why)
{
	const struct intent_ident *i = body;

	if (!i->identity)
		return bad(why, "identity 0 is none");
	if (!name_ok(i->ifname, sizeof(i->ifname), true))
		return bad(why, "device name");
	if (i->ifname[0] && i->bits != i->ip.len * 8)
		return bad(why, "prefix of an endpoint");
	return check_ident_key(o, body, why);
}

int check_group_key(const struct fib_opts *o, const void *body, const char **why)
{
	const struct intent_group *g = body;

	return g->group ? check_vni(o, g->vni, why) : bad(why, "group 0 is none");
}

int check_group(const struct fib_opts *o, const void *body, const char **why)
{
	const struct intent_group *g = body;

	return g->identity ? check_group_key(o, body, why)
			   : bad(why, "identity 0 is none");
}

int check_policy_opt(const struct fib_opts *o UNUSED, const void *body,
		     const char **why)
{
	const struct intent_policy_opt *p = body;

	if (p->connections &&
	    (p->connections < CONNECTIONS_MIN || p->connections > CONNECTIONS_MAX))
		return bad(why, "room for connections out of range");
	return p->identity ? 0 : bad(why, "identity 0 is none");
}

int check_workload_key(const struct fib_opts *o UNUSED, const void *body,
		       const char **why)
{
	const struct intent_workload *w = body;

	return name_ok(w->ifname, sizeof(w->ifname), false) ? 0
							    : bad(why, "device name");
}

int check_workload(const struct fib_opts *o, const void *body, const char **why)
{
	const struct intent_workload *w = body;
	int err = check_workload_key(o, body, why);

	if (err)
		return err;
	if (!w->identity)
		return bad(why, "identity 0 is none");
	if (mac_is_multicast(&w->mac))
		return bad(why, "MAC is multicast");
	if (w->flags & ~(WORKLOAD_EBPF | WORKLOAD_ILA | WORKLOAD_CLOSED) ||
	    !(w->flags & WORKLOAD_ILA) != !!w->vni)
		return bad(why, "flags");
	err = check_scope(o, w->vni, why);
	return err ? err : dev_check(o, w->ifname, why);
}

int check_policy(const struct fib_opts *o UNUSED, const void *body, const char **why)
{
	const struct intent_policy *p = body;

	if (!p->policy)
		return bad(why, "policy 0 is none");
	if (p->count > POLICY_VERDICTS)
		return bad(why, "number of verdicts");
	return 0;
}

int check_verdict(const struct fib_opts *o UNUSED, const void *body, const char **why)
{
	const struct intent_verdict *v = body;

	if (!v->policy)
		return bad(why, "policy 0 is none");
	if (v->dir > VERDICT_EGRESS || v->flags & ~VERDICT_DENY)
		return bad(why, "flags");
	if (v->plen > 16 || (!v->proto && v->plen))
		return bad(why, "length of a port");
	if (v->port & (0xffff >> v->plen))
		return bad(why, "port has bits behind its length");
	return 0;
}
