/*
 * The tenants object: its life, its configuration by difference, and the words of its
 * reports. What follows from configuration, facts and routes is in the files named in
 * rib/tenant_priv.h.
 */
#include "rib/tenant.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "rib/tenant_priv.h"

enum { VNI_MAX = 0xffffff, VNI_MAX_SHIFTED = 0xfffff, RD_INDEXES = 65536 };

struct tenants *tenants_new(const struct tenants_hooks *hooks, void *ctx)
{
	struct tenants *t = xcalloc(1, sizeof(*t));

	t->hooks = hooks;
	t->ctx = ctx;
	t->evi = xcalloc(1, sizeof(*t->evi));
	t->rd_used = xcalloc(RD_INDEXES / 8, 1);
	table_init(&t->evi_by_vni, sizeof(struct evi_row));
	table_init(&t->rts, sizeof(struct rt_row));
	table_init(&t->vteps, sizeof(struct vtep));
	table_init(&t->claims, sizeof(struct import_claim));
	table_init(&t->imports, sizeof(struct import));
	table_init(&t->macs, sizeof(struct mac_entry));
	table_init(&t->neighs, sizeof(struct neigh_entry));
	table_init(&t->imets, sizeof(struct imet));
	table_init(&t->floods, sizeof(struct flood));
	table_init(&t->links, sizeof(struct link_fact));
	table_init(&t->addrs, sizeof(struct addr_fact));
	table_init(&t->ep_keys, sizeof(struct endpoint_key));
	LIST_INIT(&t->dads);
	return t;
}

static void locals_free(struct tenants *t)
{
	struct table_walk w = { 0 };

	for (uint32_t i; (i = table_next(&t->macs, &w));)
		free(mac_at(t, i)->x);
	w = (struct table_walk) { 0 };
	for (uint32_t i; (i = table_next(&t->neighs, &w));)
		free(neigh_at(t, i)->x);
}

void tenants_free(struct tenants *t)
{
	if (!t)
		return;
	locals_free(t);
	endpoint_fini(t);
	for (uint32_t i = 1; i <= t->n_evi; i++)
		free(t->evi[i]);
	free(t->evi);
	free(t->scratch);
	free(t->rd_used);

	struct table *all[] = { &t->evi_by_vni, &t->rts,    &t->vteps,   &t->imports,
				&t->macs,       &t->neighs, &t->imets,   &t->floods,
				&t->links,      &t->addrs,  &t->ep_keys, &t->claims };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		table_fini(all[i]);
	free(t);
}

/* ---- who is there ------------------------------------------------------ */

static void nobody_is_there(struct tenants *t)
{
	struct table_walk w = { 0 };

	import_claims_drop(t);
	endpoint_labels_drop(t);
	for (uint32_t i; (i = table_next(&t->neighs, &w));) {
		struct neigh_entry *n = neigh_at(t, i);

		if (n->identified)
			identities_put(t->ids, t->evi[n->evi]->vni, &n->ip, IDSET_NONE,
				       "");
		n->identified = false;
	}
}

void tenants_identify(struct tenants *t, struct identities *ids)
{
	if (t->ids == ids)
		return;
	if (t->ids)
		nobody_is_there(t);
	t->ids = ids;
	tenants_relabel(t);
}

/* ---- configuration ----------------------------------------------------- */

static int u32_cmp(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static bool evi_conf_is_valid(const struct tenants_evi_conf *e)
{
	return e->vni && e->vni <= (e->mpls_shifted ? VNI_MAX_SHIFTED : VNI_MAX) &&
	       e->n_import <= TENANT_RTS && e->n_export <= TENANT_RTS;
}

static int conf_check(const struct tenants *t, const struct tenants_conf *c)
{
	uint32_t *vnis;
	size_t fresh = 0;
	int err = 0;

	if (c->n_evis > TENANT_EVIS)
		return -ENOSPC;
	vnis = xcalloc(c->n_evis + 1, sizeof(*vnis));
	for (size_t i = 0; i < c->n_evis; i++) {
		if (!evi_conf_is_valid(&c->evis[i]))
			err = -EINVAL;
		vnis[i] = c->evis[i].vni;
		fresh += !evi_find(t, vnis[i]);
	}
	qsort(vnis, c->n_evis, sizeof(*vnis), u32_cmp);
	for (size_t i = 1; i < c->n_evis; i++)
		if (vnis[i] == vnis[i - 1])
			err = -EINVAL;
	if (!err && fresh + t->n_evi > TENANT_EVIS)
		err = -ENOSPC;
	free(vnis);
	return err;
}

static void evis_configure(struct tenants *t, const struct tenants_conf *c)
{
	for (uint32_t i = 1; i <= t->n_evi; i++) {
		struct evi *e = t->evi[i];

		e->configured = false;
		e->conf = (struct tenants_evi_conf) { .vni = e->vni };
	}
	for (size_t i = 0; i < c->n_evis; i++) {
		struct evi *e = evi_get(t, c->evis[i].vni);

		e->configured = true;
		e->conf = c->evis[i];
		e->conf.tenant[TENANT_NAME - 1] = '\0';
		e->conf.bridge[INTENT_IFNAME - 1] = '\0';
		e->conf.underlay[INTENT_IFNAME - 1] = '\0';
	}
}

int tenants_configure(struct tenants *t, const struct tenants_conf *c)
{
	int err = conf_check(t, c);

	if (err)
		return err;
	t->conf = *c;
	t->conf.evis = NULL;
	t->conf.n_evis = 0;
	if (t->adopt_out != c->advertise_all_vni) {
		const struct intent_adopt a = { .on = c->advertise_all_vni };

		t->adopt_out = c->advertise_all_vni;
		project_intent(t, INTENT_ADOPT, &a);
	}
	evis_configure(t, c);
	evi_refresh_all(t);
	endpoint_apply_all(t);
	if (t->ids) /* a tenant may take groups now, or no longer */
		tenants_relabel(t);
	tenants_reimport(t);
	return 0;
}

void tenants_reimport(struct tenants *t)
{
	if (!t->reimport)
		return;
	t->reimport = false;
	t->hooks->reimport(t->ctx);
}

/* ---- reports ----------------------------------------------------------- */

static const char *const event_words[] = {
	[TEV_DUPLICATE] = "duplicate address detected, no longer advertised",
	[TEV_RECOVERED] = "duplicate cleared",
	[TEV_STICKY_REMOTE] =
		"learned here but sticky at a remote VTEP, not advertised",
	[TEV_STICKY_CLASH] = "static here and sticky at a remote VTEP, ours is kept",
	[TEV_SEQ_WRAP] = "mobility sequence is used up, no longer advertised",
	[TEV_VNI_MISMATCH] = "remote VTEP uses another VNI, sending with that",
};

const char *tenants_report_format(const struct tenants_report *r, char *buf,
				  size_t size)
{
	char mac[ADDR_STR], ip[ADDR_STR + 8] = "", vtep[ADDR_STR + 8] = "", a[ADDR_STR];
	const char *number = r->event == TEV_VNI_MISMATCH ? "received" : "moves";

	if (!ip_is_none(&r->ip))
		snprintf(ip, sizeof(ip), " ip %s", ip_format(&r->ip, a));
	if (!ip_is_none(&r->vtep))
		snprintf(vtep, sizeof(vtep), " vtep=%s", ip_format(&r->vtep, a));
	snprintf(buf, size, "vni %u mac %s%s: %s,%s %s=%u", r->vni,
		 mac_format(&r->mac, mac), ip, event_words[r->event], vtep, number,
		 r->number);
	return buf;
}
