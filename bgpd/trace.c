/*
 * `policy trace`: which rule decides about a flow between two parties, by the documents
 * in force and the identities that are known here.
 */
#include "bgpd/engine_int.h"

#include <stdio.h>
#include <string.h>

#include "lib/cmd.h"
#include "lib/out.h"
#include "lib/util.h"
#include "rib/enforce.h"
#include "rib/policy_trace.h"

struct party {
	struct policy_party p;
	struct labels copy;
	bool has_vni;
	uint32_t vni;
	struct ip ip; /* none unless given as an address */
};

/* ---- who is it? --------------------------------------------------------------- */

/* An endpoint's labels as far as they count, or what somebody would be with these. */
static void from_labels(const struct engine *e, const char *labels, struct party *out)
{
	uint32_t set = identities_of_labels(e->ids, labels);
	struct bytes b = set ? identities_labels(e->ids, set) : (struct bytes) { 0 };

	if (b.p && b.len <= sizeof(out->copy.b)) {
		memcpy(out->copy.b, b.p, b.len);
		out->copy.len = (uint16_t)b.len;
	}
	out->p.endpoint = true;
	out->p.identity = set ? identities_number(e->ids, set) : IDENTITY_INIT;
	out->p.labels = (struct bytes) { out->copy.b, out->copy.len };
	identities_unref(e->ids, set);
}

static int from_endpoint(const struct engine *e, const char *name, struct party *out)
{
	struct tenants_endpoint_info i;

	if (!tenants_endpoint_get(e->tenants, name, &i))
		return -1;
	from_labels(e, i.e->labels, out);
	out->vni = ila_is_tenant(e->ila, i.e->tenant) ? 0 : i.vni;
	out->has_vni = true;
	return 0;
}

static bool find_in(const struct engine *e, uint32_t vni, const struct ip *ip,
		    struct identity_addr *out)
{
	return e->ids && identities_lookup(e->ids, vni, ip, out);
}

/* In the network of the other party, else wherever somebody has it. */
static bool find_ip(const struct engine *e, const struct ip *ip,
		    const struct party *other, struct identity_addr *out)
{
	const struct cfg_tenant *t;

	if (other->has_vni)
		return find_in(e, other->vni, ip, out);
	TAILQ_FOREACH (t, &e->cfg->tenants, link)
		if (find_in(e, t->ila ? 0 : t->vni, ip, out))
			return true;
	return false;
}

static void from_ip(const struct engine *e, const struct policy *p,
		    const struct party *other, struct party *out)
{
	const struct policy_net *net = policy_net_find(p, &out->ip);
	struct identity_addr a;

	out->p.identity = net ? net->identity : IDENTITY_WORLD;
	if (!find_ip(e, &out->ip, other, &a) || (net && net->prefix.bits > a.bits))
		return;
	out->p.identity = a.identity;
	out->p.labels = identities_labels_of(e->ids, a.identity);
	/* Of the static map: a host without programs. */
	out->p.endpoint = out->p.labels.p && a.bits == out->ip.len * 8;
	if (a.ifname[0] && !out->p.labels.p) /* ours, without labels */
		from_labels(e, "", out);
}

static int party_parse(const struct engine *e, const char *text, struct party *out,
		       char *err, size_t errlen)
{
	char canonical[LABELS_STR];

	*out = (struct party) { 0 };
	if (strchr(text, '=')) {
		if (labels_canonical(text, canonical, err, errlen))
			return -1;
		from_labels(e, canonical, out);
		return 0;
	}
	if (!from_endpoint(e, text, out) || !ip_parse(text, &out->ip))
		return 0;
	snprintf(err, errlen,
		 "%.64s is neither an endpoint, nor an address, nor labels", text);
	return -1;
}

/* ---- what is said --------------------------------------------------------------- */

static const char *by_name(enum policy_by by)
{
	static const char *const names[] = {
		[POLICY_BY_NONE] = "",         [POLICY_BY_ANY] = "any peer",
		[POLICY_BY_ENTITY] = "entity", [POLICY_BY_LABELS] = "labels",
		[POLICY_BY_CIDR] = "prefix",
	};

	return (unsigned)by < ARRAY_SIZE(names) ? names[by] : "?";
}

static void party_show(struct out *o, const char *key, const struct policy_party *p)
{
	char text[LABELS_STR] = "(labels not known)";

	out_obj(o, key);
	out_uint(o, "identity", p->identity);
	if (p->labels.p)
		out_str(o, "labels", labels_format(p->labels, text, sizeof(text)));
	out_end(o);
	out_text(o, "%-8s identity %u %s\n", key, p->identity, text);
}

static void side_show(struct out *o, const char *key, const struct policy_side *s)
{
	out_obj(o, key);
	out_bool(o, "allowed", s->allowed);
	out_str(o, "why", policy_why_text(s->why));
	if (s->rule) {
		out_str(o, "rule", s->rule->name);
		out_str(o, "file", s->rule->file);
	}
	if (s->clause) {
		out_str(o, "path", s->clause->path);
		out_uint(o, "number", s->number);
		out_str(o, "by", by_name(s->by));
	}
	out_end(o);
	out_text(o, "%-8s %s: %s", key, s->allowed ? "pass" : "drop",
		 policy_why_text(s->why));
	if (s->rule)
		out_text(o, ", %s (%s)", s->rule->name, s->rule->file);
	if (s->clause)
		out_text(o, " %s, rule %u, by %s", s->clause->path, s->number,
			 by_name(s->by));
	out_text(o, "\n");
}

/* Without documents there is nothing to trace. */
static void nothing(const struct engine *e, struct out *o)
{
	bool open = e->policy.source == POLICY_NONE;

	out_bool(o, "allowed", open);
	out_str(o, "source", policy_source_name(e->policy.source));
	out_text(o, "%s\n",
		 open ? "allowed: no policy is configured"
		      : "denied: no policy could be loaded");
}

static void show(const struct engine *e, const struct policy *p, struct party v[2],
		 const struct policy_flow *flow, struct out *o)
{
	struct policy_trace t;

	for (int i = 0; i < 2; i++)
		if (v[i].ip.len)
			from_ip(e, p, &v[!i], &v[i]);
	policy_trace(p, &v[0].p, &v[1].p, flow, &t);
	party_show(o, "from", &v[0].p);
	party_show(o, "to", &v[1].p);
	side_show(o, "egress", &t.egress);
	side_show(o, "ingress", &t.ingress);
	out_bool(o, "allowed", t.allowed);
	out_text(o, "%s\n", t.allowed ? "allowed" : "denied");
}

static int trace(void *ctx, const struct cmd_args *args, struct out *o)
{
	const struct engine *e = ctx;
	const struct policy *p = enforce_policy_now(e->policy.enforce);
	struct policy_flow flow = { 0 };
	struct party v[2];
	char err[256];

	if (policy_flow_parse(cmd_arg(args, "port"), &flow)) {
		out_line(o,
			 "%% expected tcp/80, udp/53, sctp/9, icmp/8 or icmpv6/128\n");
		return CMD_WARNING;
	}
	if (party_parse(e, cmd_arg(args, "from"), &v[0], err, sizeof(err)) ||
	    party_parse(e, cmd_arg(args, "to"), &v[1], err, sizeof(err))) {
		out_line(o, "%% %s\n", err);
		return CMD_WARNING;
	}
	out_obj(o, NULL);
	if (p)
		show(e, p, v, &flow, o);
	else
		nothing(e, o);
	out_end(o);
	return CMD_OK;
}

static const struct cmd_row rows[] = {
	{ CMD_EXEC, "policy trace from WORD$from to WORD$to port WORD$port [json]",
	  "Which rule decides between two endpoints, addresses or label sets", trace,
	  0 },
};

void policy_trace_register(struct engine *e)
{
	cmd_register(e->cmds, rows, ARRAY_SIZE(rows), e);
}
