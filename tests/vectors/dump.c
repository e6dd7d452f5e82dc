/*
 * Messages as text for comparison with the .expect files beside this one. Says
 * everything that a decoder gave, in a fixed order, and judges nothing.
 */
#include "tests/vectors/dump.h"

#include <stdarg.h>
#include <stdio.h>

#include "lib/addr.h"
#include "lib/util.h"
#include "wire/msg.h"
#include "wire/nlri_evpn.h"
#include "wire/nlri_rtc.h"
#include "wire/open.h"
#include "wire/update.h"

struct text {
	char *buf;
	size_t size, len;
};

static void PRINTF_LIKE(2, 3) say(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(t->buf + t->len, t->size - t->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->len = MIN_OF(t->len + (size_t)n, t->size - 1);
}

static void say_hex(struct text *t, const char *name, const uint8_t *p, size_t len)
{
	say(t, "%s ", name);
	for (size_t i = 0; i < len; i++)
		say(t, "%02x", p[i]);
	say(t, "\n");
}

static void say_id(struct text *t, const char *name, uint32_t id)
{
	char a[ADDR_STR];
	struct ip ip = ip4_of(id);

	say(t, "%s %s\n", name, ip_format(&ip, a));
}

static void dump_family(struct text *t, const struct open_family *f)
{
	say(t, "family %u/%u", f->afi, f->safi);
	if (f->mp)
		say(t, " mp");
	if (f->addpath)
		say(t, " addpath=%u", f->addpath);
	if (f->gr)
		say(t, " gr%s", f->gr_forward ? "+F" : "");
	if (f->llgr)
		say(t, " llgr=%u%s", f->llgr_stale_s, f->llgr_forward ? "+F" : "");
	say(t, "\n");
}

static void dump_open(struct text *t, const uint8_t *body, size_t len)
{
	struct open_msg o;
	struct notif err;
	char line[128];

	say(t, "open\n");
	if (open_decode(body, len, &o, &err)) {
		say(t, "refused %s\n", notif_format(&err, line, sizeof(line)));
		return;
	}
	say(t, "version %u\nas %u\nas2 %u\nhold %u\n", o.version, o.as, o.as2,
	    o.hold_s);
	say_id(t, "id", o.id);
	say(t, "as4 %d\nrefresh %d\nenhanced-refresh %d\nextended-message %d\n", o.as4,
	    o.refresh, o.refresh_enhanced, o.extended_msg);
	if (o.gr)
		say(t, "graceful-restart time %u restarting %d notification %d\n",
		    o.gr_time_s, o.gr_restarting, o.gr_notification);
	if (o.role.present)
		say(t, "role %u%s\n", o.role.role, o.role.conflict ? " conflict" : "");
	if (o.hostname[0])
		say(t, "hostname %s\n", o.hostname);
	if (o.domain[0])
		say(t, "domain %s\n", o.domain);
	if (o.software[0])
		say(t, "software %s\n", o.software);
	for (size_t i = 0; i < o.n_families; i++)
		dump_family(t, &o.fam[i]);
}

static void dump_notification(struct text *t, const uint8_t *body, size_t len)
{
	struct rbuf r = rbuf_of(body, len);
	struct notif n;
	char line[NOTIF_DATA_MAX];

	say(t, "notification\n");
	if (msg_notif_decode(&r, &n)) {
		say(t, "refused\n");
		return;
	}
	say(t, "code %u/%u\n", n.code, n.sub);
	say(t, "means %s\n", notif_format(&n, line, sizeof(line)));
	say_hex(t, "data", n.data, n.len);
	say(t, "message \"%s\"\n", notif_message(&n, line, sizeof(line)));
}

static void dump_refresh(struct text *t, const uint8_t *msg, size_t len)
{
	struct msg_refresh m;
	struct notif err;

	say(t, "route-refresh\n");
	if (msg_refresh_decode(msg, len, &m, &err))
		say(t, "refused %u/%u\n", err.code, err.sub);
	else
		say(t, "family %u/%u\nsubtype %u\n", m.afi, m.safi, m.sub);
}

static void dump_fields(struct text *t, const struct evpn_route *r)
{
	char a[ADDR_STR];

	if (!evpn_type_known(r->type))
		return;
	say(t, "  rd %s\n", rd_format(&r->rd, a));
	if (r->type != EVPN_IMET)
		say(t, "  esi %s\n", esi_format(&r->esi, a));
	if (r->type != EVPN_ES)
		say(t, "  tag %u\n", r->tag);
	if (r->type == EVPN_PREFIX)
		say(t, "  gateway %s\n", ip_format(&r->gateway, a));
	if (r->type != EVPN_IMET && r->type != EVPN_ES)
		say(t, "  label %u mpls %u\n", r->label1, label_from_mpls(r->label1));
	if (r->has_label2)
		say(t, "  label2 %u mpls %u\n", r->label2, label_from_mpls(r->label2));
}

const struct nlri_ops *dump_ops(uint16_t afi, uint8_t safi)
{
	static const struct nlri_ops *const all[] = { &nlri_evpn_ops, &nlri_rtc_ops };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i]->afi == afi && all[i]->safi == safi)
			return all[i];
	return NULL;
}

static void dump_nlri(struct text *t, const struct nlri_ops *ops, struct rbuf r,
		      bool withdraw)
{
	static const char *const results[] = { "route", "treat-as-withdraw", "skip",
					       "framing lost" };
	enum nlri_result res = NLRI_OK;

	while (rbuf_left(&r) && res != NLRI_FRAMING) {
		char line[NLRI_STR_MAX];
		struct evpn_route e;
		struct nlri n;

		res = nlri_next(ops, &r, false, withdraw, &n);
		if (res == NLRI_SKIP || res == NLRI_FRAMING) {
			say(t, "%s\n", results[res]);
			continue;
		}
		say(t, "%s %s\n", withdraw ? "withdraw" : results[res],
		    ops->format(&n, line));
		if (ops != &nlri_evpn_ops)
			continue;
		if (!evpn_view(&n, &e))
			dump_fields(t, &e);
		else
			say(t, "  no view\n");
	}
}

static void dump_mp(struct text *t, const struct update_mp *mp, bool withdraw)
{
	char a[ADDR_STR];

	if (!mp->present)
		return;
	say(t, "%s %u/%u\n", withdraw ? "unreach" : "reach", mp->afi, mp->safi);
	if (!withdraw)
		say(t, "next-hop %s\n", ip_format(&mp->nexthop, a));
	const struct nlri_ops *ops = dump_ops(mp->afi, mp->safi);

	if (ops)
		dump_nlri(t, ops, mp->nlri, withdraw);
	else
		say_hex(t, "nlri", mp->nlri.p, rbuf_left(&mp->nlri));
}

static void dump_extcoms(struct text *t, const struct attrs *a)
{
	struct rbuf r = rbuf_of(a->ext_communities.p, a->ext_communities.len);
	char line[128];

	while (rbuf_left(&r))
		say(t, "ext-community %s\n",
		    extcom_format(rbuf_take(&r, 8), line, sizeof(line)));
}

static void dump_pmsi(struct text *t, const struct attrs *a)
{
	char line[ADDR_STR];
	struct ip vtep;
	uint32_t label;

	if (attrs_pmsi_ingress(a, &vtep, &label))
		say(t, "pmsi ingress-replication label %u vtep %s\n", label,
		    ip_format(&vtep, line));
	else
		say_hex(t, "pmsi", a->pmsi.p, a->pmsi.len);
}

static void dump_attrs(struct text *t, const struct attrs *a)
{
	static const char *const origins[] = { "igp", "egp", "incomplete" };
	char line[1024];
	struct rbuf cl = rbuf_of(a->cluster_list.p, a->cluster_list.len);

	if (attrs_has(a, ATTR_ORIGIN))
		say(t, "origin %s\n", origins[a->origin]);
	if (attrs_has(a, ATTR_AS_PATH))
		say(t, "as-path \"%s\"\n",
		    as_path_format(&a->as_path, line, sizeof(line)));
	if (attrs_has(a, ATTR_MED))
		say(t, "med %u\n", a->med);
	if (attrs_has(a, ATTR_LOCAL_PREF))
		say(t, "local-pref %u\n", a->local_pref);
	if (attrs_has(a, ATTR_ORIGINATOR_ID))
		say_id(t, "originator-id", a->originator_id);
	while (rbuf_left(&cl))
		say_id(t, "cluster", rbuf_u32(&cl));
	dump_extcoms(t, a);
	if (attrs_has(a, ATTR_PMSI))
		dump_pmsi(t, a);
	if (a->other.len)
		say_hex(t, "other", a->other.p, a->other.len);
}

static void dump_update(struct text *t, const uint8_t *body, size_t len, bool ebgp)
{
	static const char *const verdicts[] = { "ok", "discard-attribute",
						"treat-as-withdraw", "disable-family",
						"reset" };
	static struct update_scratch scratch;
	struct update_ctx ctx = { .as4 = true, .ebgp = ebgp };
	struct update u;
	uint16_t afi;
	uint8_t safi;

	say(t, "update\n");
	say(t, "verdict %s\n",
	    verdicts[update_decode(rbuf_of(body, len), &ctx, &scratch, &u)]);
	for (unsigned i = 0; i < MIN_OF(u.n_errors, (unsigned)UPDATE_ERRORS); i++)
		say(t, "error %s attribute %u\n",
		    update_reason_name(u.errors[i].reason), u.errors[i].attr);
	if (u.verdict == V_RESET) {
		say(t, "notify %u/%u\n", u.err.code, u.err.sub);
		return;
	}
	if (update_is_eor(&u, &afi, &safi))
		say(t, "end-of-rib %u/%u\n", afi, safi);
	dump_mp(t, &u.unreach, true);
	dump_mp(t, &u.reach, false);
	dump_attrs(t, &u.attrs);
}

const char *dump_message(const uint8_t *msg, size_t len, bool ebgp, char *buf,
			 size_t size)
{
	struct text t = { .buf = buf, .size = size };
	struct msg_header h;
	struct notif err;

	buf[0] = '\0';
	if (len < MSG_HEADER_LEN ||
	    msg_header_decode(msg, MSG_MAX_EXTENDED, &h, &err) || h.len != len) {
		say(&t, "bad header\n");
		return buf;
	}

	const uint8_t *body = msg + MSG_HEADER_LEN;
	size_t body_len = len - MSG_HEADER_LEN;

	if (h.type == MSG_OPEN)
		dump_open(&t, body, body_len);
	else if (h.type == MSG_UPDATE)
		dump_update(&t, body, body_len, ebgp);
	else if (h.type == MSG_NOTIFICATION)
		dump_notification(&t, body, body_len);
	else if (h.type == MSG_ROUTE_REFRESH)
		dump_refresh(&t, msg, len);
	else
		say(&t, "keepalive\n");
	return buf;
}
