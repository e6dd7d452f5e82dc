/* tests/bench/proc.h - what processes have used, as the kernel tells. */
#ifndef TESTS_BENCH_PROC_H
#define TESTS_BENCH_PROC_H

#include <stddef.h>
#include <sys/types.h>

/** proc_cpu_ns - nanoseconds that all threads of these processes have run. */
long long proc_cpu_ns(const pid_t *pid, size_t n);

/** proc_rss_kb - resident kilobytes of these processes. */
long proc_rss_kb(const pid_t *pid, size_t n);

#endif
