/*
 * Writes one table of nf_tables over netlink:
 *
 *   table ip6 selvage-ila {
 *     chain unreachable {
 *       type filter hook prerouting priority raw
 *       meta mark MARK reject with icmpv6 type addr-unreachable
 *
 * Before connection tracking, and before routing, which knows a way to every SIR
 * address. Six messages by hand are less than a library that parses the above.
 */
#include "fib/nft.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/icmpv6.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util.h"

enum { PRIORITY_RAW = -300 };

#define CHAIN "unreachable"

static uint16_t type_of(int msg)
{
	return (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | msg);
}

static void add(struct nft *n, int msg, unsigned flags)
{
	struct nfgenmsg g = { .nfgen_family = NFPROTO_IPV6 };

	nl_add(&n->nl, NULL, type_of(msg), flags, &g, sizeof(g));
}

static void frame(struct nft *n, uint16_t type)
{
	struct nfgenmsg g = { .res_id = htons(NFNL_SUBSYS_NFTABLES) };

	nl_add(&n->nl, NULL, type, 0, &g, sizeof(g));
}

/* nf_tables has its numbers in network order. */
static void attr_be32(struct nft *n, uint16_t type, uint32_t v)
{
	nl_attr_u32(&n->nl, type, htonl(v));
}

static void put_table(struct nft *n, int msg, unsigned flags)
{
	add(n, msg, flags);
	nl_attr_str(&n->nl, NFTA_TABLE_NAME, NFT_TABLE);
}

static void put_chain(struct nft *n)
{
	size_t hook;

	add(n, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	nl_attr_str(&n->nl, NFTA_CHAIN_TABLE, NFT_TABLE);
	nl_attr_str(&n->nl, NFTA_CHAIN_NAME, CHAIN);
	hook = nl_nest(&n->nl, NFTA_CHAIN_HOOK);
	attr_be32(n, NFTA_HOOK_HOOKNUM, NF_INET_PRE_ROUTING);
	attr_be32(n, NFTA_HOOK_PRIORITY, (uint32_t)PRIORITY_RAW);
	nl_nest_end(&n->nl, hook);
	nl_attr_str(&n->nl, NFTA_CHAIN_TYPE, "filter");
}

struct expr {
	size_t elem, data;
};

static struct expr expr_begin(struct nft *n, const char *name)
{
	struct expr e = { .elem = nl_nest(&n->nl, NFTA_LIST_ELEM) };

	nl_attr_str(&n->nl, NFTA_EXPR_NAME, name);
	e.data = nl_nest(&n->nl, NFTA_EXPR_DATA);
	return e;
}

static void expr_end(struct nft *n, struct expr e)
{
	nl_nest_end(&n->nl, e.data);
	nl_nest_end(&n->nl, e.elem);
}

static void put_match(struct nft *n, uint32_t mark)
{
	struct expr e = expr_begin(n, "meta");
	size_t value;

	attr_be32(n, NFTA_META_KEY, NFT_META_MARK);
	attr_be32(n, NFTA_META_DREG, NFT_REG_1);
	expr_end(n, e);
	e = expr_begin(n, "cmp");
	attr_be32(n, NFTA_CMP_SREG, NFT_REG_1);
	attr_be32(n, NFTA_CMP_OP, NFT_CMP_EQ);
	value = nl_nest(&n->nl, NFTA_CMP_DATA);
	nl_attr_u32(&n->nl, NFTA_DATA_VALUE, mark); /* a register: host order */
	nl_nest_end(&n->nl, value);
	expr_end(n, e);
}

static void put_rule(struct nft *n, uint32_t mark)
{
	size_t list;
	struct expr e;

	add(n, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	nl_attr_str(&n->nl, NFTA_RULE_TABLE, NFT_TABLE);
	nl_attr_str(&n->nl, NFTA_RULE_CHAIN, CHAIN);
	list = nl_nest(&n->nl, NFTA_RULE_EXPRESSIONS);
	put_match(n, mark);
	e = expr_begin(n, "reject");
	attr_be32(n, NFTA_REJECT_TYPE, NFT_REJECT_ICMP_UNREACH);
	nl_attr_u8(&n->nl, NFTA_REJECT_ICMP_CODE, ICMPV6_ADDR_UNREACH);
	expr_end(n, e);
	nl_nest_end(&n->nl, list);
}

/* ---- what the kernel shows ---- */

struct shown {
	unsigned rules;
	uint8_t *expr; /* owned: NFTA_RULE_EXPRESSIONS of the last one */
	size_t len;
};

static void on_rule(void *arg, const struct nlmsghdr *h)
{
	const struct rtattr *tb[NFTA_RULE_EXPRESSIONS + 1], *x;
	struct shown *s = arg;

	if (!nl_payload(h, sizeof(struct nfgenmsg), tb, NFTA_RULE_EXPRESSIONS))
		return;
	s->rules++;
	x = tb[NFTA_RULE_EXPRESSIONS];
	if (!x)
		return;
	free(s->expr);
	s->len = RTA_PAYLOAD(x);
	s->expr = xmemdup(RTA_DATA(x), s->len);
}

static int show(struct nft *n, struct shown *s)
{
	*s = (struct shown) { 0 };
	add(n, NFT_MSG_GETRULE, 0);
	nl_attr_str(&n->nl, NFTA_RULE_TABLE, NFT_TABLE);
	nl_attr_str(&n->nl, NFTA_RULE_CHAIN, CHAIN);
	return nl_dump(&n->nl, on_rule, s);
}

bool nft_is_intact(struct nft *n)
{
	struct shown s;
	bool same;

	if (!n->in_place)
		return false;
	same = !show(n, &s) && s.rules == 1 && s.len == n->len &&
	       !memcmp(s.expr, n->rule, s.len);
	free(s.expr);
	return same;
}

/* ---- what we do ---- */

int nft_open(struct nft *n)
{
	*n = (struct nft) { 0 };
	return nl_open(&n->nl, NETLINK_NETFILTER);
}

void nft_close(struct nft *n)
{
	nl_close(&n->nl);
	free(n->rule);
	n->rule = NULL;
	n->in_place = false;
}

struct verdict {
	int err;
	char *why;
};

/* The first refusal counts: the rest follows from it. */
static void on_answer(void *arg, void *who UNUSED, int err, const char *why)
{
	struct verdict *v = arg;

	if (!err || v->err)
		return;
	v->err = err;
	str_copy(v->why, NL_WHY, why);
}

int nft_install(struct nft *n, uint32_t mark, char *why)
{
	struct verdict v = { .why = why };
	struct shown s;
	int err;

	why[0] = '\0';
	frame(n, NFNL_MSG_BATCH_BEGIN);
	put_table(n, NFT_MSG_NEWTABLE, NLM_F_CREATE); /* so that there is one to go */
	put_table(n, NFT_MSG_DELTABLE, 0);
	put_table(n, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	put_chain(n);
	put_rule(n, mark);
	nl_ack_here(&n->nl);
	frame(n, NFNL_MSG_BATCH_END);
	err = nl_send(&n->nl, on_answer, &v);
	if (err || v.err)
		return err ? err : v.err;
	err = show(n, &s);
	if (err || s.rules != 1) {
		free(s.expr);
		return err ? err : -EBUSY; /* somebody is quicker */
	}
	free(n->rule);
	n->rule = s.expr;
	n->len = s.len;
	n->in_place = true;
	return 0;
}

int nft_remove(struct nft *n)
{
	struct verdict v = { .why = (char[NL_WHY]) { 0 } };
	int err;

	frame(n, NFNL_MSG_BATCH_BEGIN);
	put_table(n, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	put_table(n, NFT_MSG_DELTABLE, 0);
	nl_ack_here(&n->nl);
	frame(n, NFNL_MSG_BATCH_END);
	err = nl_send(&n->nl, on_answer, &v);
	n->in_place = false;
	return err ? err : v.err;
}
