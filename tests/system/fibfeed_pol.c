/*
 * Lines of fibfeed about tenants, identities and policies.
 */
#include "tests/system/fibfeed.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fib/intent.h"
#include "lib/util.h"

static const char *word(int i)
{
	return i < feed_words ? feed_word[i] : "";
}

static uint32_t num(int i)
{
	return (uint32_t)strtoul(word(i), NULL, 0);
}

static bool has(const char *text)
{
	for (int i = 1; i < feed_words; i++)
		if (!strcmp(feed_word[i], text))
			return true;
	return false;
}

static struct ip ip_at(int i)
{
	struct ip ip;

	if (ip_parse(word(i), &ip))
		feed_die(word(i));
	return ip;
}

static struct mac mac_at(int i)
{
	struct mac m;

	if (mac_parse(word(i), &m))
		feed_die(word(i));
	return m;
}

/* ---- tenants ---- */

static void do_tenant(void)
{
	struct intent_l2dom d = {
		.vni = num(1), .port = 4789, .vtep = ip_at(3), .flags = L2DOM_CREATE
	};

	str_copy(d.bridge, sizeof(d.bridge), word(2));
	snprintf(d.vxlan, sizeof(d.vxlan), "vx%u", d.vni);
	if (strcmp(word(4), "-"))
		str_copy(d.underlay, sizeof(d.underlay), word(4));
	str_copy(d.tenant, sizeof(d.tenant), "t");
	d.flags |= has("gbp") ? L2DOM_GBP : 0;
	d.flags |= has("ebpf") ? L2DOM_EBPF : 0;
	feed_put(INTENT_L2DOM_SET, &d, sizeof(d));
}

static void do_untenant(void)
{
	struct intent_l2dom d = { .vni = num(1) };

	feed_put(INTENT_L2DOM_DEL, &d, sizeof(d));
}

static void do_mac(void)
{
	struct intent_mac m = { .vni = num(1),
				.dst_vni = num(1),
				.mac = mac_at(2),
				.vtep = ip_at(3),
				.flags = has("gbp") ? FMAC_GBP : 0 };

	feed_put(INTENT_MAC_SET, &m, sizeof(m));
}

static void do_unmac(void)
{
	struct intent_mac m = { .vni = num(1), .mac = mac_at(2) };

	feed_put(INTENT_MAC_DEL, &m, sizeof(m));
}

static void do_neigh(void)
{
	struct intent_neigh n = { .vni = num(1), .ip = ip_at(2), .mac = mac_at(3) };

	feed_put(INTENT_NEIGH_SET, &n, sizeof(n));
}

static void do_port(void)
{
	struct intent_endpoint e = { .vni = num(2) };

	str_copy(e.ifname, sizeof(e.ifname), word(1));
	feed_put(INTENT_ENDPOINT_SET, &e, sizeof(e));
}

/* ---- identities ---- */

static struct intent_ident ident(void)
{
	struct intent_ident i = { .vni = num(1), .cookie = 1 };
	char *slash = strchr(feed_word[2], '/');

	if (slash)
		*slash = '\0';
	i.ip = ip_at(2);
	i.bits = (uint8_t)(slash ? strtoul(slash + 1, NULL, 10) : i.ip.len * 8u);
	i.identity = num(3);
	str_copy(i.ifname, sizeof(i.ifname), word(4));
	return i;
}

static void do_ident(void)
{
	struct intent_ident i = ident();

	feed_put(INTENT_IDENT_SET, &i, sizeof(i));
}

static void do_unident(void)
{
	struct intent_ident i = ident();

	feed_put(INTENT_IDENT_DEL, &i, sizeof(i));
}

static void do_idents(void)
{
	struct intent_ident i = { .vni = num(1), .bits = 32, .identity = num(3) };

	for (uint32_t n = 0; n < num(2); n++) {
		i.ip = ip4_of(0x0a800000 + n);
		if (has("ip6")) {
			uint32_t be = htonl(n);

			i.ip = (struct ip) { .len = 16, .b = { 0xfd, 0x80 } };
			memcpy(i.ip.b + 12, &be, sizeof(be));
			i.bits = 128;
		}
		feed_put(INTENT_IDENT_SET, &i, sizeof(i));
		feed_rest();
	}
}

/* The MACs of those addresses. */
static void do_macs(void)
{
	struct intent_mac m = {
		.vni = num(1), .dst_vni = num(1), .vtep = ip_at(3), .mac = { { 2, 1 } }
	};
	struct intent_neigh i = { .vni = num(1) };

	for (uint32_t n = 0; n < num(2); n++) {
		uint32_t be = htonl(n);

		memcpy(m.mac.b + 2, &be, sizeof(be));
		i.mac = m.mac;
		i.ip = ip4_of(0x0a800000 + n);
		feed_put(INTENT_MAC_SET, &m, sizeof(m));
		feed_put(INTENT_NEIGH_SET, &i, sizeof(i));
		feed_rest();
	}
}

static void do_group(void)
{
	struct intent_group g = { .vni = num(1),
				  .group = (uint16_t)num(2),
				  .identity = num(3) };

	feed_put(g.identity ? INTENT_GROUP_SET : INTENT_GROUP_DEL, &g, sizeof(g));
}

static void do_options(void)
{
	struct intent_policy_opt o = { .identity = num(1), .connections = num(2) };

	feed_put(INTENT_POLICY_OPT, &o, sizeof(o));
}

/* ---- policies ---- */

static void do_policy(void)
{
	struct intent_policy p = { .policy = num(1) };

	feed_put(!strcmp(word(2), "begin")    ? INTENT_POLICY_BEGIN
		 : !strcmp(word(2), "commit") ? INTENT_POLICY_COMMIT
					      : INTENT_POLICY_DEL,
		 &p, sizeof(p));
}

/* allow|deny|forget POLICY in|out IDENTITY [PROTO [PORT [PLEN [RULE]]]] */
static void do_verdict(void)
{
	struct intent_verdict v = { .policy = num(1),
				    .identity = num(3),
				    .dir = strcmp(word(2), "out") ? VERDICT_INGRESS
								  : VERDICT_EGRESS,
				    .flags = strcmp(word(0), "deny") ? 0 : VERDICT_DENY,
				    .proto = (uint8_t)num(4),
				    .port = (uint16_t)num(5),
				    .rule = num(7) };

	v.plen = (uint8_t)(feed_words > 6 ? num(6) : v.port ? 16 : 0);
	feed_put(strcmp(word(0), "forget") ? INTENT_VERDICT_SET : INTENT_VERDICT_DEL,
		 &v, sizeof(v));
}

/* Identities 1000.. of any protocol. */
static void do_allows(void)
{
	struct intent_verdict v = { .policy = num(1) };

	for (uint32_t n = 0; n < num(2); n++) {
		v.identity = 1000 + n;
		feed_put(INTENT_VERDICT_SET, &v, sizeof(v));
		feed_rest();
	}
}

static void do_workload(void)
{
	struct intent_workload w = { .vni = num(2),
				     .identity = num(3),
				     .policy = num(4),
				     .cookie = 1,
				     .flags = has("ebpf") ? WORKLOAD_EBPF : 0 };

	w.flags |= has("ila") ? WORKLOAD_ILA : 0;
	str_copy(w.ifname, sizeof(w.ifname), word(1));
	for (int i = 5; i + 1 < feed_words; i++)
		if (!strcmp(word(i), "mac"))
			w.mac = mac_at(i + 1);
	feed_put(INTENT_WORKLOAD_SET, &w, sizeof(w));
}

static void do_unworkload(void)
{
	struct intent_workload w = { .vni = 0 };

	str_copy(w.ifname, sizeof(w.ifname), word(1));
	feed_put(INTENT_WORKLOAD_DEL, &w, sizeof(w));
}

static void do_monitor(void)
{
	struct intent_monitor m = { .on = num(1) };

	feed_put(INTENT_MONITOR, &m, sizeof(m));
}

static void do_rules(void)
{
	struct intent_query q = { .id = 2, .table = QUERY_RULES };

	feed_put(INTENT_QUERY, &q, sizeof(q));
}

const struct feed_verb feed_pol_verbs[] = {
	{ "tenant", 4, do_tenant },
	{ "untenant", 2, do_untenant },
	{ "mac", 4, do_mac },
	{ "unmac", 3, do_unmac },
	{ "neigh", 4, do_neigh },
	{ "port", 3, do_port },
	{ "ident", 4, do_ident },
	{ "unident", 3, do_unident },
	{ "idents", 4, do_idents },
	{ "macs", 4, do_macs },
	{ "group", 4, do_group },
	{ "options", 3, do_options },
	{ "policy", 3, do_policy },
	{ "allow", 4, do_verdict },
	{ "deny", 4, do_verdict },
	{ "forget", 4, do_verdict },
	{ "allows", 3, do_allows },
	{ "workload", 5, do_workload },
	{ "unworkload", 2, do_unworkload },
	{ "monitor", 2, do_monitor },
	{ "rules", 1, do_rules },
	{ NULL, 0, NULL },
};
