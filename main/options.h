/* main/options.h - the command line of selvaged. */
#ifndef MAIN_OPTIONS_H
#define MAIN_OPTIONS_H

#include <stdbool.h>

#include "bgpd/engine.h"
#include "fib/fib.h"

struct options {
	struct engine_opts engine;
	struct fib_opts fib;
	const char *user;     /* -u */
	const char *pid_file; /* -i, NULL none */
	bool check;           /* -C */
};

/**
 * options_parse - Return: -1: go on; else the status to exit with at once (--help,
 * --version: 0; 2 after a complaint on stderr). Strings are borrowed from argv.
 */
int options_parse(int argc, char **argv, struct options *o);

#endif
