/*
 * The test is the engine: it hands a channel to a forked fib process that lives in a
 * fresh network namespace, and looks at the kernel with ip and bridge.
 */
#include "tests/system/fibtest.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uthash.h>

#include "lib/chan.h"
#include "lib/clock.h"
#include "lib/log.h"

struct ft ft;

struct told_fdb {
	struct intent_fdb r;
	struct {
		uint32_t vni;
		struct mac mac;
		uint16_t pad;
	} key;
	UT_hash_handle hh;
};

struct told_neigh {
	struct intent_neigh r;
	struct {
		uint32_t vni;
		struct ip ip;
		uint8_t pad[3];
	} key;
	UT_hash_handle hh;
};

/* ---- commands ---- */

static char text[1 << 22];

static const char *run(const char *cmd, int *status)
{
	FILE *p;
	size_t n;

	fflush(stdout);
	p = popen(cmd, "r");
	assert_non_null(p);
	n = fread(text, 1, sizeof(text) - 1, p);
	text[n] = '\0';
	*status = pclose(p);
	return text;
}

#define FORMAT(cmd, fmt)                                                               \
	do {                                                                           \
		va_list ap_;                                                           \
		va_start(ap_, fmt);                                                    \
		vsnprintf(cmd, sizeof(cmd), fmt, ap_);                                 \
		va_end(ap_);                                                           \
	} while (0)

void sh(const char *fmt, ...)
{
	char cmd[4096];
	int status;

	FORMAT(cmd, fmt);
	run(cmd, &status);
	if (status)
		print_message("command failed: %s\n%s", cmd, text);
	assert_int_equal(status, 0);
}

const char *out(const char *fmt, ...)
{
	char cmd[4096];
	int status;

	FORMAT(cmd, fmt);
	return run(cmd, &status);
}

bool has(const char *want, const char *fmt, ...)
{
	char cmd[4096];
	int status;

	FORMAT(cmd, fmt);
	return strstr(run(cmd, &status), want);
}

unsigned lines(const char *fmt, ...)
{
	char cmd[4096];
	int status;
	unsigned n = 0;

	FORMAT(cmd, fmt);
	for (const char *s = run(cmd, &status); *s; s++)
		n += *s == '\n';
	return n;
}

/* ---- what is told ---- */

static void on_fdb(const struct chan_hdr *h, const struct intent_fdb *r)
{
	struct told_fdb k, *t;

	memset(&k, 0, sizeof(k));
	k.key.vni = r->vni;
	k.key.mac = r->mac;
	HASH_FIND(hh, ft.fdbs, &k.key, sizeof(k.key), t);
	if (h->flags & INTENT_F_GONE) {
		ft.gones++;
		if (t) {
			HASH_DEL(ft.fdbs, t);
			free(t);
		}
		return;
	}
	if (!t) {
		t = xmemdup(&k, sizeof(k));
		HASH_ADD(hh, ft.fdbs, key, sizeof(t->key), t);
	}
	t->r = *r;
}

static void on_neigh(const struct chan_hdr *h, const struct intent_neigh *r)
{
	struct told_neigh k, *t;

	memset(&k, 0, sizeof(k));
	k.key.vni = r->vni;
	k.key.ip = r->ip;
	HASH_FIND(hh, ft.neighs, &k.key, sizeof(k.key), t);
	if (h->flags & INTENT_F_GONE) {
		if (t) {
			HASH_DEL(ft.neighs, t);
			free(t);
		}
		return;
	}
	if (!t) {
		t = xmemdup(&k, sizeof(k));
		HASH_ADD(hh, ft.neighs, key, sizeof(t->key), t);
	}
	t->r = *r;
}

static void on_link(const struct chan_hdr *h, const struct intent_link *r)
{
	unsigned i;

	for (i = 0; i < ft.n_links; i++)
		if (ft.links[i].ifindex == r->ifindex)
			break;
	if (h->flags & INTENT_F_GONE) {
		if (i < ft.n_links)
			ft.links[i] = ft.links[--ft.n_links];
		return;
	}
	if (i == ft.n_links && i < ARRAY_SIZE(ft.links))
		ft.n_links++;
	if (i < ARRAY_SIZE(ft.links))
		ft.links[i] = *r;
}

static void on_record(void *arg UNUSED, const struct chan_hdr *h, const void *body)
{
	switch (h->type) {
	case INTENT_HELLO:
		ft.hellos++;
		ft.hello = *(const struct intent_hello *)body;
		break;
	case INTENT_DUMP_END:
		ft.dump_ends++;
		break;
	case INTENT_COUNTERS:
		memcpy(&ft.counters, body, sizeof(ft.counters));
		break;
	case INTENT_RESULT:
		ft.results[ft.n_results++ % ARRAY_SIZE(ft.results)] =
			*(const struct intent_result *)body;
		break;
	case INTENT_ENTRY:
		if (ft.n_entries < ARRAY_SIZE(ft.entries))
			ft.entries[ft.n_entries++] = *(const struct intent_entry *)body;
		break;
	case INTENT_QUERY_END:
		ft.query_ends++;
		break;
	case INTENT_ILA_STATE:
		ft.ila_states++;
		ft.ila = *(const struct intent_ila_state *)body;
		break;
	case INTENT_FDB:
		on_fdb(h, body);
		break;
	case INTENT_LNEIGH:
		on_neigh(h, body);
		break;
	case INTENT_LINK:
		on_link(h, body);
		break;
	case INTENT_SIGNAL:
		ft.signals++;
		break;
	default:
		break;
	}
}

static const struct chan_ops ops = { .size_of = intent_size, .record = on_record };

/* ---- processes ---- */

/* fib's spawn(): the test sends the descriptor when it likes. */
static pid_t take_channel(void *arg, int *chan_fd)
{
	int ctl = *(int *)arg;
	char byte, buf[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = buf,
			    .msg_controllen = sizeof(buf) };

	if (recvmsg(ctl, &m, 0) != 1 || !CMSG_FIRSTHDR(&m))
		_exit(0); /* the test is over */
	memcpy(chan_fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(int));
	return 0;
}

static int no_kill(void *arg UNUSED, pid_t pid UNUSED, int signo UNUSED)
{
	return 0;
}

void fib_start(void)
{
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), 0);
	fflush(NULL);
	ft.fib = fork();
	if (!ft.fib) {
		close(fd[0]);
		if (!getenv("FT_DEBUG"))
			log_level_set(LOG_LVL_ERR);
		log_role_set("fib");
		ft.opts.spawn = take_channel;
		ft.opts.kill = no_kill;
		ft.opts.arg = &fd[1];
		_exit(fib_run(&ft.opts));
	}
	close(fd[1]);
	ft.ctl = fd[0];
}

void fib_kill(void)
{
	int status;

	engine_end();
	if (ft.fib <= 0)
		return;
	close(ft.ctl);
	kill(ft.fib, SIGKILL);
	waitpid(ft.fib, &status, 0);
	ft.fib = 0;
}

static void told_clear(void)
{
	struct told_fdb *a, *next_a;
	struct told_neigh *b, *next_b;

	HASH_ITER (hh, ft.fdbs, a, next_a) {
		HASH_DEL(ft.fdbs, a);
		free(a);
	}
	HASH_ITER (hh, ft.neighs, b, next_b) {
		HASH_DEL(ft.neighs, b);
		free(b);
	}
	ft.n_links = 0;
}

void engine_start(void)
{
	char buf[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 'x';
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = buf,
			    .msg_controllen = sizeof(buf) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	unsigned ends;
	int fd[2];

	engine_end();
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd), 0);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd[1], sizeof(int));
	assert_int_equal(sendmsg(ft.ctl, &m, 0), 1);
	close(fd[1]);
	ft.c = chan_new(fd[0], &ops, NULL);
	ends = ft.dump_ends;
	wait_for(ft.dump_ends > ends);
}

void engine_end(void)
{
	chan_free(ft.c);
	ft.c = NULL;
	told_clear();
	memset(&ft.counters, 0, sizeof(ft.counters));
}

int ns_new(void **state UNUSED)
{
	static char bpf_dir[64];

	memset(&ft, 0, sizeof(ft));
	snprintf(bpf_dir, sizeof(bpf_dir), "/sys/fs/bpf/fibtest-%d", (int)getpid());
	ft.opts.bpf_dir = bpf_dir; /* not the machine's own */
	if (unshare(CLONE_NEWNET))
		return -1;
	sh("ip link set lo up; ip link add under0 type veth peer name under1; ip link "
	   "set under0 up;"
	   "ip addr add 10.9.0.1/24 dev under0");
	return 0;
}

int ns_end(void **state UNUSED)
{
	fib_kill();
	sh("rm -rf %s", ft.opts.bpf_dir);
	return 0;
}

/* ---- records ---- */

void put(uint16_t type, uint32_t flags, const void *body, size_t len)
{
	assert_int_equal(chan_put(ft.c, type, flags, body, len), 0);
}

void flush(void)
{
	assert_int_equal(chan_flush(ft.c), 0);
	while (chan_queued(ft.c))
		pump(1);
}

int patience(void)
{
	const char *s = getenv("FT_PATIENCE");

	return s ? atoi(s) : 1000;
}

void pump(int ms)
{
	int64_t end = clock_ms() + ms;

	do {
		struct pollfd p = { .fd = ft.c ? chan_fd(ft.c) : -1, .events = POLLIN };
		int left = (int)(end - clock_ms());

		if (ft.c && chan_queued(ft.c))
			p.events |= POLLOUT;
		if (poll(&p, 1, MAX_OF(left, 0)) > 0) {
			if (p.revents & POLLOUT)
				chan_writable(ft.c);
			if (p.revents & (POLLIN | POLLHUP) &&
			    chan_readable(ft.c, 64) < 0)
				fail_msg("fib is gone");
		}
	} while (clock_ms() < end);
}

void ask(uint32_t table, bool diff_only)
{
	struct intent_query q = { .id = 1, .diff_only = diff_only, .table = table };
	unsigned ends = ft.query_ends;

	ft.n_entries = 0;
	put(INTENT_QUERY, 0, &q, sizeof(q));
	flush();
	wait_for(ft.query_ends > ends);
}

static unsigned differences(void)
{
	unsigned n = 0;

	ask(TABLES, true);
	for (unsigned i = 0; i < ft.n_entries; i++)
		n += !(ft.entries[i].state & ENTRY_HELD);
	return n;
}

void settle(void)
{
	int tries = 0;

	while (differences()) {
		if (++tries > patience() / 2) {
			for (unsigned i = 0; i < MIN_OF(ft.n_entries, 8u); i++) {
				struct intent_hdr h = { .type = INTENT_ENTRY };
				char line[256];

				print_message("%s\n",
					      intent_format(&h, &ft.entries[i], line,
							    sizeof(line)));
			}
			fail_msg("differences stay");
		}
		pump(10);
	}
	pump(250); /* counters are told five times a second */
}

void sync_begin(void)
{
	put(INTENT_SYNC_BEGIN, 0, NULL, 0);
}

void sync_end(uint32_t flags)
{
	put(INTENT_SYNC_END, flags, NULL, 0);
	flush();
}

static struct mac mac_of(const char *s)
{
	struct mac m;

	assert_int_equal(mac_parse(s, &m), 0);
	return m;
}

static struct ip addr_of(const char *s)
{
	struct ip a;

	assert_int_equal(ip_parse(s, &a), 0);
	return a;
}

void l2dom(uint32_t vni, const char *bridge, const char *vtep, uint16_t flags)
{
	struct intent_l2dom d = { .vni = vni,
				  .port = 4789,
				  .flags = flags,
				  .vtep = addr_of(vtep),
				  .tenant = "red" };

	str_copy(d.bridge, sizeof(d.bridge), bridge);
	snprintf(d.vxlan, sizeof(d.vxlan), "vx%u", vni);
	put(INTENT_L2DOM_SET, 0, &d, sizeof(d));
}

void mac_set_flags(uint32_t vni, const char *mac, const char *vtep, uint16_t flags)
{
	struct intent_mac m = { .vni = vni,
				.dst_vni = vni,
				.cookie = 7,
				.mac = mac_of(mac),
				.vtep = addr_of(vtep),
				.flags = flags };

	put(INTENT_MAC_SET, 0, &m, sizeof(m));
}

void mac_set(uint32_t vni, const char *mac, const char *vtep)
{
	mac_set_flags(vni, mac, vtep, 0);
}

void mac_del(uint32_t vni, const char *mac)
{
	struct intent_mac m = { .vni = vni, .mac = mac_of(mac) };

	put(INTENT_MAC_DEL, 0, &m, sizeof(m));
}

void neigh_set(uint32_t vni, const char *ip, const char *mac)
{
	struct intent_neigh n = { .vni = vni, .ip = addr_of(ip), .mac = mac_of(mac) };

	put(INTENT_NEIGH_SET, 0, &n, sizeof(n));
}

void neigh_del(uint32_t vni, const char *ip)
{
	struct intent_neigh n = { .vni = vni, .ip = addr_of(ip) };

	put(INTENT_NEIGH_DEL, 0, &n, sizeof(n));
}

void flood_set(uint32_t vni, const char *vtep)
{
	struct intent_flood f = { .vni = vni, .vtep = addr_of(vtep) };

	put(INTENT_FLOOD_SET, 0, &f, sizeof(f));
}

void flood_del(uint32_t vni, const char *vtep)
{
	struct intent_flood f = { .vni = vni, .vtep = addr_of(vtep) };

	put(INTENT_FLOOD_DEL, 0, &f, sizeof(f));
}

void adopt(bool on)
{
	struct intent_adopt a = { .on = on };

	put(INTENT_ADOPT, 0, &a, sizeof(a));
}

static struct ila64 half_of(const char *s)
{
	struct ila64 h = { 0 };

	if (s)
		assert_int_equal(ila64_parse(s, &h), 0);
	return h;
}

static struct ila_addr ila_of(const char *s)
{
	struct ip ip = addr_of(s);
	struct ila_addr a;

	memcpy(&a, ip.b, sizeof(a));
	return a;
}

void sir_set(const char *sir, const char *locator, enum ila_csum csum,
	     enum ila_plane plane)
{
	struct intent_ila_domain d = { .sir = half_of(sir),
				       .locator = half_of(locator),
				       .csum = (uint8_t)csum,
				       .plane = (uint8_t)plane };

	put(INTENT_ILA_DOMAIN_SET, 0, &d, sizeof(d));
}

void sir_del(const char *sir)
{
	struct intent_ila_domain d = { .sir = half_of(sir) };

	put(INTENT_ILA_DOMAIN_DEL, 0, &d, sizeof(d));
}

void map_set(const char *addr, const char *locator, enum ila_csum csum)
{
	struct intent_ila_map m = { .addr = ila_of(addr),
				    .locator = half_of(locator),
				    .cookie = 7,
				    .csum = (uint8_t)csum,
				    .ident_type = ILA_TYPE_LUID };

	put(INTENT_ILA_MAP_SET, 0, &m, sizeof(m));
}

void multi_set(const char *addr, enum ila_csum csum, unsigned n, ...)
{
	struct intent_ila_multi m = { .addr = ila_of(addr),
				      .csum = (uint8_t)csum,
				      .ident_type = ILA_TYPE_LUID,
				      .n = (uint8_t)n };
	va_list ap;

	va_start(ap, n);
	for (unsigned i = 0; i < n; i++) {
		char hop[64];
		char *weight;

		str_copy(hop, sizeof(hop), va_arg(ap, const char *));
		weight = strchr(hop, '*');
		if (weight)
			*weight++ = '\0';
		m.locator[i] = half_of(hop);
		m.weight[i] = (uint16_t)(weight ? atoi(weight) : 1);
	}
	va_end(ap);
	put(INTENT_ILA_MULTI_SET, 0, &m, sizeof(m));
}

void map_del(const char *addr)
{
	struct intent_ila_map m = { .addr = ila_of(addr) };

	put(INTENT_ILA_MAP_DEL, 0, &m, sizeof(m));
}

void local_set(const char *addr, const char *ifname, uint16_t flags)
{
	struct intent_ila_endpoint e = { .addr = ila_of(addr), .flags = flags };

	str_copy(e.ifname, sizeof(e.ifname), ifname);
	put(INTENT_ILA_ENDPOINT_SET, 0, &e, sizeof(e));
}

void local_del(const char *addr)
{
	struct intent_ila_endpoint e = { .addr = ila_of(addr) };

	put(INTENT_ILA_ENDPOINT_DEL, 0, &e, sizeof(e));
}

const struct intent_entry *entry_for(uint32_t table, const char *addr)
{
	struct ip ip = addr_of(addr);

	for (unsigned i = 0; i < ft.n_entries; i++)
		if (ft.entries[i].table == table && ip_eq(&ft.entries[i].ip, &ip))
			return &ft.entries[i];
	return NULL;
}

const struct intent_result *result_for_ip(const char *addr)
{
	struct ip ip = addr_of(addr);

	for (unsigned i = ft.n_results; i-- > 0 && ft.n_results - i <= 64;)
		if (ip_eq(&ft.results[i % 64].ip, &ip))
			return &ft.results[i % 64];
	return NULL;
}

static const struct told_fdb *told_find(uint32_t vni, const char *mac)
{
	struct told_fdb k, *t;

	memset(&k, 0, sizeof(k));
	k.key.vni = vni;
	k.key.mac = mac_of(mac);
	HASH_FIND(hh, ft.fdbs, &k.key, sizeof(k.key), t);
	return t;
}

bool told_mac(uint32_t vni, const char *mac)
{
	return told_find(vni, mac);
}

bool told_static(uint32_t vni, const char *mac)
{
	const struct told_fdb *t = told_find(vni, mac);

	return t && t->r.flags & FDB_STATIC;
}

unsigned told_macs(void)
{
	return HASH_COUNT(ft.fdbs);
}

bool told_ip(uint32_t vni, const char *ip, const char *mac)
{
	struct told_neigh k, *t;
	struct mac m = mac_of(mac);

	memset(&k, 0, sizeof(k));
	k.key.vni = vni;
	k.key.ip = addr_of(ip);
	HASH_FIND(hh, ft.neighs, &k.key, sizeof(k.key), t);
	return t && mac_eq(&t->r.mac, &m);
}

const struct intent_result *result_for(uint32_t vni)
{
	for (unsigned i = ft.n_results; i-- > 0 && ft.n_results - i <= 64;)
		if (ft.results[i % 64].vni == vni)
			return &ft.results[i % 64];
	return NULL;
}

const struct intent_link *told_link(const char *name)
{
	for (unsigned i = 0; i < ft.n_links; i++)
		if (!strcmp(ft.links[i].name, name))
			return &ft.links[i];
	return NULL;
}
