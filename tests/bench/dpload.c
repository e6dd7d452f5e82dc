/*
 * Traffic between two network namespaces, and what it costs:
 *   dpload [OPTION...] small     UDP datagrams in batches; one thread sends a batch and
 *                                receives it, so the kernel does the whole way in its
 *                                time: what others do on the machine is not counted
 *   dpload [OPTION...] paced     UDP datagrams from one core at a rate, received on the
 *                                other
 *   dpload [OPTION...] bulk      TCP, one stream from one core to the other
 *   dpload [OPTION...] stream    TCP, one thread for both ends as in small, and the
 *                                receiver does not copy what it gets: more of what
 *                                is left is the way
 *   dpload [OPTION...] connects  TCP connections, made and closed one after another
 *   dpload [OPTION...] flows N   one datagram each of N flows, and no measurement
 *   dpload [OPTION...] udp|tcp   does a datagram, a connection to the port get through?
 *                                exit 0 or 1
 *   dpload entries MAP           how many a pinned map has
 *
 * Options: -c -s namespaces (files) of client and server, -a address of the server, -p
 * first of 8 ports, -C "A,B" cores of client and server, -t milliseconds, -w
 * milliseconds before, -z bytes of a datagram, -b datagrams of a batch, -r datagrams a
 * second (paced).
 *
 * One line of JSON: units (datagrams received, bytes, connections), wall_ns, cpu_ns
 * (all threads here, in which softirqs run as well, and ksoftirqd), system_ns (whole
 * machine, in ticks), lost.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/addr.h"
#include "lib/util.h"
#include "tests/bench/proc.h"

enum {
	PORTS = 8,
	BATCH_MAX = 256,
	SIZE_MAX_UDP = 9000,
	KSOFTIRQS = 16,
	BULK = 1 << 17
};

static struct {
	const char *client, *server, *addr;
	uint16_t port;
	int cpu[2];
	unsigned ms, warm_ms, size, batch, rate;
} opt = { .port = 5200,
	  .cpu = { 0, 1 },
	  .ms = 500,
	  .warm_ms = 50,
	  .size = 64,
	  .batch = 32,
	  .rate = 50000 };

static struct sockaddr_in6 to; /* or sockaddr_in */
static socklen_t to_len;

static void die(const char *what)
{
	fprintf(stderr, "dpload: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* ---- sockets -------------------------------------------------------------- */

/* A socket stays in the namespace in which it was made. */
static void enter(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(file);
	close(fd);
}

static int sock(const char *ns, int type)
{
	int fd;

	enter(ns);
	fd = socket(to.sin6_family, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die("socket");
	return fd;
}

/* Where BBR is the default it would pace, and be measured. */
static void reno(int fd)
{
	setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
}

static void room(int fd)
{
	const int bytes = 4 << 20;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes));
}

static void port_set(uint16_t port)
{
	to.sin6_port = htons(port); /* sockaddr_in has it at the same place */
}

static int serve(int type, uint16_t port)
{
	struct sockaddr_in6 here = to;
	int fd = sock(opt.server, type), on = 1;

	here.sin6_port = htons(port);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (type == SOCK_DGRAM)
		room(fd);
	else
		reno(fd);
	if (bind(fd, (struct sockaddr *)&here, to_len) ||
	    (type == SOCK_STREAM && listen(fd, 64)))
		die("bind");
	return fd;
}

static int calls(int type, uint16_t port)
{
	int fd = sock(opt.client, type);

	port_set(port);
	if (type == SOCK_STREAM)
		reno(fd);
	if (connect(fd, (struct sockaddr *)&to, to_len))
		die("connect");
	return fd;
}

static bool readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) > 0;
}

/* ---- what it cost --------------------------------------------------------- */

static pid_t ksoftirqd[KSOFTIRQS];
static size_t ksoftirqds;

static void ksoftirqd_find(void)
{
	struct dirent *e;
	DIR *d = opendir("/proc");

	while (d && (e = readdir(d)) && ksoftirqds < KSOFTIRQS) {
		char path[320], name[32] = "";
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%s/comm", e->d_name);
		f = e->d_name[0] > '9' ? NULL : fopen(path, "re");
		if (!f)
			continue;
		if (fgets(name, sizeof(name), f) && !strncmp(name, "ksoftirqd/", 10))
			ksoftirqd[ksoftirqds++] = atoi(e->d_name);
		fclose(f);
	}
	if (d)
		closedir(d);
}

/* Nanoseconds that all cores together were busy, in ticks of the accounting. */
static long long system_ns(void)
{
	long long v[8] = { 0 }, busy = 0;
	FILE *f = fopen("/proc/stat", "re");
	int n = 0;

	if (f) {
		n = fscanf(f, "cpu %lld %lld %lld %lld %lld %lld %lld %lld", v, v + 1,
			   v + 2, v + 3, v + 4, v + 5, v + 6, v + 7);
		fclose(f);
	}
	for (int i = 0; i < n; i++)
		busy += i == 3 || i == 4 || i == 7 ? 0 : v[i]; /* idle, iowait, steal */
	return busy * (1000000000LL / sysconf(_SC_CLK_TCK));
}

static long long clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static long long now(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

struct cost {
	long long wall, own, soft, system;
};

static struct cost cost_now(void)
{
	return (struct cost) { .wall = now(),
			       .own = clock_ns(CLOCK_PROCESS_CPUTIME_ID),
			       .soft = proc_cpu_ns(ksoftirqd, ksoftirqds),
			       .system = system_ns() };
}

static void tell(const char *what, const struct cost *was, long long units,
		 long long lost)
{
	const struct cost is = cost_now();

	printf("{\"traffic\":\"%s\",\"units\":%lld,\"lost\":%lld,\"wall_ns\":%lld,"
	       "\"cpu_ns\":%lld,\"ksoftirqd_ns\":%lld,\"system_ns\":%lld}\n",
	       what, units, lost, is.wall - was->wall,
	       is.own - was->own + is.soft - was->soft, is.soft - was->soft,
	       is.system - was->system);
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (cpu >= 0 && pthread_setaffinity_np(pthread_self(), sizeof(set), &set))
		die("affinity");
}

/* ---- datagrams ------------------------------------------------------------ */

static struct mmsghdr batch_out[BATCH_MAX], batch_in[BATCH_MAX];
static struct iovec data_out, data_in[BATCH_MAX];
static uint8_t bytes_out[SIZE_MAX_UDP], bytes_in[BATCH_MAX][SIZE_MAX_UDP];

static void batches_init(void)
{
	data_out = (struct iovec) { bytes_out, opt.size };
	for (unsigned i = 0; i < BATCH_MAX; i++) {
		data_in[i] = (struct iovec) { bytes_in[i], sizeof(bytes_in[i]) };
		batch_out[i].msg_hdr.msg_iov = &data_out;
		batch_in[i].msg_hdr.msg_iov = &data_in[i];
		batch_out[i].msg_hdr.msg_iovlen = batch_in[i].msg_hdr.msg_iovlen = 1;
	}
}

static unsigned batch_send(int fd)
{
	int n = sendmmsg(fd, batch_out, opt.batch, 0);

	if (n < 0 && errno != ENOBUFS && errno != EAGAIN)
		die("send");
	return n > 0 ? (unsigned)n : 0;
}

/* Return: how many of so many came within a tenth of a second. */
static unsigned batch_receive(int fd, unsigned want)
{
	unsigned got = 0;

	while (got < want) {
		int n = recvmmsg(fd, batch_in, want - got, MSG_DONTWAIT, NULL);

		if (n > 0)
			got += (unsigned)n;
		else if (!readable(fd, 100))
			break;
	}
	return got;
}

/* One datagram back: to whoever tracks connections, it is one now. */
static void answer(int in, int out)
{
	struct sockaddr_in6 client;
	socklen_t len = sizeof(client);

	if (getsockname(out, (struct sockaddr *)&client, &len) ||
	    batch_send(out) == 0 || batch_receive(in, opt.batch) == 0 ||
	    sendto(in, bytes_out, opt.size, 0, (struct sockaddr *)&client, len) < 0 ||
	    !readable(out, 1000))
		die("no answer");
}

static int small(void)
{
	int in = serve(SOCK_DGRAM, opt.port), out = calls(SOCK_DGRAM, opt.port);
	long long got = 0, lost = 0, begin = now();
	const long long warm = begin + opt.warm_ms * 1000000LL;
	struct cost was = { 0 };

	answer(in, out);
	pin(opt.cpu[0]);
	while (!was.wall || now() < was.wall + opt.ms * 1000000LL) {
		unsigned sent = batch_send(out), n = batch_receive(in, sent);

		got += n;
		lost += sent - n;
		if (!was.wall && now() >= warm) {
			was = cost_now();
			got = lost = 0;
		}
	}
	tell("small", &was, got, lost);
	return got ? 0 : 1;
}

static atomic_bool stop;
static atomic_llong sent_count, got_count;
static int fd_in, fd_out;

static void *paced_receiver(void *arg UNUSED)
{
	pin(opt.cpu[1]);
	while (!stop) {
		int n = recvmmsg(fd_in, batch_in, BATCH_MAX, MSG_WAITFORONE, NULL);

		if (n > 0)
			got_count += n;
	}
	return NULL;
}

static void *paced_sender(void *arg UNUSED)
{
	const long long gap = 1000000000LL * opt.batch / opt.rate;
	long long next = now();

	pin(opt.cpu[0]);
	while (!stop) {
		struct timespec at;

		next = MAX_OF(next + gap, now() - 10 * gap);
		at = (struct timespec) { next / 1000000000, next % 1000000000 };
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
		sent_count += batch_send(fd_out);
	}
	return NULL;
}

static void rest(unsigned ms)
{
	usleep(ms * 1000);
}

static int two_threads(void *(*sender)(void *), void *(*receiver)(void *),
		       const char *what)
{
	struct cost was;
	long long got, sent;
	pthread_t t[2];

	if (pthread_create(&t[1], NULL, receiver, NULL) ||
	    pthread_create(&t[0], NULL, sender, NULL))
		die("thread");
	rest(opt.warm_ms);
	sent = sent_count;
	got = got_count;
	was = cost_now();
	rest(opt.ms);
	sent = sent_count - sent;
	got = got_count - got;
	if (!got) {
		errno = ETIMEDOUT;
		die(what);
	}
	tell(what, &was, got, MAX_OF(sent - got, 0LL));
	fflush(stdout);
	_exit(0); /* they may wait for ever */
}

static int paced(void)
{
	fd_in = serve(SOCK_DGRAM, opt.port);
	fd_out = calls(SOCK_DGRAM, opt.port);
	return two_threads(paced_sender, paced_receiver, "paced");
}

/* ---- TCP ------------------------------------------------------------------ */

static void *bulk_receiver(void *arg UNUSED)
{
	static uint8_t buf[BULK];
	ssize_t n;

	pin(opt.cpu[1]);
	while ((n = recv(fd_in, buf, sizeof(buf), 0)) > 0)
		got_count += n;
	return NULL;
}

static void *bulk_sender(void *arg UNUSED)
{
	static uint8_t buf[BULK];

	pin(opt.cpu[0]);
	while (send(fd_out, buf, sizeof(buf), MSG_NOSIGNAL) > 0)
		; /* what is on its way is not lost: not counted */
	return NULL;
}

static int bulk(void)
{
	int listener = serve(SOCK_STREAM, opt.port);

	/* The first retransmission may take so long. */
	opt.warm_ms = MAX_OF(opt.warm_ms, 250u);
	fd_out = calls(SOCK_STREAM, opt.port);
	fd_in = accept(listener, NULL, NULL);
	if (fd_in < 0)
		die("accept");
	return two_threads(bulk_sender, bulk_receiver, "bulk");
}

/* Return: a socket that takes what it can. */
static int stream_open(int *in)
{
	int listener = serve(SOCK_STREAM, opt.port);
	int out = calls(SOCK_STREAM, opt.port);

	*in = accept(listener, NULL, NULL);
	if (*in < 0 || fcntl(out, F_SETFL, O_NONBLOCK))
		die("accept");
	return out;
}

static int stream(void)
{
	static uint8_t buf[BULK];
	struct iovec iov[8]; /* a megabyte: what does not fill a segment is little */
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = ARRAY_SIZE(iov) };
	int in, out = stream_open(&in);
	const long long warm = now() + opt.warm_ms * 1000000LL;
	long long n = 0, last = now();
	struct cost was = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(iov); i++)
		iov[i] = (struct iovec) { buf, sizeof(buf) };
	pin(opt.cpu[0]);
	while (!was.wall || now() < was.wall + opt.ms * 1000000LL) {
		ssize_t got;

		while (sendmsg(out, &m, MSG_NOSIGNAL) > 0)
			;
		while ((got = recv(in, NULL, 1 << 20, MSG_TRUNC | MSG_DONTWAIT)) > 0) {
			n += got;
			last = now();
		}
		if (now() > last + 1000000)
			readable(in, 1);
		if (!was.wall && now() >= warm) {
			was = cost_now();
			n = 0;
		}
	}
	tell("stream", &was, n, 0);
	return n ? 0 : 1;
}

/* The client closes first and so keeps what TCP remembers of the connection: ports take
 * turns, or it would run out of them. */
static int connects(void)
{
	int listener[PORTS];
	struct cost was = { 0 };
	const long long warm = now() + opt.warm_ms * 1000000LL;
	long long n = 0;

	for (uint16_t i = 0; i < PORTS; i++)
		listener[i] = serve(SOCK_STREAM, (uint16_t)(opt.port + i));
	pin(opt.cpu[0]);
	enter(opt.client);
	for (unsigned i = 0; !was.wall || now() < was.wall + opt.ms * 1000000LL; i++) {
		int out = socket(to.sin6_family, SOCK_STREAM | SOCK_CLOEXEC, 0), in;

		port_set((uint16_t)(opt.port + i % PORTS));
		if (connect(out, (struct sockaddr *)&to, to_len))
			die("connect");
		in = accept(listener[i % PORTS], NULL, NULL);
		if (in < 0)
			die("accept");
		close(out);
		close(in);
		n++;
		if (!was.wall && now() >= warm) {
			was = cost_now();
			n = 0;
		}
	}
	tell("connects", &was, n, 0);
	return 0;
}

/* ---- without a clock ------------------------------------------------------ */

/* Flow i, from a port and to one of the 8. */
static void flow_send(uint32_t i)
{
	struct sockaddr_in6 from = { .sin6_family = to.sin6_family };
	int fd = socket(to.sin6_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	from.sin6_port = htons((uint16_t)(1024 + i / PORTS));
	port_set((uint16_t)(opt.port + i % PORTS));
	if (bind(fd, (struct sockaddr *)&from, to_len))
		die("bind");
	if (sendto(fd, bytes_out, opt.size, 0, (struct sockaddr *)&to, to_len) < 0)
		die("send");
	close(fd);
}

static int flows(uint32_t n)
{
	for (uint16_t i = 0; i < PORTS; i++)
		serve(SOCK_DGRAM, (uint16_t)(opt.port + i));
	enter(opt.client);
	for (uint32_t i = 0; i < n; i++)
		flow_send(i);
	return 0;
}

static int try_udp(void)
{
	int in = serve(SOCK_DGRAM, opt.port), out = calls(SOCK_DGRAM, opt.port);

	for (int i = 0; i < 3; i++) {
		send(out, "?", 1, 0);
		if (readable(in, 200))
			return 0;
	}
	return 1;
}

static int try_tcp(void)
{
	int in = serve(SOCK_STREAM, opt.port);
	int out = sock(opt.client, SOCK_STREAM | SOCK_NONBLOCK);

	port_set(opt.port);
	if (connect(out, (struct sockaddr *)&to, to_len) && errno != EINPROGRESS)
		return 1;
	return readable(in, 600) ? 0 : 1;
}

static int entries(const char *path)
{
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info), n = 0;
	uint8_t key[256];
	void *at = NULL;
	int fd = bpf_obj_get(path);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len) ||
	    info.key_size > sizeof(key))
		die(path);
	for (; !bpf_map_get_next_key(fd, at, key); at = key)
		n++;
	printf("%u\n", n);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(void);
} kinds[] = {
	{ "small", small },   { "paced", paced },       { "bulk", bulk },
	{ "stream", stream }, { "connects", connects }, { "udp", try_udp },
	{ "tcp", try_tcp },
};

/* ---- start ---------------------------------------------------------------- */

static void to_set(void)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&to;
	struct ip ip;

	if (!opt.addr || !opt.client || !opt.server || ip_parse(opt.addr, &ip)) {
		errno = EINVAL;
		die("-a -c -s");
	}
	to_len = ip.len == 4 ? sizeof(*in) : sizeof(to);
	to.sin6_family = ip.len == 4 ? AF_INET : AF_INET6;
	memcpy(ip.len == 4 ? (void *)&in->sin_addr : (void *)&to.sin6_addr, ip.b,
	       ip.len);
}

static bool take(int c, char *arg)
{
	switch (c) {
	case 'c':
		opt.client = arg;
		break;
	case 's':
		opt.server = arg;
		break;
	case 'a':
		opt.addr = arg;
		break;
	case 'p':
		opt.port = (uint16_t)atoi(arg);
		break;
	case 'C':
		return sscanf(arg, "%d,%d", &opt.cpu[0], &opt.cpu[1]) == 2;
	case 't':
		opt.ms = (unsigned)atoi(arg);
		break;
	case 'w':
		opt.warm_ms = (unsigned)atoi(arg);
		break;
	case 'z':
		opt.size = MIN_OF((unsigned)atoi(arg), (unsigned)SIZE_MAX_UDP);
		break;
	case 'b':
		opt.batch = MIN_OF((unsigned)atoi(arg), (unsigned)BATCH_MAX);
		break;
	case 'r':
		opt.rate = MAX_OF((unsigned)atoi(arg), 1u);
		break;
	default:
		return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "c:s:a:p:C:t:w:z:b:r:")) != -1)
		if (!take(c, optarg))
			return 2;
	if (argc - optind == 2 && !strcmp(argv[optind], "entries"))
		return entries(argv[optind + 1]);
	alarm(60 + opt.ms / 1000);
	to_set();
	ksoftirqd_find();
	batches_init();
	if (argc - optind == 2 && !strcmp(argv[optind], "flows"))
		return flows((uint32_t)strtoul(argv[optind + 1], NULL, 10));
	for (size_t i = 0; i < ARRAY_SIZE(kinds) && argc - optind == 1; i++)
		if (!strcmp(kinds[i].name, argv[optind]))
			return kinds[i].run();
	fprintf(stderr, "dpload: see the head of its source\n");
	return 2;
}
