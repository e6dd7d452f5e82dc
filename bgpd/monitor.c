/*
 * `monitor`: packets that our programs drop, live, with the names of endpoints, labels
 * and rules. fib tells of them only while somebody looks.
 */
#include "bgpd/monitor.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bgpd/engine_int.h"
#include "bgpd/vty.h"
#include "lib/cmd.h"
#include "lib/out.h"
#include "lib/util.h"
#include "rib/enforce.h"
#include "rib/policy_trace.h"

struct monitor {
	LIST_ENTRY(monitor) link;
	struct engine *e;
	struct vty_job *job;
	struct out *o;
	bool json;
	uint64_t lost; /* the client did not read */
};

void monitor_init(struct engine *e)
{
	LIST_INIT(&e->monitors);
}

static void look(struct engine *e, bool on)
{
	const struct intent_monitor m = { .on = on };

	if (e->fib.hello || fibc_is_record(e->fibc))
		fibc_put(e->fibc, INTENT_MONITOR, 0, &m);
}

void monitor_resync(struct engine *e)
{
	if (!LIST_EMPTY(&e->monitors))
		look(e, true);
}

/* ---- one packet -------------------------------------------------------------- */

/* One end of it. */
struct end {
	struct ip ip;
	uint16_t port;
	uint32_t identity;
	const struct tenants_endpoint *ep; /* NULL: none of this host */
	char labels[LABELS_STR];           /* "" not known */
};

static const char *reserved_name(uint32_t identity)
{
	switch (identity) {
	case 0:
		return "unknown";
	case IDENTITY_HOST:
		return "host";
	case IDENTITY_WORLD:
		return "world";
	case IDENTITY_INIT:
		return "init";
	case IDENTITY_REMOTE_NODE:
		return "remote-node";
	default:
		return "";
	}
}

static void end_fill(const struct engine *e, uint32_t vni, uint8_t family,
		     const uint8_t addr[16], struct end *out)
{
	struct identity_addr a;
	struct prefix p = { .ip = { 0 } };
	struct bytes labels;

	if (family)
		p.ip = ip_of(addr, family == 1 ? 4 : 16);
	p.bits = (uint8_t)(p.ip.len * 8);
	out->ip = p.ip;
	if (!e->ids)
		return;
	if (family && identities_find(e->ids, vni, &p, &a)) {
		if (!out->identity)
			out->identity = a.identity;
		if (a.ifname[0])
			out->ep = tenants_endpoint_on(e->tenants, a.ifname);
	}
	labels = identities_labels_of(e->ids, out->identity);
	if (labels.p)
		labels_format(labels, out->labels, sizeof(out->labels));
	else
		str_copy(out->labels, sizeof(out->labels),
			 reserved_name(out->identity));
}

static void end_text(const struct end *d, const char *port, char *buf, size_t size)
{
	char ip[ADDR_STR] = "-";

	if (d->ip.len)
		ip_format(&d->ip, ip);
	snprintf(buf, size, "%s%s%s%s%s%s", ip, port, d->ep ? " " : "",
		 d->ep ? d->ep->name : "", d->labels[0] ? " " : "",
		 d->labels[0] ? d->labels : "");
}

static void end_json(struct out *o, const char *key, const struct end *d)
{
	char ip[ADDR_STR];

	out_obj(o, key);
	if (d->ip.len)
		out_str(o, "ip", ip_format(&d->ip, ip));
	if (d->port)
		out_uint(o, "port", d->port);
	if (d->ep)
		out_str(o, "endpoint", d->ep->name);
	if (d->identity)
		out_uint(o, "identity", d->identity);
	if (d->labels[0])
		out_str(o, "labels", d->labels);
	out_end(o);
}

static const struct policy_clause *clause_of(const struct engine *e, uint32_t rule,
					     const struct policy_rule **r)
{
	const struct policy *p = enforce_policy_now(e->policy.enforce);
	const struct policy_doc *d = p ? policy_doc_of(p) : NULL;

	if (!d || !rule || rule > d->n_clauses)
		return NULL;
	*r = &d->rule[d->clause[rule - 1].rule];
	return &d->clause[rule - 1];
}

static const char *proto_text(const struct intent_drop *d, char buf[32])
{
	const struct policy_flow f = { .proto = d->proto, .port = d->dport };
	char *slash;

	policy_flow_format(&f, buf);
	slash = strchr(buf, '/');
	if (slash && d->proto != IPPROTO_ICMP && d->proto != IPPROTO_ICMPV6)
		*slash = '\0'; /* ports stand with the addresses */
	return buf;
}

static void port_text(const struct intent_drop *d, uint16_t port, char buf[16])
{
	bool ports = d->proto == IPPROTO_TCP || d->proto == IPPROTO_UDP ||
		     d->proto == IPPROTO_SCTP;

	buf[0] = '\0';
	if (ports)
		snprintf(buf, 16, ":%u", port);
}

static void drop_text(struct engine *e, const struct intent_drop *d,
		      const struct end *from, const struct end *to, struct out *o)
{
	const struct policy_clause *c;
	const struct policy_rule *r;
	char proto[32], port[16], a[1400], b[1400];
	struct timespec now;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	port_text(d, d->sport, port);
	end_text(from, port, a, sizeof(a));
	port_text(d, d->dport, port);
	end_text(to, port, b, sizeof(b));
	out_text(o, "%02d:%02d:%02d.%03ld %s %s: %s -> %s %s, %u bytes", tm.tm_hour,
		 tm.tm_min, tm.tm_sec, now.tv_nsec / 1000000, drop_name(d->reason),
		 d->dir == VERDICT_EGRESS ? "egress" : "ingress", a, b,
		 proto_text(d, proto), d->len);
	if (d->vni)
		out_text(o, ", vni %u", d->vni);
	c = clause_of(e, d->rule, &r);
	if (c)
		out_text(o, ", rule %u %s %s", d->rule, r->name, c->path);
	out_text(o, "\n");
}

static void drop_json(struct engine *e, const struct intent_drop *d,
		      const struct end *from, const struct end *to, struct out *o)
{
	const struct policy_clause *c;
	const struct policy_rule *r;
	char proto[32];
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	out_obj(o, NULL);
	out_int(o, "timeMsec", now.tv_sec * 1000LL + now.tv_nsec / 1000000);
	out_str(o, "reason", drop_name(d->reason));
	out_str(o, "direction", d->dir == VERDICT_EGRESS ? "egress" : "ingress");
	out_str(o, "protocol", proto_text(d, proto));
	out_uint(o, "bytes", d->len);
	out_uint(o, "vni", d->vni);
	out_uint(o, "ifindex", d->ifindex);
	end_json(o, "from", from);
	end_json(o, "to", to);
	c = clause_of(e, d->rule, &r);
	if (c) {
		out_uint(o, "rule", d->rule);
		out_str(o, "ruleName", r->name);
		out_str(o, "rulePath", c->path);
	}
	out_end(o);
}

static char *drop_format(struct engine *e, const struct intent_drop *d, bool json)
{
	struct end from = { .port = d->sport, .identity = d->src_identity };
	struct end to = { .port = d->dport, .identity = d->dst_identity };
	struct out o;
	char *text;
	size_t len;

	end_fill(e, d->vni, d->family, d->src, &from);
	end_fill(e, d->vni, d->family, d->dst, &to);
	out_init(&o, json);
	(json ? drop_json : drop_text)(e, d, &from, &to, &o);
	text = out_take(&o, &len);
	while (len && text[len - 1] == '\n')
		text[--len] = '\0';
	for (char *p = text; json && *p; p++) /* an object a line */
		*p = *p == '\n' ? ' ' : *p;
	return text;
}

void monitor_drop(struct engine *e, const struct intent_drop *d)
{
	char *text[2] = { NULL, NULL };
	struct monitor *m;

	LIST_FOREACH (m, &e->monitors, link) {
		if (!text[m->json])
			text[m->json] = drop_format(e, d, m->json);
		if (m->lost)
			out_line(m->o,
				 m->json ? "{\"lost\": %llu}\n"
					 : "... %llu not shown\n",
				 (unsigned long long)m->lost);
		out_line(m->o, "%s\n", text[m->json]);
		if (vty_part(m->job))
			m->lost = 0;
		else
			m->lost++;
	}
	free(text[0]);
	free(text[1]);
}

/* ---- who looks --------------------------------------------------------------- */

static void on_gone(void *arg)
{
	struct monitor *m = arg;
	struct engine *e = m->e;

	LIST_REMOVE(m, link);
	free(m);
	if (LIST_EMPTY(&e->monitors))
		look(e, false);
}

static int monitor(void *ctx, const struct cmd_args *args, struct out *o)
{
	struct engine *e = ctx;
	struct monitor *m = xcalloc(1, sizeof(*m));

	m->e = e;
	m->o = o;
	m->json = cmd_has(args, "json");
	m->job = vty_defer(args, on_gone, m);
	if (!m->job) {
		free(m);
		out_line(o, "%% Only for a shell client\n");
		return CMD_WARNING;
	}
	vty_endless(m->job);
	if (LIST_EMPTY(&e->monitors))
		look(e, true);
	LIST_INSERT_HEAD(&e->monitors, m, link);
	return CMD_DEFERRED;
}

static const struct cmd_row rows[] = {
	{ CMD_EXEC, "monitor [json]",
	  "Packets that policy and guards drop, as they happen; ends with the client",
	  monitor, 0 },
};

void monitor_register(struct engine *e)
{
	cmd_register(e->cmds, rows, ARRAY_SIZE(rows), e);
}
