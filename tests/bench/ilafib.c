/*
 * Mappings through fib into the eBPF map, beside a program that does nothing but write
 * the same entries into an equal map by BPF_MAP_UPDATE_BATCH (the ceiling), in turns:
 *   ilafib [-n MAPPINGS] [-l LOCATORS] [-r ROUNDS] [-b BATCH] [-m FIRST-SIZE] [-k]
 * -k: kernel routes instead, beside a program that writes the same routes in batches.
 * Then one mapping that moves, often. All in a network namespace and on a BPF file
 * system of its own. Ratios within one run count, not absolute times.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fib/fib.h"
#include "fib/intent.h"
#include "lib/chan.h"
#include "lib/log.h"
#include "lib/util.h"
#include "tests/bench/ilaroute.h"

enum { MOVES = 2000, WAIT_S = 120, LONG_US = 100000, POLL_US = 200 };

static uint32_t n_maps = 100000, n_locators = 256, batch = 512, first_size;
static unsigned rounds = 5;
static bool kernel; /* its ILA, not ours */
static char root[] = "/tmp/ilafib.XXXXXX", dir[64];
static const struct ila64 sir = { { 0x20, 1, 0xd, 0xb8, 0xc0, 0xde, 0, 1 } };
static int fd_of_fib = -1;

static void die(const char *what)
{
	fprintf(stderr, "ilafib: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* ---- the model ----------------------------------------------------------------- */

static struct ila_addr addr_of(uint32_t i)
{
	uint32_t mixed = htonl(i * 2654435761u), nr = htonl(i);
	struct ila_addr a = { .prefix = sir };

	memcpy(a.id.b, &nr, 4);
	a.id.b[0] = 0x20;
	memcpy(a.id.b + 4, &mixed, 4);
	a.id.b[7] |= 1; /* the low word is not 0000 */
	return a;
}

static struct ila64 locator_of(uint32_t i)
{
	struct ila64 l = { { 0x20, 1, 0xd, 0xb8, 1 } };
	uint16_t low = htons((uint16_t)(i % n_locators + 1));

	memcpy(l.b + 6, &low, 2);
	return l;
}

static struct intent_ila_map map_of(uint32_t i, uint32_t where)
{
	return (struct intent_ila_map) { .addr = addr_of(i),
					 .locator = locator_of(where),
					 .csum = ILA_CSUM_NEUTRAL,
					 .ident_type = ILA_TYPE_LUID };
}

/* ---- fib ----------------------------------------------------------------------- */

static pid_t give_channel(void *arg UNUSED, int *chan_fd)
{
	if (fd_of_fib < 0)
		_exit(0);
	*chan_fd = fd_of_fib;
	fd_of_fib = -1;
	return 0;
}

static int no_kill(void *arg UNUSED, pid_t pid UNUSED, int signo UNUSED)
{
	return 0;
}

static pid_t fib_fork(int *fd)
{
	struct fib_opts o = { .bpf_dir = dir,
			      .bpf_map_size = first_size,
			      .spawn = give_channel,
			      .kill = no_kill };
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair))
		die("socketpair");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		close(pair[0]);
		fd_of_fib = pair[1];
		log_level_set(getenv("FT_DEBUG") ? LOG_LVL_DEBUG : LOG_LVL_ERR);
		log_role_set("fib");
		_exit(fib_run(&o));
	}
	close(pair[1]);
	*fd = pair[0];
	return pid;
}

static bool dumped, served;

static uint64_t cpu_ns(clockid_t clock)
{
	struct timespec ts;

	return clock_gettime(clock, &ts)
		       ? 0
		       : (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void on_record(void *arg UNUSED, const struct chan_hdr *h, const void *body)
{
	const struct intent_ila_state *s = body;

	if (h->type == INTENT_DUMP_END)
		dumped = true;
	if (h->type == INTENT_ILA_STATE && s->plane == ILA_PLANE_NONE && s->err) {
		fprintf(stderr, "ilafib: no data plane: %.*s\n", (int)sizeof(s->why),
			s->why);
		exit(1);
	}
	if (h->type == INTENT_ILA_STATE)
		served = s->plane != ILA_PLANE_NONE;
	if (h->type == INTENT_RESULT)
		fprintf(stderr, "ilafib: refused: %s\n",
			((const struct intent_result *)body)->why);
}

static const struct chan_ops ops = { .size_of = intent_size, .record = on_record };

static void pump(struct chan *c, long us)
{
	struct pollfd p = { .fd = chan_fd(c), .events = POLLIN };
	struct timespec t = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };

	if (!chan_has_room(c))
		p.events |= POLLOUT;
	if (ppoll(&p, 1, &t, NULL) < 0)
		die("poll");
	if (p.revents & POLLIN && chan_readable(c, 16) < 0)
		die("fib is gone");
	if (chan_writable(c))
		die("fib is gone");
}

static void put(struct chan *c, uint16_t type, const void *body, size_t len)
{
	while (!chan_has_room(c))
		pump(c, LONG_US);
	if (chan_put(c, type, 0, body, len))
		die("record");
}

static void domain_put(struct chan *c)
{
	struct intent_ila_domain d = {
		.sir = sir,
		.locator = { { 0x20, 1, 0xd, 0xb8, 0xff } },
		.csum = ILA_CSUM_NEUTRAL,
		.plane = kernel ? ILA_PLANE_KERNEL : ILA_PLANE_EBPF,
	};

	put(c, INTENT_SYNC_BEGIN, NULL, 0);
	put(c, INTENT_ILA_DOMAIN_SET, &d, sizeof(d));
	chan_flush(c);
}

/* ---- the map ------------------------------------------------------------------- */

static int map_open(void)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/ila_map_v1", dir);
	return bpf_obj_get(path);
}

static bool map_has(int fd, const struct ila_addr *a, uint64_t *prefix)
{
	uint64_t value[2];

	if (bpf_map_lookup_elem(fd, a, value))
		return false;
	*prefix = value[0];
	return true;
}

/* Batches end side by side: the last mapping may be there before some of these. */
static bool all_there(int fd, uint32_t *at)
{
	enum { STRIDE = 32 };
	uint64_t prefix;

	for (; *at < n_maps; *at += STRIDE) {
		struct ila_addr a = addr_of(*at);

		if (!map_has(fd, &a, &prefix))
			return false;
	}
	return true;
}

/* The map may be replaced by a larger one while it fills: open it anew. */
static void wait_for(struct chan *c)
{
	uint64_t end = now_ns() + WAIT_S * 1000000000ull, prefix, want;
	struct ila_addr last = addr_of(n_maps - 1);
	struct ila64 locator = locator_of(n_maps - 1);
	uint32_t at = 0;

	memcpy(&want, &locator, sizeof(want));
	while (now_ns() < end) {
		int fd = map_open();
		bool there = fd >= 0 && map_has(fd, &last, &prefix) && prefix == want &&
			     all_there(fd, &at);

		if (fd >= 0)
			close(fd);
		if (there)
			return;
		pump(c, POLL_US);
	}
	errno = ETIMEDOUT;
	die("mapping");
}

struct entries {
	uint8_t *keys, *values;
	uint32_t n;
};

static struct entries map_read(int fd)
{
	struct entries e = { .keys = xcalloc(n_maps + batch, 16),
			     .values = xcalloc(n_maps + batch, 16) };
	uint32_t at[4];
	void *in = NULL;
	int err = 0;

	while (!err && e.n < n_maps + batch) {
		uint32_t n = n_maps + batch - e.n;

		err = bpf_map_lookup_batch(fd, in, at, e.keys + 16ull * e.n,
					   e.values + 16ull * e.n, &n, NULL);
		if (err && err != -ENOENT)
			die("lookup");
		e.n += n;
		in = at;
	}
	return e;
}

/* A map like fib's, and as old when it is written. */
static int bare_new(void)
{
	struct bpf_map_info i = { 0 };
	uint32_t len = sizeof(i);
	int map = map_open(), fd;

	if (map < 0 || bpf_obj_get_info_by_fd(map, &i, &len))
		die("map");
	LIBBPF_OPTS(bpf_map_create_opts, o, .map_flags = i.map_flags);
	fd = bpf_map_create((enum bpf_map_type)i.type, "bare", i.key_size, i.value_size,
			    MAX_OF(i.max_entries, n_maps), &o);
	if (fd < 0)
		die("map");
	close(map);
	return fd;
}

static uint64_t bare_write(int fd, const struct entries *e, uint64_t *cpu)
{
	uint64_t start = now_ns(), took;

	*cpu = cpu_ns(CLOCK_PROCESS_CPUTIME_ID);
	for (uint32_t at = 0; at < e->n; at += batch) {
		uint32_t n = MIN_OF(batch, e->n - at);

		if (bpf_map_update_batch(fd, e->keys + 16ull * at,
					 e->values + 16ull * at, &n, NULL))
			die("update");
	}
	took = now_ns() - start;
	*cpu = cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - *cpu;
	close(fd);
	return took;
}

/* ---- rounds -------------------------------------------------------------------- */

static int cmp(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void moves(struct chan *c)
{
	static uint64_t took[MOVES];
	int fd = map_open();

	for (uint32_t i = 0; i < MOVES; i++) {
		struct intent_ila_map m = map_of(i, i + 1);
		uint64_t start = now_ns(), prefix, want;

		memcpy(&want, &m.locator, sizeof(want));
		put(c, INTENT_ILA_MAP_SET, &m, sizeof(m));
		chan_flush(c);
		while (!map_has(fd, &m.addr, &prefix) || prefix != want)
			if (now_ns() - start > 1000000000) {
				errno = ETIMEDOUT;
				die("move");
			}
		took[i] = now_ns() - start;
	}
	close(fd);
	qsort(took, MOVES, sizeof(took[0]), cmp);
	printf("one move: p50 %.1f us, p99 %.1f us\n", (double)took[MOVES / 2] / 1e3,
	       (double)took[MOVES * 99 / 100] / 1e3);
}

static void stage(void)
{
	if (unshare(CLONE_NEWNET))
		die("unshare");
	if (kernel)
		ilaroute_stage();
}

static void wait_for_route(struct chan *c, const struct ila_addr *a)
{
	enum { PAUSE_US = 2000 };

	while (!ilaroute_there(a))
		pump(c, PAUSE_US);
}

/* The ceiling of the map: an equal one, and the same entries. */
static uint64_t bare_map(int bare, uint64_t *cpu)
{
	uint64_t end = now_ns() + 1000000000, took;
	int map = map_open();
	struct entries e;

	if (map < 0)
		die("map");
	for (;;) {
		e = map_read(map);
		if (e.n == n_maps)
			break;
		if (now_ns() > end) {
			fprintf(stderr, "ilafib: %u mappings of %u\n", e.n, n_maps);
			exit(1);
		}
		free(e.keys);
		free(e.values);
	}
	took = bare_write(bare, &e, cpu);
	close(map);
	free(e.keys);
	free(e.values);
	return took;
}

/* That of routes: the same ones in another namespace, of which nothing is left. */
static uint64_t bare_routes(uint64_t *cpu)
{
	struct ila_addr end = addr_of(n_maps - 1);
	uint64_t start;

	stage();
	start = now_ns();
	*cpu = cpu_ns(CLOCK_PROCESS_CPUTIME_ID);
	ilaroute_write(n_maps, addr_of, locator_of);
	start = now_ns() - start;
	*cpu = cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - *cpu;
	if (!ilaroute_there(&end))
		die("route");
	ilaroute_unstage();
	return start;
}

static double round_run(bool last)
{
	uint64_t start, ours, cpu, bare = 0, bare_cpu = 0;
	struct ila_addr end = addr_of(n_maps - 1);
	struct chan *c;
	int fd, status, other = -1;
	pid_t pid;
	clockid_t clock;

	if (kernel)
		bare = bare_routes(&bare_cpu);
	stage();
	pid = fib_fork(&fd);
	if (clock_getcpuclockid(pid, &clock))
		die("clock");
	dumped = served = false;
	c = chan_new(fd, &ops, NULL);
	while (!dumped)
		pump(c, LONG_US);
	domain_put(c);
	while (!served)
		pump(c, LONG_US);
	if (!kernel)
		other = bare_new();
	cpu = cpu_ns(clock);
	start = now_ns();
	for (uint32_t i = 0; i < n_maps; i++) {
		struct intent_ila_map m = map_of(i, i);

		put(c, INTENT_ILA_MAP_SET, &m, sizeof(m));
	}
	chan_flush(c);
	if (kernel)
		wait_for_route(c, &end);
	else
		wait_for(c);
	ours = now_ns() - start;
	cpu = cpu_ns(clock) - cpu;
	if (!kernel)
		bare = bare_map(other, &bare_cpu);
	printf("a mapping: ours %.3f us (CPU %.3f), bare %.3f us (CPU %.3f); ratio "
	       "%.2f (CPU %.2f)\n",
	       (double)ours / n_maps / 1e3, (double)cpu / n_maps / 1e3,
	       (double)bare / n_maps / 1e3, (double)bare_cpu / n_maps / 1e3,
	       (double)bare / (double)ours, (double)bare_cpu / (double)cpu);
	if (last && !kernel)
		moves(c);
	chan_free(c);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	if (kernel)
		ilaroute_unstage();
	return (double)bare / (double)ours;
}

/* What a killed fib leaves is the next round's: away with it. */
static void fs_fresh(void)
{
	umount2(root, MNT_DETACH);
	if (mount("bpf", root, "bpf", 0, NULL))
		die("mount bpf");
}

static int cmp_double(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void options(int argc, char **argv)
{
	int o;

	while ((o = getopt(argc, argv, "n:l:r:b:m:k")) != -1) {
		uint32_t v = (uint32_t)strtoul(optarg ? optarg : "0", NULL, 10);

		switch (o) {
		case 'n':
			n_maps = v;
			break;
		case 'l':
			n_locators = v;
			break;
		case 'r':
			rounds = v;
			break;
		case 'b':
			batch = v;
			break;
		case 'm':
			first_size = v;
			break;
		case 'k':
			kernel = true;
			break;
		default:
			exit(2);
		}
	}
	if (!n_maps || !n_locators || n_locators > 65000 || !rounds || !batch)
		exit(2);
}

int main(int argc, char **argv)
{
	double *ratio;
	uint64_t cpu;

	options(argc, argv);
	ratio = xcalloc(rounds, sizeof(*ratio));
	if (!mkdtemp(root))
		die(root);
	snprintf(dir, sizeof(dir), "%s/ila", root);
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		die("unshare");
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (kernel) /* not counted: the kernel's first time is another one's as well */
		bare_routes(&cpu);
	for (unsigned i = 0; i < rounds; i++) {
		fs_fresh();
		ratio[i] = round_run(i + 1 == rounds);
	}
	umount2(root, MNT_DETACH);
	rmdir(root);
	qsort(ratio, rounds, sizeof(*ratio), cmp_double);
	printf("ratio to a bare writer: %.2f (median of %u)\n", ratio[rounds / 2],
	       rounds);
	free(ratio);
	return 0;
}
