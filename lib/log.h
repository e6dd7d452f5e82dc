/* lib/log.h - one event, one line, to stderr, file or syslog. */
#ifndef LIB_LOG_H
#define LIB_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/util.h"

enum log_level { LOG_LVL_ERR, LOG_LVL_WARN, LOG_LVL_INFO, LOG_LVL_DEBUG };

/* Subsystems: debug is off by default for each; names in log.c's table. */
enum log_sub {
	LOG_MAIN,
	LOG_SESSION,
	LOG_UPDATE,
	LOG_RIB,
	LOG_EVPN,
	LOG_POLICY,
	LOG_ILA,
	LOG_FIB,
	LOG_CONFIG,
	LOG_VTY,
	LOG_WEB,
	LOG_SUBS /* count */
};

/**
 * log_write - one line; use the macros below
 * @fmt: subject first, then what happened, then key=value; no newline
 */
void log_write(enum log_level lvl, enum log_sub sub, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/** log_enabled - would a line of this level and subsystem be written? */
bool log_enabled(enum log_level lvl, enum log_sub sub);

#define log_err(sub, ...)  log_write(LOG_LVL_ERR, sub, __VA_ARGS__)
#define log_warn(sub, ...) log_write(LOG_LVL_WARN, sub, __VA_ARGS__)
#define log_info(sub, ...) log_write(LOG_LVL_INFO, sub, __VA_ARGS__)
#define log_debug(sub, ...)                                                            \
	do {                                                                           \
		if (log_enabled(LOG_LVL_DEBUG, sub))                                   \
			log_write(LOG_LVL_DEBUG, sub, __VA_ARGS__);                    \
	} while (0)

/** log_level_set - least important level written to every target. */
void log_level_set(enum log_level lvl);

/** log_debug_set - debug of one subsystem on or off. */
void log_debug_set(enum log_sub sub, bool on);

/** log_sub_find - subsystem by name; Return: it, or LOG_SUBS when unknown. */
enum log_sub log_sub_find(const char *name);

/** log_role_set - process name put in each line ("engine", "fib"); borrowed. */
void log_role_set(const char *role);

/**
 * log_file_open - also write to a file, append mode
 * Return: 0 or -errno. log_reopen() opens it anew (SIGUSR1, logrotate).
 */
int log_file_open(const char *path);
void log_reopen(void);

/** log_ratelimited - true at most `burst` times per minute for one call site. */
struct log_limit {
	int64_t window_start_s;
	uint32_t seen, suppressed;
};
bool log_ratelimited(struct log_limit *l, uint32_t burst);

#endif
