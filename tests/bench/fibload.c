/*
 * The kernel's side of the benchmarks, for a namespace with bridges br<VNI> and VXLAN
 * devices vx<VNI>:
 *   fibload write N VNIS         the ceiling: write the three objects of N routes in
 *                                batches of 128 messages, the ACK asked for the last
 *   fibload watch N VNIS SECONDS wait until the objects of N routes are there
 *   fibload gone N VNIS SECONDS  the same for their removal
 *   fibload verify N VNIS        dump, and compare with the model
 * Times are printed in nanoseconds of CLOCK_MONOTONIC.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/util.h"
#include "tests/bench/model.h"

enum object { OBJ_VXLAN, OBJ_BRIDGE, OBJ_NEIGH, OBJS };
enum { BATCH = 128, MSG_ROOM = 96, VNIS_MAX = 4096, SAMPLES = 100, POLL_US = 2000 };

static const char *const object_names[OBJS] = { "vxlan fdb", "bridge fdb", "neighbor" };
static unsigned vx_index[VNIS_MAX], br_index[VNIS_MAX];
static uint32_t n_routes, n_vnis;

static void die(const char *what)
{
	fprintf(stderr, "fibload: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int netlink_open(unsigned groups)
{
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK, .nl_groups = groups };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int size = 1 << 30;

	if (fd < 0 || bind(fd, (struct sockaddr *)&nl, sizeof(nl)))
		die("netlink");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return fd;
}

static void devices_find(void)
{
	char name[IF_NAMESIZE];

	for (uint32_t v = 0; v < n_vnis; v++) {
		snprintf(name, sizeof(name), "vx%u", MODEL_VNI + v);
		vx_index[v] = if_nametoindex(name);
		snprintf(name, sizeof(name), "br%u", MODEL_VNI + v);
		br_index[v] = if_nametoindex(name);
		if (!vx_index[v] || !br_index[v])
			die(name);
	}
}

/* ---- write --------------------------------------------------------------------- */

static void attr_put(struct nlmsghdr *h, unsigned short type, const void *data,
		     size_t len)
{
	struct rtattr *a = (void *)((char *)h + NLMSG_ALIGN(h->nlmsg_len));

	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(len);
	memcpy(RTA_DATA(a), data, len);
	h->nlmsg_len = (uint32_t)(NLMSG_ALIGN(h->nlmsg_len) + RTA_ALIGN(a->rta_len));
}

/* One object of one route, as FRR and Selvage write it. Return: bytes. */
static size_t object_build(void *buf, uint32_t i, enum object o, bool ack)
{
	struct nlmsghdr *h = buf;
	struct ndmsg *nd = NLMSG_DATA(h);
	uint32_t v = model_vni(i, n_vnis) - MODEL_VNI;
	uint32_t vtep = htonl(model_vtep(i, n_vnis)), ip = htonl(model_ip(i));
	struct mac mac = model_mac(i);

	memset(buf, 0, MSG_ROOM);
	h->nlmsg_len = NLMSG_LENGTH(sizeof(*nd));
	h->nlmsg_type = RTM_NEWNEIGH;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_CREATE | NLM_F_REPLACE |
				    (ack ? NLM_F_ACK : 0));
	nd->ndm_family = o == OBJ_NEIGH ? AF_INET : AF_BRIDGE;
	nd->ndm_ifindex = (int)(o == OBJ_NEIGH ? br_index[v] : vx_index[v]);
	nd->ndm_state = o == OBJ_NEIGH ? NUD_NOARP : NUD_REACHABLE;
	nd->ndm_flags = (uint8_t)(NTF_EXT_LEARNED | (o == OBJ_VXLAN    ? NTF_SELF
						     : o == OBJ_BRIDGE ? NTF_MASTER
								       : 0));
	attr_put(h, NDA_LLADDR, &mac, sizeof(mac));
	if (o == OBJ_VXLAN)
		attr_put(h, NDA_DST, &vtep, sizeof(vtep));
	if (o == OBJ_NEIGH)
		attr_put(h, NDA_DST, &ip, sizeof(ip));
	return NLMSG_ALIGN(h->nlmsg_len);
}

static void batch_send(int fd, const char *buf, size_t len)
{
	char answer[8192];
	ssize_t n;

	if (send(fd, buf, len, 0) != (ssize_t)len)
		die("send");
	n = recv(fd, answer, sizeof(answer), 0);
	for (struct nlmsghdr *h = (void *)answer; n > 0 && NLMSG_OK(h, (size_t)n);
	     h = NLMSG_NEXT(h, n)) {
		const struct nlmsgerr *e = NLMSG_DATA(h);

		if (h->nlmsg_type == NLMSG_ERROR && e->error) {
			errno = -e->error;
			die("the kernel refused an entry");
		}
	}
}

static int do_write(void)
{
	static char buf[BATCH * MSG_ROOM];
	uint32_t total = n_routes * OBJS, in_batch = 0;
	int fd = netlink_open(0);
	size_t len = 0;

	printf("first %lld\n", now_ns());
	fflush(stdout);
	for (uint32_t k = 0; k < total; k++) {
		bool last = ++in_batch == BATCH || k + 1 == total;

		len += object_build(buf + len, k / OBJS, (enum object)(k % OBJS), last);
		if (last) {
			batch_send(fd, buf, len);
			len = in_batch = 0;
		}
	}
	printf("acked %lld\n", now_ns());
	return 0;
}

/* ---- look ---------------------------------------------------------------------- */

struct entry {
	enum object object;
	uint32_t i; /* route */
	unsigned ifindex;
	struct mac mac;
	uint32_t dst; /* VTEP or IP, host order */
};

/* An entry of our model's address space, or false. */
static bool entry_parse(struct nlmsghdr *h, struct entry *out)
{
	struct ndmsg *nd = NLMSG_DATA(h);
	int left = (int)NLMSG_PAYLOAD(h, sizeof(*nd));

	*out = (struct entry) { .ifindex = (unsigned)nd->ndm_ifindex };
	for (struct rtattr *a = (void *)(nd + 1); RTA_OK(a, left);
	     a = RTA_NEXT(a, left)) {
		if (a->rta_type == NDA_LLADDR && RTA_PAYLOAD(a) == 6)
			memcpy(&out->mac, RTA_DATA(a), 6);
		if (a->rta_type == NDA_DST && RTA_PAYLOAD(a) == 4) {
			memcpy(&out->dst, RTA_DATA(a), 4);
			out->dst = ntohl(out->dst);
		}
	}
	if (nd->ndm_family == AF_INET) {
		out->object = OBJ_NEIGH;
		out->i = model_of_ip(out->dst);
	} else {
		out->object = out->dst ? OBJ_VXLAN : OBJ_BRIDGE;
		out->i = model_of_mac(out->mac.b);
	}
	return (nd->ndm_family == AF_INET || nd->ndm_family == AF_BRIDGE) &&
	       out->i < MODEL_MAX;
}

/* Is it exactly what the model says of this route? */
static bool entry_right(const struct entry *e)
{
	uint32_t v = model_vni(e->i, n_vnis) - MODEL_VNI;
	struct mac mac = model_mac(e->i);

	if (e->i >= n_routes || !mac_eq(&mac, &e->mac))
		return false;
	if (e->object == OBJ_NEIGH)
		return e->ifindex == br_index[v];
	return e->ifindex == vx_index[v] &&
	       (e->object == OBJ_BRIDGE || e->dst == model_vtep(e->i, n_vnis));
}

static uint8_t *seen[OBJS];
static uint32_t n_seen[OBJS], n_wrong;

static void entry_count(struct nlmsghdr *h)
{
	struct entry e;

	if (!entry_parse(h, &e))
		return;
	if (!entry_right(&e) || seen[e.object][e.i])
		n_wrong++;
	else
		n_seen[e.object] += seen[e.object][e.i] = 1;
}

static void counts_print(void)
{
	for (int o = 0; o < OBJS; o++)
		printf("%s %u of %u\n", object_names[o], n_seen[o], n_routes);
	printf("wrong %u\n", n_wrong);
}

static void dump(int family)
{
	static char buf[1 << 20];
	struct {
		struct nlmsghdr h;
		struct ndmsg nd;
	} req = { .h = { sizeof(req), RTM_GETNEIGH, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 },
		  .nd = { .ndm_family = (uint8_t)family } };
	int fd = netlink_open(0);
	bool done = false;

	if (send(fd, &req, sizeof(req), 0) < 0)
		die("dump");
	while (!done) {
		ssize_t n = recv(fd, buf, sizeof(buf), 0);

		if (n < 0)
			die("dump");
		for (struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, (size_t)n);
		     h = NLMSG_NEXT(h, n)) {
			done |= h->nlmsg_type == NLMSG_DONE ||
				h->nlmsg_type == NLMSG_ERROR;
			if (h->nlmsg_type == RTM_NEWNEIGH)
				entry_count(h);
		}
	}
	close(fd);
}

static int do_verify(void)
{
	dump(AF_BRIDGE);
	dump(AF_INET);
	counts_print();
	return n_seen[OBJ_VXLAN] != n_routes || n_seen[OBJ_BRIDGE] != n_routes ||
	       n_seen[OBJ_NEIGH] != n_routes || n_wrong;
}

/* ---- watch --------------------------------------------------------------------- */

/* Is this object there (right or wrong)? One request, answered by the entry. */
static bool object_there(int fd, uint32_t i, enum object o)
{
	union {
		struct nlmsghdr h;
		char room[MSG_ROOM];
	} req;
	char answer[1024];
	struct nlmsghdr *h = (void *)answer;

	object_build(&req, i, o, false);
	req.h.nlmsg_type = RTM_GETNEIGH;
	req.h.nlmsg_flags = NLM_F_REQUEST;
	((struct ndmsg *)NLMSG_DATA(&req.h))->ndm_state = 0;
	((struct ndmsg *)NLMSG_DATA(&req.h))->ndm_flags = o == OBJ_VXLAN    ? NTF_SELF
							  : o == OBJ_BRIDGE ? NTF_MASTER
									    : 0;
	req.h.nlmsg_len = NLMSG_LENGTH(sizeof(struct ndmsg));
	if (o == OBJ_NEIGH) {
		uint32_t ip = htonl(model_ip(i));

		attr_put(&req.h, NDA_DST, &ip, sizeof(ip));
	} else {
		struct mac mac = model_mac(i);

		attr_put(&req.h, NDA_LLADDR, &mac, sizeof(mac));
	}
	if (send(fd, &req, req.h.nlmsg_len, 0) < 0 ||
	    recv(fd, answer, sizeof(answer), 0) < 0)
		die("request");
	return h->nlmsg_type == RTM_NEWNEIGH;
}

/*
 * A listener to all events would cost the writer a third of its rate on two cores. So
 * we ask for samples, the last route first, then some in random order, always for the
 * first one still missing; when all are there the caller compares the whole with
 * `verify`. Few of them: each takes a lock that the writer wants (and the time of
 * asking counts against who is watched, about a millisecond).
 */
static int do_watch(int seconds, bool gone)
{
	long long end = now_ns() + seconds * 1000000000LL;
	uint32_t n = MIN_OF(n_routes, (uint32_t)SAMPLES);
	int fd = netlink_open(0);

	srandom(1);
	printf("watching\n");
	fflush(stdout);
	for (uint32_t k = 0; k < n; k++) {
		uint32_t i = k ? (uint32_t)random() % n_routes : n_routes - 1;

		for (int o = 0; o < OBJS; o++)
			while (object_there(fd, i, (enum object)o) == gone) {
				if (now_ns() > end) {
					printf("%s of route %u: %s\n", object_names[o],
					       i, gone ? "still there" : "missing");
					return 1;
				}
				usleep(POLL_US);
			}
	}
	printf("last %lld\n", now_ns());
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (argc < 4 || (n_routes = (uint32_t)atoi(argv[2])) >= MODEL_MAX ||
	    (n_vnis = (uint32_t)atoi(argv[3])) - 1 >= VNIS_MAX) {
		fprintf(stderr,
			"usage: fibload write|verify|watch|gone N VNIS [SECONDS]\n");
		return 2;
	}
	devices_find();
	for (int o = 0; o < OBJS; o++)
		seen[o] = xcalloc(1, n_routes + 1);
	if (!strcmp(what, "write"))
		return do_write();
	if (!strcmp(what, "verify"))
		return do_verify();
	if (argc > 4 && (!strcmp(what, "watch") || !strcmp(what, "gone")))
		return do_watch(atoi(argv[4]), *what == 'g');
	fprintf(stderr, "fibload: unknown: %s\n", what);
	return 2;
}
