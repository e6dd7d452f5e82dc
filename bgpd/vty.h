/* bgpd/vty.h - the shell's side of the daemon: FRR's vty protocol on two sockets. */
#ifndef BGPD_VTY_H
#define BGPD_VTY_H

#include <stdbool.h>
#include <stddef.h>

struct cmd_args;
struct cmd_tree;
struct config;
struct event_base;
struct out;
struct vty_job;
struct vty_server;

enum {
	VTY_CLIENTS = 16,      /* more are told so and closed */
	VTY_UNSENT = 4 << 20,  /* bytes of answers before a client's commands wait */
	VTY_PART = 64 << 10,   /* of an answer that comes in parts (vty_walk) */
	VTY_AHEAD = 256 << 10, /* of such an answer, not yet read by the client */
	VTY_WRITE_TIMEOUT_S =
		60, /* a client that reads nothing for so long is closed */
};

/* How the shell reaches the configuration. What it points to is borrowed. */
struct vty_config {
	struct config **running; /* the one in force, wherever it is kept */
	const char *path;        /* file of `write memory`; NULL: none */
	/* Make a checked candidate the one in force. Return: 0 and the candidate is
	 * taken, or -errno with a reason and it stays the caller's. */
	int (*apply)(void *ctx, struct config *candidate, char *err, size_t errlen);
	void *ctx;
};

/** vty_tree_new - a command tree with the configuration language in it; rows in mode
 * CMD_EXEC may be added. Owned: cmd_tree_free() after vty_stop(). */
struct cmd_tree *vty_tree_new(void);

/**
 * vty_start - listen on bgpd.vty and zebra.vty in rundir, mode 0770
 * @tree: of vty_tree_new(); gets the commands of the shell itself, so once only
 *
 * SIGPIPE must be ignored by the process.
 *
 * Return: 0 and *out owned; -EADDRINUSE when another daemon answers there,
 * -ENAMETOOLONG, or -errno of the socket calls.
 */
int vty_start(struct event_base *base, const char *rundir, struct cmd_tree *tree,
	      const struct vty_config *config, struct vty_server **out);

/** vty_stop - close all clients (deferred answers are told) and remove the sockets. */
void vty_stop(struct vty_server *s);

/**
 * vty_defer - the handler will finish later and returns CMD_DEFERRED now
 * @args: the handler's
 * @gone: called when the client leaves first; the job and its struct out are no more
 *
 * The struct out of the handler stays valid until vty_resume() or gone(); further
 * commands of this client wait.
 * Return: the job, or NULL when the caller is no shell client.
 */
struct vty_job *vty_defer(const struct cmd_args *args, void (*gone)(void *arg),
			  void *arg);

/**
 * vty_walk - the answer of a handler comes in parts, one in each turn of the event
 * loop and none while the client does not read
 * @args: the handler's, as is o
 * @more: writes the next part, VTY_PART bytes or a millisecond's work; levels of JSON
 *        may stay open. Return: false: that was the last one
 * @done: called once, after the last part or when the client has left; frees arg
 *
 * Between two parts anything may have changed. Without a shell client all parts are
 * written at once.
 * Return: what the handler returns then.
 */
int vty_walk(const struct cmd_args *args, struct out *o,
	     bool (*more)(void *arg, struct out *o), void (*done)(void *arg),
	     void *arg);

/**
 * vty_endless - the answer of this job comes bit by bit, by vty_part(), until the
 * client sends anything or leaves: gone() is called then
 */
void vty_endless(struct vty_job *job);

/** vty_part - send what is in the answer now. Return: false: the client does not read,
 * too much waits; what was in the answer is lost. */
bool vty_part(struct vty_job *job);

/** vty_resume - send the answer with this status (enum cmd_status). */
void vty_resume(struct vty_job *job, int status);

#endif
