/*
 * A reflector without a table: whole UPDATEs of one session, as many as one read has
 * brought, go to all others as one shared buffer. What it takes is what sockets,
 * copies and wake-ups take; no reflector can be faster on the same machine.
 */
#include "tests/bench/relay.h"

#include <string.h>
#include <unistd.h>

#include "bgpd/peer.h"
#include "lib/util.h"
#include "tests/bench/gen.h"
#include "tests/bench/sess.h"

enum { CLIENTS_MAX = 4096 };

static struct sess client[CLIENTS_MAX];
static size_t n_clients; /* slots ever used */
static uint32_t id;

static void on_up(struct sess *s UNUSED)
{
}

static void on_updates(struct sess *s, const uint8_t *p, size_t len)
{
	struct txbuf *t = txbuf_new((uint32_t)len);

	memcpy(t->data, p, len);
	t->len = (uint32_t)len;
	for (size_t i = 0; i < n_clients; i++)
		if (&client[i] != s && client[i].state == SESS_UP)
			sess_send(&client[i], t);
	txbuf_unref(t);
}

static void on_down(struct sess *s UNUSED, const char *why UNUSED)
{
}

static void on_incoming(int fd)
{
	size_t i = 0;

	while (i < n_clients && client[i].state != SESS_OFF)
		i++;
	if (fd < 0 || i == CLIENTS_MAX) {
		close(fd);
		return;
	}
	if (i == n_clients)
		n_clients++;
	client[i].id = id;
	sess_adopt(&client[i], fd);
}

void relay_run(const struct sockaddr_in *at, uint32_t as)
{
	static const struct sess_hooks hooks = {
		.up = on_up,
		.updates = on_updates,
		.down = on_down,
		.incoming = on_incoming,
	};
	long long alive = now_ns();

	id = ntohl(at->sin_addr.s_addr);
	sess_init(&hooks, as, GEN_HOLD_S);
	sess_listen(at);
	for (;;) {
		sess_turn(1000);
		if (now_ns() - alive < 20000000000LL)
			continue;
		alive = now_ns();
		for (size_t i = 0; i < n_clients; i++)
			sess_keepalive(&client[i]);
	}
}
