/* bgpd/web.h - the HTTP endpoint for Prometheus and health checks. */
#ifndef BGPD_WEB_H
#define BGPD_WEB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "lib/metric.h"

struct event_base;
struct web;

struct web_ops {
	/** metrics - write the answer of /metrics. */
	void (*metrics)(FILE *f, enum metric_format fmt, void *ctx);

	/** ready - is /readyz 200? If not, one line that says why in why[size]. */
	bool (*ready)(void *ctx, char *why, size_t size);
};

enum {
	WEB_CONNECTIONS = 32,    /* at once; more are closed */
	WEB_DEADLINE_MS = 10000, /* of one connection, whatever it does */
	WEB_IDLE_S = 3,
	WEB_HEADERS_MAX = 8192, /* bytes of a request */
};

/**
 * web_start - listen and serve
 * @addr: HOST:PORT, :PORT (all addresses) or [IPV6]:PORT; HOST is numeric or
 *        "localhost"; port 0 lets the kernel choose
 * @ops:  borrowed, as is ctx
 *
 * Return: owned; NULL with the reason in err.
 */
struct web *web_start(struct event_base *base, const char *addr,
		      const struct web_ops *ops, void *ctx, char *err, size_t errlen);

/** web_stop - close all; NULL is fine. */
void web_stop(struct web *w);

/** web_port - the TCP port in use, host order. */
unsigned web_port(const struct web *w);

/** web_connections - connections open now. */
unsigned web_connections(const struct web *w);

/** web_deadline_set - tests: another WEB_DEADLINE_MS for connections to come. */
void web_deadline_set(struct web *w, unsigned ms);

#endif
