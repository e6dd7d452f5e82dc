/* cli/client.h - one connection to the daemon, FRR's vty byte protocol. */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include <signal.h>
#include <stddef.h>

struct client {
	int fd; /* -1: not connected */
	char path[108];
	const volatile sig_atomic_t *interrupted; /* an answer is not waited for any
						     more; NULL: it always is */
};

/** client_open - connect to rundir/bgpd.vty; Return: 0 or -errno. */
int client_open(struct client *c, const char *rundir);

/** client_reopen - connect to the same socket again; Return: 0 or -errno. */
int client_reopen(struct client *c);
void client_close(struct client *c);

typedef void client_part_fn(void *arg, const char *text, size_t len);

/**
 * client_stream - send one line, pass the answer on in parts as they come
 * @part: gets len bytes, not terminated and perhaps none; called at least once unless
 *        the result is negative; text NULL: for a while nothing came
 *
 * Return: the status byte (0 ok), or -errno; -EPIPE when the daemon is gone; -EINTR
 * when interrupted: connect anew, for the answer may still come.
 */
int client_stream(struct client *c, const char *line, client_part_fn *part, void *arg);

/**
 * client_ask - send one line, wait for the answer
 * @text: owned, terminated; len its bytes
 *
 * Return: the status byte (0 ok), or -errno; -EPIPE when the daemon is gone.
 */
int client_ask(struct client *c, const char *line, char **text, size_t *len);

#endif
