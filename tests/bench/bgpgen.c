/*
 * A BGP speaker for benchmarks: it waits for a connection (or makes one), opens an
 * internal EVPN session and does what lines on its standard input say:
 *   announce      send the routes of the model (tests/bench/model.h), then End-of-RIB
 *   withdraw      withdraw all of them
 *   count N       print when N routes are known from the peer
 *   quit
 * Whatever it sends is encoded beforehand, so that little of its own time counts.
 * Events are printed with nanoseconds of CLOCK_MONOTONIC: up, first (byte of an
 * announcement or withdrawal), sent (its last byte), counted, down.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/rbuf.h"
#include "lib/util.h"
#include "lib/wbuf.h"
#include "tests/bench/gen.h"
#include "wire/nlri_evpn.h"
#include "wire/update.h"

static struct {
	uint32_t as, id; /* id: host order */
	uint32_t routes, vnis;
	const char *connect_to;
	uint16_t port;
} opt = { .as = 65000, .id = 0x0a4d0001, .vnis = 1, .port = 179 };

struct bytes_out {
	uint8_t *p;
	size_t len;
};

static struct bytes_out announcement, withdrawal;
static const struct bytes_out *sending; /* in progress */
static size_t sent;
static int sock;
static uint64_t routes_in, withdrawn_in, updates_in, count_for;

static void say(const char *event, long long number)
{
	printf("%s %lld %lld\n", event, now_ns(), number);
	fflush(stdout);
}

static void die(const char *what)
{
	fprintf(stderr, "bgpgen: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- what we send -------------------------------------------------------------- */

static struct bytes_out messages_build(bool withdraw)
{
	const struct gen g = { .as = opt.as, .routes = opt.routes, .vnis = opt.vnis };
	size_t cap = gen_room(&g, opt.routes);
	struct wbuf w = wbuf_of(xcalloc(1, cap), cap);

	if (withdraw) {
		gen_withdraw(&g, &w, 0, opt.routes);
	} else {
		gen_announce(&g, &w, 0, opt.routes, 0);
		gen_eor(&w);
	}
	return (struct bytes_out) { w.base, w.len };
}

static void send_all(const void *p, size_t len)
{
	if (send(sock, p, len, MSG_NOSIGNAL) != (ssize_t)len)
		die("send");
}

static void keepalive_send(void)
{
	uint8_t buf[MSG_HEADER_LEN];
	struct wbuf w = wbuf_of(buf, sizeof(buf));

	msg_keepalive_encode(&w);
	send_all(buf, w.len);
}

static void open_send(void)
{
	uint8_t buf[512];
	struct wbuf w = wbuf_of(buf, sizeof(buf));

	gen_open(&w, opt.as, opt.id, GEN_HOLD_S);
	send_all(buf, w.len);
}

static void send_more(void)
{
	ssize_t n = send(sock, sending->p + sent, sending->len - sent,
			 MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0 && errno != EAGAIN)
		die("send");
	sent += n > 0 ? (size_t)n : 0;
	if (sent == sending->len) {
		say("sent", (long long)sent);
		sending = NULL;
	}
}

/* ---- what we receive ----------------------------------------------------------- */

static uint64_t nlri_count(struct rbuf r, bool withdraw)
{
	struct nlri n;
	uint64_t count = 0;

	while (rbuf_left(&r)) {
		if (nlri_next(&nlri_evpn_ops, &r, false, withdraw, &n) == NLRI_FRAMING)
			break;
		count++;
	}
	return count;
}

static void update_in(const uint8_t *body, size_t len)
{
	static struct update_scratch scratch;
	static struct update u;
	struct update_ctx ctx = { .as4 = true };

	updates_in++;
	if (update_decode(rbuf_of(body, len), &ctx, &scratch, &u) != V_OK)
		say("flawed", u.reason);
	if (u.reach.present)
		routes_in += nlri_count(u.reach.nlri, false);
	if (u.unreach.present)
		withdrawn_in += nlri_count(u.unreach.nlri, true);
	if (count_for && routes_in >= count_for) {
		say("counted", (long long)routes_in);
		count_for = 0;
	}
}

/* Return: false when the session is over. */
static bool message_in(const struct msg_header *h, const uint8_t *body)
{
	static bool up;

	if (h->type == MSG_OPEN)
		keepalive_send();
	else if (h->type == MSG_KEEPALIVE && !up)
		up = (say("up", 0), true);
	else if (h->type == MSG_UPDATE)
		update_in(body, h->len - (size_t)MSG_HEADER_LEN);
	else if (h->type == MSG_NOTIFICATION)
		say("notification", body[0] << 8 | body[1]);
	return h->type != MSG_NOTIFICATION;
}

static bool receive(void)
{
	static uint8_t buf[1 << 20];
	static size_t len;
	size_t at = 0;
	ssize_t n = recv(sock, buf + len, sizeof(buf) - len, MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return true;
	if (n <= 0)
		return false;
	len += (size_t)n;
	while (len - at >= MSG_HEADER_LEN) {
		struct msg_header h;
		struct notif err;

		if (msg_header_decode(buf + at, MSG_MAX, &h, &err))
			return false;
		if (len - at < h.len)
			break;
		if (!message_in(&h, buf + at + MSG_HEADER_LEN))
			return false;
		at += h.len;
	}
	memmove(buf, buf + at, len - at);
	len -= at;
	return true;
}

/* ---- session ------------------------------------------------------------------- */

static struct sockaddr_in address(const char *text)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(opt.port) };

	if (text && inet_pton(AF_INET, text, &sin.sin_addr) != 1)
		die(text);
	return sin;
}

static int session_socket(void)
{
	struct sockaddr_in sin = address(opt.connect_to);
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1, got;

	if (opt.connect_to) {
		if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)))
			die("connect");
		return fd;
	}
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) || listen(fd, 1))
		die("listen");
	say("listening", opt.port);
	got = accept(fd, NULL, NULL);
	if (got < 0)
		die("accept");
	close(fd);
	return got;
}

static void transmission_start(const struct bytes_out *what)
{
	sending = what;
	sent = 0;
	say("first", (long long)what->len);
}

/* Return: false for quit. */
static bool command(const char *line)
{
	if (!strncmp(line, "announce", 8))
		transmission_start(&announcement);
	else if (!strncmp(line, "withdraw", 8))
		transmission_start(&withdrawal);
	else if (!strncmp(line, "count ", 6))
		count_for = strtoull(line + 6, NULL, 10);
	return strncmp(line, "quit", 4) != 0;
}

static void run(void)
{
	struct pollfd p[2] = { { .fd = sock }, { .fd = 0, .events = POLLIN } };
	long long alive = now_ns();
	char line[128];

	for (;;) {
		p[0].events = (short)(POLLIN | (sending ? POLLOUT : 0));
		poll(p, 2, 1000);
		if ((p[0].revents & (POLLIN | POLLHUP | POLLERR)) && !receive())
			break;
		if (sending && (p[0].revents & POLLOUT))
			send_more();
		if (p[1].revents) {
			ssize_t n = read(0, line, sizeof(line) - 1);

			line[n > 0 ? n : 0] = '\0';
			if (n <= 0)
				p[1].fd = -1;
			else if (!command(line))
				break;
		}
		if (!sending && now_ns() - alive > 20000000000LL) {
			keepalive_send();
			alive = now_ns();
		}
	}
	say("down", 0);
	fprintf(stderr, "bgpgen: updates=%llu routes=%llu withdrawn=%llu\n",
		(unsigned long long)updates_in, (unsigned long long)routes_in,
		(unsigned long long)withdrawn_in);
}

int main(int argc, char **argv)
{
	int c, on = 1;

	while ((c = getopt(argc, argv, "a:i:n:v:c:p:")) != -1) {
		if (c == 'a')
			opt.as = (uint32_t)strtoul(optarg, NULL, 10);
		else if (c == 'i')
			opt.id = ntohl(address(optarg).sin_addr.s_addr);
		else if (c == 'n')
			opt.routes = (uint32_t)strtoul(optarg, NULL, 10);
		else if (c == 'v')
			opt.vnis = (uint32_t)strtoul(optarg, NULL, 10);
		else if (c == 'c')
			opt.connect_to = optarg;
		else if (c == 'p')
			opt.port = (uint16_t)strtoul(optarg, NULL, 10);
		else
			c = 0;
		if (!c || opt.routes >= MODEL_MAX || !opt.vnis) {
			fprintf(stderr,
				"usage: bgpgen [-a AS] [-i ID] [-n ROUTES] [-v VNIS]"
				" [-c ADDRESS] [-p PORT]\n");
			return 2;
		}
	}
	announcement = messages_build(false);
	withdrawal = messages_build(true);
	sock = session_socket();
	setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	open_send();
	run();
	return 0;
}
