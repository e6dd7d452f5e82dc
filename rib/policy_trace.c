/*
 * Why a flow passes or not: the same lookup that the programs make, in the verdicts of
 * one peer, and from the number of the clause back to its rule.
 */
#include "rib/policy_trace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/util.h"
#include "rib/policy_int.h"

static const struct {
	const char *name;
	uint8_t proto;
	uint16_t max;
} protos[] = {
	{ "tcp", 6, 65535 }, { "udp", 17, 65535 },  { "sctp", 132, 65535 },
	{ "icmp", 1, 255 },  { "icmpv6", 58, 255 },
};

static bool is_cidr(const struct policy *p, uint32_t identity)
{
	for (size_t i = 0; i < p->nets.n; i++)
		if (p->nets.net[i].identity == identity)
			return true;
	return false;
}

struct hit {
	uint32_t identity;
	bool yes;
};

static void hit(void *arg, uint32_t identity)
{
	struct hit *h = arg;

	h->yes |= identity == h->identity;
}

/* Which of its selectors and prefixes made the clause name this peer? */
static void name_part(const struct policy *p, const struct policy_party *peer,
		      struct policy_side *out)
{
	const struct policy_clause *c = out->clause;

	if (c->any_peer || c->entities & POLICY_ENT_ALL) {
		out->by = POLICY_BY_ANY;
		return;
	}
	for (uint32_t i = 0; i < c->n_selectors; i++) {
		if (!policy_selects(&c->selector[i], peer->labels))
			continue;
		out->by = POLICY_BY_LABELS;
		out->which = i;
		return;
	}
	for (uint32_t i = 0; i < c->n_cidrs; i++) {
		struct hit h = { .identity = peer->identity };

		policy_netset_each(&p->nets, &c->cidr[i], hit, &h);
		if (!h.yes)
			continue;
		out->by = POLICY_BY_CIDR;
		out->which = i;
		return;
	}
	out->by = POLICY_BY_ENTITY;
}

static void explain(const struct policy *p, const struct policy_subject *s,
		    enum policy_dir dir, const struct policy_party *peer,
		    const struct policy_verdict *v, struct policy_side *out)
{
	out->allowed = v && !(v->flags & POLICY_DENY);
	if (!v) {
		out->why = POLICY_WHY_DEFAULT_DENY;
		out->rule = policy_subject_closed_by(s, dir);
	} else if (!v->rule) {
		out->why = POLICY_WHY_OPEN;
	} else {
		out->why = out->allowed ? POLICY_WHY_ALLOWED : POLICY_WHY_DENIED;
		out->number = v->rule;
		out->clause = &p->doc->clause[v->rule - 1];
		out->rule = &p->doc->rule[out->clause->rule];
		name_part(p, peer, out);
	}
}

static void one_side(const struct policy *p, enum policy_dir dir,
		     const struct policy_party *who, const struct policy_party *peer,
		     const struct policy_flow *flow, struct policy_side *out)
{
	struct policy_flow f = *flow;

	*out = (struct policy_side) { .why = POLICY_WHY_NOT_ASKED, .allowed = true };
	if (!who->endpoint)
		return;
	/* A peer with a number of its own is one of those that policy_compile() is
	 * given; the rest is there without. */
	bool listed = peer->identity > 0xff && !is_cidr(p, peer->identity);
	struct policy_subject *s = policy_subject_new(p, who->labels);
	struct policy_peer *named = policy_peer_new(p, peer->identity, peer->labels);
	const struct policy_peer *peers[] = { named };
	struct policy_verdicts l = { 0 };

	f.identity = peer->identity;
	if (!policy_compile(s, peers, listed, &l))
		explain(p, s, dir, peer,
			policy_lookup(&l, policy_subject_hints(s), dir, &f), out);
	else
		*out = (struct policy_side) { .why = POLICY_WHY_DEFAULT_DENY };
	policy_verdicts_fini(&l);
	free(named);
	policy_subject_free(s);
}

void policy_trace(const struct policy *p, const struct policy_party *from,
		  const struct policy_party *to, const struct policy_flow *flow,
		  struct policy_trace *out)
{
	one_side(p, POLICY_EGRESS, from, to, flow, &out->egress);
	one_side(p, POLICY_INGRESS, to, from, flow, &out->ingress);
	out->allowed = out->egress.allowed && out->ingress.allowed;
}

const char *policy_why_text(enum policy_why why)
{
	static const char *const text[] = {
		[POLICY_WHY_NOT_ASKED] = "no endpoint, no policy",
		[POLICY_WHY_OPEN] = "not default deny",
		[POLICY_WHY_ALLOWED] = "allowed",
		[POLICY_WHY_DENIED] = "denied",
		[POLICY_WHY_DEFAULT_DENY] = "default deny",
	};

	return text[why];
}

int policy_flow_parse(const char *text, struct policy_flow *flow)
{
	const char *slash = strchr(text, '/');
	unsigned long number;
	char *end;

	if (!slash || slash[1] < '0' || slash[1] > '9')
		return -EINVAL;
	number = strtoul(slash + 1, &end, 10);
	for (size_t i = 0; i < ARRAY_SIZE(protos); i++) {
		if (strncmp(protos[i].name, text, (size_t)(slash - text)) ||
		    protos[i].name[slash - text])
			continue;
		if (*end || end - slash > 6 || number > protos[i].max)
			return -EINVAL;
		flow->proto = protos[i].proto;
		flow->port = (uint16_t)number;
		return 0;
	}
	return -EINVAL;
}

const char *policy_flow_format(const struct policy_flow *flow, char buf[32])
{
	snprintf(buf, 32, "%u/%u", flow->proto, flow->port);
	for (size_t i = 0; i < ARRAY_SIZE(protos); i++)
		if (protos[i].proto == flow->proto)
			snprintf(buf, 32, "%s/%u", protos[i].name, flow->port);
	return buf;
}
