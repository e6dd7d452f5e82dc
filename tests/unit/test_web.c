/* bgpd/web.c over a real socket on loopback, client and server in one event loop. */
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bgpd/web.h"

static bool ready;

static void metrics(FILE *f, enum metric_format fmt, void *ctx)
{
	(void)ctx;
	fputs(fmt == METRIC_OPENMETRICS_1 ? "open\n" : "text\n", f);
}

static bool is_ready(void *ctx, char *why, size_t size)
{
	(void)ctx;
	snprintf(why, size, "fib out of sync");
	return ready;
}

static const struct web_ops ops = { metrics, is_ready };
static struct event_base *base;
static struct web *web;

static int start(void **state)
{
	char err[128];

	(void)state;
	base = event_base_new();
	web = web_start(base, "127.0.0.1:0", &ops, NULL, err, sizeof(err));
	return !web;
}

static int stop(void **state)
{
	(void)state;
	web_stop(web);
	event_base_free(base);
	return 0;
}

static int dial(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_port = htons((uint16_t)web_port(web)) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_return_code(connect(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

/* Serve until the server has closed the connection; at most about four seconds. */
static void read_all(int fd, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n = -1;

	for (int i = 0; i < 400 && n; i++) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		event_base_loop(base, EVLOOP_NONBLOCK);
		poll(&p, 1, 10);
		n = read(fd, buf + len, size - 1 - len);
		len += n > 0 ? (size_t)n : 0;
	}
	buf[len] = '\0';
	assert_int_equal(n, 0);
	close(fd);
}

static const struct {
	const char *what, *request, *status, *has, *body;
	bool ready;
} cases[] = {
	{ "metrics", "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "200",
	  "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n", "text\n" },
	{ "openmetrics",
	  "GET /metrics HTTP/1.1\r\nAccept: application/openmetrics-text;version=1.0.0,"
	  "text/plain;q=0.5\r\n\r\n",
	  "200",
	  "Content-Type: application/openmetrics-text; version=1.0.0; "
	  "charset=utf-8\r\n",
	  "open\n" },
	{ "head", "HEAD /metrics HTTP/1.1\r\n\r\n", "200", "Content-Length: 5\r\n",
	  "" },
	{ "healthz", "GET /healthz HTTP/1.0\r\n\r\n", "200", "", "ok\n" },
	{ "not ready", "GET /readyz HTTP/1.1\r\n\r\n", "503", "", "fib out of sync\n" },
	{ "ready", "GET /readyz HTTP/1.1\r\n\r\n", "200", "", "ok\n", true },
	{ "query is ignored", "GET /healthz?x=1 HTTP/1.1\r\n\r\n", "200", "", "ok\n" },
	{ "unknown page", "GET /../etc/passwd HTTP/1.1\r\n\r\n", "404", "",
	  "not found\n" },
	{ "post", "POST /metrics HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "501", "",
	  NULL },
	{ "delete", "DELETE /metrics HTTP/1.1\r\n\r\n", "501", "", NULL },
	{ "body", "GET /metrics HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody", "413", "",
	  NULL },
	{ "no http", "\x16\x03\x01 xyz\r\n\r\n", "400", "", NULL },
};

static void answers(void **state)
{
	char got[4096];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int fd = dial();
		const char *body;

		print_message("# %s\n", cases[i].what);
		ready = cases[i].ready;
		assert_return_code(
			write(fd, cases[i].request, strlen(cases[i].request)), 0);
		read_all(fd, got, sizeof(got));
		assert_memory_equal(got, "HTTP/1.", 7);
		assert_memory_equal(got + 9, cases[i].status, 3);
		assert_non_null(strstr(got, cases[i].has));
		body = strstr(got, "\r\n\r\n");
		assert_non_null(body);
		if (cases[i].body)
			assert_string_equal(body + 4, cases[i].body);
	}
}

static void count(evutil_socket_t fd, short what, void *arg)
{
	char c;

	(void)what;
	*(int *)arg += read(fd, &c, 1) == 1;
}

/* Whoever gets the number of a descriptor that a scrape had must hear of its data. */
static void leaves_the_loop_clean(void **state)
{
	enum { PAIRS = 4 };
	struct event *ev[2 * PAIRS];
	int fds[2 * PAIRS], heard = 0, fd = dial();
	char got[4096];

	(void)state;
	assert_return_code(write(fd, "GET /metrics HTTP/1.0\r\n\r\n", 25), 0);
	read_all(fd, got, sizeof(got));
	for (int i = 0; i < 2 * PAIRS; i++) {
		if (i % 2 == 0)
			assert_return_code(socketpair(AF_UNIX, SOCK_STREAM, 0, &fds[i]),
					   0);
		ev[i] = event_new(base, fds[i], EV_READ | EV_PERSIST, count, &heard);
		event_add(ev[i], NULL);
	}
	for (int i = 0; i < 2 * PAIRS; i++)
		assert_int_equal(write(fds[i], "x", 1), 1);
	event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(heard, 2 * PAIRS);
	for (int i = 0; i < 2 * PAIRS; i++) {
		event_free(ev[i]);
		close(fds[i]);
	}
}

/* Without descriptors a client is turned away, and served again when there are some. */
static void no_descriptors(void **state)
{
	static const char request[] = "GET /healthz HTTP/1.0\r\n\r\n";
	struct rlimit lim, few;
	char got[4096];
	int fd = dial(), next = dup(fd);

	(void)state;
	close(next);
	assert_return_code(getrlimit(RLIMIT_NOFILE, &lim), 0);
	few = lim;
	few.rlim_cur = (rlim_t)next;
	assert_return_code(setrlimit(RLIMIT_NOFILE, &few), 0);
	read_all(fd, got, sizeof(got));
	assert_string_equal(got, "");
	assert_return_code(setrlimit(RLIMIT_NOFILE, &lim), 0);
	fd = dial();
	assert_return_code(write(fd, request, strlen(request)), 0);
	read_all(fd, got, sizeof(got));
	assert_memory_equal(got + 9, "200", 3);
}

static void index_links_pages(void **state)
{
	static const char request[] = "GET / HTTP/1.1\r\n\r\n";
	char got[4096];
	int fd = dial();

	(void)state;
	assert_return_code(write(fd, request, strlen(request)), 0);
	read_all(fd, got, sizeof(got));
	assert_non_null(strstr(got, "href=\"/metrics\""));
}

static void header_too_long(void **state)
{
	static char request[WEB_HEADERS_MAX + 4096];
	char got[4096];
	int fd = dial();

	(void)state;
	memset(request, 'a', sizeof(request));
	memcpy(request, "GET / HTTP/1.1\r\nX: ", 19);
	assert_return_code(write(fd, request, sizeof(request)), 0);
	read_all(fd, got, sizeof(got));
	assert_null(strstr(got, " 200 "));
}

/* A client that sends one more header every while cannot stay. */
static void slow_client(void **state)
{
	int fd;
	char c;
	ssize_t n = -1;

	(void)state;
	web_deadline_set(web, 200);
	fd = dial();
	assert_return_code(write(fd, "GET / HTTP/1.1\r\n", 16), 0);
	for (int i = 0; i < 200 && n; i++) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		event_base_loop(base, EVLOOP_NONBLOCK);
		poll(&p, 1, 10);
		if (send(fd, "X: y\r\n", 6, MSG_NOSIGNAL) < 0)
			n = 0;
		else
			n = read(fd, &c, 1) < 0 ? -1 : 0;
	}
	assert_int_equal(n, 0);
	close(fd);
}

static void too_many(void **state)
{
	static const char request[] = "GET /healthz HTTP/1.1\r\n\r\n";
	int fd[WEB_CONNECTIONS], more;
	char got[1024];

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(fd); i++) {
		fd[i] = dial();
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	assert_int_equal(web_connections(web), WEB_CONNECTIONS);
	more = dial();
	read_all(more, got, sizeof(got));
	assert_string_equal(got, "");

	/* a place is free again as soon as one leaves */
	close(fd[0]);
	for (int i = 0; i < 100 && web_connections(web) == WEB_CONNECTIONS; i++)
		event_base_loop(base, EVLOOP_ONCE);
	more = dial();
	assert_return_code(write(more, request, strlen(request)), 0);
	read_all(more, got, sizeof(got));
	assert_non_null(strstr(got, " 200 "));
	for (unsigned i = 1; i < ARRAY_SIZE(fd); i++)
		close(fd[i]);
}

static void stop_with_open_connections(void **state)
{
	int fd = dial();

	(void)state;
	event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(web_connections(web), 1);
	close(fd); /* and stop() finds it still open on its side */
}

static const struct {
	const char *addr;
	bool works;
} addresses[] = {
	{ "127.0.0.1:0", true },
	{ ":0", true },
	{ "localhost:0", true },
	{ "127.0.0.1", false },
	{ "127.0.0.1:", false },
	{ "127.0.0.1:65536", false },
	{ "127.0.0.1:1x", false },
	{ "::1:0", false },
	{ "[::1:0", false },
	{ "[127.0.0.1]:0", false },
	{ "", false },
	{ "a.example:0", false },
	{ "127.0.0.1:-1", false },
	{ "192.0.2.254:0", false },
};

static void listens(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		char err[128] = "";
		struct web *w;

		print_message("# %s\n", addresses[i].addr);
		w = web_start(base, addresses[i].addr, &ops, NULL, err, sizeof(err));
		assert_int_equal(w != NULL, addresses[i].works);
		assert_int_equal(*err != '\0', !addresses[i].works);
		assert_int_equal(w && web_port(w) == 0, 0);
		web_stop(w);
	}
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test_setup_teardown(answers, start, stop),
		cmocka_unit_test_setup_teardown(leaves_the_loop_clean, start, stop),
		cmocka_unit_test_setup_teardown(no_descriptors, start, stop),
		cmocka_unit_test_setup_teardown(index_links_pages, start, stop),
		cmocka_unit_test_setup_teardown(header_too_long, start, stop),
		cmocka_unit_test_setup_teardown(slow_client, start, stop),
		cmocka_unit_test_setup_teardown(too_many, start, stop),
		cmocka_unit_test_setup_teardown(stop_with_open_connections, start,
						stop),
		cmocka_unit_test_setup_teardown(listens, start, stop),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
