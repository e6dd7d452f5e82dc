/* cli/shell.h - running lines and printing answers; the interactive loop. */
#ifndef CLI_SHELL_H
#define CLI_SHELL_H

#include <stdbool.h>

#include "cli/client.h"

struct shell {
	struct client client;
	bool echo;  /* -E: prompt and command before the answer */
	bool pager; /* interactive: long answers go through VTYSH_PAGER */
};

/**
 * shell_run - send a line (`| include REGEX` at its end is done here), print the answer
 *
 * Return: 0, 1 when the daemon refused it, or -errno when it could not be asked.
 */
int shell_run(struct shell *s, const char *line);

/** shell_ask - an answer for ourselves; Return: owned text, NULL when refused. */
char *shell_ask(struct shell *s, const char *line);

/** shell_loop - read lines until exit or end of input; Return: exit status. */
int shell_loop(struct shell *s);

#endif
