/*
 * Labels that change, watched in the map of identities of a far host:
 *   labelload [OPTION...] change COUNT   N routes with labels; then those of the first
 *                                        change, COUNT times, one after another: from
 *                                        the write to the changed entry, microseconds
 *   labelload [OPTION...] sink           the ceiling of a far host: behind a relay,
 *                                        each UPDATE is one map write, no more
 * A host writes verdicts of an identity before an address has it, so what is waited for
 * is the last of it. All that is sent was encoded before.
 *
 * Options: -i own address, -c address of the peer, -m pinned map, -n routes.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bgpd/peer.h"
#include "bpf/polmaps.h"
#include "lib/util.h"
#include "tests/bench/gen.h"
#include "tests/bench/sess.h"

enum { SETS = 100, OTHER_SETS = 5000, PATIENCE_S = 60 };

static struct gen gen = {
	.as = 65000, .routes = 1000, .vnis = 1, .senders = 1, .label_sets = SETS
};
static struct sockaddr_in peer = { .sin_family = AF_INET };
static const char *map_path;
static struct sess sess = { .fd = -1 };
static struct bpf_pol_addr key; /* of the first route */
static int sink_fd = -1;

static void __attribute__((noreturn)) die(const char *what)
{
	fprintf(stderr, "labelload: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- session -------------------------------------------------------------- */

static void on_up(struct sess *s UNUSED)
{
	printf("up\n");
	fflush(stdout);
}

static void on_updates(struct sess *s UNUSED, const uint8_t *p UNUSED,
		       size_t len UNUSED)
{
	static struct bpf_pol_ident v;

	v.identity++;
	if (sink_fd >= 0 && bpf_map_update_elem(sink_fd, &key, &v, BPF_ANY))
		die("update");
}

static void on_down(struct sess *s UNUSED, const char *why)
{
	fprintf(stderr, "labelload: %s\n", why);
	exit(1);
}

static const struct sess_hooks hooks = {
	.up = on_up,
	.updates = on_updates,
	.down = on_down,
};

static void session_up(void)
{
	const long long end = now_ns() + PATIENCE_S * 1000000000LL;

	sess.id = gen.first_vtep;
	sess_init(&hooks, gen.as, GEN_HOLD_S);
	sess_dial(&sess, &peer);
	while (sess.state != SESS_UP) {
		sess_turn(100);
		if (now_ns() > end)
			die("no session");
	}
}

/* ---- changes -------------------------------------------------------------- */

static struct txbuf *encoded(uint32_t first_set, uint32_t routes)
{
	struct gen g = gen;
	struct txbuf *t = txbuf_new((uint32_t)gen_room(&gen, routes));
	struct wbuf w = wbuf_of(t->data, gen_room(&gen, routes));

	g.label_first = first_set;
	gen_announce(&g, &w, 0, routes, 0);
	t->len = (uint32_t)w.len;
	return t;
}

static int map_fd = -1;

/* A larger one may have taken its place. */
static void map_again(void)
{
	if (map_fd >= 0)
		close(map_fd);
	map_fd = bpf_obj_get(map_path);
}

/* Return: the identity of the first route; 0: it has none. */
static uint32_t identity(void)
{
	struct bpf_pol_ident v;

	if (map_fd < 0 || bpf_map_lookup_elem(map_fd, &key, &v))
		return 0;
	return v.identity;
}

/* Return: nanoseconds until it is another one than it was. */
static long long until_other(uint32_t was, long long since)
{
	uint32_t is;

	while ((is = identity()) == was || !is) {
		if (now_ns() - since > PATIENCE_S * 1000000000LL) {
			errno = ETIMEDOUT;
			die("labels do not arrive");
		}
		sched_yield();
	}
	return now_ns() - since;
}

static void rest_ms(unsigned ms)
{
	const long long end = now_ns() + ms * 1000000LL;

	while (now_ns() < end)
		sess_turn(10);
}

static int by_size(const void *a, const void *b)
{
	const long long *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void change(uint32_t count)
{
	struct txbuf *one[2] = { encoded(OTHER_SETS, 1), encoded(OTHER_SETS + 1, 1) };
	struct txbuf *all = encoded(0, gen.routes);
	long long *took = xcalloc(count, sizeof(*took));

	session_up();
	rest_ms(300); /* the far host's session, too */
	sess_send(&sess, all);
	for (long long end = now_ns() + PATIENCE_S * 1000000000LL; !identity();
	     map_again()) {
		if (now_ns() > end)
			die("no labels arrive");
		rest_ms(10);
	}
	rest_ms(1000 + gen.routes / 20);
	map_again();
	for (uint32_t k = 0; k < count; k++) {
		uint32_t was = identity();
		long long since = now_ns();

		sess_send(&sess, one[k % 2]);
		took[k] = until_other(was, since);
		rest_ms(1); /* everybody sleeps again */
	}
	qsort(took, count, sizeof(*took), by_size);
	printf("change p50=%.1f p90=%.1f p99=%.1f\n", (double)took[count / 2] / 1e3,
	       (double)took[count * 9 / 10] / 1e3,
	       (double)took[count * 99 / 100] / 1e3);
	free(took);
	txbuf_unref(all);
	txbuf_unref(one[0]);
	txbuf_unref(one[1]);
}

static void sink(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, o, .map_flags = BPF_F_NO_PREALLOC);

	sink_fd = bpf_map_create(BPF_MAP_TYPE_HASH, "sink", sizeof(key),
				 sizeof(struct bpf_pol_ident), 1 << 20, &o);
	if (sink_fd < 0 || bpf_obj_pin(sink_fd, map_path))
		die(map_path);
	session_up();
	for (;;)
		sess_turn(1000);
}

static bool options(int argc, char **argv)
{
	struct in_addr a;
	int c;

	peer.sin_port = htons(179);
	while ((c = getopt(argc, argv, "i:c:m:n:")) != -1) {
		if (c == 'i' && inet_aton(optarg, &a))
			gen.first_vtep = ntohl(a.s_addr);
		else if (c == 'c' && inet_aton(optarg, &peer.sin_addr))
			continue;
		else if (c == 'm')
			map_path = optarg;
		else if (c == 'n')
			gen.routes = (uint32_t)strtoul(optarg, NULL, 10);
		else
			return false;
	}
	return map_path && gen.first_vtep && gen.routes && gen.routes < MODEL_MAX &&
	       optind < argc;
}

int main(int argc, char **argv)
{
	if (!options(argc, argv)) {
		fprintf(stderr, "labelload: see the head of its source\n");
		return 2;
	}
	key = (struct bpf_pol_addr) { .scope_family = BPF_POL_IP4 << 24 | MODEL_VNI,
				      .ip = { htonl(model_ip(0)) } };
	if (!strcmp(argv[optind], "sink"))
		sink();
	else if (!strcmp(argv[optind], "change") && optind + 1 < argc)
		change((uint32_t)MAX_OF(atoi(argv[optind + 1]), 1));
	else
		return 2;
	return 0;
}
