/* lib/metric.h - metrics as rows of a table, printed for Prometheus. */
#ifndef LIB_METRIC_H
#define LIB_METRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/queue.h>

enum metric_type {
	METRIC_COUNTER,
	METRIC_GAUGE,
	METRIC_HISTOGRAM, /* no labels */
	METRIC_SUMMARY,   /* sum and number only, no labels */
	METRIC_INFO,      /* value is always 1 */
};
enum metric_format { METRIC_TEXT_004, METRIC_OPENMETRICS_1 };
enum { METRIC_LABELS = 4, METRIC_BUCKETS = 15, METRIC_SERIES_MAX = 200000 };

struct metric_series;

/*
 * One family. The owner fills the first part in a static table; the second is
 * metric.c's. The name of a counter ends in _total, that of an info in _info; a
 * unit is the end of the name before that. `fresh`: the series are what the
 * collector sets during one scrape, so that what is gone disappears; else they are
 * kept. Without labels and not fresh, a series is there from the start, at 0.
 *
 *	static struct metric m[] = {
 *		[M_RELOADS] = { "selvage_config_reloads_total", METRIC_COUNTER, NULL,
 *				"Reloads of the configuration." },
 *		[M_PEER_UP] = { "selvage_bgp_peer_up", METRIC_GAUGE, NULL,
 *				"1 if the session is established.", { "peer" },
 *				.fresh = true },
 *	};
 *	metric_add(&m[M_RELOADS], 1);
 *	metric_set(&m[M_PEER_UP], 1, "10.0.0.1");
 */
struct metric {
	const char *name;
	enum metric_type type;
	const char *unit; /* NULL: none */
	const char *help;
	const char *labels[METRIC_LABELS]; /* names */
	const double *bounds; /* histogram: ascending upper bounds, without +Inf */
	unsigned n_bounds;
	bool fresh;

	struct metric_series **series; /* in order of appearance */
	uint32_t n_series, cap_series;
	uint32_t *index; /* hash table of series numbers + 1; 2 * cap_series slots */
	uint64_t bucket[METRIC_BUCKETS + 1]; /* histogram: not cumulated, last +Inf */
	uint64_t count;
	double sum;
};

struct metrics_group;

/* All families of a process. */
struct metrics {
	TAILQ_HEAD(, metrics_group) groups;
};

void metrics_init(struct metrics *all);

/** metrics_fini - also frees the series of all tables. */
void metrics_fini(struct metrics *all);

/**
 * metrics_register - add a table
 * @rows:    borrowed until metrics_fini()
 * @collect: called before each output to set values, or NULL
 *
 * Return: 0; -EINVAL for a row that breaks the rules above or those of the format;
 * -EEXIST for a name that is taken. *bad (if not NULL) tells which row.
 */
int metrics_register(struct metrics *all, struct metric *rows, size_t n,
		     void (*collect)(void *ctx), void *ctx, size_t *bad);

/* metric_add, metric_set - value of a counter or gauge; label values follow, one for
 * each label name of the row: metric_add(&m[X], 1, "in", "update"). */
#define metric_add(m, v, ...)                                                          \
	metric_put(m, true, v, (const char *const[]) { "", ##__VA_ARGS__, NULL } + 1)
#define metric_set(m, v, ...)                                                          \
	metric_put(m, false, v, (const char *const[]) { "", ##__VA_ARGS__, NULL } + 1)
void metric_put(struct metric *m, bool add, double v, const char *const *values);

/** metric_observe - one observation of a histogram or summary. */
void metric_observe(struct metric *m, double v);

/** metric_summary_set - a summary whose sum and number are counted elsewhere. */
void metric_summary_set(struct metric *m, double sum, uint64_t count);

/** metrics_write - collect, then print all families in order of registration. */
void metrics_write(struct metrics *all, FILE *f, enum metric_format fmt);

/** metric_format_type - value for the Content-Type header. */
const char *metric_format_type(enum metric_format fmt);

#endif
