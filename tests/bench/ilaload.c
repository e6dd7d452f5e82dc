/*
 * Mappings from a BGP session into the eBPF map of a host, watched by look-ups in it:
 *   ilaload [OPTION...] fill          announce N mappings, write the same entries into
 *                                     an equal map by BPF_MAP_UPDATE_BATCH (the
 *                                     ceiling), withdraw
 *   ilaload [OPTION...] move COUNT    single mappings that move, one after another:
 *                                     from the write to the changed value in the map
 *   ilaload [OPTION...] sink          the ceiling of a far host: behind a relay, each
 *                                     UPDATE it gets is one map write, and nothing else
 * All that is sent was encoded before. One line of NAME=VALUE for each step.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/util.h"
#include "tests/bench/ilagen.h"
#include "tests/bench/model.h"
#include "tests/bench/proc.h"
#include "wire/attrs.h"
#include "wire/msg.h"

enum { PIDS_MAX = 8, STRIDE = 32, POLL_US = 100, TRY_MS = 50 };

static struct {
	struct ilagen gen;
	uint32_t n, batch, id;
	struct sockaddr_in peer, local;
	const char *map;
	long long patience_ns;
	uint32_t rest_ms;
	pid_t pid[PIDS_MAX];
	size_t n_pids;
} opt = {
	.gen = { .as = 65000, .draft = true },
	.n = 10000,
	.batch = 512,
	.peer = { .sin_family = AF_INET },
	.local = { .sin_family = AF_INET },
	.patience_ns = 120000000000LL,
	.rest_ms = 1200,
};

static int sock = -1;

static void die(const char *what)
{
	fprintf(stderr, "ilaload: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void failed(const char *what, uint32_t i)
{
	fprintf(stderr, "ilaload: mapping %u: %s\n", i, what);
	exit(1);
}

/* ---- session -----------------------------------------------------------------------
 */

struct bytes_out {
	uint8_t *p;
	size_t len;
};

static void send_all(const void *p, size_t len)
{
	if (send(sock, p, len, MSG_NOSIGNAL) != (ssize_t)len)
		die("send");
}

static void take(void *p, size_t len)
{
	ssize_t n = len ? recv(sock, p, len, MSG_WAITALL) : 0;

	if (n >= 0 && (size_t)n < len)
		errno = ECONNRESET;
	if (n != (ssize_t)len)
		die("session");
}

/* One whole message; Return: its type, its length in *len. */
static uint8_t message(uint8_t buf[MSG_MAX_EXTENDED], size_t *len)
{
	take(buf, MSG_HEADER_LEN);
	*len = (size_t)buf[16] << 8 | buf[17];
	take(buf + MSG_HEADER_LEN, *len - MSG_HEADER_LEN);
	if (buf[18] == MSG_NOTIFICATION) {
		fprintf(stderr, "ilaload: NOTIFICATION %u/%u\n", buf[19], buf[20]);
		exit(1);
	}
	return buf[18];
}

static bool connected(void)
{
	sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(sock, (struct sockaddr *)&opt.local, sizeof(opt.local)))
		die("bind");
	if (!connect(sock, (struct sockaddr *)&opt.peer, sizeof(opt.peer)))
		return true;
	close(sock);
	return false;
}

static void session_open(void)
{
	long long end = now_ns() + opt.patience_ns;
	uint8_t buf[MSG_MAX_EXTENDED];
	struct wbuf w = wbuf_of(buf, sizeof(buf));
	size_t len;
	int on = 1;

	while (!connected()) {
		if (now_ns() > end)
			die("connect");
		usleep(TRY_MS * 1000);
	}
	setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	ilagen_open(&opt.gen, &w, opt.id);
	msg_keepalive_encode(&w);
	send_all(w.base, w.len);
	while (message(buf, &len) != MSG_KEEPALIVE)
		;
}

/* What the peer has to say is of no interest, but that it is there. */
static void drain(void)
{
	static uint8_t buf[1 << 16];
	ssize_t n;

	do
		n = recv(sock, buf, sizeof(buf), MSG_DONTWAIT);
	while (n > 0);
	if (!n || errno != EAGAIN)
		die("the session is over");
}

/* As fast as it is taken; the other direction must not block meanwhile. */
static void transmit(struct bytes_out b)
{
	size_t sent = 0;

	while (sent < b.len) {
		struct pollfd p = { .fd = sock, .events = POLLIN | POLLOUT };
		ssize_t n = send(sock, b.p + sent, b.len - sent,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno != EAGAIN)
			die("send");
		sent += n > 0 ? (size_t)n : 0;
		if (sent < b.len && poll(&p, 1, 1000) > 0 && p.revents & POLLIN)
			drain();
	}
}

/* ---- the map -----------------------------------------------------------------------
 */

static int map_open(void)
{
	int fd = bpf_obj_get(opt.map);

	if (fd < 0)
		die(opt.map);
	return fd;
}

static bool map_has(int fd, uint32_t i, uint32_t moves)
{
	const struct ila_addr a = ilagen_addr(i);
	const struct bpf_ila_rewrite want = ilagen_value(i, moves);
	struct bpf_ila_rewrite v;

	return !bpf_map_lookup_elem(fd, &a, &v) && !memcmp(&v, &want, sizeof(v));
}

static bool map_lacks(int fd, uint32_t i, uint32_t moves UNUSED)
{
	const struct ila_addr a = ilagen_addr(i);
	struct bpf_ila_rewrite v;

	return bpf_map_lookup_elem(fd, &a, &v) && errno == ENOENT;
}

/* Asked now and then, as each question costs the writer something. The map may be
 * replaced by a larger one while it fills: it is opened anew. */
static void wait_one(bool (*is)(int fd, uint32_t i, uint32_t moves), uint32_t i)
{
	static int fd = -1;
	long long end;

	if (fd < 0)
		fd = map_open();
	if (is(fd, i, 0))
		return;
	end = now_ns() + opt.patience_ns;
	while (!is(fd, i, 0)) {
		if (now_ns() > end)
			failed("not as it should be", i);
		drain();
		usleep(POLL_US);
		close(fd);
		fd = map_open();
	}
}

/* The last one first; then, as batches end side by side, some of each of them. Return:
 * when, before the rest was looked at. */
static long long wait_all(bool (*is)(int fd, uint32_t i, uint32_t moves))
{
	long long when;

	wait_one(is, opt.n - 1);
	for (uint32_t i = 0; i < opt.n; i += STRIDE)
		wait_one(is, i);
	when = now_ns();
	for (uint32_t i = 0; i < opt.n; i++)
		wait_one(is, i);
	return when;
}

static uint32_t map_count(void)
{
	struct ila_addr a, next;
	int fd = map_open();
	void *at = NULL;
	uint32_t n = 0;

	while (!bpf_map_get_next_key(fd, at, &next)) {
		a = next;
		at = &a;
		n++;
	}
	close(fd);
	return n;
}

/* ---- fill --------------------------------------------------------------------------
 */

static struct bytes_out messages(bool withdraw)
{
	size_t cap = ilagen_room(opt.n);
	struct wbuf w = wbuf_of(xcalloc(1, cap), cap);

	if (withdraw) {
		ilagen_withdraw(&opt.gen, &w, 0, opt.n);
	} else {
		ilagen_announce(&opt.gen, &w, 0, opt.n, 0);
		ilagen_eor(&opt.gen, &w);
	}
	return (struct bytes_out) { w.base, w.len };
}

static int map_like(const struct bpf_map_info *i)
{
	LIBBPF_OPTS(bpf_map_create_opts, o, .map_flags = i->map_flags);
	int fd = bpf_map_create((enum bpf_map_type)i->type, "bare", i->key_size,
				i->value_size, i->max_entries, &o);

	if (fd < 0)
		die("map");
	return fd;
}

static void write_all(int fd, const struct ila_addr *keys,
		      const struct bpf_ila_rewrite *values)
{
	for (uint32_t at = 0; at < opt.n; at += opt.batch) {
		uint32_t n = MIN_OF(opt.batch, opt.n - at);

		if (bpf_map_update_batch(fd, keys + at, values + at, &n, NULL))
			die("update");
	}
}

/* The same entries in the same order; own CPU time in *cpu. Return: nanoseconds. */
static long long bare_write(int fd, long long *cpu)
{
	const pid_t self = getpid();
	struct ila_addr *keys = xcalloc(opt.n, sizeof(*keys));
	struct bpf_ila_rewrite *values = xcalloc(opt.n, sizeof(*values));
	long long took;

	for (uint32_t i = 0; i < opt.n; i++) {
		keys[i] = ilagen_addr(i);
		values[i] = ilagen_value(i, 0);
	}
	took = now_ns();
	*cpu = proc_cpu_ns(&self, 1);
	write_all(fd, keys, values);
	*cpu = proc_cpu_ns(&self, 1) - *cpu;
	took = now_ns() - took;
	close(fd);
	free(keys);
	free(values);
	return took;
}

static struct bpf_map_info map_info(void)
{
	struct bpf_map_info i = { 0 };
	uint32_t len = sizeof(i);
	int fd = map_open();

	if (bpf_obj_get_info_by_fd(fd, &i, &len))
		die("map");
	close(fd);
	return i;
}

struct usage {
	double cpu[PIDS_MAX];
	long rss[PIDS_MAX];
};

static struct usage usage(void)
{
	struct usage u;

	for (size_t i = 0; i < opt.n_pids; i++) {
		u.cpu[i] = (double)proc_cpu_ns(&opt.pid[i], 1) / 1e9;
		u.rss[i] = proc_rss_kb(&opt.pid[i], 1);
	}
	return u;
}

/* rssK=: of process K, kilobytes; cpuK=: its seconds since the step before. */
static void usage_print(const struct usage *was, const struct usage *now)
{
	for (size_t i = 0; i < opt.n_pids; i++)
		printf(" cpu%zu=%.4f rss%zu=%ld", i, now->cpu[i] - was->cpu[i], i,
		       now->rss[i]);
	printf("\n");
	fflush(stdout);
}

static void rest(void)
{
	usleep(opt.rest_ms * 1000);
	drain();
}

static double announce_all(void)
{
	struct bytes_out b = messages(false);
	long long start = now_ns(), end;

	transmit(b);
	end = wait_all(map_has);
	free(b.p);
	return (double)(end - start) / 1e9;
}

static double withdraw_all(void)
{
	struct bytes_out b = messages(true);
	long long start = now_ns(), end;

	transmit(b);
	end = wait_all(map_lacks);
	free(b.p);
	return (double)(end - start) / 1e9;
}

static void do_fill(void)
{
	struct usage idle, full, end;
	struct bpf_map_info info;
	long long bare, bare_cpu;
	int like;
	double s;
	uint32_t n;

	session_open();
	rest();
	info = map_info();
	info.max_entries = MAX_OF(info.max_entries, opt.n);
	like = map_like(&info); /* as old as the daemon's when it is written */
	idle = usage();
	printf("idle");
	usage_print(&idle, &idle);
	s = announce_all();
	rest();
	full = usage();
	printf("announce s=%.6f", s);
	usage_print(&idle, &full);
	bare = bare_write(like, &bare_cpu);
	printf("bare s=%.6f cpu=%.6f entries=%u\n", (double)bare / 1e9,
	       (double)bare_cpu / 1e9, info.max_entries);
	s = withdraw_all();
	n = map_count();
	if (n)
		failed("left in the map", n);
	rest();
	end = usage();
	printf("withdraw s=%.6f", s);
	usage_print(&full, &end);
}

/* ---- move --------------------------------------------------------------------------
 */

static int cmp(const void *a, const void *b)
{
	const long long x = *(const long long *)a, y = *(const long long *)b;

	return (x > y) - (x < y);
}

/* Between two looks others may run: there are as many processes as cores, or more. */
static long long move_one(int fd, uint32_t i, uint32_t moves)
{
	uint8_t buf[512];
	struct wbuf w = wbuf_of(buf, sizeof(buf));
	long long start;

	ilagen_announce(&opt.gen, &w, i, i + 1, moves);
	start = now_ns();
	send_all(w.base, w.len);
	while (!map_has(fd, i, moves)) {
		if (now_ns() - start > 2000000000LL)
			failed("has not moved", i);
		sched_yield();
	}
	return now_ns() - start;
}

static void do_move(uint32_t count)
{
	long long *took = xcalloc(count, sizeof(*took));
	int fd;

	session_open();
	usleep(300000);
	announce_all();
	rest();
	fd = map_open();
	for (uint32_t k = 0; k < count; k++) {
		took[k] = move_one(fd, (uint32_t)random() % opt.n, k + 1);
		usleep(500); /* everybody sleeps again */
	}
	drain();
	close(fd);
	qsort(took, count, sizeof(*took), cmp);
	printf("move p50=%.1f p90=%.1f p99=%.1f\n", (double)took[count / 2] / 1e3,
	       (double)took[count * 9 / 10] / 1e3,
	       (double)took[count * 99 / 100] / 1e3);
	free(took);
}

/* ---- sink --------------------------------------------------------------------------
 */

/* Writes one entry for each identifier of an UPDATE of ours, found by lengths alone. */
static void update_write(int fd, const uint8_t *p, size_t len)
{
	const uint8_t *end = p + len, *at = p + MSG_HEADER_LEN + 4;
	struct ila_addr a = ilagen_addr(0);

	while (at + 4 <= end) {
		bool wide = at[0] & 0x10;
		size_t size = wide ? (size_t)at[2] << 8 | at[3] : at[2];
		const uint8_t *v = at + (wide ? 4 : 3), *id;
		uint8_t code = at[1];
		struct bpf_ila_rewrite r;

		at = v + size;
		if (code != ATTR_MP_REACH || v[3] != sizeof(a.prefix))
			continue; /* End-of-RIB, too */
		r = ilagen_to((const struct ila64 *)(v + 4));
		for (id = v + 4 + 8 + 1 + 2; id < at; id += sizeof(a.id)) {
			memcpy(&a.id, id, sizeof(a.id));
			if (bpf_map_update_elem(fd, &a, &r, BPF_ANY))
				die("update");
		}
	}
}

static void do_sink(void)
{
	const struct bpf_map_info info = { .type = BPF_MAP_TYPE_HASH,
					   .key_size = sizeof(struct bpf_ila_addr),
					   .value_size = sizeof(struct bpf_ila_rewrite),
					   .max_entries = 1 << 20,
					   .map_flags = BPF_F_NO_PREALLOC };
	static uint8_t buf[MSG_MAX_EXTENDED];
	int fd = map_like(&info);
	size_t len;

	if (bpf_obj_pin(fd, opt.map))
		die(opt.map);
	session_open();
	printf("up\n");
	fflush(stdout);
	for (;;)
		if (message(buf, &len) == MSG_UPDATE)
			update_write(fd, buf, len);
}

/* ---- options -----------------------------------------------------------------------
 */

static void usage_die(void)
{
	fprintf(stderr,
		"usage: ilaload [-n MAPPINGS] [-b BATCH] [-f draft|ip6] [-i LOCAL]"
		" [-c PEER] [-m MAP]\n"
		"               [-P PID]... [-T SECONDS] [-q MS] fill | move COUNT | "
		"sink\n");
	exit(2);
}

static uint32_t number(const char *s)
{
	return (uint32_t)strtoul(s, NULL, 10);
}

static void options(int argc, char **argv)
{
	int o;

	opt.peer.sin_port = htons(179);
	while ((o = getopt(argc, argv, "n:b:f:i:c:m:P:T:q:")) != -1) {
		if (o == 'n')
			opt.n = number(optarg);
		else if (o == 'b')
			opt.batch = number(optarg);
		else if (o == 'f')
			opt.gen.draft = !strcmp(optarg, "draft");
		else if (o == 'i' && inet_aton(optarg, &opt.local.sin_addr))
			opt.id = ntohl(opt.local.sin_addr.s_addr);
		else if (o == 'c' && inet_aton(optarg, &opt.peer.sin_addr))
			continue;
		else if (o == 'm')
			opt.map = optarg;
		else if (o == 'P' && opt.n_pids < PIDS_MAX)
			opt.pid[opt.n_pids++] = (pid_t)number(optarg);
		else if (o == 'T')
			opt.patience_ns = number(optarg) * 1000000000LL;
		else if (o == 'q')
			opt.rest_ms = number(optarg);
		else
			usage_die();
	}
	if (!opt.n || opt.n > 1 << 24 || !opt.batch || !opt.map || !opt.id ||
	    optind == argc)
		usage_die();
}

int main(int argc, char **argv)
{
	options(argc, argv);
	if (!strcmp(argv[optind], "fill"))
		do_fill();
	else if (!strcmp(argv[optind], "sink"))
		do_sink();
	else if (!strcmp(argv[optind], "move") && optind + 1 < argc)
		do_move(number(argv[optind + 1]));
	else
		usage_die();
	return 0;
}
