/* bgpd/metrics.h - the engine's metrics, and the endpoint that shows them. */
#ifndef BGPD_METRICS_H
#define BGPD_METRICS_H

#include <stddef.h>

struct engine;
struct metric;

/* Rows in a file of their own, and how they are filled; ctx is the engine. */
struct metric_table {
	struct metric *rows;
	size_t n;
	void (*collect)(void *ctx);
};

extern const struct metric_table metrics_ila, metrics_identity, metrics_policy;

/**
 * metrics_start - listen on opts->web_listen, when there is one
 *
 * Return: 0; -EINVAL for what is not supported or no address, -EADDRINUSE and the
 * like when it cannot listen; the reason is in err.
 */
int metrics_start(struct engine *e, char *err, size_t errlen);
void metrics_stop(struct engine *e);

#endif
