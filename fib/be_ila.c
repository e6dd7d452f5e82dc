/*
 * The kernel's ILA (Linux 4.15 and later, CONFIG_IPV6_ILA): what goes out by one
 * lwtunnel route per identifier, what comes in by one xlat entry per own locator. Also
 * writes the plain routes that both planes need. Not for what a route looks like in
 * bytes (fib/rtmsg.c).
 *
 * An xlat entry bears no mark of who wrote it: those that lead to the SIR prefix of a
 * domain of ours are ours. It cannot be replaced, so it is deleted and added.
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

/* Where a route is tried that no packet can take: discard-only addresses (RFC 6666). */
enum { SCRATCH_TABLE = 0x11a201 };

static const struct genlmsghdr cmds[] = {
	[ILA_CMD_ADD] = { .cmd = ILA_CMD_ADD, .version = 1 },
	[ILA_CMD_DEL] = { .cmd = ILA_CMD_DEL, .version = 1 },
	[ILA_CMD_GET] = { .cmd = ILA_CMD_GET, .version = 1 },
};

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

static void on_xlat(void *arg, const struct nlmsghdr *h)
{
	enum { ATTR_IFINDEX = 4 };
	const struct xlat_dump *d = arg;
	const struct rtattr *tb[RTMSG_ILA_MAX + 1];
	struct want_key k = { .vni = ILA_PLANE_KERNEL,
			      .ip.len = 16,
			      .table = TABLE_ILA_DOMAIN };
	struct want_val v = { .to.len = sizeof(struct ila64) };
	const struct ila_dom *dom;
	struct ila64 sir;

	if (!nl_payload(h, sizeof(struct genlmsghdr), tb, RTMSG_ILA_MAX) ||
	    !tb[RTMSG_ILA_LOCATOR] || RTA_PAYLOAD(tb[RTMSG_ILA_LOCATOR]) != 8 ||
	    !tb[RTMSG_ILA_LOCATOR_MATCH] ||
	    RTA_PAYLOAD(tb[RTMSG_ILA_LOCATOR_MATCH]) != 8 || nl_u32(tb[ATTR_IFINDEX]))
		return;
	memcpy(k.ip.b, RTA_DATA(tb[RTMSG_ILA_LOCATOR_MATCH]), 8);
	memcpy(v.to.b, RTA_DATA(tb[RTMSG_ILA_LOCATOR]), 8);
	v.csum = nl_u8(tb[RTMSG_ILA_CSUM_MODE]);
	v.ident_type = nl_u8(tb[RTMSG_ILA_IDENT_TYPE]);
	memcpy(&sir, v.to.b, sizeof(sir));
	dom = ila_dom_find(d->f, &sir);
	if (want_find(&d->f->want, &k) || (dom && dom->wanted))
		ila_seen(d->f, &k, &v, d->first);
}

static int xlat_dump(struct fib *f, bool first)
{
	struct xlat_dump d = { .f = f, .first = first };
	int err = -EAGAIN;

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

static void on_family(void *arg, const struct nlmsghdr *h)
{
	const struct rtattr *tb[CTRL_ATTR_FAMILY_ID + 1];
	uint16_t *id = arg;

	if (nl_payload(h, sizeof(struct genlmsghdr), tb, CTRL_ATTR_FAMILY_ID) &&
	    tb[CTRL_ATTR_FAMILY_ID] && RTA_PAYLOAD(tb[CTRL_ATTR_FAMILY_ID]) >= 2)
		memcpy(id, RTA_DATA(tb[CTRL_ATTR_FAMILY_ID]), 2);
}

static int family_ask(struct fib *f)
{
	static const struct genlmsghdr get = { .cmd = CTRL_CMD_GETFAMILY,
					       .version = 1 };
	uint16_t id = 0;
	int err = f->gnl.fd < 0 ? nl_open(&f->gnl, NETLINK_GENERIC) : 0;

	if (err)
		return err;
	nl_add(&f->gnl, NULL, GENL_ID_CTRL, 0, &get, sizeof(get));
	nl_attr_str(&f->gnl, CTRL_ATTR_FAMILY_NAME, "ila");
	err = nl_get(&f->gnl, on_family, &id);
	if (!err && !id)
		err = -ENOENT;
	f->ila.family = err ? 0 : id;
	return err;
}

static int scratch(struct fib *f, bool add, char *why)
{
	struct rtmsg m = {
		.rtm_family = AF_INET6,
		.rtm_dst_len = 128,
		.rtm_protocol = INTENT_PROTOCOL,
		.rtm_type = RTN_UNICAST,
	};
	static const uint8_t dst[16] = { 0x01, [8] = 0x20, [15] = 1 };
	static const uint8_t locator[8] = { 0x01, [7] = 1 };
	uint16_t type = ENCAP_ILA;
	size_t at;

	nl_add(&f->nl, NULL, add ? RTM_NEWROUTE : RTM_DELROUTE,
	       add ? NLM_F_CREATE | NLM_F_REPLACE : 0, &m, sizeof(m));
	nl_attr(&f->nl, RTA_DST, dst, sizeof(dst));
	nl_attr_u32(&f->nl, RTA_TABLE, SCRATCH_TABLE);
	nl_attr_u32(&f->nl, RTA_OIF, 1); /* lo */
	if (add) {
		at = nl_nest(&f->nl, RTA_ENCAP | NLA_F_NESTED);
		nl_attr(&f->nl, RTMSG_ILA_LOCATOR, locator, sizeof(locator));
		nl_attr_u8(&f->nl, RTMSG_ILA_CSUM_MODE, ILA_CSUM_NONE);
		nl_attr_u8(&f->nl, RTMSG_ILA_IDENT_TYPE, ILA_TYPE_LUID);
		nl_nest_end(&f->nl, at);
		nl_attr(&f->nl, RTA_ENCAP_TYPE, &type, sizeof(type));
	}
	return nl_do(&f->nl, why);
}

static int probe(struct fib *f, char *why)
{
	char text[NL_WHY];
	int err = family_ask(f);

	if (err) {
		str_copy(why, NL_WHY, "no module ila (CONFIG_IPV6_ILA)");
		return err;
	}
	err = scratch(f, true, text);
	if (err) {
		str_copy(why, NL_WHY, text[0] ? text : "no routes with encap ila");
		return err;
	}
	scratch(f, false, text);
	return 0;
}

/* What an earlier run wrote for this domain is ours again. */
static int dom_set(struct fib *f, struct ila_dom *d UNUSED, char *why)
{
	int err = xlat_dump(f, true);

	if (err && err != -EINTR) {
		str_copy(why, NL_WHY, "xlat entries cannot be read");
		return err;
	}
	return 0;
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
	.dom_set = dom_set,
	.dump = xlat_dump,
};
