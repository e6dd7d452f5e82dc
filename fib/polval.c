/*
 * Wanted values of identities, MACs and neighbours, and what the maps hold. Pure.
 */
#include "fib/polval.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

_Static_assert(sizeof(struct bpf_pol_net) <= POLVAL_KEY &&
		       sizeof(struct bpf_pol_addr) <= POLVAL_KEY &&
		       sizeof(struct bpf_net_mac) <= POLVAL_KEY,
	       "keys fit");
_Static_assert(sizeof(struct bpf_net_fdb) <= POLVAL_VALUE &&
		       sizeof(struct bpf_pol_ident) <= POLVAL_VALUE &&
		       sizeof(struct bpf_net_neigh) <= POLVAL_VALUE,
	       "values fit");
_Static_assert((int)BPF_POL_IN == (int)VERDICT_INGRESS &&
		       (int)BPF_POL_OUT == (int)VERDICT_EGRESS &&
		       (int)BPF_POL_DENY == (int)VERDICT_DENY &&
		       (int)BPF_POL_REASONS == (int)DROP_REASONS &&
		       (int)BPF_POL_R_FAILED == (int)DROP_FAILED &&
		       (int)BPF_POL_R_VLAN == (int)DROP_VLAN,
	       "the numbers of fib/intent.h are those of bpf/polmaps.h");

enum { FAMILY_SHIFT = 24, VNI_MASK = (1 << 24) - 1 };

struct bpf_pol_addr polval_addr(uint32_t vni, const struct ip *ip)
{
	uint32_t family = ip->len == 4 ? BPF_POL_IP4 : BPF_POL_IP6;
	struct bpf_pol_addr a = { .scope_family = family << FAMILY_SHIFT | vni };

	memcpy(a.ip, ip->b, ip->len);
	return a;
}

static bool addr_read(const struct bpf_pol_addr *a, struct want_key *k)
{
	uint32_t family = a->scope_family >> FAMILY_SHIFT;

	if (family != BPF_POL_IP4 && family != BPF_POL_IP6)
		return false;
	k->vni = a->scope_family & VNI_MASK;
	k->ip.len = family == BPF_POL_IP4 ? 4 : 16;
	memcpy(k->ip.b, a->ip, k->ip.len);
	return family == BPF_POL_IP6 || !(a->ip[1] | a->ip[2] | a->ip[3]);
}

bool polval_vtep(const struct ip *ip, __be32 out[4])
{
	memset(out, 0, 16);
	memcpy(out, ip->b, ip->len);
	return ip->len == 16;
}

enum bpf_map_id polval_map(const struct want_key *k)
{
	switch (k->table) {
	case TABLE_NET_FDB:
		return BPF_M_NET_FDB;
	case TABLE_NET_NEIGH:
		return BPF_M_NET_NEIGH;
	default:
		return k->bits == k->ip.len * 8 ? BPF_M_POL_IDENT : BPF_M_POL_NET;
	}
}

void polval_key(const struct want_key *k, void *key)
{
	struct bpf_net_mac mac = { .vni = k->vni };
	struct bpf_pol_net net;
	struct bpf_pol_addr a;

	switch (polval_map(k)) {
	case BPF_M_NET_FDB:
		memcpy(mac.mac, k->ip.b, sizeof(mac.mac));
		memcpy(key, &mac, sizeof(mac));
		break;
	case BPF_M_POL_NET:
		net.prefixlen = 32u + k->bits;
		net.addr = polval_addr(k->vni, &k->ip);
		memcpy(key, &net, sizeof(net));
		break;
	default:
		a = polval_addr(k->vni, &k->ip);
		memcpy(key, &a, sizeof(a));
		break;
	}
}

static void fdb_value(uint32_t vni, const struct want_val *v, struct bpf_net_fdb *f)
{
	*f = (struct bpf_net_fdb) { .vni = vni };
	if (v->flags & WV_LOCAL) {
		f->ifindex = v->num;
		f->flags = BPF_NET_FDB_LOCAL;
		return;
	}
	f->vni = v->num ? v->num : vni;
	f->flags = polval_vtep(&v->to, f->vtep) ? BPF_NET_FDB_IP6 : 0;
	f->flags |= v->flags & WV_GBP ? BPF_NET_FDB_GBP : 0;
}

void polval_value(const struct want_key *k, const struct want_val *v, void *value)
{
	struct bpf_pol_ident id = { .identity = v->num };
	struct bpf_net_neigh n = { .flags = 0 };
	struct bpf_net_fdb f;

	switch (polval_map(k)) {
	case BPF_M_NET_FDB:
		fdb_value(k->vni, v, &f);
		memcpy(value, &f, sizeof(f));
		break;
	case BPF_M_NET_NEIGH:
		memcpy(n.mac, v->to.b, sizeof(n.mac));
		n.flags = v->flags & WV_ROUTER ? BPF_NET_NEIGH_ROUTER : 0;
		memcpy(value, &n, sizeof(n));
		break;
	default:
		if (v->to.len)
			memcpy(&id.ifindex, v->to.b, sizeof(id.ifindex));
		memcpy(value, &id, sizeof(id));
		break;
	}
}

/* ---- back ---- */

static void fdb_read(uint32_t vni, const struct bpf_net_fdb *f, struct want_val *v)
{
	if (f->flags & BPF_NET_FDB_LOCAL) {
		v->num = f->ifindex;
		v->flags = WV_LOCAL;
		return;
	}
	v->num = f->vni == vni ? 0 : f->vni;
	v->to.len = f->flags & BPF_NET_FDB_IP6 ? 16 : 4;
	memcpy(v->to.b, f->vtep, v->to.len);
	v->flags = f->flags & BPF_NET_FDB_GBP ? WV_GBP : 0;
}

static void value_read(enum bpf_map_id m, const void *value, const struct want_key *k,
		       struct want_val *v)
{
	struct bpf_pol_ident id;
	struct bpf_net_neigh n;
	struct bpf_net_fdb f;

	if (m == BPF_M_NET_FDB) {
		memcpy(&f, value, sizeof(f));
		fdb_read(k->vni, &f, v);
	} else if (m == BPF_M_NET_NEIGH) {
		memcpy(&n, value, sizeof(n));
		v->to.len = sizeof(n.mac);
		memcpy(v->to.b, n.mac, sizeof(n.mac));
		v->flags = n.flags & BPF_NET_NEIGH_ROUTER ? WV_ROUTER : 0;
	} else {
		memcpy(&id, value, sizeof(id));
		v->num = id.identity;
		v->to.len = id.ifindex ? sizeof(id.ifindex) : 0;
		memcpy(v->to.b, &id.ifindex, v->to.len);
	}
}

static bool key_read(enum bpf_map_id m, const void *key, struct want_key *k)
{
	struct bpf_pol_addr a;
	struct bpf_pol_net net;
	struct bpf_net_mac mac;

	switch (m) {
	case BPF_M_NET_FDB:
		memcpy(&mac, key, sizeof(mac));
		k->table = TABLE_NET_FDB;
		k->vni = mac.vni;
		k->ip.len = sizeof(mac.mac);
		memcpy(k->ip.b, mac.mac, sizeof(mac.mac));
		return !mac.pad;
	case BPF_M_POL_NET:
		memcpy(&net, key, sizeof(net));
		k->table = TABLE_IDENT;
		if (net.prefixlen < 32 || net.prefixlen > 32 + 128 ||
		    !addr_read(&net.addr, k))
			return false;
		k->bits = (uint8_t)(net.prefixlen - 32);
		return k->bits < k->ip.len * 8;
	default:
		memcpy(&a, key, sizeof(a));
		k->table = m == BPF_M_NET_NEIGH ? TABLE_NET_NEIGH : TABLE_IDENT;
		if (!addr_read(&a, k))
			return false;
		k->bits = m == BPF_M_NET_NEIGH ? 0 : (uint8_t)(k->ip.len * 8);
		return true;
	}
}

static size_t value_size(enum bpf_map_id m)
{
	switch (m) {
	case BPF_M_NET_FDB:
		return sizeof(struct bpf_net_fdb);
	case BPF_M_NET_NEIGH:
		return sizeof(struct bpf_net_neigh);
	default:
		return sizeof(struct bpf_pol_ident);
	}
}

void polval_way_set(void *value, const struct polval_way *w)
{
	struct bpf_net_fdb f;

	memcpy(&f, value, sizeof(f));
	f.ifindex = w->ifindex;
	f.flags |= (uint32_t)w->mtu << BPF_NET_FDB_MTU_SHIFT;
	if (w->via.len) {
		f.flags |= BPF_NET_FDB_VIA;
		f.flags |= polval_vtep(&w->via, f.via) ? BPF_NET_FDB_VIA6 : 0;
	}
	memcpy(value, &f, sizeof(f));
}

struct polval_way polval_way(const void *value)
{
	struct polval_way w = { .ifindex = 0 };
	struct bpf_net_fdb f;

	memcpy(&f, value, sizeof(f));
	w.ifindex = f.ifindex;
	w.mtu = (uint16_t)(f.flags >> BPF_NET_FDB_MTU_SHIFT);
	if (f.flags & BPF_NET_FDB_VIA) {
		w.via.len = f.flags & BPF_NET_FDB_VIA6 ? 16 : 4;
		memcpy(w.via.b, f.via, w.via.len);
	}
	return w;
}

static void way_copy(void *to, const void *value)
{
	struct polval_way w = polval_way(value);

	polval_way_set(to, &w);
}

bool polval_read(enum bpf_map_id m, const void *key, const void *value,
		 struct want_key *k, struct want_val *v)
{
	uint8_t again[POLVAL_VALUE];

	*k = (struct want_key) { .vni = 0 };
	*v = (struct want_val) { .num = 0 };
	if (!key_read(m, key, k))
		return false;
	value_read(m, value, k, v);
	polval_value(k, v, again);
	if (m == BPF_M_NET_FDB && !(v->flags & WV_LOCAL))
		way_copy(again, value);
	if (memcmp(again, value, value_size(m)))
		v->flags |= WV_STRANGE;
	return true;
}

void polval_verdict(const struct intent_verdict *i, struct bpf_pol_key *k,
		    struct bpf_pol_verdict *v)
{
	*k = (struct bpf_pol_key) {
		.identity = i->identity,
		.dir_plen = (uint8_t)(i->dir << 7 | i->plen),
		.proto = i->proto,
		.port = htons(i->port),
	};
	*v = (struct bpf_pol_verdict) { .rule = i->rule, .flags = i->flags };
}
