/*
 * Load for a route reflector: senders and receivers, all clients, in one process.
 *   rrload [OPTION...] STEP...     does the steps in turn, a line for each
 *   rrload [-l ADDR] [-p PORT] relay
 * Steps; a step is over when every receiver has counted the routes it makes come or
 * go, and its line says in how many seconds, the daemon's CPU seconds so far, and how
 * many UPDATEs a receiver has got:
 *   up           all sessions are established
 *   announce, withdraw   all routes
 *   thin, fill   withdraw, announce again every other run of the model
 *   drop, back   the first sender's connection ends; it returns with its routes
 *   churn:K      withdraw and announce, K times without waiting; only with -V
 *   latency:K    K single changes (a MAC that moves), one after another: from the
 *                write to the arrival at a receiver, microseconds
 *   rest:MS      nothing for so long
 *   gaps         the longest time that a client heard nothing since the last `gaps`,
 *                milliseconds
 *   settle       the daemon rests; its resident kilobytes
 *   verify       every client holds just the model's routes; only with -V
 * All that is sent was encoded before. With -V every client decodes and remembers what
 * it gets; without, receivers count NLRI by their lengths and senders do not even look.
 * With -F it may be told what FRR tells: its own routes too, and a MED of 0.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bgpd/peer.h"
#include "lib/util.h"
#include "tests/bench/gen.h"
#include "tests/bench/proc.h"
#include "tests/bench/relay.h"
#include "tests/bench/rrcheck.h"
#include "tests/bench/sess.h"
#include "wire/msg.h"

enum { PIDS_MAX = 8, RETRY_MS = 100 };

static struct {
	uint32_t receivers;
	struct sockaddr_in reflector;
	uint32_t cluster;
	long long patience_ns;
	uint16_t hold_s;
	bool verify, frr;
	pid_t pid[PIDS_MAX];
	size_t n_pids;
} opt = {
	.receivers = 2,
	.patience_ns = 60000000000LL,
	.hold_s = GEN_HOLD_S,
	.reflector = { .sin_family = AF_INET },
};

static struct gen gen = {
	.as = 65000, .routes = 10000, .vnis = 10, .senders = 2, .first_vtep = 0x0a4e0001
}; /* 10.78.0.1 */

enum told { TOLD_NOTHING, TOLD_HALF, TOLD_ALL };

struct client {
	struct sess s;
	uint32_t nr;    /* senders are 0 .. gen.senders - 1 */
	bool away;      /* on purpose */
	enum told told; /* what it has announced, of its share */
	struct txbuf *announce, *withdraw, *thin, *fill;
	uint64_t reach, unreach; /* NLRI of this step */
	bool done;
	long long done_ns;
	struct check check;
};

static struct client *client;
static uint32_t n_clients;
static uint64_t want_reach, want_unreach; /* of each receiver, in this step */
static uint32_t missing;                  /* receivers that are not there yet */
static const char *step = "start";
static long long begun_ns;
static uint64_t updates_in;  /* how often something came; quiet when it stays */
static uint64_t messages_in; /* UPDATEs of all receivers */

static void __attribute__((noreturn)) die(const char *why)
{
	fprintf(stderr, "rrload: %s: %s\n", step, why);
	exit(1);
}

static bool is_sender(const struct client *c)
{
	return c->nr < gen.senders;
}

static struct client *client_of(struct sess *s)
{
	return container_of(s, struct client, s);
}

/* ---- sessions ------------------------------------------------------------------ */

static void on_up(struct sess *s)
{
	s->deaf = is_sender(client_of(s)) && !opt.verify;
}

static void on_updates(struct sess *s, const uint8_t *p, size_t len)
{
	struct client *c = client_of(s);

	updates_in++;
	for (size_t at = 0; !is_sender(c) && at + MSG_HEADER_LEN <= len;
	     at += (size_t)p[at + 16] << 8 | p[at + 17])
		messages_in++;
	sess_nlri(p, len, &c->reach, &c->unreach);
	if (opt.verify)
		check_updates(&c->check, p, len);
	if (c->done || c->reach < want_reach || c->unreach < want_unreach)
		return;
	c->done = true;
	c->done_ns = now_ns();
	missing -= !is_sender(c);
}

static void on_down(struct sess *s, const char *why)
{
	struct client *c = client_of(s);
	char text[128];

	if (!strcmp(step, "up") || !strcmp(step, "back"))
		return; /* tried again */
	snprintf(text, sizeof(text), "client %u: %s", c->nr, why);
	die(text);
}

static void turn(int wait_ms)
{
	static long long alive;
	long long now = now_ns();

	sess_turn(wait_ms);
	if (now - alive < opt.hold_s * 1000000000LL / 9) /* they may take a while */
		return;
	alive = now;
	for (uint32_t i = 0; i < n_clients; i++)
		sess_keepalive(&client[i].s);
}

/* Dials whoever is not there, again if need be, until all are up. */
static void all_up(void)
{
	long long tried = 0;
	uint32_t up;

	do {
		bool again = now_ns() - tried > RETRY_MS * 1000000LL;

		up = 0;
		for (uint32_t i = 0; i < n_clients; i++) {
			struct sess *s = &client[i].s;

			up += s->state == SESS_UP;
			if (s->state == SESS_OFF && again)
				sess_dial(s, &opt.reflector);
		}
		if (again)
			tried = now_ns();
		if (now_ns() - begun_ns > opt.patience_ns)
			die("not all sessions come up");
		turn(10);
	} while (up < n_clients);
}

/* ---- steps --------------------------------------------------------------------- */

static double seconds(long long ns)
{
	return (double)ns / 1e9;
}

/* Every receiver shall get so many; the clock runs. */
static void begin(uint64_t reach, uint64_t unreach)
{
	want_reach = reach;
	want_unreach = unreach;
	missing = opt.receivers;
	for (uint32_t i = 0; i < n_clients; i++) {
		client[i].reach = client[i].unreach = 0;
		client[i].done = false;
	}
	begun_ns = now_ns();
}

static void __attribute__((noreturn)) too_late(void)
{
	char text[160];

	for (uint32_t i = gen.senders; i < n_clients; i++)
		if (!client[i].done) {
			snprintf(text, sizeof(text),
				 "%u receivers wait; client %u has %llu of %llu"
				 " announced, %llu of %llu withdrawn",
				 missing, i, (unsigned long long)client[i].reach,
				 (unsigned long long)want_reach,
				 (unsigned long long)client[i].unreach,
				 (unsigned long long)want_unreach);
			die(text);
		}
	die("too late");
}

static void until_done(void)
{
	while (missing) {
		turn(1000);
		if (now_ns() - begun_ns > opt.patience_ns)
			too_late();
	}
}

static void say_time(long long end_ns)
{
	printf("%s s=%.6f cpu=%.4f messages=%llu\n", step, seconds(end_ns - begun_ns),
	       seconds(proc_cpu_ns(opt.pid, opt.n_pids)),
	       (unsigned long long)messages_in / opt.receivers);
}

static void finish_step(void)
{
	until_done();
	say_time(now_ns());
}

static uint32_t share_of(uint32_t sender)
{
	return gen_share(&gen, sender + 1) - gen_share(&gen, sender);
}

/* Does `thin` leave this route? */
static bool is_thick(uint32_t i)
{
	return i / MODEL_RUN % 2 == 0;
}

static uint32_t thinned(void)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < gen.routes; i++)
		n += !is_thick(i);
	return n;
}

static void do_up(void)
{
	begin(0, 0);
	all_up();
	say_time(now_ns());
}

/* All senders say the same kind of thing. */
static void all_send(size_t what, enum told then)
{
	for (uint32_t i = 0; i < gen.senders; i++) {
		struct client *c = &client[i];

		if (c->away)
			continue;
		sess_send(&c->s, *(struct txbuf **)((char *)c + what));
		c->told = then;
	}
}

static void do_announce(void)
{
	begin(gen.routes, 0);
	all_send(offsetof(struct client, announce), TOLD_ALL);
	finish_step();
}

static void do_withdraw(void)
{
	begin(0, gen.routes);
	all_send(offsetof(struct client, withdraw), TOLD_NOTHING);
	finish_step();
}

static void do_thin(void)
{
	begin(0, thinned());
	all_send(offsetof(struct client, thin), TOLD_HALF);
	finish_step();
}

static void do_fill(void)
{
	begin(thinned(), 0);
	all_send(offsetof(struct client, fill), TOLD_ALL);
	finish_step();
}

static void do_drop(void)
{
	uint32_t told = 0;

	for (uint32_t i = 0; i < share_of(0); i++)
		told += client[0].told == TOLD_ALL ||
			(client[0].told == TOLD_HALF && is_thick(i));
	begin(0, told);
	client[0].away = true;
	sess_close(&client[0].s);
	finish_step();
}

static void do_back(void)
{
	struct client *c = &client[0];

	begin(share_of(0), 0);
	c->away = false;
	if (opt.verify) {
		check_fini(&c->check);
		check_init(&c->check, &gen, opt.cluster, opt.frr);
	}
	all_up();
	sess_send(&c->s, c->announce);
	c->told = TOLD_ALL;
	finish_step();
}

static void do_churn(unsigned times)
{
	if (!opt.verify)
		die("needs -V");
	begin(0, 0);
	for (unsigned i = 0; i < times; i++) {
		all_send(offsetof(struct client, withdraw), TOLD_NOTHING);
		all_send(offsetof(struct client, announce), TOLD_ALL);
	}
	say_time(now_ns());
}

/* ---- single changes ------------------------------------------------------------ */

static struct txbuf *one_route(uint32_t i, uint32_t moves)
{
	size_t cap = gen_room(&gen, 1);
	struct txbuf *t = txbuf_new((uint32_t)cap);
	struct wbuf w = wbuf_of(t->data, cap);

	gen_announce(&gen, &w, i, i + 1, moves);
	t->len = (uint32_t)w.len;
	return t;
}

static int by_size(const void *a, const void *b)
{
	const long long *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void do_latency(unsigned times)
{
	uint32_t share = share_of(0), n = MIN_OF(times, share);
	long long *took = xcalloc(n + 1, sizeof(*took));

	for (uint32_t k = 0; k < n; k++) {
		uint32_t i = (uint32_t)((uint64_t)k * share / n);
		struct txbuf *t = one_route(i, k + 1);

		begin(1, 0);
		sess_send(&client[0].s, t);
		until_done();
		took[k] = client[gen.senders + k % opt.receivers].done_ns - begun_ns;
		txbuf_unref(t);
	}
	qsort(took, n, sizeof(*took), by_size);
	printf("latency p50=%.1f p90=%.1f p99=%.1f n=%u\n", (double)took[n / 2] / 1e3,
	       (double)took[n * 9 / 10] / 1e3, (double)took[n * 99 / 100] / 1e3, n);
	free(took);

	/* As the model has them, again. */
	begin(n, 0);
	for (uint32_t k = 0; k < n; k++) {
		struct txbuf *t = one_route((uint32_t)((uint64_t)k * share / n), 0);

		sess_send(&client[0].s, t);
		txbuf_unref(t);
	}
	until_done();
}

/* ---- rest and contents --------------------------------------------------------- */

static void do_rest(unsigned ms)
{
	begin(0, 0);
	while (now_ns() - begun_ns < ms * 1000000LL)
		turn(20);
}

static void do_gaps(void)
{
	const struct client *worst = client;
	long long longest = 0;

	for (uint32_t i = 0; i < n_clients; i++) {
		long long gap = sess_gap_ns(&client[i].s);

		if (gap > longest) {
			longest = gap;
			worst = &client[i];
		}
	}
	printf("gaps longest_ms=%lld client=%u\n", longest / 1000000, worst->nr);
}

/* Until nothing comes in and the daemon's CPU time stands, a tenth of a second. */
static void do_settle(void)
{
	enum { LOOK_MS = 20, QUIET = 5 };
	long long cpu = proc_cpu_ns(opt.pid, opt.n_pids), limit;
	int quiet = 0;

	begin(0, 0);
	limit = begun_ns + opt.patience_ns;
	while (quiet < QUIET && now_ns() < limit) {
		long long until = now_ns() + LOOK_MS * 1000000LL, before = cpu;
		uint64_t came = updates_in;

		while (now_ns() < until)
			turn(LOOK_MS);
		cpu = proc_cpu_ns(opt.pid, opt.n_pids);
		quiet = cpu - before < 1000000 && came == updates_in ? quiet + 1 : 0;
	}
	printf("settle rss=%ld cpu=%.4f\n", proc_rss_kb(opt.pid, opt.n_pids),
	       seconds(cpu));
}

/* Shall this client hold route i? What has been told, but not its own. */
static bool should_hold(const void *ctx, uint32_t i)
{
	const struct client *c = ctx;
	uint32_t sender = gen_sender(&gen, i);
	const struct client *from = &client[sender];

	if (from->away || from->told == TOLD_NOTHING || (sender == c->nr && !opt.frr))
		return false;
	return from->told == TOLD_ALL || is_thick(i);
}

/* Clients that do not hold what they should; the first of them in text. */
static uint32_t clients_wrong(char *text, size_t size)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < n_clients; i++) {
		const struct client *c = &client[i];
		struct check_result r;

		if (c->away)
			continue;
		r = check_against(&c->check, should_hold, c);
		if (!r.missing && !r.extra && !c->check.wrong)
			continue;
		if (!n++)
			snprintf(text, size,
				 "client %u: missing=%u extra=%u wrong=%llu %s", i,
				 r.missing, r.extra, (unsigned long long)c->check.wrong,
				 c->check.first);
	}
	return n;
}

static void do_verify(void)
{
	enum { QUIET_MS = 200 };
	long long heard = now_ns();
	char text[256] = "";
	uint32_t n;

	if (!opt.verify)
		die("needs -V");
	begin(0, 0);
	for (;;) {
		uint64_t came = updates_in;

		turn(QUIET_MS / 4);
		if (came != updates_in)
			heard = now_ns();
		if (now_ns() - begun_ns > opt.patience_ns)
			break;
		if (now_ns() - heard < QUIET_MS * 1000000LL)
			continue;
		if (!clients_wrong(text, sizeof(text)))
			break;
		if (now_ns() - heard > 5000000000LL)
			break; /* no more will come */
	}
	n = clients_wrong(text, sizeof(text));
	if (n)
		printf("verify failed=%u of %u, %s\n", n, n_clients, text);
	else
		printf("verify ok clients=%u\n", n_clients);
}

/* ---- start --------------------------------------------------------------------- */

static const struct {
	const char *name;
	void (*run)(void);
	void (*run_n)(unsigned times);
} steps[] = {
	{ "up", do_up, NULL },
	{ "announce", do_announce, NULL },
	{ "withdraw", do_withdraw, NULL },
	{ "thin", do_thin, NULL },
	{ "fill", do_fill, NULL },
	{ "drop", do_drop, NULL },
	{ "back", do_back, NULL },
	{ "churn", NULL, do_churn },
	{ "latency", NULL, do_latency },
	{ "settle", do_settle, NULL },
	{ "verify", do_verify, NULL },
	{ "rest", NULL, do_rest },
	{ "gaps", do_gaps, NULL },
};

static void do_step(const char *text)
{
	const char *colon = strchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : strlen(text);

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		if (strlen(steps[i].name) != len || strncmp(steps[i].name, text, len) ||
		    !!steps[i].run_n != !!colon)
			continue;
		step = steps[i].name;
		if (colon)
			steps[i].run_n((unsigned)strtoul(colon + 1, NULL, 10));
		else
			steps[i].run();
		fflush(stdout);
		return;
	}
	step = text;
	die("no such step");
}

static struct txbuf *share_build(uint32_t sender, bool withdraw, bool thin)
{
	uint32_t from = gen_share(&gen, sender), to = gen_share(&gen, sender + 1);
	size_t cap = gen_room(&gen, to - from);
	struct txbuf *t = txbuf_new((uint32_t)cap);
	struct wbuf w = wbuf_of(t->data, cap);

	for (uint32_t i = from, next; i < to; i = next) {
		next = MIN_OF((i / MODEL_RUN + 1) * MODEL_RUN, to);
		if (thin && is_thick(i))
			continue;
		if (withdraw)
			gen_withdraw(&gen, &w, i, next);
		else
			gen_announce(&gen, &w, i, next, 0);
	}
	t->len = (uint32_t)w.len;
	return t;
}

static void clients_make(void)
{
	n_clients = gen.senders + opt.receivers;
	client = xcalloc(n_clients, sizeof(*client));
	for (uint32_t i = 0; i < n_clients; i++) {
		struct client *c = &client[i];

		c->nr = i;
		c->s.fd = -1;
		c->s.id = gen.first_vtep + i;
		if (opt.verify)
			check_init(&c->check, &gen, opt.cluster, opt.frr);
		if (!is_sender(c))
			continue;
		c->announce = share_build(i, false, false);
		c->withdraw = share_build(i, true, false);
		c->thin = share_build(i, true, true);
		c->fill = share_build(i, false, true);
	}
}

static void clients_free(void)
{
	for (uint32_t i = 0; i < n_clients; i++) {
		struct client *c = &client[i];

		if (c->s.fd >= 0)
			sess_close(&c->s);
		txbuf_unref(c->announce);
		txbuf_unref(c->withdraw);
		txbuf_unref(c->thin);
		txbuf_unref(c->fill);
		check_fini(&c->check);
	}
	free(client);
}

static int usage(void)
{
	fprintf(stderr,
		"usage: rrload [-s SENDERS] [-r RECEIVERS] [-n ROUTES] [-v VNIS]"
		" [-c ADDRESS] [-p PORT]\n"
		"              [-b FIRST-ADDRESS] [-k CLUSTER-ID] [-a AS] [-T SECONDS]"
		" [-P PID]... [-H HOLD] [-L LABEL-SETS] [-V] [-F] STEP...\n"
		"       rrload [-a AS] [-c ADDRESS] [-p PORT] relay\n");
	return 2;
}

static uint32_t number(const char *text)
{
	return (uint32_t)strtoul(text, NULL, 10);
}

static uint32_t address(const char *text)
{
	struct in_addr a;

	if (inet_pton(AF_INET, text, &a) != 1)
		die(text);
	return ntohl(a.s_addr);
}

static bool option(int c, const char *arg)
{
	switch (c) {
	case 's':
		gen.senders = number(arg);
		break;
	case 'r':
		opt.receivers = number(arg);
		break;
	case 'n':
		gen.routes = number(arg);
		break;
	case 'v':
		gen.vnis = number(arg);
		break;
	case 'a':
		gen.as = number(arg);
		break;
	case 'b':
		gen.first_vtep = address(arg);
		break;
	case 'c':
		opt.reflector.sin_addr.s_addr = htonl(address(arg));
		break;
	case 'k':
		opt.cluster = address(arg);
		break;
	case 'p':
		opt.reflector.sin_port = htons((uint16_t)number(arg));
		break;
	case 'P':
		if (opt.n_pids == PIDS_MAX)
			return false;
		opt.pid[opt.n_pids++] = (pid_t)number(arg);
		break;
	case 'T':
		opt.patience_ns = number(arg) * 1000000000LL;
		break;
	case 'H':
		opt.hold_s = (uint16_t)number(arg);
		break;
	case 'L':
		gen.label_sets = number(arg);
		break;
	case 'F':
		opt.frr = true;
		break;
	case 'V':
		opt.verify = true;
		break;
	default:
		return false;
	}
	return true;
}

static bool options_good(void)
{
	return gen.senders && opt.receivers && gen.vnis && gen.routes >= gen.senders &&
	       gen.routes < MODEL_MAX;
}

int main(int argc, char **argv)
{
	static const struct sess_hooks hooks = {
		.up = on_up,
		.updates = on_updates,
		.down = on_down,
	};
	int c;

	opt.reflector.sin_port = htons(179);
	while ((c = getopt(argc, argv, "s:r:n:v:a:b:c:k:p:P:T:H:L:FV")) != -1)
		if (!option(c, optarg))
			return usage();
	if (optind == argc || !options_good())
		return usage();
	files_raise(UINT_MAX);
	if (!strcmp(argv[optind], "relay"))
		relay_run(&opt.reflector, gen.as);
	clients_make();
	sess_init(&hooks, gen.as, opt.hold_s);
	for (; optind < argc; optind++)
		do_step(argv[optind]);
	clients_free();
	return 0;
}
