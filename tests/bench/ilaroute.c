/*
 * Routes as a program without any state writes them: the ceiling of the kernel data
 * plane. What is in a message is what iproute2 sends for
 *   ip -6 route replace ADDR/128 encap ila LOCATOR csum-mode neutral-map ident-type
 * luid via GATEWAY dev DEVICE proto 201 metric 200
 */
#include "tests/bench/ilaroute.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	BATCH = 128,
	MSG_ROOM = 192,
	ENCAP_ILA = 3,
	PROTOCOL = 201,
	METRIC = 200,
	MEMORY_US = 1000
};
enum { ILA_LOCATOR = 1, ILA_CSUM_MODE = 7, ILA_IDENT_TYPE = 8 };

#define GATEWAY "fe80::1"

static void die(const char *what)
{
	fprintf(stderr, "ilaroute: %s: %s\n", what, strerror(errno));
	exit(1);
}

void ilaroute_stage(void)
{
	if (system("ip link set lo up && ip link add d0 type dummy && "
		   "ip link set d0 up && ip -6 addr add 2001:db8::1/64 dev d0 nodad && "
		   "ip -6 route add default via " GATEWAY " dev d0"))
		die("ip");
}

void ilaroute_unstage(void)
{
	if (system("ip link del d0"))
		die("ip");
}

static int netlink_open(void)
{
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0 || bind(fd, (struct sockaddr *)&nl, sizeof(nl)))
		die("netlink");
	return fd;
}

static struct rtattr *attr_put(struct nlmsghdr *h, unsigned short type,
			       const void *data, size_t len)
{
	struct rtattr *a = (void *)((char *)h + NLMSG_ALIGN(h->nlmsg_len));

	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(a), data, len);
	h->nlmsg_len = (uint32_t)(NLMSG_ALIGN(h->nlmsg_len) + RTA_ALIGN(a->rta_len));
	return a;
}

static struct nlmsghdr *begin(void *buf, uint16_t type, unsigned flags,
			      const struct ila_addr *dst)
{
	struct nlmsghdr *h = buf;
	struct rtmsg *m = NLMSG_DATA(h);

	memset(buf, 0, MSG_ROOM);
	h->nlmsg_len = NLMSG_LENGTH(sizeof(*m));
	h->nlmsg_type = type;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	m->rtm_family = AF_INET6;
	m->rtm_dst_len = 128;
	attr_put(h, RTA_DST, dst, sizeof(*dst));
	return h;
}

static size_t route_build(void *buf, const struct ila_addr *dst,
			  const struct ila64 *locator, uint32_t oif, bool ack)
{
	static const uint8_t csum = ILA_CSUM_NEUTRAL, ident = ILA_TYPE_LUID;
	static const uint16_t type = ENCAP_ILA;
	static const uint32_t metric = METRIC;
	static const uint8_t gateway[16] = { 0xfe, 0x80, [15] = 1 };
	struct nlmsghdr *h = begin(
		buf, RTM_NEWROUTE,
		NLM_F_CREATE | NLM_F_REPLACE | (ack ? (unsigned)NLM_F_ACK : 0), dst);
	struct rtmsg *m = NLMSG_DATA(h);
	struct rtattr *encap;

	m->rtm_table = RT_TABLE_MAIN;
	m->rtm_protocol = PROTOCOL;
	m->rtm_type = RTN_UNICAST;
	encap = attr_put(h, RTA_ENCAP | NLA_F_NESTED, NULL, 0);
	attr_put(h, ILA_LOCATOR, locator, sizeof(*locator));
	attr_put(h, ILA_CSUM_MODE, &csum, sizeof(csum));
	attr_put(h, ILA_IDENT_TYPE, &ident, sizeof(ident));
	encap->rta_len = (unsigned short)((char *)h + h->nlmsg_len - (char *)encap);
	attr_put(h, RTA_ENCAP_TYPE, &type, sizeof(type));
	attr_put(h, RTA_GATEWAY, gateway, sizeof(gateway));
	attr_put(h, RTA_OIF, &oif, sizeof(oif));
	attr_put(h, RTA_PRIORITY, &metric, sizeof(metric));
	return NLMSG_ALIGN(h->nlmsg_len);
}

/* Return: false: the kernel had no memory for one (per CPU, which it gets in advance,
 * but not always fast enough), and the batch is to be sent again. */
static bool batch_sent(int fd, const char *buf, size_t len)
{
	char answer[8192];
	bool again = false;
	ssize_t n;

	if (send(fd, buf, len, 0) != (ssize_t)len)
		die("send");
	n = recv(fd, answer, sizeof(answer), 0);
	for (struct nlmsghdr *h = (void *)answer; n > 0 && NLMSG_OK(h, (size_t)n);
	     h = NLMSG_NEXT(h, n)) {
		const struct nlmsgerr *e = NLMSG_DATA(h);

		if (h->nlmsg_type == NLMSG_ERROR && e->error == -ENOMEM) {
			again = true;
		} else if (h->nlmsg_type == NLMSG_ERROR && e->error) {
			errno = -e->error;
			die("the kernel refused a route");
		}
	}
	return !again;
}

static void batch_send(int fd, const char *buf, size_t len)
{
	char rest[65536];

	while (!batch_sent(fd, buf, len)) {
		usleep(MEMORY_US);
		while (recv(fd, rest, sizeof(rest), MSG_DONTWAIT) > 0)
			;
	}
}

void ilaroute_write(uint32_t n, struct ila_addr (*addr)(uint32_t i),
		    struct ila64 (*locator)(uint32_t i))
{
	static char buf[BATCH * MSG_ROOM];
	uint32_t oif = if_nametoindex("d0"), in_batch = 0;
	int fd = netlink_open();
	size_t len = 0;

	for (uint32_t i = 0; i < n; i++) {
		bool last = ++in_batch == BATCH || i + 1 == n;
		struct ila_addr a = addr(i);
		struct ila64 l = locator(i);

		len += route_build(buf + len, &a, &l, oif, last);
		if (last) {
			batch_send(fd, buf, len);
			len = in_batch = 0;
		}
	}
	close(fd);
}

bool ilaroute_there(const struct ila_addr *a)
{
	int fd = netlink_open(); /* of the namespace as it is now */
	char req[MSG_ROOM], answer[4096];
	struct nlmsghdr *h = begin(req, RTM_GETROUTE, 0, a);
	struct rtmsg *m = NLMSG_DATA(h);

	m->rtm_flags = RTM_F_FIB_MATCH;
	if (send(fd, req, h->nlmsg_len, 0) < 0 ||
	    recv(fd, answer, sizeof(answer), 0) < 0)
		die("request");
	close(fd);
	h = (void *)answer;
	m = NLMSG_DATA(h);
	return h->nlmsg_type == RTM_NEWROUTE && m->rtm_dst_len == 128 &&
	       m->rtm_protocol == PROTOCOL;
}
