/*
 * /metrics, /healthz, /readyz and an index over plain HTTP (libevent's evhttp). Not
 * for TLS or passwords: put it on a loopback or management address.
 *
 * evhttp restarts its timeout with every byte and knows no limit of connections.
 * So each connection here has a deadline of its own and a place in a short list:
 * whoever is late or has no place gets the socket shut down, which evhttp then sees
 * as the end of the connection. It frees connections without telling us; but a
 * bufferevent that it has let go has no callbacks any more, and a reference of ours
 * keeps it readable until we look (conn_sweep).
 */
#include "bgpd/web.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/addr.h"
#include "lib/log.h"
#include "lib/util.h"

struct web_conn {
	TAILQ_ENTRY(web_conn) link;
	struct web *web;
	struct bufferevent *bev; /* one reference is ours */
	struct event *deadline;
};

struct web {
	struct event_base *base;
	struct evhttp *http;
	const struct web_ops *ops;
	void *ctx;
	TAILQ_HEAD(, web_conn) conns;
	unsigned n_conns, deadline_ms, port;
};

/* Given up to accept and close when descriptors run out. Not in struct web: evhttp
 * makes itself the argument of the listener's callbacks. */
static int reserve_fd = -1;

/* ---- connections --------------------------------------------------------------- */

static void conn_free(struct web_conn *c)
{
	TAILQ_REMOVE(&c->web->conns, c, link);
	c->web->n_conns--;
	event_free(c->deadline);
	bufferevent_decref(c->bev);
	free(c);
}

/* Has evhttp let go of it? */
static bool conn_is_over(const struct web_conn *c)
{
	bufferevent_data_cb rd, wr;
	bufferevent_event_cb ev;
	void *arg;

	bufferevent_getcb(c->bev, &rd, &wr, &ev, &arg);
	return !rd && !wr && !ev;
}

static void conn_sweep(struct web *w)
{
	struct web_conn *c, *next;

	for (c = TAILQ_FIRST(&w->conns); c; c = next) {
		next = TAILQ_NEXT(c, link);
		if (conn_is_over(c))
			conn_free(c);
	}
}

static void conn_late(evutil_socket_t fd, short what, void *arg)
{
	struct web_conn *c = arg;

	(void)fd;
	(void)what;
	if (!conn_is_over(c))
		shutdown(bufferevent_getfd(c->bev), SHUT_RDWR);
	conn_free(c);
}

/* evhttp asks for a bufferevent when it has accepted a connection. */
static struct bufferevent *conn_new(struct event_base *base, void *arg)
{
	struct web *w = arg;
	struct web_conn *c;
	struct timeval tv = { 0 };

	conn_sweep(w);
	if (w->n_conns < WEB_CONNECTIONS) {
		tv.tv_sec = w->deadline_ms / 1000;
		tv.tv_usec = w->deadline_ms % 1000 * 1000;
	}
	c = xcalloc(1, sizeof(*c));
	c->web = w;
	/* It closes the descriptor itself, after its events are gone: our reference
	 * would keep them when evhttp has closed it, and whoever got that number
	 * next would never hear of its data. */
	c->bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	c->deadline = evtimer_new(base, conn_late, c);
	if (!c->bev || !c->deadline) {
		log_err(LOG_WEB, "web: out of memory");
		exit(1);
	}
	bufferevent_incref(c->bev);
	evtimer_add(c->deadline, &tv);
	TAILQ_INSERT_TAIL(&w->conns, c, link);
	w->n_conns++;
	return c->bev;
}

/* Without this, a full descriptor table leaves the client hanging and us spinning. */
static void accept_failed(struct evconnlistener *l, void *arg)
{
	static struct log_limit limit;
	int err = errno;

	(void)arg;
	if (log_ratelimited(&limit, 1))
		log_warn(LOG_WEB, "web: cannot accept a connection, error=\"%s\"",
			 strerror(err));
	if (err != EMFILE && err != ENFILE)
		return;
	close(reserve_fd);

	int fd = accept(evconnlistener_get_fd(l), NULL, NULL);

	if (fd >= 0)
		close(fd);
	reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* ---- answers ------------------------------------------------------------------- */

/* Takes body. One request per connection: so that the deadline never cuts one off. */
static void answer(struct evhttp_request *req, int code, const char *reason,
		   const char *type, struct evbuffer *body)
{
	struct evkeyvalq *h = evhttp_request_get_output_headers(req);
	char len[24];

	snprintf(len, sizeof(len), "%zu", evbuffer_get_length(body));
	evhttp_add_header(h, "Content-Type", type);
	evhttp_add_header(h, "Content-Length", len);
	evhttp_add_header(h, "Connection", "close");
	evhttp_add_header(h, "Cache-Control", "no-store");
	if (evhttp_request_get_command(req) == EVHTTP_REQ_HEAD)
		evbuffer_drain(body, evbuffer_get_length(body));
	evhttp_send_reply(req, code, reason, body);
	evbuffer_free(body);
}

static void answer_text(struct evhttp_request *req, int code, const char *reason,
			const char *text)
{
	struct evbuffer *body = evbuffer_new();

	evbuffer_add_printf(body, "%s\n", text);
	answer(req, code, reason, "text/plain; charset=utf-8", body);
}

static void done_with(const void *data, size_t len, void *arg)
{
	(void)data;
	(void)len;
	free(arg);
}

static void get_metrics(struct evhttp_request *req, void *arg)
{
	struct web *w = arg;
	const char *accept =
		evhttp_find_header(evhttp_request_get_input_headers(req), "Accept");
	enum metric_format fmt =
		accept && strstr(accept, "application/openmetrics-text")
			? METRIC_OPENMETRICS_1
			: METRIC_TEXT_004;
	struct evbuffer *body = evbuffer_new();
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	if (f) {
		w->ops->metrics(f, fmt, w->ctx);
		fclose(f);
	}
	if (text)
		evbuffer_add_reference(body, text, len, done_with, text);
	answer(req, 200, "OK", metric_format_type(fmt), body);
}

static void get_healthz(struct evhttp_request *req, void *arg)
{
	(void)arg;
	answer_text(req, 200, "OK", "ok");
}

static void get_readyz(struct evhttp_request *req, void *arg)
{
	struct web *w = arg;
	char why[128] = "not ready";

	if (w->ops->ready(w->ctx, why, sizeof(why)))
		answer_text(req, 200, "OK", "ok");
	else
		answer_text(req, 503, "Service Unavailable", why);
}

static void get_index(struct evhttp_request *req, void *arg)
{
	struct evbuffer *body = evbuffer_new();

	(void)arg;
	evbuffer_add_printf(
		body, "<!DOCTYPE html>\n<html><head><title>selvaged</title></head>"
		      "<body><h1>selvaged</h1><ul>"
		      "<li><a href=\"/metrics\">metrics</a></li>"
		      "<li><a href=\"/healthz\">healthz</a></li>"
		      "<li><a href=\"/readyz\">readyz</a></li>"
		      "</ul></body></html>\n");
	answer(req, 200, "OK", "text/html; charset=utf-8", body);
}

static void get_other(struct evhttp_request *req, void *arg)
{
	(void)arg;
	answer_text(req, 404, "Not Found", "not found");
}

static const struct {
	const char *path;
	void (*get)(struct evhttp_request *req, void *arg);
} pages[] = {
	{ "/", get_index },
	{ "/metrics", get_metrics },
	{ "/healthz", get_healthz },
	{ "/readyz", get_readyz },
};

/* ---- listening ----------------------------------------------------------------- */

/* "HOST:PORT" to an address; host_any is set for ":PORT". Return: 0, -EINVAL. */
static int addr_parse(const char *s, struct ip *host, uint16_t *port, bool *host_any)
{
	char buf[ADDR_STR], *h = buf, *colon, *end;
	unsigned long n;
	size_t len;

	if (str_copy(buf, sizeof(buf), s) || !(colon = strrchr(buf, ':')))
		return -EINVAL;
	*colon = '\0';
	n = strtoul(colon + 1, &end, 10);
	if (colon[1] < '0' || colon[1] > '9' || *end || n > 65535)
		return -EINVAL;
	*port = (uint16_t)n;
	*host_any = !*h;
	if (*host_any)
		return 0;
	if (!strcmp(h, "localhost"))
		h = strcpy(buf, "127.0.0.1");
	len = strlen(h);
	if (*h != '[')
		return ip_parse(h, host) || host->len != 4 ? -EINVAL : 0;
	if (h[len - 1] != ']')
		return -EINVAL;
	h[len - 1] = '\0';
	return ip_parse(h + 1, host) || host->len != 16 ? -EINVAL : 0;
}

/* A listening socket, or -errno. dual: IPv4 comes to an IPv6 socket, too. */
static int listen_on(const struct ip *host, uint16_t port, bool dual)
{
	struct sockaddr_storage ss;
	socklen_t len = ip_to_sockaddr(host, port, &ss);
	int fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1, only6 = !dual, err;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (ss.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only6, sizeof(only6));
	if (!bind(fd, (struct sockaddr *)&ss, len) && !listen(fd, WEB_CONNECTIONS))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* A listening socket for an address as text, or -errno. */
static int listen_at(const char *addr)
{
	static const uint8_t zero[16];
	struct ip host, any6 = ip_of(zero, 16), any4 = ip_of(zero, 4);
	uint16_t port;
	bool any;
	int fd;

	if (addr_parse(addr, &host, &port, &any))
		return -EINVAL;
	if (!any)
		return listen_on(&host, port, false);
	fd = listen_on(&any6, port, true);
	return fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL
		       ? listen_on(&any4, port, false)
		       : fd;
}

static void http_set_up(struct web *w, struct evconnlistener *l)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	uint16_t port = 0;

	evconnlistener_set_error_cb(l, accept_failed);
	evhttp_bind_listener(w->http, l);
	evhttp_set_bevcb(w->http, conn_new, w);
	evhttp_set_timeout(w->http, WEB_IDLE_S);
	evhttp_set_max_headers_size(w->http, WEB_HEADERS_MAX);
	evhttp_set_max_body_size(w->http, 0);
	evhttp_set_allowed_methods(w->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
		evhttp_set_cb(w->http, pages[i].path, pages[i].get, w);
	evhttp_set_gencb(w->http, get_other, w);
	if (!getsockname(evconnlistener_get_fd(l), (struct sockaddr *)&ss, &len))
		ip_from_sockaddr(&ss, &port);
	w->port = port;
}

struct web *web_start(struct event_base *base, const char *addr,
		      const struct web_ops *ops, void *ctx, char *err, size_t errlen)
{
	int fd = listen_at(addr);
	struct evconnlistener *l;
	struct web *w;

	if (fd == -EINVAL) {
		snprintf(err, errlen, "web address %s: want HOST:PORT or [IPV6]:PORT",
			 addr);
		return NULL;
	}
	if (fd < 0) {
		snprintf(err, errlen, "web address %s: %s", addr, strerror(-fd));
		return NULL;
	}
	w = xcalloc(1, sizeof(*w));
	*w = (struct web) {
		.base = base, .ops = ops, .ctx = ctx, .deadline_ms = WEB_DEADLINE_MS
	};
	TAILQ_INIT(&w->conns);
	reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	w->http = evhttp_new(base);
	l = evconnlistener_new(base, NULL, w,
			       LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	if (!w->http || !l) {
		log_err(LOG_WEB, "web: out of memory");
		exit(1);
	}
	http_set_up(w, l);
	return w;
}

void web_stop(struct web *w)
{
	struct web_conn *c;

	if (!w)
		return;
	evhttp_free(w->http); /* its connections and listener go with it */
	while ((c = TAILQ_FIRST(&w->conns)))
		conn_free(c);
	if (reserve_fd >= 0)
		close(reserve_fd);
	reserve_fd = -1;
	free(w);
}

unsigned web_port(const struct web *w)
{
	return w->port;
}

unsigned web_connections(const struct web *w)
{
	const struct web_conn *c;
	unsigned n = 0;

	TAILQ_FOREACH (c, &w->conns, link)
		n += !conn_is_over(c);
	return n;
}

void web_deadline_set(struct web *w, unsigned ms)
{
	w->deadline_ms = ms;
}
