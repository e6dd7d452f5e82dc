/*
 * rtnetlink requests. The kernel does the work inside sendmsg(), so a batch and its
 * answers are one synchronous step: nothing is in flight between two turns. Only
 * the last message of a batch asks for an ACK; refusals are always reported and
 * carry the number of their message. Not for what the messages mean (fib/be_*.c).
 */
#include "fib/nl.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "fib/intent.h"
#include "lib/util.h"

enum { RX_SIZE = 64 << 10, TX_SIZE = NL_BATCH * 160 + NL_MSG_MAX };

int nl_open(struct nl *nl, int protocol)
{
	struct timeval tv = { .tv_sec = 10 };
	int on = 1, size = 1 << 20;

	*nl = (struct nl) { .seq = 1 };
	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (nl->fd < 0)
		return -errno;
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(nl->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(nl->fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	nl->b.buf = xcalloc(1, TX_SIZE);
	nl->rx = xcalloc(1, RX_SIZE);
	return 0;
}

void nl_close(struct nl *nl)
{
	if (nl->fd >= 0)
		close(nl->fd);
	free(nl->b.buf);
	free(nl->rx);
	*nl = (struct nl) { .fd = -1 };
}

bool nl_batch_room(const struct nl *nl, unsigned n)
{
	return nl->b.n + n <= NL_BATCH && nl->b.len + n * 160 + NL_MSG_MAX <= TX_SIZE;
}

static struct nlmsghdr *last_msg(struct nl *nl)
{
	return (void *)(nl->b.buf + nl->b.last);
}

void nl_add(struct nl *nl, void *who, uint16_t type, unsigned flags, const void *hdr,
	    size_t len)
{
	struct nl_batch *b = &nl->b;

	if (!b->n)
		b->seq = nl->seq;
	b->last = b->len;

	struct nlmsghdr *h = last_msg(nl);

	*h = (struct nlmsghdr) {
		.nlmsg_len = (uint32_t)NLMSG_LENGTH(len),
		.nlmsg_type = type,
		.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
		.nlmsg_seq = nl->seq++,
	};
	memcpy(NLMSG_DATA(h), hdr, len);
	b->who[b->n++] = who;
	b->len += NLMSG_SPACE(len);
}

void nl_attr(struct nl *nl, uint16_t type, const void *data, size_t len)
{
	struct rtattr *a = (void *)(nl->b.buf + nl->b.len);

	a->rta_type = type;
	a->rta_len = (uint16_t)RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(a), data, len);
	memset((uint8_t *)RTA_DATA(a) + len, 0, RTA_SPACE(len) - RTA_LENGTH(len));
	nl->b.len += RTA_SPACE(len);
	last_msg(nl)->nlmsg_len = (uint32_t)(nl->b.len - nl->b.last);
}

void nl_attr_u8(struct nl *nl, uint16_t type, uint8_t v)
{
	nl_attr(nl, type, &v, sizeof(v));
}

void nl_attr_u32(struct nl *nl, uint16_t type, uint32_t v)
{
	nl_attr(nl, type, &v, sizeof(v));
}

void nl_attr_str(struct nl *nl, uint16_t type, const char *s)
{
	nl_attr(nl, type, s, strlen(s) + 1);
}

void nl_attr_ip(struct nl *nl, uint16_t type, const struct ip *a)
{
	nl_attr(nl, type, a->b, a->len);
}

size_t nl_nest(struct nl *nl, uint16_t type)
{
	size_t at = nl->b.len;

	nl_attr(nl, type, NULL, 0);
	return at;
}

void nl_nest_end(struct nl *nl, size_t at)
{
	struct rtattr *a = (void *)(nl->b.buf + at);

	a->rta_len = (uint16_t)(nl->b.len - at);
}

size_t nl_raw(struct nl *nl, const void *data, size_t len)
{
	size_t at = nl->b.len;

	memcpy(nl->b.buf + at, data, len);
	nl->b.len += NLMSG_ALIGN(len);
	last_msg(nl)->nlmsg_len = (uint32_t)(nl->b.len - nl->b.last);
	return at;
}

void nl_raw_end(struct nl *nl, size_t at)
{
	uint16_t len = (uint16_t)(nl->b.len - at);

	memcpy(nl->b.buf + at, &len, sizeof(len));
}

static int batch_write(struct nl *nl)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };
	ssize_t n;

	do
		n = sendto(nl->fd, nl->b.buf, nl->b.len, 0, (void *)&to, sizeof(to));
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

/* One datagram from the kernel into rx; Return: bytes or -errno. */
static ssize_t rx_read(struct nl *nl)
{
	ssize_t n;

	do
		n = recv(nl->fd, nl->rx, RX_SIZE, 0);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* The kernel's words behind an error message (NETLINK_EXT_ACK, NETLINK_CAP_ACK). */
static const char *ext_ack(const struct nlmsghdr *h)
{
	const struct rtattr *tb[NLMSGERR_ATTR_MSG + 1];
	size_t hdr = NLMSG_ALIGN(sizeof(struct nlmsgerr));
	const struct nlmsgerr *e = NLMSG_DATA(h);

	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return "";
	if (!(h->nlmsg_flags & NLM_F_CAPPED))
		hdr += NLMSG_ALIGN(e->msg.nlmsg_len) - sizeof(e->msg);
	if (h->nlmsg_len < NLMSG_HDRLEN + hdr)
		return "";
	nl_parse(tb, NLMSGERR_ATTR_MSG, (const uint8_t *)e + hdr,
		 h->nlmsg_len - NLMSG_HDRLEN - hdr);

	const struct rtattr *a = tb[NLMSGERR_ATTR_MSG];

	if (!a || !RTA_PAYLOAD(a) || ((const char *)RTA_DATA(a))[RTA_PAYLOAD(a) - 1])
		return "";
	return RTA_DATA(a);
}

/* Number of the message that asks for an ACK. */
static unsigned ack_msg(const struct nl *nl)
{
	return nl->b.ack ? nl->b.ack : nl->b.n - 1;
}

void nl_ack_here(struct nl *nl)
{
	last_msg(nl)->nlmsg_flags |= NLM_F_ACK;
	nl->b.ack = nl->b.n - 1;
}

struct answers {
	int err[NL_BATCH];
	char *why[NL_BATCH]; /* owned, or NULL */
	bool end;            /* the last message is answered */
};

static void answers_take(struct nl *nl, size_t len, struct answers *a)
{
	const struct nlmsghdr *h = (const void *)nl->rx;

	for (; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len)) {
		uint32_t i = h->nlmsg_seq - nl->b.seq;
		const struct nlmsgerr *e = NLMSG_DATA(h);

		if (h->nlmsg_type != NLMSG_ERROR || i >= nl->b.n ||
		    h->nlmsg_len < NLMSG_LENGTH(sizeof(*e)))
			continue; /* late answer to an earlier batch */
		a->err[i] = e->error;
		if (e->error && !a->why[i])
			a->why[i] = xstrdup(ext_ack(h));
		/* A frame that is refused as a whole is answered at its beginning. */
		if (i == ack_msg(nl) || (e->error && nl->b.ack && i == 0))
			a->end = true;
	}
}

static int answers_wait(struct nl *nl, struct answers *a)
{
	while (!a->end) {
		ssize_t n = rx_read(nl);

		if (n < 0)
			return n == -EAGAIN ? -ETIMEDOUT : (int)n;
		answers_take(nl, (size_t)n, a);
	}
	return 0;
}

static void batch_reset(struct nl *nl)
{
	nl->b.n = 0;
	nl->b.len = 0;
	nl->b.ack = 0;
}

int nl_send(struct nl *nl, nl_answer *cb, void *arg)
{
	struct answers a = { .end = false };
	unsigned n = nl->b.n;
	int err;

	if (!n)
		return 0;
	if (!nl->b.ack)
		last_msg(nl)->nlmsg_flags |= NLM_F_ACK;
	err = batch_write(nl);
	if (!err)
		err = answers_wait(nl, &a);
	nl->batches++;
	nl->messages += n;
	batch_reset(nl);
	for (unsigned i = 0; i < n; i++) {
		cb(arg, nl->b.who[i], err ? err : a.err[i], a.why[i] ? a.why[i] : "");
		free(a.why[i]);
	}
	return err;
}

struct one {
	int err;
	char *why;
};

static void one_answer(void *arg, void *who UNUSED, int err, const char *why)
{
	struct one *o = arg;

	o->err = err;
	if (o->why)
		str_copy(o->why, NL_WHY, why);
}

int nl_do(struct nl *nl, char *why)
{
	struct one o = { .why = why };

	if (why)
		why[0] = '\0';
	nl_send(nl, one_answer, &o);
	return o.err;
}

int nl_get(struct nl *nl, void (*cb)(void *arg, const struct nlmsghdr *h), void *arg)
{
	uint32_t seq = last_msg(nl)->nlmsg_seq;
	int err = batch_write(nl);

	nl->messages++;
	batch_reset(nl);
	while (!err) {
		ssize_t len = rx_read(nl);
		const struct nlmsghdr *h = (const void *)nl->rx;

		if (len < 0)
			return (int)len;
		if (!NLMSG_OK(h, (size_t)len) || h->nlmsg_seq != seq)
			continue;
		if (h->nlmsg_type == NLMSG_ERROR)
			return ((const struct nlmsgerr *)NLMSG_DATA(h))->error;
		cb(arg, h);
		return 0;
	}
	return err;
}

static void on_family(void *arg, const struct nlmsghdr *h)
{
	const struct rtattr *tb[CTRL_ATTR_FAMILY_ID + 1];

	if (nl_payload(h, sizeof(struct genlmsghdr), tb, CTRL_ATTR_FAMILY_ID) &&
	    tb[CTRL_ATTR_FAMILY_ID] && RTA_PAYLOAD(tb[CTRL_ATTR_FAMILY_ID]) >= 2)
		memcpy(arg, RTA_DATA(tb[CTRL_ATTR_FAMILY_ID]), 2);
}

int nl_family(struct nl *nl, const char *name, uint16_t *family)
{
	static const struct genlmsghdr get = { .cmd = CTRL_CMD_GETFAMILY,
					       .version = 1 };
	int err = nl->fd < 0 ? nl_open(nl, NETLINK_GENERIC) : 0;

	if (err)
		return err;
	*family = 0;
	nl_add(nl, NULL, GENL_ID_CTRL, 0, &get, sizeof(get));
	nl_attr_str(nl, CTRL_ATTR_FAMILY_NAME, name);
	err = nl_get(nl, on_family, family);
	return err || *family ? err : -ENOENT;
}

int nl_dump(struct nl *nl, void (*cb)(void *arg, const struct nlmsghdr *h), void *arg)
{
	uint32_t seq = last_msg(nl)->nlmsg_seq;
	bool torn = false;
	int err;

	last_msg(nl)->nlmsg_flags |= NLM_F_DUMP;
	err = batch_write(nl);
	batch_reset(nl);
	if (err)
		return err;
	for (;;) {
		ssize_t got = rx_read(nl);
		const struct nlmsghdr *h = (const void *)nl->rx;

		if (got < 0)
			return got == -EAGAIN ? -ETIMEDOUT : (int)got;

		size_t len = (size_t)got;

		for (; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len)) {
			if (h->nlmsg_seq != seq)
				continue;
			torn |= h->nlmsg_flags & NLM_F_DUMP_INTR;
			if (h->nlmsg_type == NLMSG_ERROR)
				return ((const struct nlmsgerr *)NLMSG_DATA(h))->error;
			if (h->nlmsg_type == NLMSG_DONE)
				return torn ? -EINTR : 0;
			cb(arg, h);
		}
	}
}

static void strict_set(struct nl *nl, int on)
{
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
}

int nl_dump_strict(struct nl *nl, void (*cb)(void *arg, const struct nlmsghdr *h),
		   void *arg)
{
	int err;

	strict_set(nl, 1);
	err = nl_dump(nl, cb, arg);
	strict_set(nl, 0);
	return err;
}

/* nlmsg_type is in host order, which loads as big-endian. */
static uint32_t type_loaded(uint16_t type)
{
	uint8_t t[2];

	memcpy(t, &type, 2);
	return (uint32_t)(t[0] << 8 | t[1]);
}

/*
 * The kernel tells us of our own writes too: three events per MAC+IP route. The
 * first socket filters them out in the kernel; the second hears only those, so that
 * another writer of extern_learn entries is noticed, and goes deaf during a flood of
 * our own. Both filters look at type, and at ndm_flags, byte 10 behind the header.
 * New routes of our protocol are heard by neither: a dump finds who else writes those.
 */
static int filter_attach(int fd, bool own)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS,
			 offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, type_loaded(RTM_NEWNEIGH), 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, type_loaded(RTM_NEWROUTE), 0, 5),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
			 NLMSG_HDRLEN + offsetof(struct rtmsg, rtm_protocol)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, INTENT_PROTOCOL, 0, 3),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
			 NLMSG_HDRLEN + offsetof(struct ndmsg, ndm_flags)),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NTF_EXT_LEARNED, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, own ? 0 : UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, own ? UINT32_MAX : 0),
	};
	struct sock_fprog prog = { .len = ARRAY_SIZE(code), .filter = code };

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)))
		return -errno;
	return 0;
}

static void join(int fd, int group, bool on)
{
	setsockopt(fd, SOL_NETLINK,
		   on ? NETLINK_ADD_MEMBERSHIP : NETLINK_DROP_MEMBERSHIP, &group,
		   sizeof(group));
}

void nl_join_routes(int fd)
{
	join(fd, RTNLGRP_IPV6_ROUTE, true);
	join(fd, RTNLGRP_IPV6_NETCONF, true);
}

void nl_join(int fd, bool on)
{
	join(fd, RTNLGRP_NEIGH, on);
}

int nl_events(int rcvbuf, bool own)
{
	struct sockaddr_nl me = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_ROUTE);
	int err;

	if (fd < 0)
		return -errno;
	/* FORCE needs CAP_NET_ADMIN in the first user namespace */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &rcvbuf, sizeof(rcvbuf)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof(rcvbuf));
	err = filter_attach(fd, own);
	if (!err && bind(fd, (void *)&me, sizeof(me)))
		err = -errno;
	if (err) {
		close(fd);
		return err;
	}
	nl_join(fd, true);
	if (!own) {
		join(fd, RTNLGRP_LINK, true);
		join(fd, RTNLGRP_IPV4_IFADDR, true);
		join(fd, RTNLGRP_IPV6_IFADDR, true);
	}
	return fd;
}

void nl_parse(const struct rtattr **tb, unsigned max, const void *data, size_t len)
{
	const struct rtattr *a = data;
	int left = (int)len; /* below zero when the last one has no padding */

	memset(tb, 0, (max + 1) * sizeof(*tb));
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		unsigned type = a->rta_type & (unsigned)NLA_TYPE_MASK;

		if (type <= max)
			tb[type] = a;
	}
}

bool nl_payload(const struct nlmsghdr *h, size_t hdr, const struct rtattr **tb,
		unsigned max)
{
	size_t skip = NLMSG_ALIGN(hdr);

	if (h->nlmsg_len < NLMSG_LENGTH(hdr))
		return false;

	size_t len = h->nlmsg_len - NLMSG_HDRLEN;

	nl_parse(tb, max, (const uint8_t *)NLMSG_DATA(h) + skip,
		 len > skip ? len - skip : 0);
	return true;
}

struct ip nl_ip(const struct rtattr *a)
{
	return a ? ip_of(RTA_DATA(a), RTA_PAYLOAD(a)) : (struct ip) { 0 };
}

struct mac nl_mac(const struct rtattr *a)
{
	struct mac m = { 0 };

	if (a && RTA_PAYLOAD(a) == sizeof(m))
		memcpy(&m, RTA_DATA(a), sizeof(m));
	return m;
}

uint32_t nl_u32(const struct rtattr *a)
{
	uint32_t v = 0;

	if (a && RTA_PAYLOAD(a) >= sizeof(v))
		memcpy(&v, RTA_DATA(a), sizeof(v));
	return v;
}

uint16_t nl_u16be(const struct rtattr *a)
{
	uint8_t b[2] = { 0 };

	if (a && RTA_PAYLOAD(a) >= sizeof(b))
		memcpy(b, RTA_DATA(a), sizeof(b));
	return (uint16_t)(b[0] << 8 | b[1]);
}

uint8_t nl_u8(const struct rtattr *a)
{
	return a && RTA_PAYLOAD(a) ? *(const uint8_t *)RTA_DATA(a) : 0;
}
