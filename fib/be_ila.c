/*
 * The kernel's ILA (Linux 4.15 and later, CONFIG_IPV6_ILA): what goes out by one
 * lwtunnel route per identifier, what comes in by one xlat entry per own locator. Also
 * writes the plain routes that both planes need. Not for what a route looks like in
 * bytes (fib/rtmsg.c).
 *
 * An xlat entry bears no mark of who wrote it. Ours are those whose locator and SIR
 * prefix have unreachable routes of ours, which are written before and deleted after.
 * It cannot be replaced, so it is deleted and added.
 */
#include "fib/be_ila.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "fib/rtmsg.h"
#include "fib/state.h"
#include "lib/util.h"

enum { ILA_CMD_ADD = 1, ILA_CMD_DEL, ILA_CMD_GET };

static const struct genlmsghdr cmds[] = {
	[ILA_CMD_ADD] = { .cmd = ILA_CMD_ADD, .version = 1 },
	[ILA_CMD_DEL] = { .cmd = ILA_CMD_DEL, .version = 1 },
	[ILA_CMD_GET] = { .cmd = ILA_CMD_GET, .version = 1 },
};

static int family_ask(struct fib *f)
{
	int err = nl_family(&f->gnl, "ila", &f->ila.family);

	if (err)
		f->ila.family = 0;
	return err;
}

/* ---- xlat ---- */

static void xlat_msg(struct fib *f, void *who, int cmd, const struct want_key *k)
{
	nl_add(&f->gnl, who, f->ila.family, 0, &cmds[cmd], sizeof(cmds[cmd]));
	nl_attr(&f->gnl, RTMSG_ILA_LOCATOR_MATCH, k->ip.b, sizeof(struct ila64));
}

static void xlat_put(struct fib *f, struct want_entry *e)
{
	if (!want_is_active(e)) {
		xlat_msg(f, e, ILA_CMD_DEL, &e->key);
		return;
	}
	if (e->flags & WE_SEEN) /* with other values; deleting nothing succeeds */
		xlat_msg(f, NULL, ILA_CMD_DEL, &e->key);
	xlat_msg(f, e, ILA_CMD_ADD, &e->key);
	nl_attr(&f->gnl, RTMSG_ILA_LOCATOR, e->want.to.b, e->want.to.len);
	nl_attr_u8(&f->gnl, RTMSG_ILA_CSUM_MODE, e->want.csum);
	nl_attr_u8(&f->gnl, RTMSG_ILA_IDENT_TYPE, e->want.ident_type);
}

struct xlat_dump {
	struct fib *f;
	bool first;
};

static bool has_mark(const struct fib *f, const uint8_t *prefix)
{
	struct want_key k = { .ip.len = 16, .table = TABLE_ILA_DOMAIN };
	const struct want_entry *e;

	memcpy(k.ip.b, prefix, sizeof(struct ila64));
	e = want_find(&f->want, &k);
	return e && e->flags & WE_SEEN;
}

static void on_xlat(void *arg, const struct nlmsghdr *h)
{
	enum { ATTR_IFINDEX = 4 };
	const struct xlat_dump *d = arg;
	const struct rtattr *tb[RTMSG_ILA_MAX + 1];
	struct want_key k = { .vni = ILA_PLANE_KERNEL,
			      .ip.len = 16,
			      .table = TABLE_ILA_DOMAIN };
	struct want_val v = { .to.len = sizeof(struct ila64) };

	if (!nl_payload(h, sizeof(struct genlmsghdr), tb, RTMSG_ILA_MAX) ||
	    !tb[RTMSG_ILA_LOCATOR] || RTA_PAYLOAD(tb[RTMSG_ILA_LOCATOR]) != 8 ||
	    !tb[RTMSG_ILA_LOCATOR_MATCH] ||
	    RTA_PAYLOAD(tb[RTMSG_ILA_LOCATOR_MATCH]) != 8 || nl_u32(tb[ATTR_IFINDEX]))
		return;
	memcpy(k.ip.b, RTA_DATA(tb[RTMSG_ILA_LOCATOR_MATCH]), 8);
	memcpy(v.to.b, RTA_DATA(tb[RTMSG_ILA_LOCATOR]), 8);
	v.csum = nl_u8(tb[RTMSG_ILA_CSUM_MODE]);
	v.ident_type = nl_u8(tb[RTMSG_ILA_IDENT_TYPE]);
	if (want_find(&d->f->want, &k) ||
	    (has_mark(d->f, k.ip.b) && has_mark(d->f, v.to.b)))
		ila_seen(d->f, &k, &v, d->first);
}

static int xlat_dump(struct fib *f, bool first)
{
	struct xlat_dump d = { .f = f, .first = first };
	int err = -EAGAIN;

	/* Asking for the family may load the module: only if we were here before. */
	if (first && !f->ila.family && f->want.count[TABLE_ILA_DOMAIN].seen)
		family_ask(f);
	if (!f->ila.family)
		return 0;
	/* The kernel gives up when the table changes under it. */
	for (int i = 0; i < 10 && (err == -EAGAIN || err == -EINTR); i++) {
		nl_add(&f->gnl, NULL, f->ila.family, 0, &cmds[ILA_CMD_GET],
		       sizeof(cmds[ILA_CMD_GET]));
		err = nl_dump(&f->gnl, on_xlat, &d);
	}
	return err == -EAGAIN ? -EINTR : err;
}

/* ---- probe ---- */

/*
 * Would a route with encap be taken? A replace of what is not there fails, but only
 * after the encap was looked at, and nobody sees anything of it. The addresses are for
 * discarding (RFC 6666).
 */
static int encap_ask(struct fib *f, char *why)
{
	static const uint8_t dst[16] = { 0x01, [8] = 0x20, [15] = 1 };
	static const uint8_t locator[8] = { 0x01, [7] = 1 };
	struct rtmsg m = {
		.rtm_family = AF_INET6,
		.rtm_dst_len = 128,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = INTENT_PROTOCOL,
		.rtm_type = RTN_UNICAST,
	};
	uint16_t type = ENCAP_ILA;
	size_t at;
	int err;

	nl_add(&f->nl, NULL, RTM_NEWROUTE, NLM_F_REPLACE, &m, sizeof(m));
	nl_attr(&f->nl, RTA_DST, dst, sizeof(dst));
	at = nl_nest(&f->nl, RTA_ENCAP | NLA_F_NESTED);
	nl_attr(&f->nl, RTMSG_ILA_LOCATOR, locator, sizeof(locator));
	nl_attr_u8(&f->nl, RTMSG_ILA_CSUM_MODE, ILA_CSUM_NONE);
	nl_attr_u8(&f->nl, RTMSG_ILA_IDENT_TYPE, ILA_TYPE_LUID);
	nl_nest_end(&f->nl, at);
	nl_attr(&f->nl, RTA_ENCAP_TYPE, &type, sizeof(type));
	nl_attr_u32(&f->nl, RTA_OIF, 1); /* lo */
	err = nl_do(&f->nl, why);
	return err == -ENOENT ? 0 : err;
}

static int probe(struct fib *f, char *why)
{
	char text[NL_WHY];
	int err = family_ask(f);

	if (err) {
		str_copy(why, NL_WHY, "no module ila (CONFIG_IPV6_ILA)");
		return err;
	}
	err = encap_ask(f, text);
	if (err)
		str_copy(why, NL_WHY, text[0] ? text : "no routes with encap ila");
	return err;
}

/* ---- writing ---- */

static bool is_xlat(const struct want_entry *e)
{
	return e->key.table == TABLE_ILA_DOMAIN && e->key.vni == ILA_PLANE_KERNEL;
}

static void on_answer(void *arg, void *who, int err, const char *why)
{
	struct fib *f = arg;
	struct want_entry *e = who;

	if (!e)
		return; /* the first of two messages: the second one tells */
	if (!want_is_active(e) && (err == -ESRCH || err == -ENOENT || err == -ENODEV))
		err = 0;
	if (err == -EEXIST && is_xlat(e)) {
		f->ila.xlat_due = true; /* look what is in the way */
		err = -EAGAIN;
	}
	e->epoch = f->epoch;
	if (err && want_transient(err))
		f->retries++;
	want_done(&f->want, e, err, why);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void put(struct fib *f, struct want_entry *e)
{
	struct nl *nl = is_xlat(e) ? &f->gnl : &f->nl;
	bool add = want_is_active(e);

	if (nl == &f->gnl)
		xlat_put(f, e);
	else
		rtmsg_put(f, nl, e, add, &e->key, add ? &e->want : &e->seen);
	if (!nl_batch_room(nl, 2))
		nl_send(nl, on_answer, f);
}

void be_ila_apply(struct fib *f, unsigned max)
{
	struct want_entry *e;
	uint64_t start;

	if (!f->want.n_queue[WQ_ROUTE])
		return;
	start = now_ns();
	for (; max && (e = want_next(&f->want, WQ_ROUTE)); max--) {
		f->applied++;
		if (is_xlat(e) && !f->ila.family)
			want_done(&f->want, e, -EOPNOTSUPP, "no module ila");
		else
			put(f, e);
	}
	nl_send(&f->nl, on_answer, f);
	nl_send(&f->gnl, on_answer, f);
	if (f->ila.xlat_due)
		xlat_dump(f, false);
	f->ila.xlat_due = false;
	f->apply_ns += now_ns() - start;
}

const struct ila_backend be_ila = {
	.name = "kernel",
	.probe = probe,
	.dump = xlat_dump,
};
