/* On maps of the kernel: needs what loading programs needs. */
#include "tests/unit/bpf_help.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "fib/bpf_map.h"
#include "fib/bpf_writer.h"

enum { N = 2000, ROUNDS = 50 };

static uint32_t keys[2][N];
static uint64_t values[2][N];

static void count(void *arg, const void *key, const void *value)
{
	uint64_t v;

	memcpy(&v, value, sizeof(v));
	assert_int_equal(v, 3ull * *(const uint32_t *)key);
	++*(uint32_t *)arg;
}

static void fill(void)
{
	for (uint32_t i = 0; i < N; i++) {
		for (uint32_t k = 0; k < 2; k++) {
			keys[k][i] = k * N + i;
			values[k][i] = 3ull * keys[k][i];
		}
	}
}

/* The caller writes one half while the thread writes the other, again and again. */
static void both_write(void **state)
{
	struct bpf_writer *w = bpf_writer_new();

	(void)state;
	assert_non_null(w);
	fill();
	for (int r = 0; r < ROUNDS; r++) {
		int fd = bpf_map_small(2 * N), err;
		uint32_t n = 0;

		bpf_writer_give(w, fd, keys[0], values[0], N);
		assert_int_equal(bpf_map_write(fd, keys[1], values[1], N, &err), N);
		assert_int_equal(bpf_writer_take(w, &err), N);
		assert_int_equal(err, 0);
		assert_false(bpf_writer_is_busy(w));
		assert_int_equal(bpf_map_read(fd, count, &n), 0);
		assert_int_equal(n, 2 * N);
		close(fd);
	}
	bpf_writer_free(w);
}

static void an_error_says_how_far_it_came(void **state)
{
	struct bpf_writer *w = bpf_writer_new();
	int fd = bpf_map_small(N / 2), err;
	uint32_t n = 0;

	(void)state;
	fill();
	bpf_writer_give(w, fd, keys[0], values[0], N);
	bpf_writer_wait(w);
	assert_int_equal(bpf_writer_take(w, &err), N / 2);
	assert_int_equal(err, -E2BIG);
	assert_int_equal(bpf_map_read(fd, count, &n), 0);
	assert_int_equal(n, N / 2);
	bpf_writer_give(w, -1, keys[0], values[0], N);
	assert_int_equal(bpf_writer_take(w, &err), 0);
	assert_int_equal(err, -EBADF);
	close(fd);
	bpf_writer_free(w);
}

static volatile sig_atomic_t hit;
static pid_t caught_by;

static void on_signal(int signo)
{
	(void)signo;
	caught_by = gettid();
	hit = 1;
}

/* What is sent to the process comes to the loop's thread; one that ends in a give waits
 * for it. */
static void signals_are_not_its_business(void **state)
{
	struct bpf_writer *w = bpf_writer_new();
	int fd = bpf_map_small(2 * N);

	(void)state;
	fill();
	signal(SIGUSR1, on_signal);
	bpf_writer_give(w, fd, keys[0], values[0], N);
	kill(getpid(), SIGUSR1);
	while (!hit)
		pause();
	assert_int_equal(caught_by, getpid());
	bpf_writer_free(w); /* given and never taken */
	close(fd);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(both_write),
		cmocka_unit_test(an_error_says_how_far_it_came),
		cmocka_unit_test(signals_are_not_its_business),
	};

	bpf_or_skip();
	return cmocka_run_group_tests(t, NULL, NULL);
}
