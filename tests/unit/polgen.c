/*
 * Random policies, their text and their meaning. The meaning is taken from the
 * sentences about documents alone: no identities, no entries, no order of anything.
 */
#include "tests/unit/polgen.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/rand.h"

static const char *const bare_keys[] = { "app", "env", "role" };
static const char *const keys[] = {
	"app", "k8s:app", "env", "x:env", "role", "k8s:role"
};
static const char *const written[] = { "app",   "any:app", "k8s:app", "env",
				       "x:env", "role",    "any:role" };
static const char *const values[] = { "a", "b", "c", "" };

#define PICK(a) ((a)[rand_below(sizeof(a) / sizeof((a)[0]))])

/* ---- making --------------------------------------------------------------------- */

void gen_set(struct gen_set *s)
{
	s->n = 0;
	for (unsigned i = 0; i < GEN_LABELS; i++) {
		const char *key = PICK(keys);
		bool have = rand_below(3) == 0;

		for (unsigned k = 0; k < s->n; k++)
			have |= !strcmp(s->l[k].key, key);
		if (!have)
			s->l[s->n++] = (struct gen_label) { key, PICK(values) };
	}
}

static void gen_cond(struct gen_cond *c, bool as_label)
{
	c->key = PICK(written);
	c->as_label = as_label;
	c->op = as_label ? GEN_IN : (enum gen_op)rand_below(4);
	c->n = 0;
	if (c->op == GEN_IN || c->op == GEN_NOT_IN)
		c->n = as_label ? 1 : 1 + rand_below(GEN_VALUES);
	for (unsigned i = 0; i < c->n; i++)
		c->value[i] = PICK(values);
}

static void gen_selector(struct gen_selector *s)
{
	s->n = 0;
	for (unsigned i = rand_below(GEN_CONDS + 1); i; i--) {
		struct gen_cond *c = &s->c[s->n];
		bool twice = false;

		gen_cond(c, rand_below(3) > 0);
		/* matchLabels has each key once. */
		for (unsigned k = 0; k < s->n; k++)
			twice |= c->as_label && s->c[k].as_label &&
				 !strcmp(s->c[k].key, c->key);
		s->n += !twice;
	}
}

/* Few bits vary, so that prefixes are in one another. */
static void gen_net(struct gen_net *n)
{
	static const uint8_t v4[] = { 0, 6, 7, 8, 12, 15, 16, 20, 23, 24, 31, 32 };
	static const uint8_t v6[] = { 0, 8, 31, 32, 33, 48, 64, 127, 128 };

	*n = (struct gen_net) { .len = rand_below(3) ? 4 : 16 };
	n->bits = n->len == 4 ? PICK(v4) : PICK(v6);
	n->b[0] = n->len == 4 ? 10 : 0x20;
	n->b[1] = (uint8_t)(rand_below(4) << 6 | rand_below(2));
	n->b[2] = (uint8_t)(rand_below(2) << 7);
	n->b[3] = (uint8_t)rand_below(3);
	if (n->len == 16)
		n->b[15] = (uint8_t)rand_below(3);
	for (unsigned i = n->bits; i < n->len * 8u; i++)
		n->b[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
}

static bool net_in(const struct gen_net *in, const struct gen_net *out)
{
	if (in->len != out->len || in->bits < out->bits)
		return false;
	for (unsigned i = 0; i < out->bits; i++)
		if ((in->b[i / 8] ^ out->b[i / 8]) & 0x80 >> i % 8)
			return false;
	return true;
}

static void gen_block(struct gen_block *b, bool with_except)
{
	gen_net(&b->net);
	b->n = 0;
	for (unsigned i = 0; i < 12 && with_except && b->n < GEN_EXCEPT; i++) {
		gen_net(&b->except[b->n]);
		b->n += net_in(&b->except[b->n], &b->net);
	}
}

static void gen_port(struct gen_port *p, bool k8s)
{
	static const uint8_t protos[] = { 6, 17, 132, GEN_PROTO_ANY };
	static const unsigned edges[] = {
		1, 2, 80, 443, 1023, 1024, 32768, 65534, 65535
	};

	*p = (struct gen_port) { .proto = k8s ? protos[rand_below(3)] : PICK(protos) };
	p->all = !rand_below(6);
	p->from = p->to = rand_below(4) ? PICK(edges) : 1 + rand_below(65535);
	if (!rand_below(3))
		p->to = p->from + rand_below(65536 - p->from);
}

static void gen_ports(struct gen_member *m, bool k8s)
{
	m->ports = rand_below(k8s ? 2 : 3);
	m->n_ports = m->ports == GEN_PORT_NONE ? 0 : 1 + rand_below(GEN_PORTS);
	for (unsigned i = 0; i < m->n_ports; i++) {
		gen_port(&m->port[i], k8s);
		if (m->ports != GEN_PORT_ICMP)
			continue;
		m->port[i].proto = rand_below(2) ? 1 : 58;
		m->port[i].from = rand_below(2) ? 8 : rand_below(256);
	}
}

static void gen_member(struct gen_member *m, int form)
{
	bool k8s = form == GEN_K8S;

	memset(m, 0, sizeof(*m));
	m->peers = k8s ? (rand_below(3) ? GEN_PEER_MIX : GEN_PEER_ANY)
		       : (enum gen_peers)rand_below(GEN_PEER_MIX);
	if (m->peers == GEN_PEER_LABELS || m->peers == GEN_PEER_MIX)
		m->n_selectors = rand_below(GEN_PEERS + 1);
	if (m->peers == GEN_PEER_NET || m->peers == GEN_PEER_MIX)
		m->n_blocks = rand_below(GEN_PEERS + 1);
	if (m->peers == GEN_PEER_MIX && !m->n_selectors && !m->n_blocks)
		m->n_selectors = 1; /* from: [] is no peer part there */
	if (m->peers == GEN_PEER_ENTITY)
		m->entities = rand_below(4) ? 1u << rand_below(6) : rand_below(64);
	for (unsigned i = 0; i < m->n_selectors; i++)
		gen_selector(&m->selector[i]);
	for (unsigned i = 0; i < m->n_blocks; i++)
		gen_block(&m->block[i], rand_below(2));
	gen_ports(m, k8s);
	/* {} is refused in objects of Cilium. */
	if (form != GEN_ARRAY && !k8s && m->peers == GEN_PEER_ANY && !m->n_ports) {
		m->peers = GEN_PEER_ENTITY;
		m->entities = GEN_ALL;
	}
}

static void gen_rule(struct gen_rule *r, int form)
{
	bool any = false;

	memset(r, 0, sizeof(*r));
	gen_selector(&r->subject);
	if (rand_below(2))
		r->subject.n = 0;
	for (int d = 0; d < 2; d++) {
		for (int deny = 0; deny < (form == GEN_K8S ? 1 : 2); deny++) {
			struct gen_section *s = &r->section[d][deny];

			s->there = !rand_below(deny ? 4 : 2);
			any |= s->there;
			s->n = s->there ? rand_below(GEN_MEMBERS + 1) : 0;
			for (unsigned i = 0; i < s->n; i++)
				gen_member(&s->m[i], form);
		}
		r->said[d] = form != GEN_K8S && !rand_below(5);
		r->deny[d] = rand_below(2);
		any |= r->said[d];
		r->closed[d] =
			r->said[d] ? r->deny[d]
				   : r->section[d][0].there || r->section[d][1].there;
	}
	if (!any)
		r->section[0][0].there = r->closed[0] = true;
}

void gen_policy(struct gen_policy *p)
{
	p->form = rand_below(GEN_FORMS);
	p->n = 1 + rand_below(GEN_RULES);
	if (p->form == GEN_SPEC)
		p->n = 1;
	for (unsigned i = 0; i < p->n; i++)
		gen_rule(&p->rule[i], p->form == GEN_LIST ? GEN_SPEC : p->form);
}

static const struct gen_member *any_member(const struct gen_policy *p)
{
	const struct gen_section *s =
		&p->rule[rand_below(p->n)].section[rand_below(2)][rand_below(2)];

	return s->n ? &s->m[rand_below(s->n)] : NULL;
}

/* Often one that a member speaks of, or its neighbour. */
void gen_flow(struct gen_flow *f, const struct gen_policy *p)
{
	static const uint8_t protos[] = { 6, 6, 17, 132, 1, 58, 47 };
	const struct gen_member *m = any_member(p);

	*f = (struct gen_flow) { PICK(protos), (uint16_t)rand_below(65536),
				 !rand_below(8) };
	if (m && m->n_ports && rand_below(4)) {
		const struct gen_port *g = &m->port[rand_below(m->n_ports)];

		f->proto = g->proto ? g->proto : protos[rand_below(4)];
		f->port = (uint16_t)(rand_below(2) ? g->from : g->to);
		if (!rand_below(3))
			f->port = (uint16_t)(f->port + (rand_below(2) ? 1 : -1));
	}
	if (f->proto == 1 || f->proto == 58)
		f->port &= 255;
}

void gen_address(struct gen_net *a, const struct gen_policy *p)
{
	const struct gen_member *m = any_member(p);

	gen_net(a);
	if (m && m->n_blocks && rand_below(4)) {
		const struct gen_block *b = &m->block[rand_below(m->n_blocks)];

		*a = b->n && rand_below(2) ? b->except[rand_below(b->n)] : b->net;
	}
	if (!rand_below(3))
		a->b[a->len - 1] ^= (uint8_t)(1 << rand_below(8));
	a->bits = (uint8_t)(a->len * 8);
}

unsigned gen_labels(const struct gen_set *s, char *buf)
{
	char text[GEN_LABELS][32];
	unsigned len = 0;

	for (unsigned i = 0; i < s->n; i++)
		snprintf(text[i], sizeof(text[i]), "%s=%s", s->l[i].key, s->l[i].value);
	if (s->n)
		qsort(text, s->n, sizeof(text[0]),
		      (int (*)(const void *, const void *))strcmp);
	for (unsigned i = 0; i < s->n; i++)
		len += (unsigned)sprintf(buf + len, "%s%s", i ? "|" : "", text[i]);
	for (unsigned i = 0; i < len; i++)
		if (buf[i] == '|')
			buf[i] = '\0';
	return len;
}

/* ---- writing -------------------------------------------------------------------- */

struct text {
	char *b;
	size_t len, cap;
	bool more; /* something stands before in this object or array */
};

static void __attribute__((format(printf, 2, 3)))
put(struct text *t, const char *fmt, ...)
{
	char s[256];
	va_list ap;

	va_start(ap, fmt);
	size_t n = (size_t)vsnprintf(s, sizeof(s), fmt, ap);
	va_end(ap);
	if (t->len + n + 1 > t->cap) {
		t->cap = 2 * t->cap + n + 1;
		t->b = realloc(t->b, t->cap);
	}
	memcpy(t->b + t->len, s, n + 1);
	t->len += n;
}

static void comma(struct text *t)
{
	put(t, "%s", t->more ? "," : "");
	t->more = true;
}

static void open_with(struct text *t, const char *key, const char *bracket)
{
	comma(t);
	if (key)
		put(t, "\"%s\":", key);
	put(t, "%s", bracket);
	t->more = false;
}

static void shut(struct text *t, const char *bracket)
{
	put(t, "%s\n", bracket);
	t->more = true;
}

static void put_selector(struct text *t, const char *key, const struct gen_selector *s)
{
	static const char *const ops[] = { "In", "NotIn", "Exists", "DoesNotExist" };

	open_with(t, key, "{");
	open_with(t, "matchLabels", "{");
	for (unsigned i = 0; i < s->n; i++) {
		if (!s->c[i].as_label)
			continue;
		comma(t);
		put(t, "\"%s\":\"%s\"", s->c[i].key, s->c[i].value[0]);
	}
	shut(t, "}");
	open_with(t, "matchExpressions", "[");
	for (unsigned i = 0; i < s->n; i++) {
		if (s->c[i].as_label)
			continue;
		open_with(t, NULL, "{");
		comma(t);
		put(t, "\"key\":\"%s\",\"operator\":\"%s\"", s->c[i].key,
		    ops[s->c[i].op]);
		if (s->c[i].n) {
			open_with(t, "values", "[");
			for (unsigned v = 0; v < s->c[i].n; v++) {
				comma(t);
				put(t, "\"%s\"", s->c[i].value[v]);
			}
			shut(t, "]");
		}
		shut(t, "}");
	}
	shut(t, "]");
	shut(t, "}");
}

static void put_net(struct text *t, const struct gen_net *n)
{
	put(t, "\"");
	for (unsigned i = 0; i < n->len; i++) {
		if (n->len == 4)
			put(t, "%s%u", i ? "." : "", n->b[i]);
		else
			put(t, "%s%02x", i && i % 2 == 0 ? ":" : "", n->b[i]);
	}
	put(t, "/%u\"", n->bits);
}

static void put_block(struct text *t, const char *key, const struct gen_block *b)
{
	open_with(t, key, "{");
	comma(t);
	put(t, "\"cidr\":");
	put_net(t, &b->net);
	if (b->n) {
		open_with(t, "except", "[");
		for (unsigned i = 0; i < b->n; i++) {
			comma(t);
			put_net(t, &b->except[i]);
		}
		shut(t, "]");
	}
	shut(t, "}");
}

static const char *proto_name(uint8_t proto)
{
	return proto == 6 ? "TCP" : proto == 17 ? "UDP" : proto == 132 ? "SCTP" : "ANY";
}

static void put_peers(struct text *t, const struct gen_member *m, const char *way)
{
	static const char *const entity[] = { "all",         "world",   "host",
					      "remote-node", "cluster", "init" };
	bool plain = true; /* prefixes without exceptions have a shorter form */
	char key[32];

	for (unsigned i = 0; i < m->n_blocks; i++)
		plain &= !m->block[i].n;
	snprintf(key, sizeof(key), "%s%s", way,
		 m->peers == GEN_PEER_LABELS   ? "Endpoints"
		 : m->peers == GEN_PEER_ENTITY ? "Entities"
		 : plain                       ? "CIDR"
					       : "CIDRSet");
	open_with(t, key, "[");
	for (unsigned i = 0; i < m->n_selectors; i++)
		put_selector(t, NULL, &m->selector[i]);
	for (unsigned i = 0; i < m->n_blocks; i++) {
		if (plain)
			comma(t), put_net(t, &m->block[i].net);
		else
			put_block(t, NULL, &m->block[i]);
	}
	for (unsigned i = 0; i < 6; i++)
		if (m->entities >> i & 1)
			comma(t), put(t, "\"%s\"", entity[i]);
	shut(t, "]");
}

static void put_k8s_peers(struct text *t, const struct gen_member *m, const char *way)
{
	open_with(t, way, "[");
	for (unsigned i = 0; i < m->n_selectors; i++) {
		open_with(t, NULL, "{");
		put_selector(t, "podSelector", &m->selector[i]);
		shut(t, "}");
	}
	for (unsigned i = 0; i < m->n_blocks; i++) {
		open_with(t, NULL, "{");
		put_block(t, "ipBlock", &m->block[i]);
		shut(t, "}");
	}
	shut(t, "]");
}

static void put_port(struct text *t, const struct gen_port *p, bool k8s)
{
	const char *q = k8s ? "" : "\"";

	comma(t);
	put(t, "{\"protocol\":\"%s\"", proto_name(p->proto));
	if (!p->all)
		put(t, ",\"port\":%s%u%s", q, p->from, q);
	else if (!k8s)
		put(t, ",\"port\":\"0\"");
	if (!p->all && p->from != p->to)
		put(t, ",\"endPort\":%u", p->to);
	put(t, "}");
}

static void put_ports(struct text *t, const struct gen_member *m, bool k8s)
{
	if (m->ports == GEN_PORT_NONE)
		return;
	open_with(t,
		  m->ports == GEN_PORT_ICMP ? "icmps"
		  : k8s                     ? "ports"
					    : "toPorts",
		  "[");
	if (!k8s) {
		open_with(t, NULL, "{");
		open_with(t, m->ports == GEN_PORT_ICMP ? "fields" : "ports", "[");
	}
	for (unsigned i = 0; i < m->n_ports; i++) {
		if (m->ports == GEN_PORT_PORTS)
			put_port(t, &m->port[i], k8s);
		else
			comma(t), put(t, "{\"type\":%u,\"family\":\"IPv%u\"}",
				      m->port[i].from, m->port[i].proto == 1 ? 4 : 6);
	}
	if (!k8s) {
		shut(t, "]");
		shut(t, "}");
	}
	shut(t, "]");
}

static void put_section(struct text *t, struct gen_section *s, int dir, int deny,
			bool k8s, unsigned *number)
{
	static const char *const name[2][2] = { { "ingress", "ingressDeny" },
						{ "egress", "egressDeny" } };

	if (!s->there)
		return;
	open_with(t, name[dir][deny], "[");
	for (unsigned i = 0; i < s->n; i++) {
		struct gen_member *m = &s->m[i];

		m->number = ++*number;
		open_with(t, NULL, "{");
		if (m->peers == GEN_PEER_MIX)
			put_k8s_peers(t, m, dir ? "to" : "from");
		else if (m->peers != GEN_PEER_ANY)
			put_peers(t, m, dir ? "to" : "from");
		put_ports(t, m, k8s);
		shut(t, "}");
	}
	shut(t, "]");
}

static void put_rule(struct text *t, const char *key, struct gen_rule *r, bool k8s,
		     unsigned *number)
{
	unsigned first = rand_below(4);

	open_with(t, key, "{");
	put_selector(t, k8s ? "podSelector" : "endpointSelector", &r->subject);
	for (unsigned i = 0; i < 4; i++) {
		unsigned s = (first + i) % 4;

		put_section(t, &r->section[s / 2][s % 2], (int)(s / 2), (int)(s % 2),
			    k8s, number);
	}
	if (k8s) {
		comma(t);
		put(t, "\"policyTypes\":[%s%s%s]", r->closed[0] ? "\"Ingress\"" : "",
		    r->closed[0] && r->closed[1] ? "," : "",
		    r->closed[1] ? "\"Egress\"" : "");
	}
	if (r->said[0] || r->said[1]) {
		static const char *const dir[] = { "ingress", "egress" };

		open_with(t, "enableDefaultDeny", "{");
		for (int d = 0; d < 2; d++)
			if (r->said[d])
				comma(t), put(t, "\"%s\":%s", dir[d],
					      r->deny[d] ? "true" : "false");
		shut(t, "}");
	}
	shut(t, "}");
}

char *gen_print(struct gen_policy *p)
{
	bool k8s = p->form == GEN_K8S;
	struct text t = { 0 };
	unsigned number = 0;

	if (p->form == GEN_LIST)
		put(&t, "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[");
	if (p->form == GEN_SPECS)
		put(&t,
		    "{\"apiVersion\":\"cilium.io/v2\",\"kind\":\"CiliumNetworkPolicy\""
		    ",\"specs\":[");
	if (p->form == GEN_ARRAY)
		put(&t, "[");
	for (unsigned i = 0; i < p->n; i++) {
		bool object = p->form == GEN_SPEC || p->form == GEN_LIST || k8s;

		/* NetworkPolicies follow one another in the file. */
		if (k8s)
			t.more = false;
		if (object) {
			open_with(&t, NULL, "{");
			comma(&t);
			put(&t,
			    k8s ? "\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":"
				  "\"NetworkPolicy\""
				: "\"metadata\":{\"name\":\"n\"}");
		}
		put_rule(&t, object ? "spec" : NULL, &p->rule[i], k8s, &number);
		if (object)
			shut(&t, "}");
	}
	if (p->form == GEN_LIST || p->form == GEN_SPECS)
		put(&t, "]}");
	if (p->form == GEN_ARRAY)
		put(&t, "]");
	return t.b;
}

/* ---- meaning -------------------------------------------------------------------- */

static bool key_is(const char *how, const char *key)
{
	const char *bare = strchr(key, ':') ? strchr(key, ':') + 1 : key;

	if (!strncmp(how, "any:", 4))
		return !strcmp(how + 4, bare);
	for (unsigned i = 0; i < sizeof(bare_keys) / sizeof(*bare_keys); i++)
		if (!strcmp(how, bare_keys[i]))
			return !strcmp(how, bare);
	return !strcmp(how, key);
}

static bool cond_holds(const struct gen_cond *c, const struct gen_set *s)
{
	bool key = false, value = false;

	for (unsigned i = 0; i < s->n; i++) {
		if (!key_is(c->key, s->l[i].key))
			continue;
		key = true;
		for (unsigned v = 0; v < c->n; v++)
			value |= !strcmp(c->value[v], s->l[i].value);
	}
	switch (c->op) {
	case GEN_IN:
		return value;
	case GEN_NOT_IN:
		return !value;
	case GEN_EXISTS:
		return key;
	default:
		return !key;
	}
}

static bool selects(const struct gen_selector *s, const struct gen_set *set)
{
	for (unsigned i = 0; i < s->n; i++)
		if (!cond_holds(&s->c[i], set))
			return false;
	return true;
}

static bool block_holds(const struct gen_block *b, const struct gen_net *a)
{
	for (unsigned i = 0; i < b->n; i++)
		if (net_in(a, &b->except[i]))
			return false;
	return net_in(a, &b->net);
}

static bool entity_is(unsigned entities, const struct gen_peer *p)
{
	unsigned of = GEN_ALL;

	if (p->is == GEN_IS_OUTSIDE)
		of |= GEN_WORLD;
	else
		of |= GEN_CLUSTER;
	of |= p->is == GEN_IS_HOST ? GEN_HOST : 0;
	of |= p->is == GEN_IS_REMOTE ? GEN_REMOTE : 0;
	of |= p->is == GEN_IS_INIT ? GEN_INIT : 0;
	return entities & of;
}

static bool peer_fits(const struct gen_member *m, const struct gen_peer *p)
{
	if (m->peers == GEN_PEER_ANY)
		return true;
	for (unsigned i = 0; i < m->n_selectors && p->is == GEN_IS_LABELS; i++)
		if (selects(&m->selector[i], &p->set))
			return true;
	for (unsigned i = 0; i < m->n_blocks && p->is == GEN_IS_OUTSIDE; i++)
		if (block_holds(&m->block[i], &p->at))
			return true;
	return entity_is(m->entities, p);
}

static bool port_fits(const struct gen_member *m, const struct gen_flow *f)
{
	for (unsigned i = 0; i < m->n_ports; i++) {
		const struct gen_port *g = &m->port[i];
		bool proto =
			g->proto ? g->proto == f->proto
				 : f->proto == 6 || f->proto == 17 || f->proto == 132;

		if (m->ports == GEN_PORT_ICMP &&
		    (f->proto != g->proto || f->fragment || f->port != g->from))
			continue;
		if (m->ports == GEN_PORT_PORTS &&
		    (!proto || !(g->all || (!f->fragment && f->port >= g->from &&
					    f->port <= g->to))))
			continue;
		return true;
	}
	return m->ports == GEN_PORT_NONE;
}

bool gen_verdict(const struct gen_policy *p, const struct gen_set *subject, int dir,
		 const struct gen_peer *peer, const struct gen_flow *f)
{
	bool closed = false, said[2] = { false, false };

	for (unsigned i = 0; i < p->n; i++) {
		const struct gen_rule *r = &p->rule[i];

		if (!selects(&r->subject, subject))
			continue;
		closed |= r->closed[dir];
		for (int deny = 0; deny < 2; deny++) {
			const struct gen_section *s = &r->section[dir][deny];

			for (unsigned m = 0; m < s->n; m++)
				said[deny] |= peer_fits(&s->m[m], peer) &&
					      port_fits(&s->m[m], f);
		}
	}
	return !said[1] && (said[0] || !closed);
}

bool gen_fits(const struct gen_policy *p, unsigned number,
	      const struct gen_set *subject, int dir, const struct gen_peer *peer,
	      const struct gen_flow *f, bool *denies)
{
	for (unsigned i = 0; i < p->n; i++) {
		for (int deny = 0; deny < 2; deny++) {
			const struct gen_section *s = &p->rule[i].section[dir][deny];

			for (unsigned m = 0; m < s->n; m++) {
				if (s->m[m].number != number)
					continue;
				*denies = deny;
				return selects(&p->rule[i].subject, subject) &&
				       peer_fits(&s->m[m], peer) &&
				       port_fits(&s->m[m], f);
			}
		}
	}
	return false;
}
