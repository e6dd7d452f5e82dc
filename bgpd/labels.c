/*
 * Labels at work on sessions: what `neighbor P labels` takes off routes, what `labels
 * permit` and `tenant permit` refuse, what is counted and said of it, and settings that
 * change while a session runs. What a route may claim is decided in rib/permit.c; what
 * becomes of what is believed, in rib/identity.c.
 */
#include "bgpd/routes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/log.h"
#include "lib/out.h"
#include "lib/util.h"
#include "lib/wbuf.h"
#include "wire/ila_com.h"
#include "wire/nlri_ip6.h"

enum { LINES_PER_MINUTE = 5 }; /* of each peer: none hides behind another */

/* ---- trust ------------------------------------------------------------------- */

enum cfg_labels labels_trust(const struct peer *p, unsigned fam)
{
	return cfg_labels_of(&p->cfg.af[fam], p->ebgp);
}

void labels_strip(struct routes *r, const struct peer *p, const struct family *f,
		  struct attrs *a)
{
	struct wbuf w = wbuf_of(r->unlabelled, MSG_MAX_EXTENDED);

	if (labels_trust(p, f->index) == CFG_LABELS_STRIP)
		attrs_unlabel(a, &p->cfg.marks, &w);
}

/* ---- judging the routes of an UPDATE ----------------------------------------- */

/* The number that the operator gave to labels, 0 none. */
static uint32_t assigned_number(void *ctx, struct bytes labels)
{
	const struct config *c = ctx;
	const struct cfg_assign *i;

	TAILQ_FOREACH (i, &c->assigns, link)
		if (i->labels.len == labels.len &&
		    !memcmp(i->labels.b, labels.p, labels.len))
			return i->number;
	return 0;
}

bool labels_judge(const struct peer *p, const struct family *f, const struct attrs *a,
		  struct label_judge *out)
{
	const struct permits *permits = &p->permits[f->index];
	struct ila_marker marker;
	struct extcom denied;

	if (!permits->labels && !permits->tenant)
		return false;
	*out = (struct label_judge) { .permits = permits, .attrs = a };
	if (permits->labels && !labels_permitted(permits->labels, &p->cfg.marks, a,
						 assigned_number, p->bgp->cfg))
		out->all = UR_LABELS_DENIED;
	else if (permits->tenant && f->index == FAM_EVPN &&
		 !targets_permitted(permits->tenant, a, &denied))
		out->all = UR_TENANT_DENIED;
	out->marked = permits->tenant &&
		      attrs_ila_marker(a, &marker) != -ENOENT; /* of any version */
	return true;
}

/* Where the identifier of a mapping stands, NULL if the route is none. */
static const struct ila64 *identifier_of(const struct label_judge *j,
					 const struct nlri_ops *ops,
					 const struct nlri *n, struct ila_addr *buf)
{
	struct nlri_origin o;
	struct prefix p;

	if (!ops->origin || !ops->origin(n, &o))
		return NULL;
	if (o.mapping == NLRI_MAPPING && n->key_len == sizeof(buf->id)) {
		memcpy(&buf->id, n->key, sizeof(buf->id));
		return &buf->id;
	}
	if (o.mapping != NLRI_MAPPING_IF_MARKED || !j->marked || nlri_ip6_view(n, &p))
		return NULL;
	memcpy(buf, p.ip.b, sizeof(*buf));
	return &buf->id;
}

enum update_reason labels_judge_route(const struct label_judge *j,
				      const struct nlri_ops *ops, const struct nlri *n)
{
	const struct ila64 *id;
	struct ila_addr buf;

	if (j->all != UR_NONE || !j->permits->tenant)
		return j->all;
	id = identifier_of(j, ops, n, &buf);
	return id && !vnid_permitted(j->permits->tenant, ila_vnid_of(id))
		       ? UR_TENANT_DENIED
		       : UR_NONE;
}

static void labels_text(const struct peer *p, unsigned fam, const struct attrs *a,
			char *buf, size_t size)
{
	struct bytes value, labels;
	int rc = attrs_labelset(a, p->cfg.marks.code, &value);

	if (rc == -ENOENT || !labelset_is_ours(value.p, value.len))
		snprintf(buf, size, "a group number without labels");
	else if (rc || labelset_decode(value, 0, &labels) != LABELSET_OK)
		snprintf(buf, size, "labels that cannot be read");
	else if (label_permit_has(p->permits[fam].labels, labels))
		snprintf(buf, size, "a group number that is not that of its labels");
	else
		labels_format(labels, buf, size);
}

static void tenant_text(const struct label_judge *j, const struct nlri_ops *ops,
			const struct nlri *n, char *buf, size_t size)
{
	struct extcom denied;
	struct ila_addr addr;
	char text[ADDR_STR];
	const struct ila64 *id = identifier_of(j, ops, n, &addr);

	if (id)
		snprintf(buf, size, "VNID %u", ila_vnid_of(id));
	else if (targets_permitted(j->permits->tenant, j->attrs, &denied))
		snprintf(buf, size, "?");
	else
		snprintf(buf, size, "route target %s", rt_format(&denied, text));
}

void labels_refused(struct peer *p, const struct family *f, const struct label_judge *j,
		    enum update_reason why, const struct nlri *n)
{
	bool labels = why == UR_LABELS_DENIED;
	char addr[ADDR_STR], route[NLRI_STR_MAX], claim[LABELS_STR];

	p->stats.update_errors[why]++;
	p->stats.permit_refused[f->index][!labels]++;
	if (!log_ratelimited(&p->permit_limit, LINES_PER_MINUTE))
		return;
	if (labels)
		labels_text(p, f->index, j->attrs, claim, sizeof(claim));
	else
		tenant_text(j, f->ops, n, claim, sizeof(claim));
	log_warn(LOG_UPDATE, "peer %s: %s permit refused %s: %s",
		 ip_format(&p->addr, addr), labels ? "labels" : "tenant",
		 f->ops->format(n, route), claim);
}

/* ---- settings ---------------------------------------------------------------- */

/* Assigned numbers are part of what is permitted. */
static uint64_t assigned_sum(const struct config *c)
{
	const struct cfg_assign *i;
	uint64_t sum = 0;

	TAILQ_FOREACH (i, &c->assigns, link)
		sum = 31 * sum + i->number + hash_bytes(i->labels.b, i->labels.len);
	return sum;
}

/* Lists of the configuration in force, which the session does not outlive: every
 * configuration that replaces it is made known to all peers before it goes. */
static void permits_resolve(struct peer *p, unsigned fam)
{
	static const struct label_permit no_labels;
	static const struct tenant_permit no_tenant;
	const struct cfg_nbr_af *af = &p->cfg.af[fam];
	const struct config *c = p->bgp->cfg;
	struct permits *out = &p->permits[fam];

	*out = (struct permits) { 0 };
	if (af->label_list[0]) {
		const struct cfg_label_list *l =
			config_label_list_find(c, af->label_list);

		out->labels = l ? &l->permit : &no_labels;
		out->sum = 1 + assigned_sum(c) +
			   hash_bytes(out->labels->rules, out->labels->len);
	}
	if (af->tenant_list[0]) {
		const struct cfg_tenant_list *l =
			config_tenant_list_find(c, af->tenant_list);

		out->tenant = l ? &l->permit : &no_tenant;
		out->sum = 3 * out->sum + 2 +
			   hash_bytes(out->tenant->rule,
				      out->tenant->n * sizeof(*out->tenant->rule));
	}
}

void labels_up(struct peer *p)
{
	for (unsigned i = 0; i < FAMS; i++)
		permits_resolve(p, i);
}

/* Whether it is believed is a fact of the source, which all its routes share. */
static void trust_set(struct peer *p, const struct family *f)
{
	struct rib *rib = &p->bgp->routes->rib[f->index];
	struct path_source src;

	if (!routes_has(rib, p))
		return;
	src = rib->peer[peer_slot(p)].src;
	src.labels = labels_trust(p, f->index) == CFG_LABELS_ACCEPT;
	rib_peer_source(rib, peer_slot(p), &src);
}

void labels_configured(struct peer *p)
{
	for (unsigned i = 0; i < FAMS; i++) {
		struct permits was = p->permits[i];
		const struct permits *now = &p->permits[i];

		permits_resolve(p, i);
		trust_set(p, &families[i]);
		if (was.sum == now->sum)
			continue;
		if (now->sum)
			routes_recheck(p, &families[i], "labels or tenant permit");
		if (was.sum)
			routes_ask_again(p, &families[i], "labels or tenant permit");
	}
}

/* ---- show -------------------------------------------------------------------- */

static void permit_show(struct out *o, const char *word, const char *list,
			uint64_t refused)
{
	if (!list[0])
		return;
	out_str(o, "permit", list);
	out_uint(o, "refusedRoutes", refused);
	out_text(o, "  %s permit: %s; %llu routes refused\n", word, list,
		 (unsigned long long)refused);
}

void labels_show(const struct peer *p, const struct family *f, struct out *o)
{
	const struct cfg_nbr_af *af = &p->cfg.af[f->index];
	const uint64_t *refused = p->stats.permit_refused[f->index];
	const char *trust = cfg_labels_name(labels_trust(p, f->index));

	if (f->index == FAM_RTC)
		return;
	out_obj(o, "labels");
	out_str(o, "trust", trust);
	out_text(o, "  Labels: %s%s\n", trust,
		 af->labels == CFG_LABELS_DEFAULT ? " (default)" : "");
	permit_show(o, "Labels", af->label_list, refused[0]);
	out_end(o);
	if (!af->tenant_list[0])
		return;
	out_obj(o, "tenant");
	permit_show(o, "Tenant", af->tenant_list, refused[1]);
	out_end(o);
}
