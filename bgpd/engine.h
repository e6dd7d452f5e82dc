/* bgpd/engine.h - the unprivileged process: what main/ starts. */
#ifndef BGPD_ENGINE_H
#define BGPD_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"

enum { ENGINE_LISTEN_MAX = 4 };

/* Everything is borrowed and outlives engine_run(); NULL strings are "not given". */
struct engine_opts {
	const char *config_file;
	const char *rundir, *statedir;
	const char *web_listen;  /* --web.listen-address */
	const char *web_config;  /* --web.config.file */
	const char *record_file; /* --fib=record:FILE: no fib process, chan_fd is -1 */
	struct ip listen_addr;   /* -l; none: all addresses */
	uint16_t port;           /* -p, host order */
	int listen_fd[ENGINE_LISTEN_MAX]; /* bound, listening, non-blocking; engine owns
					   */
	unsigned n_listen;
	int chan_fd; /* SOCK_SEQPACKET to fib, non-blocking; engine owns; -1: none */
	bool debug;  /* -d: all of the log to stderr */
};

/**
 * engine_run - be the engine until told to leave
 *
 * With a channel, TERM and HUP arrive as INTENT_SIGNAL and end-of-file on the
 * channel ends the engine; without one (record) it handles the signals itself.
 * Return: exit status for the process: 0 clean, 1 configuration, 3 cannot bind.
 */
int engine_run(const struct engine_opts *o);

/**
 * engine_check_config - -C: parse a file, complain on stderr as file:line:column
 *
 * Return: exit status: 0 the file is good, 1 it is not.
 */
int engine_check_config(const char *file);

#endif
