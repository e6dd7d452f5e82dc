/*
 * Metric families and their text: Prometheus' exposition format 0.0.4 and
 * OpenMetrics 1.0. Not for transport (bgpd/web.c) and not for what the numbers
 * mean: each owner has a table of rows.
 */
#include "lib/metric.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util.h"

struct metric_series {
	double value;
	char labels[]; /* a="1",b="2", escaped; empty when there are none */
};

struct metrics_group {
	TAILQ_ENTRY(metrics_group) link;
	struct metric *rows;
	size_t n;
	void (*collect)(void *ctx);
	void *ctx;
};

void metrics_init(struct metrics *all)
{
	TAILQ_INIT(&all->groups);
}

static void series_drop(struct metric *m)
{
	for (uint32_t i = 0; i < m->n_series; i++)
		free(m->series[i]);
	m->n_series = 0;
	if (m->index)
		memset(m->index, 0, 2 * m->cap_series * sizeof(*m->index));
}

void metrics_fini(struct metrics *all)
{
	struct metrics_group *g;

	while ((g = TAILQ_FIRST(&all->groups))) {
		for (size_t i = 0; i < g->n; i++) {
			struct metric *m = &g->rows[i];

			series_drop(m);
			free(m->series);
			free(m->index);
			m->series = NULL;
			m->index = NULL;
			m->cap_series = 0;
		}
		TAILQ_REMOVE(&all->groups, g, link);
		free(g);
	}
}

static bool ends_with(const char *s, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len > n && !memcmp(s + len - n, end, n);
}

/* Bytes of the name without the suffix that the type demands; 0 if that is missing. */
static size_t family_len(const struct metric *m)
{
	size_t len = strlen(m->name);
	const char *suffix = m->type == METRIC_COUNTER ? "_total"
			     : m->type == METRIC_INFO  ? "_info"
						       : "";

	if (*suffix && !ends_with(m->name, len, suffix))
		return 0;
	return len - strlen(suffix);
}

static bool is_word(const char *s, bool colon)
{
	if (!*s || isdigit((unsigned char)*s))
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && *s != '_' && !(colon && *s == ':'))
			return false;
	return true;
}

static unsigned label_count(const struct metric *m)
{
	unsigned n = 0;

	while (n < METRIC_LABELS && m->labels[n])
		n++;
	return n;
}

/* Histogram or summary: values of their own, no series. */
static bool is_distribution(const struct metric *m)
{
	return m->type == METRIC_HISTOGRAM || m->type == METRIC_SUMMARY;
}

static bool labels_ok(const struct metric *m)
{
	for (unsigned i = 0; i < label_count(m); i++) {
		if (!is_word(m->labels[i], false) || !strncmp(m->labels[i], "__", 2))
			return false;
		for (unsigned j = 0; j < i; j++)
			if (!strcmp(m->labels[i], m->labels[j]))
				return false;
	}
	return !is_distribution(m) || !label_count(m);
}

static bool bounds_ok(const struct metric *m)
{
	if (m->type != METRIC_HISTOGRAM)
		return !m->n_bounds;
	for (unsigned i = 1; i < m->n_bounds; i++)
		if (!(m->bounds[i - 1] < m->bounds[i]))
			return false;
	return m->n_bounds && m->n_bounds <= METRIC_BUCKETS;
}

static bool row_ok(const struct metric *m)
{
	size_t len;

	if (!m->name || !m->help || !*m->help || !is_word(m->name, true))
		return false;
	len = family_len(m);
	if (!len || (m->type != METRIC_COUNTER && ends_with(m->name, len, "_total")))
		return false;
	if (m->unit && (!ends_with(m->name, len, m->unit) ||
			m->name[len - strlen(m->unit) - 1] != '_'))
		return false;
	return labels_ok(m) && bounds_ok(m);
}

/* In OpenMetrics families are named without suffix, so those must differ. */
static bool name_taken(const struct metrics *all, const struct metric *m)
{
	const struct metrics_group *g;
	size_t len = family_len(m);

	TAILQ_FOREACH (g, &all->groups, link)
		for (size_t i = 0; i < g->n; i++) {
			const struct metric *o = &g->rows[i];

			if (o == m)
				return false; /* later rows are not registered yet */
			if (family_len(o) == len && !memcmp(o->name, m->name, len))
				return true;
		}
	return false;
}

int metrics_register(struct metrics *all, struct metric *rows, size_t n,
		     void (*collect)(void *ctx), void *ctx, size_t *bad)
{
	struct metrics_group *g = xcalloc(1, sizeof(*g));
	int err = 0;
	size_t i;

	*g = (struct metrics_group) {
		.rows = rows, .n = n, .collect = collect, .ctx = ctx
	};
	TAILQ_INSERT_TAIL(&all->groups, g, link);
	for (i = 0; i < n && !err; i++) {
		err = !row_ok(&rows[i])           ? -EINVAL
		      : name_taken(all, &rows[i]) ? -EEXIST
						  : 0;
		if (err && bad)
			*bad = i;
	}
	if (err) {
		TAILQ_REMOVE(&all->groups, g, link);
		free(g);
		return err;
	}
	for (i = 0; i < n; i++)
		if (!is_distribution(&rows[i]) && !label_count(&rows[i]) &&
		    !rows[i].fresh)
			metric_add(&rows[i], 0);
	return 0;
}

/* ---- series ------------------------------------------------------------------ */

/* Append with the escapes that both formats share inside quotes. */
static size_t escape(char *dst, size_t at, size_t size, const char *s)
{
	for (; *s && at + 2 < size; s++) {
		if (*s == '\\' || *s == '"' || *s == '\n')
			dst[at++] = '\\';
		dst[at++] = *s == '\n' ? 'n' : *s;
	}
	return at;
}

enum { LABEL_VALUE_MAX = 256, LABELS_MAX = METRIC_LABELS * (LABEL_VALUE_MAX + 64) };

/* Values longer than LABEL_VALUE_MAX are cut: they come from our own rows or from
 * bounded configuration, so that is a last resort. */
static size_t labels_format(const struct metric *m, const char *const *values,
			    char out[LABELS_MAX])
{
	size_t at = 0;

	for (unsigned i = 0; i < label_count(m); i++) {
		assert(values[i] && strlen(m->labels[i]) < 48);
		at += (size_t)sprintf(out + at, "%s%s=\"", i ? "," : "", m->labels[i]);
		at = escape(out, at, at + LABEL_VALUE_MAX, values[i]);
		out[at++] = '"';
	}
	assert(!values[label_count(m)]);
	out[at] = '\0';
	return at;
}

/* Slot of the index where these labels are, or where they would go. */
static uint32_t *slot_find(const struct metric *m, const char *labels, size_t len)
{
	uint32_t mask = 2 * m->cap_series - 1;
	uint32_t i = hash32(labels, len) & mask;

	while (m->index[i] && strcmp(m->series[m->index[i] - 1]->labels, labels))
		i = (i + 1) & mask;
	return &m->index[i];
}

static void series_grow(struct metric *m)
{
	m->cap_series = m->cap_series ? 2 * m->cap_series : 4;
	m->series = xrealloc(m->series, m->cap_series * sizeof(struct metric_series *));
	free(m->index);
	m->index = xcalloc(2 * m->cap_series, sizeof(*m->index));
	for (uint32_t i = 0; i < m->n_series; i++) {
		const char *l = m->series[i]->labels;

		*slot_find(m, l, strlen(l)) = i + 1;
	}
}

void metric_put(struct metric *m, bool add, double v, const char *const *values)
{
	char labels[LABELS_MAX];
	size_t len = labels_format(m, values, labels);
	struct metric_series *s;
	uint32_t *slot;

	if (m->n_series == m->cap_series)
		series_grow(m);
	slot = slot_find(m, labels, len);
	if (*slot) {
		s = m->series[*slot - 1];
	} else if (m->n_series == METRIC_SERIES_MAX) {
		return;
	} else {
		s = xcalloc(1, sizeof(*s) + len + 1);
		memcpy(s->labels, labels, len + 1);
		m->series[m->n_series++] = s;
		*slot = m->n_series;
	}
	s->value = add ? s->value + v : v;
}

void metric_observe(struct metric *m, double v)
{
	unsigned i = 0;

	while (i < m->n_bounds && v > m->bounds[i])
		i++;
	m->bucket[i]++;
	m->count++;
	m->sum += v;
}

void metric_summary_set(struct metric *m, double sum, uint64_t count)
{
	m->sum = sum;
	m->count = count;
}

/* ---- text -------------------------------------------------------------------- */

/* Without fraction, and exact as text. */
static bool is_whole(double v)
{
	return fabs(v) < 1e15 && v == (double)(int64_t)v;
}

static void value_print(FILE *f, double v)
{
	if (isnan(v))
		fputs("NaN", f);
	else if (isinf(v))
		fputs(v > 0 ? "+Inf" : "-Inf", f);
	else if (is_whole(v))
		fprintf(f, "%.0f", v);
	else
		fprintf(f, "%.15g", v);
}

/* OpenMetrics wants bounds in canonical form: 1.0, not 1. */
static void bound_print(FILE *f, double v)
{
	fprintf(f, is_whole(v) ? "%.1f" : "%.15g", v);
}

static void help_print(FILE *f, const char *s, bool quotes)
{
	for (; *s; s++) {
		if (*s == '\\' || *s == '\n' || (quotes && *s == '"'))
			putc('\\', f);
		putc(*s == '\n' ? 'n' : *s, f);
	}
}

static void head_print(FILE *f, const struct metric *m, enum metric_format fmt)
{
	static const char *const types[] = {
		[METRIC_COUNTER] = "counter",     [METRIC_GAUGE] = "gauge",
		[METRIC_HISTOGRAM] = "histogram", [METRIC_SUMMARY] = "summary",
		[METRIC_INFO] = "info",
	};
	bool open = fmt == METRIC_OPENMETRICS_1;
	int len = (int)(open ? family_len(m) : strlen(m->name));
	/* 0.0.4 has no type info: it is a gauge there */
	enum metric_type type =
		m->type == METRIC_INFO && !open ? METRIC_GAUGE : m->type;

	fprintf(f, "# HELP %.*s ", len, m->name);
	help_print(f, m->help, open);
	fprintf(f, "\n# TYPE %.*s %s\n", len, m->name, types[type]);
	if (open && m->unit)
		fprintf(f, "# UNIT %.*s %s\n", len, m->name, m->unit);
}

static void series_print(FILE *f, const struct metric *m)
{
	for (uint32_t i = 0; i < m->n_series; i++) {
		const struct metric_series *s = m->series[i];

		if (*s->labels)
			fprintf(f, "%s{%s} ", m->name, s->labels);
		else
			fprintf(f, "%s ", m->name);
		value_print(f, s->value);
		putc('\n', f);
	}
}

static void distribution_print(FILE *f, const struct metric *m)
{
	uint64_t below = 0;

	for (unsigned i = 0; m->type == METRIC_HISTOGRAM && i < m->n_bounds; i++) {
		below += m->bucket[i];
		fprintf(f, "%s_bucket{le=\"", m->name);
		bound_print(f, m->bounds[i]);
		fprintf(f, "\"} %llu\n", (unsigned long long)below);
	}
	if (m->type == METRIC_HISTOGRAM)
		fprintf(f, "%s_bucket{le=\"+Inf\"} %llu\n", m->name,
			(unsigned long long)m->count);
	fprintf(f, "%s_sum ", m->name);
	value_print(f, m->sum);
	fprintf(f, "\n%s_count %llu\n", m->name, (unsigned long long)m->count);
}

void metrics_write(struct metrics *all, FILE *f, enum metric_format fmt)
{
	struct metrics_group *g;

	TAILQ_FOREACH (g, &all->groups, link) {
		for (size_t i = 0; i < g->n; i++)
			if (g->rows[i].fresh)
				series_drop(&g->rows[i]);
		if (g->collect)
			g->collect(g->ctx);
		for (size_t i = 0; i < g->n; i++) {
			const struct metric *m = &g->rows[i];

			head_print(f, m, fmt);
			if (is_distribution(m))
				distribution_print(f, m);
			else
				series_print(f, m);
		}
	}
	if (fmt == METRIC_OPENMETRICS_1)
		fputs("# EOF\n", f);
}

const char *metric_format_type(enum metric_format fmt)
{
	return fmt == METRIC_OPENMETRICS_1
		       ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
		       : "text/plain; version=0.0.4; charset=utf-8";
}
