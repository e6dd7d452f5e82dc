/*
 * Plays the engine for a fib process, from lines of text:
 *   fibfeed FIFO BPF-DIR [no-tcx] [audit SECONDS] [size ENTRIES] [limit ENTRIES]
 * starts fib, and an engine that has said SYNC_BEGIN. Lines of the FIFO:
 *   domain SIR LOCATOR MODE PLANE [vnid] [underlay IF]...
 *   undomain SIR
 *   map ADDR LOCATOR [MODE]         multi ADDR LOCATOR WEIGHT LOCATOR WEIGHT ...
 *   unmap ADDR
 *   maps N LOCATOR                  mappings 2::, 2:0:1::, .. below the last SIR prefix
 *   endpoint ADDR IF|- [VNID] [PREFIX] [fast]   unendpoint ADDR
 *   tenant VNI BRIDGE VTEP UNDERLAY|- [gbp] [ebpf]       untenant VNI
 *   mac VNI MAC VTEP [gbp]   unmac VNI MAC   neigh VNI IP MAC   port IF VNI
 *   ident VNI IP[/BITS] IDENTITY [IF]    unident VNI IP[/BITS]
 *   idents VNI N IDENTITY [ip6]          10.128.0.0 or fd80:: and the following
 *   macs VNI N VTEP                      of those, MACs and neighbours
 *   group VNI GROUP IDENTITY|0
 *   policy N begin|commit|del
 *   allow|deny|forget N in|out IDENTITY [PROTO [PORT [PLEN [RULE]]]]
 *   allows N COUNT                       identities 1000 and the following
 *   workload IF VNI IDENTITY POLICY [mac M] [ebpf] [ila]   unworkload IF
 *   monitor 0|1   rules                  counters of rules
 *   sweep | later | begin           SYNC_END with and without its flag; SYNC_BEGIN
 *   engine                          the engine dies, another one comes
 *   exit clean|keep                 the engine leaves on purpose
 *   settle                          answered by "settled" once nothing differs
 * Standard output: "fib PID", and what fib says, in the form of --fib=record.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fib/fib.h"
#include "fib/intent.h"
#include "lib/chan.h"
#include "lib/log.h"
#include "lib/util.h"
#include "tests/system/fibfeed.h"

static struct fib_opts opts;
static struct chan *chan;
static struct ila64 last_sir;
static int ctl; /* hands channels to fib's spawn() */
static unsigned entries, query_ends;

void feed_die(const char *what)
{
	fprintf(stderr, "fibfeed: %s\n", what);
	exit(1);
}

#define die feed_die

/* ---- fib ----------------------------------------------------------------------- */

static pid_t take_channel(void *arg, int *chan_fd)
{
	char byte, buf[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = buf,
			    .msg_controllen = sizeof(buf) };

	if (recvmsg(*(int *)arg, &m, 0) != 1 || !CMSG_FIRSTHDR(&m))
		_exit(0);
	memcpy(chan_fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(int));
	return 0;
}

static int no_kill(void *arg UNUSED, pid_t pid UNUSED, int signo UNUSED)
{
	return 0;
}

static void fib_start(void)
{
	int fd[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd))
		die("socketpair");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		close(fd[0]);
		log_role_set("fib");
		opts.spawn = take_channel;
		opts.kill = no_kill;
		opts.arg = &fd[1];
		exit(fib_run(&opts)); /* not _exit(): sanitizers look for leaks then */
	}
	close(fd[1]);
	ctl = fd[0];
	printf("fib %d\n", (int)pid);
}

/* What --fib=record leaves out of the counters. */
static void counters_say(const void *body)
{
	struct intent_counters c;

	memcpy(&c, body, sizeof(c));
	for (int t = TABLE_ILA_DOMAIN; t < TABLES; t++)
		printf("table %d wanted=%u seen=%u failed=%u ops=%llu repaired=%llu "
		       "swept=%llu\n",
		       t - TABLE_ILA_DOMAIN, c.table[t].wanted, c.table[t].seen,
		       c.table[t].failed, (unsigned long long)c.table[t].ops_ok,
		       (unsigned long long)c.table[t].repaired,
		       (unsigned long long)c.table[t].swept);
}

static void on_record(void *arg UNUSED, const struct chan_hdr *h, const void *body)
{
	struct intent_hdr i = { .type = h->type, .len = h->len, .flags = h->flags };
	_Alignas(8) uint8_t copy[4096];
	char line[1024];

	if (h->type == INTENT_ENTRY)
		entries++;
	if (h->type == INTENT_QUERY_END)
		query_ends++;
	if (h->type == INTENT_COUNTERS)
		counters_say(body);
	if (h->type == INTENT_QUERY_END || h->type == INTENT_PING ||
	    h->type == INTENT_COUNTERS)
		return;
	memcpy(copy, body, MIN_OF(h->len - sizeof(*h), sizeof(copy)));
	puts(intent_format(&i, copy, line, sizeof(line)));
}

static const struct chan_ops ops = { .size_of = intent_size, .record = on_record };

static void put(uint16_t type, uint32_t flags, const void *body, size_t len)
{
	if (chan_put(chan, type, flags, body, len))
		die("record refused");
}

static void engine_start(void)
{
	char buf[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 'x';
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = buf,
			    .msg_controllen = sizeof(buf) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int fd[2];

	chan_free(chan);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd))
		die("socketpair");
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd[1], sizeof(int));
	if (sendmsg(ctl, &m, 0) != 1)
		die("fib takes no engine");
	close(fd[1]);
	chan = chan_new(fd[0], &ops, NULL);
	put(INTENT_SYNC_BEGIN, 0, NULL, 0);
	chan_flush(chan);
}

/* Return: false: fib is gone. */
static bool pump(int stdin_fd)
{
	struct pollfd p[2] = { { .fd = chan_fd(chan), .events = POLLIN },
			       { .fd = stdin_fd, .events = POLLIN } };

	if (chan_queued(chan))
		p[0].events |= POLLOUT;
	if (poll(p, 2, 1000) < 0)
		return errno == EINTR;
	if (p[0].revents & POLLOUT)
		chan_writable(chan);
	return !(p[0].revents & (POLLIN | POLLHUP)) || chan_readable(chan, 64) >= 0;
}

/* ---- lines --------------------------------------------------------------------- */

char *feed_word[FEED_WORDS];
int feed_words;
#define word feed_word

void feed_put(uint16_t type, const void *body, size_t len)
{
	put(type, 0, body, len);
}

void feed_rest(void)
{
	while (!chan_has_room(chan))
		pump(-1);
}

static void half(const char *text, struct ila64 *out)
{
	if (!strcmp(text, "-"))
		*out = (struct ila64) { { 0 } };
	else if (ila64_parse(text, out))
		die(text);
}

static struct ila_addr address(const char *text)
{
	struct ila_addr a;
	struct ip ip;

	if (ip_parse(text, &ip) || ip.len != 16)
		die(text);
	memcpy(&a, ip.b, sizeof(a));
	return a;
}

static uint8_t mode_of(const char *text)
{
	enum ila_csum m;

	if (ila_csum_parse(text, &m))
		die(text);
	return (uint8_t)m;
}

static uint8_t domain_mode;

static void do_domain(void)
{
	struct intent_ila_domain d = { .flags = 0 };
	int n = 0;

	half(word[1], &d.sir);
	half(word[2], &d.locator);
	d.csum = domain_mode = mode_of(word[3]);
	d.plane = !strcmp(word[4], "ebpf")     ? ILA_PLANE_EBPF
		  : !strcmp(word[4], "kernel") ? ILA_PLANE_KERNEL
					       : ILA_PLANE_AUTO;
	for (int i = 5; i < feed_words; i++) {
		if (!strcmp(word[i], "vnid"))
			d.flags |= ILA_DOM_VNID;
		else if (!strcmp(word[i], "underlay") && i + 1 < feed_words)
			str_copy(d.underlay[n++], INTENT_IFNAME, word[++i]);
	}
	last_sir = d.sir;
	put(INTENT_ILA_DOMAIN_SET, 0, &d, sizeof(d));
}

static void do_undomain(void)
{
	struct intent_ila_domain d = { .flags = 0 };

	half(word[1], &d.sir);
	put(INTENT_ILA_DOMAIN_DEL, 0, &d, sizeof(d));
}

static void do_map(void)
{
	struct intent_ila_map m = { .addr = address(word[1]),
				    .csum = feed_words > 3 ? mode_of(word[3])
							   : domain_mode,
				    .cookie = 1 };

	half(word[2], &m.locator);
	m.ident_type = (uint8_t)ila_type_of(&m.addr.id);
	put(INTENT_ILA_MAP_SET, 0, &m, sizeof(m));
}

static int weighted_cmp(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ila64));
}

static void do_multi(void)
{
	struct intent_ila_multi m = { .addr = address(word[1]),
				      .csum = domain_mode,
				      .cookie = 1 };
	struct {
		struct ila64 locator;
		uint16_t weight;
	} w[ILA_LOCATORS];

	m.ident_type = (uint8_t)ila_type_of(&m.addr.id);
	for (int i = 2; i + 1 < feed_words && m.n < ILA_LOCATORS; i += 2) {
		half(word[i], &w[m.n].locator);
		w[m.n++].weight = (uint16_t)strtoul(word[i + 1], NULL, 10);
	}
	qsort(w, m.n, sizeof(w[0]), weighted_cmp);
	for (int i = 0; i < m.n; i++) {
		m.locator[i] = w[i].locator;
		m.weight[i] = w[i].weight;
	}
	put(INTENT_ILA_MULTI_SET, 0, &m, sizeof(m));
}

static void do_maps(void)
{
	struct intent_ila_map m = { .addr.prefix = last_sir,
				    .csum = domain_mode,
				    .ident_type = ILA_TYPE_LUID };
	unsigned long n = strtoul(word[1], NULL, 10);

	half(word[2], &m.locator);
	for (uint32_t i = 0; i < n; i++) {
		m.addr.id = (struct ila64) { { 0x20, 0, (uint8_t)(i >> 24),
					       (uint8_t)(i >> 16), (uint8_t)(i >> 8),
					       (uint8_t)i, 0xff, 0xff } };
		put(INTENT_ILA_MAP_SET, 0, &m, sizeof(m));
		feed_rest();
	}
}

static void do_unmap(void)
{
	struct intent_ila_map m = { .addr = address(word[1]) };

	put(INTENT_ILA_MAP_DEL, 0, &m, sizeof(m));
}

static void do_endpoint(void)
{
	struct intent_ila_endpoint e = { .addr = address(word[1]) };

	if (!strcmp(word[2], "-"))
		e.flags |= ILA_EP_HOST;
	else
		str_copy(e.ifname, sizeof(e.ifname), word[2]);
	if (!strcmp(word[feed_words - 1], "fast")) {
		e.flags |= ILA_EP_FAST;
		feed_words--;
	}
	if (feed_words > 3)
		e.vnid = (uint32_t)strtoul(word[3], NULL, 10);
	if (feed_words > 4) {
		struct ila_addr prefix = address(word[4]);

		e.flags |= ILA_EP_PREFIX;
		memcpy(e.prefix, &prefix, sizeof(e.prefix));
	}
	put(INTENT_ILA_ENDPOINT_SET, 0, &e, sizeof(e));
}

static void do_unendpoint(void)
{
	struct intent_ila_endpoint e = { .addr = address(word[1]) };

	put(INTENT_ILA_ENDPOINT_DEL, 0, &e, sizeof(e));
}

static void do_sweep(void)
{
	put(INTENT_SYNC_END, INTENT_F_SWEEP, NULL, 0);
}

static void do_later(void)
{
	put(INTENT_SYNC_END, 0, NULL, 0);
}

static void do_begin(void)
{
	put(INTENT_SYNC_BEGIN, 0, NULL, 0);
}

static void do_exit(void)
{
	struct intent_exit e = { .keep = !strcmp(word[1], "keep") };

	put(INTENT_EXIT, 0, &e, sizeof(e));
	chan_flush(chan);
	chan_free(chan); /* fib ends with it */
	wait(NULL);
	exit(0);
}

static void do_settle(void)
{
	struct intent_query q = { .id = 1, .diff_only = 1, .table = TABLES };

	for (int tries = 0; tries < 1000; tries++) {
		unsigned ends = query_ends;

		entries = 0;
		put(INTENT_QUERY, 0, &q, sizeof(q));
		chan_flush(chan);
		while (query_ends == ends)
			if (!pump(-1))
				die("fib is gone");
		if (!entries) {
			puts("settled");
			return;
		}
		poll(NULL, 0, 20);
	}
	puts("unsettled");
}

static const struct feed_verb verbs[] = {
	{ "domain", 5, do_domain },
	{ "undomain", 2, do_undomain },
	{ "map", 3, do_map },
	{ "multi", 6, do_multi },
	{ "maps", 3, do_maps },
	{ "unmap", 2, do_unmap },
	{ "endpoint", 3, do_endpoint },
	{ "unendpoint", 2, do_unendpoint },
	{ "sweep", 1, do_sweep },
	{ "later", 1, do_later },
	{ "begin", 1, do_begin },
	{ "engine", 1, engine_start },
	{ "exit", 2, do_exit },
	{ "settle", 1, do_settle },
	{ NULL, 0, NULL },
};

static const struct feed_verb *verb_find(const struct feed_verb *v)
{
	while (v->name && (strcmp(word[0], v->name) || feed_words < v->words))
		v++;
	return v->name ? v : NULL;
}

static void line_do(char *line)
{
	feed_words = 0;
	for (char *w = strtok(line, " \t\n"); w && feed_words < FEED_WORDS;
	     w = strtok(NULL, " \t\n"))
		word[feed_words++] = w;
	if (!feed_words)
		return;

	const struct feed_verb *v = verb_find(verbs);

	v = v ? v : verb_find(feed_pol_verbs);
	if (!v)
		die(word[0]);
	v->act();
}

static void options(int argc, char **argv)
{
	if (argc < 3)
		die("which FIFO, which folder?");
	opts.bpf_dir = argv[2];
	for (int i = 3; i < argc; i++) {
		unsigned long n = i + 1 < argc ? strtoul(argv[i + 1], NULL, 10) : 0;

		if (!strcmp(argv[i], "no-tcx"))
			opts.no_tcx = true;
		else if (!strcmp(argv[i], "audit"))
			opts.audit_s = (unsigned)n, i++;
		else if (!strcmp(argv[i], "size"))
			opts.bpf_map_size = (uint32_t)n, i++;
		else if (!strcmp(argv[i], "limit"))
			opts.bpf_map_max = (uint32_t)n, i++;
		else
			die(argv[i]);
	}
}

int main(int argc, char **argv)
{
	static char buf[65536];
	size_t have = 0;
	int in;

	options(argc, argv);
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	fib_start();
	in = open(argv[1], O_RDWR | O_CLOEXEC); /* it never ends */
	if (in < 0)
		die(argv[1]);
	engine_start();
	for (;;) {
		struct pollfd p = { .fd = in, .events = POLLIN };
		char *end;

		if (!pump(in))
			die("fib is gone");
		if (poll(&p, 1, 0) > 0) {
			ssize_t n = read(in, buf + have, sizeof(buf) - 1 - have);

			if (n <= 0)
				return 0;
			have += (size_t)n;
			buf[have] = '\0';
		}
		while ((end = memchr(buf, '\n', have))) {
			*end = '\0';
			line_do(buf);
			have -= (size_t)(end + 1 - buf);
			memmove(buf, end + 1, have + 1);
		}
		chan_flush(chan); /* lines that come together are told together */
	}
}
