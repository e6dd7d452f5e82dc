/*
 * Winners as wanted forwarding state: fib/intent.h records, sent when they differ
 * from what fib was told last. Whether a record arrives and what the kernel makes of
 * it is bgpd/fibc.c's and fib's business.
 * RFC 8365 section 5.1; kernel objects per record: see fib/intent.h.
 */
#include <stdio.h>

#include "rib/tenant_priv.h"

enum { VXLAN_PORT = 4789 };

void project_intent(struct tenants *t, uint16_t type, const void *body)
{
	t->c.intents++;
	t->hooks->intent(t->ctx, type, body);
}

static bool served(const struct tenants *t, uint32_t evi)
{
	return t->evi[evi]->p.served;
}

static void mac_send(struct tenants *t, const struct mac_entry *m, uint16_t type)
{
	struct intent_mac b = {
		.vni = t->evi[m->evi]->vni,
		.dst_vni = m->inst_vni & IMP_VNI,
		.flags = (uint16_t)((m->inst_vni & IMP_STICKY ? FMAC_STICKY : 0) |
				    (m->inst_vni & IMP_GBP ? FMAC_GBP : 0)),
		.mac = m->mac,
	};

	if (m->inst_vtep)
		b.vtep = *vtep_ip(t, m->inst_vtep);
	project_intent(t, type, &b);
}

void project_mac(struct tenants *t, struct mac_entry *m, bool again)
{
	const struct import *r = NULL;

	if (m->owner == OWNER_REMOTE && served(t, m->evi))
		r = import_at(t, m->best);
	if (!r) {
		if (!m->inst_vtep)
			return;
		vtep_unref(t, m->inst_vtep);
		m->inst_vtep = 0;
		m->inst_vni = 0;
		mac_send(t, m, INTENT_MAC_DEL);
		return;
	}

	uint32_t vni = r->vni & (IMP_VNI | IMP_STICKY | IMP_GBP);

	if (!again && m->inst_vtep == r->vtep && m->inst_vni == vni)
		return;
	if (m->inst_vtep != r->vtep) {
		if (m->inst_vtep)
			vtep_unref(t, m->inst_vtep);
		m->inst_vtep = vtep_ref(t, vtep_ip(t, r->vtep));
	}
	m->inst_vni = vni;
	mac_send(t, m, INTENT_MAC_SET);
}

void project_neigh(struct tenants *t, struct neigh_entry *n, uint32_t route, bool again)
{
	const struct import *r =
		route && served(t, n->evi) ? import_at(t, route) : NULL;
	struct intent_neigh b = { .vni = t->evi[n->evi]->vni, .ip = n->ip };

	if (!r) {
		if (!n->inst)
			return;
		n->inst = 0;
		b.mac = n->inst_mac;
		project_intent(t, INTENT_NEIGH_DEL, &b);
		return;
	}

	uint8_t inst = r->vni & IMP_ROUTER ? NEIGH_INST_ROUTER : NEIGH_INST;

	b.mac = mac_at(t, r->mac)->mac;
	b.flags = inst == NEIGH_INST_ROUTER ? FNEIGH_ROUTER : 0;
	if (!again && n->inst == inst && mac_eq(&n->inst_mac, &b.mac))
		return;
	n->inst = inst;
	n->inst_mac = b.mac;
	project_intent(t, INTENT_NEIGH_SET, &b);
}

void project_flood(struct tenants *t, const struct flood *f, bool on)
{
	const struct intent_flood b = { .vni = t->evi[f->evi]->vni,
					.vtep = *vtep_ip(t, f->vtep) };

	project_intent(t, on ? INTENT_FLOOD_SET : INTENT_FLOOD_DEL, &b);
}

/* ---- layer 2 domains --------------------------------------------------- */

static bool l2dom_fill(const struct tenants *t, const struct evi *e,
		       struct intent_l2dom *b)
{
	const struct intent_link *vx = evi_link_find(t, e->p.vxlan_if);
	const struct intent_link *br = evi_link_find(t, e->p.bridge_if);
	bool tenant = e->conf.tenant[0];

	memset(b, 0, sizeof(*b)); /* compared as bytes */
	b->vni = e->vni;
	b->port = e->conf.port ? e->conf.port : vx && vx->port ? vx->port : VXLAN_PORT;
	b->flags = (uint16_t)(L2DOM_SUPPRESS | (tenant ? L2DOM_CREATE : 0) |
			      (e->conf.gbp ? L2DOM_GBP : 0) |
			      (e->conf.ebpf ? L2DOM_EBPF : 0));
	b->vtep = e->p.vtep;
	if (e->conf.bridge[0])
		str_copy(b->bridge, sizeof(b->bridge), e->conf.bridge);
	else if (br)
		str_copy(b->bridge, sizeof(b->bridge), br->name);
	else if (tenant)
		snprintf(b->bridge, sizeof(b->bridge), "br%u", e->vni);
	if (vx)
		str_copy(b->vxlan, sizeof(b->vxlan), vx->name);
	else
		snprintf(b->vxlan, sizeof(b->vxlan), "vx%u", e->vni);
	str_copy(b->underlay, sizeof(b->underlay), e->conf.underlay);
	str_copy(b->tenant, sizeof(b->tenant), e->conf.tenant);
	/* An adopted bridge has a name once its own LINK record has come. */
	return e->p.served && b->bridge[0] && !ip_is_none(&b->vtep);
}

void project_l2dom(struct tenants *t, struct evi *e)
{
	struct intent_l2dom b;

	if (!l2dom_fill(t, e, &b)) {
		if (e->l2dom_out)
			project_intent(t, INTENT_L2DOM_DEL, &e->l2dom);
		e->l2dom_out = false;
		return;
	}
	if (e->l2dom_out && !memcmp(&b, &e->l2dom, sizeof(b)))
		return;
	memcpy(&e->l2dom, &b, sizeof(b));
	e->l2dom_out = true;
	project_intent(t, INTENT_L2DOM_SET, &b);
}

void project_endpoint(struct tenants *t, struct endpoint *ep)
{
	struct intent_endpoint b = { .mac = ep->e.mac };
	bool want = ep->evi && served(t, ep->evi);

	if (!want && !ep->port_out)
		return;
	b.vni = want ? t->evi[ep->evi]->vni : ep->port_vni;
	str_copy(b.ifname, sizeof(b.ifname), ep->e.ifname);
	ep->port_out = want;
	ep->port_vni = b.vni;
	project_intent(t, want ? INTENT_ENDPOINT_SET : INTENT_ENDPOINT_DEL, &b);
}

/* ---- all of it --------------------------------------------------------- */

static void resync_domains(struct tenants *t)
{
	const struct intent_adopt a = { .on = t->adopt_out };

	project_intent(t, INTENT_ADOPT, &a);
	for (uint32_t i = 1; i <= t->n_evi; i++)
		if (t->evi[i]->l2dom_out)
			project_intent(t, INTENT_L2DOM_SET, &t->evi[i]->l2dom);
	for (size_t i = 0; i < t->n_ep; i++)
		if (t->ep[i]->port_out)
			project_endpoint(t, t->ep[i]);
}

void tenants_resync(struct tenants *t)
{
	struct table_walk w = { 0 };

	resync_domains(t);
	for (uint32_t i; (i = table_next(&t->floods, &w));)
		project_flood(t, table_at(&t->floods, i), true);
	w = (struct table_walk) { 0 };
	for (uint32_t i; (i = table_next(&t->macs, &w));)
		if (mac_at(t, i)->inst_vtep)
			project_mac(t, mac_at(t, i), true);
	w = (struct table_walk) { 0 };
	for (uint32_t i; (i = table_next(&t->neighs, &w));) {
		struct neigh_entry *n = neigh_at(t, i);

		if (n->inst)
			project_neigh(t, n, import_best_remote(t, n), true);
	}
}
