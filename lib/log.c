/*
 * Log lines: to stderr (with <N> priorities when the journal reads it) and,
 * when asked, to a file. Rotation is the caller's: log_reopen() on SIGUSR1.
 */
#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const sub_names[LOG_SUBS] = {
	[LOG_MAIN] = "main", [LOG_SESSION] = "session", [LOG_UPDATE] = "update",
	[LOG_RIB] = "rib",   [LOG_EVPN] = "evpn",       [LOG_POLICY] = "policy",
	[LOG_FIB] = "fib",   [LOG_ILA] = "ila",         [LOG_CONFIG] = "config",
	[LOG_VTY] = "vty",   [LOG_WEB] = "web",
};
static const char *const level_names[] = { "err", "warn", "info", "debug" };
static const int syslog_prio[] = { 3, 4, 6, 7 };

static enum log_level max_level = LOG_LVL_INFO;
static bool debug_on[LOG_SUBS];
static const char *role = "selvaged";
static char *file_path;
static int file_fd = -1;

void log_level_set(enum log_level lvl)
{
	max_level = lvl;
}

void log_debug_set(enum log_sub sub, bool on)
{
	debug_on[sub] = on;
}

enum log_sub log_sub_find(const char *name)
{
	for (int i = 0; i < LOG_SUBS; i++)
		if (!strcmp(sub_names[i], name))
			return (enum log_sub)i;
	return LOG_SUBS;
}

void log_role_set(const char *r)
{
	role = r;
}

bool log_enabled(enum log_level lvl, enum log_sub sub)
{
	if (lvl == LOG_LVL_DEBUG)
		return debug_on[sub] || max_level == LOG_LVL_DEBUG;
	return lvl <= max_level;
}

static void write_all(int fd, const char *buf, size_t len)
{
	while (len) {
		ssize_t n = write(fd, buf, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return; /* a full or closed log must never stop the daemon */
		buf += n;
		len -= (size_t)n;
	}
}

void log_write(enum log_level lvl, enum log_sub sub, const char *fmt, ...)
{
	char line[1024], stamp[40];
	struct timespec ts;
	struct tm tm;
	va_list ap;
	int at;

	if (!log_enabled(lvl, sub))
		return;
	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm);
	at = snprintf(line, sizeof(line), "%s.%03ldZ %s %s %s: ", stamp,
		      ts.tv_nsec / 1000000, level_names[lvl], role, sub_names[sub]);
	va_start(ap, fmt);
	vsnprintf(line + at, sizeof(line) - (size_t)at - 1, fmt, ap);
	va_end(ap);

	size_t len = strlen(line);

	line[len++] = '\n';
	if (getenv("JOURNAL_STREAM")) { /* the journal stamps lines itself */
		char prio[8];
		int n = snprintf(prio, sizeof(prio), "<%d>", syslog_prio[lvl]);

		write_all(STDERR_FILENO, prio, (size_t)n);
		write_all(STDERR_FILENO, line + at, len - (size_t)at);
	} else {
		write_all(STDERR_FILENO, line, len);
	}
	if (file_fd >= 0)
		write_all(file_fd, line, len);
}

int log_file_open(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);

	if (fd < 0)
		return -errno;
	if (file_fd >= 0)
		close(file_fd);
	file_fd = fd;
	if (path != file_path) {
		free(file_path);
		file_path = xstrdup(path);
	}
	return 0;
}

void log_reopen(void)
{
	if (file_path && log_file_open(file_path))
		log_warn(LOG_MAIN, "log file %s: cannot reopen, keeping the old one",
			 file_path);
}

bool log_ratelimited(struct log_limit *l, uint32_t burst)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	if (ts.tv_sec - l->window_start_s >= 60) {
		l->window_start_s = ts.tv_sec;
		l->seen = 0;
	}
	if (l->seen++ < burst)
		return true;
	l->suppressed++;
	return false;
}
