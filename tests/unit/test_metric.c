/* lib/metric.c: rules of rows, values, and both texts. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "lib/metric.h"

static const double bounds[] = { 0.001, 0.5, 1 };
static const double unsorted[] = { 1, 0.5 };

static char *written(struct metrics *all, enum metric_format fmt)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	metrics_write(all, f, fmt);
	fclose(f);
	return text;
}

/* One row, made by fill(), in both formats. */
static void expect(struct metric row, void (*fill)(struct metric *m), const char *text,
		   const char *open)
{
	struct metrics all;
	char *got;

	metrics_init(&all);
	assert_int_equal(metrics_register(&all, &row, 1, NULL, NULL, NULL), 0);
	if (fill)
		fill(&row);
	got = written(&all, METRIC_TEXT_004);
	assert_string_equal(got, text);
	free(got);
	got = written(&all, METRIC_OPENMETRICS_1);
	assert_string_equal(got, open);
	free(got);
	metrics_fini(&all);
}

static void count_up(struct metric *m)
{
	metric_add(m, 1);
	metric_add(m, 2);
}

static void counter(void **state)
{
	(void)state;
	expect((struct metric) { "a_bytes_total", METRIC_COUNTER, "bytes",
				 "Some \"x\"." },
	       count_up,
	       "# HELP a_bytes_total Some \"x\".\n# TYPE a_bytes_total counter\n"
	       "a_bytes_total 3\n",
	       "# HELP a_bytes Some \\\"x\\\".\n# TYPE a_bytes counter\n"
	       "# UNIT a_bytes bytes\na_bytes_total 3\n# EOF\n");
}

static void starts_at_zero(void **state)
{
	(void)state;
	expect((struct metric) { "a_total", METRIC_COUNTER, NULL, "A\nb\\c." }, NULL,
	       "# HELP a_total A\\nb\\\\c.\n# TYPE a_total counter\na_total 0\n",
	       "# HELP a A\\nb\\\\c.\n# TYPE a counter\na_total 0\n# EOF\n");
}

static void fill_labels(struct metric *m)
{
	metric_set(m, 1.5, "10.0.0.1", "a\"b\\c\nd");
	metric_set(m, -2, "::1", "");
	metric_set(m, 7, "10.0.0.1", "a\"b\\c\nd"); /* the same series again */
}

static void labels(void **state)
{
	(void)state;
	expect((struct metric) { "g", METRIC_GAUGE, NULL, "G.", { "peer", "text" } },
	       fill_labels,
	       "# HELP g G.\n# TYPE g gauge\n"
	       "g{peer=\"10.0.0.1\",text=\"a\\\"b\\\\c\\nd\"} 7\n"
	       "g{peer=\"::1\",text=\"\"} -2\n",
	       "# HELP g G.\n# TYPE g gauge\n"
	       "g{peer=\"10.0.0.1\",text=\"a\\\"b\\\\c\\nd\"} 7\n"
	       "g{peer=\"::1\",text=\"\"} -2\n# EOF\n");
}

static void observe(struct metric *m)
{
	static const double v[] = { 0.0005, 0.001, 0.25, 1, 5 };

	for (size_t i = 0; i < ARRAY_SIZE(v); i++)
		metric_observe(m, v[i]);
}

static void histogram(void **state)
{
	static const char body[] = "h_seconds_bucket{le=\"0.001\"} 2\n"
				   "h_seconds_bucket{le=\"0.5\"} 3\n"
				   "h_seconds_bucket{le=\"1.0\"} 4\n"
				   "h_seconds_bucket{le=\"+Inf\"} 5\n"
				   "h_seconds_sum 6.2515\nh_seconds_count 5\n";
	static const char head[] = "# HELP h_seconds H.\n# TYPE h_seconds histogram\n";
	char text[512], open[512];

	(void)state;
	snprintf(text, sizeof(text), "%s%s", head, body);
	snprintf(open, sizeof(open), "%s# UNIT h_seconds seconds\n%s# EOF\n", head,
		 body);
	expect((struct metric) { "h_seconds", METRIC_HISTOGRAM, "seconds", "H.",
				 .bounds = bounds, .n_bounds = 3 },
	       observe, text, open);
}

static void summarise(struct metric *m)
{
	metric_summary_set(m, 0.25, 3);
}

static void summary(void **state)
{
	(void)state;
	expect((struct metric) { "s_seconds", METRIC_SUMMARY, NULL, "S." }, summarise,
	       "# HELP s_seconds S.\n# TYPE s_seconds summary\n"
	       "s_seconds_sum 0.25\ns_seconds_count 3\n",
	       "# HELP s_seconds S.\n# TYPE s_seconds summary\n"
	       "s_seconds_sum 0.25\ns_seconds_count 3\n# EOF\n");
}

static void fill_info(struct metric *m)
{
	metric_set(m, 1, "0.1.0");
}

static void info(void **state)
{
	(void)state;
	expect((struct metric) { "b_info", METRIC_INFO, NULL, "B.", { "version" } },
	       fill_info,
	       "# HELP b_info B.\n# TYPE b_info gauge\nb_info{version=\"0.1.0\"} 1\n",
	       "# HELP b B.\n# TYPE b info\nb_info{version=\"0.1.0\"} 1\n# EOF\n");
}

static void values(void **state)
{
	static const struct {
		double v;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ 1e14, "100000000000000" },
		{ 1234567.5, "1234567.5" },
		{ 1e300, "1e+300" },
		{ INFINITY, "+Inf" },
		{ -INFINITY, "-Inf" },
		{ NAN, "NaN" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct metric m = { "v", METRIC_GAUGE, NULL, "V." };
		struct metrics all;
		char want[80], *got;

		metrics_init(&all);
		assert_int_equal(metrics_register(&all, &m, 1, NULL, NULL, NULL), 0);
		metric_set(&m, cases[i].v);
		snprintf(want, sizeof(want), "# HELP v V.\n# TYPE v gauge\nv %s\n",
			 cases[i].text);
		got = written(&all, METRIC_TEXT_004);
		assert_string_equal(got, want);
		free(got);
		metrics_fini(&all);
	}
}

static const struct {
	const char *what;
	struct metric row;
	int want;
} rules[] = {
	{ "good", { "x_seconds", METRIC_GAUGE, "seconds", "X." }, 0 },
	{ "counter without _total", { "x", METRIC_COUNTER, NULL, "X." }, -EINVAL },
	{ "gauge with _total", { "x_total", METRIC_GAUGE, NULL, "X." }, -EINVAL },
	{ "info without _info", { "x", METRIC_INFO, NULL, "X." }, -EINVAL },
	{ "unit not in the name", { "x", METRIC_GAUGE, "bytes", "X." }, -EINVAL },
	{ "unit not a word of the name",
	  { "xbytes", METRIC_GAUGE, "bytes", "X." },
	  -EINVAL },
	{ "unit is the name", { "bytes", METRIC_GAUGE, "bytes", "X." }, -EINVAL },
	{ "no help", { "x", METRIC_GAUGE, NULL, "" }, -EINVAL },
	{ "bad name", { "1x", METRIC_GAUGE, NULL, "X." }, -EINVAL },
	{ "bad label", { "x", METRIC_GAUGE, NULL, "X.", { "a-b" } }, -EINVAL },
	{ "reserved label", { "x", METRIC_GAUGE, NULL, "X.", { "__a" } }, -EINVAL },
	{ "label twice", { "x", METRIC_GAUGE, NULL, "X.", { "a", "a" } }, -EINVAL },
	{ "histogram without bounds", { "x", METRIC_HISTOGRAM, NULL, "X." }, -EINVAL },
	{ "bounds not ascending",
	  { "x", METRIC_HISTOGRAM, NULL, "X.", .bounds = unsorted, .n_bounds = 2 },
	  -EINVAL },
	{ "bounds on a gauge",
	  { "x", METRIC_GAUGE, NULL, "X.", .bounds = bounds, .n_bounds = 3 },
	  -EINVAL },
	{ "name taken", { "taken", METRIC_GAUGE, NULL, "X." }, -EEXIST },
	{ "family name taken", { "taken_total", METRIC_COUNTER, NULL, "X." }, -EEXIST },
};

static void row_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		struct metric taken = { "taken", METRIC_GAUGE, NULL, "T." };
		struct metric m[2] = { { "first", METRIC_GAUGE, NULL, "F." },
				       rules[i].row };
		struct metrics all;
		size_t bad = 99;

		print_message("# %s\n", rules[i].what);
		metrics_init(&all);
		assert_int_equal(metrics_register(&all, &taken, 1, NULL, NULL, NULL),
				 0);
		assert_int_equal(metrics_register(&all, m, 2, NULL, NULL, &bad),
				 rules[i].want);
		assert_int_equal(bad, rules[i].want ? 1 : 99);
		metrics_fini(&all);
	}
}

static void duplicate_in_one_table(void **state)
{
	struct metric m[2] = { { "x", METRIC_GAUGE, NULL, "X." },
			       { "x", METRIC_GAUGE, NULL, "X." } };
	struct metrics all;

	(void)state;
	metrics_init(&all);
	assert_int_equal(metrics_register(&all, m, 2, NULL, NULL, NULL), -EEXIST);
	metrics_fini(&all);
}

static unsigned scrapes;

static void collect(void *ctx)
{
	struct metric *m = ctx;

	if (!scrapes++)
		metric_set(&m[0], 1, "gone");
	metric_set(&m[0], 1, "stays");
	metric_add(&m[1], 1, "kept");
}

/* Series of a fresh row live for one scrape, the others for ever. */
static void collected(void **state)
{
	struct metric m[] = {
		{ "f", METRIC_GAUGE, NULL, "F.", { "l" }, .fresh = true },
		{ "k_total", METRIC_COUNTER, NULL, "K.", { "l" } },
	};
	struct metrics all;
	char *got;

	(void)state;
	scrapes = 0;
	metrics_init(&all);
	assert_int_equal(metrics_register(&all, m, 2, collect, m, NULL), 0);
	free(written(&all, METRIC_TEXT_004));
	got = written(&all, METRIC_TEXT_004);
	assert_string_equal(got, "# HELP f F.\n# TYPE f gauge\nf{l=\"stays\"} 1\n"
				 "# HELP k_total K.\n# TYPE k_total counter\n"
				 "k_total{l=\"kept\"} 2\n");
	free(got);
	metrics_fini(&all);
}

/* Many series: each once, whatever the hash table does. */
static void many(void **state)
{
	struct metric m = { "n", METRIC_GAUGE, NULL, "N.", { "l" } };
	struct metrics all;
	char name[16];

	(void)state;
	metrics_init(&all);
	assert_int_equal(metrics_register(&all, &m, 1, NULL, NULL, NULL), 0);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 1000; i++) {
			snprintf(name, sizeof(name), "%d", i);
			metric_add(&m, i, name);
		}
	assert_int_equal(m.n_series, 1000);

	char *got = written(&all, METRIC_TEXT_004);

	assert_non_null(strstr(got, "n{l=\"999\"} 1998\n"));
	free(got);
	metrics_fini(&all);
}

/* A label value longer than the limit is cut, and never in the middle of an escape. */
static void long_value(void **state)
{
	struct metric m = { "n", METRIC_GAUGE, NULL, "N.", { "a", "b", "c", "d" } };
	struct metrics all;
	char v[2000], *text, *got;
	size_t i;

	(void)state;
	memset(v, '"', sizeof(v) - 1);
	v[sizeof(v) - 1] = '\0';
	metrics_init(&all);
	assert_int_equal(metrics_register(&all, &m, 1, NULL, NULL, NULL), 0);
	metric_set(&m, 1, v, v, v, v);
	text = written(&all, METRIC_TEXT_004);
	got = strstr(text, "n{a=\"");
	assert_non_null(got);
	for (i = 5; got[i] == '\\'; i += 2)
		assert_int_equal(got[i + 1], '"');
	assert_memory_equal(got + i, "\",b=\"", 5);
	free(text);
	metrics_fini(&all);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(counter),
		cmocka_unit_test(starts_at_zero),
		cmocka_unit_test(labels),
		cmocka_unit_test(histogram),
		cmocka_unit_test(summary),
		cmocka_unit_test(info),
		cmocka_unit_test(values),
		cmocka_unit_test(row_rules),
		cmocka_unit_test(duplicate_in_one_table),
		cmocka_unit_test(collected),
		cmocka_unit_test(many),
		cmocka_unit_test(long_value),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
