/*
 * Resources of the daemon that is measured. schedstat counts nanoseconds where stat
 * has hundredths of a second; smaps_rollup is exact where statm lags behind.
 */
#include "tests/bench/proc.h"

#include <dirent.h>
#include <stdio.h>

static long long thread_ns(pid_t pid, const char *tid)
{
	char path[320];
	long long ns = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%s/schedstat", (int)pid, tid);
	f = fopen(path, "re");
	if (!f)
		return 0; /* it has just ended */
	if (fscanf(f, "%lld", &ns) != 1)
		ns = 0;
	fclose(f);
	return ns;
}

long long proc_cpu_ns(const pid_t *pid, size_t n)
{
	long long ns = 0;

	for (size_t i = 0; i < n; i++) {
		char path[64];
		struct dirent *e;
		DIR *d;

		snprintf(path, sizeof(path), "/proc/%d/task", (int)pid[i]);
		d = opendir(path);
		while (d && (e = readdir(d)))
			if (e->d_name[0] != '.')
				ns += thread_ns(pid[i], e->d_name);
		if (d)
			closedir(d);
	}
	return ns;
}

long proc_rss_kb(const pid_t *pid, size_t n)
{
	long sum = 0;

	for (size_t i = 0; i < n; i++) {
		char path[64], line[128];
		long kb;
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid[i]);
		f = fopen(path, "re");
		while (f && fgets(line, sizeof(line), f))
			if (sscanf(line, "Rss: %ld", &kb) == 1)
				sum += kb;
		if (f)
			fclose(f);
	}
	return sum;
}
