/* bgpd/vty_int.h - what the files of the shell server share. */
#ifndef BGPD_VTY_INT_H
#define BGPD_VTY_INT_H

#include <stdbool.h>
#include <sys/queue.h>

#include "bgpd/config_edit.h"
#include "bgpd/vty.h"
#include "lib/out.h"

struct bufferevent;
struct event;
struct evconnlistener;

struct vty_job {
	bool pending;
	bool endless; /* whatever the client says or does ends it */
	void (*gone)(void *arg);
	void *arg;
};

/* An answer in parts; more is NULL when there is none. */
struct vty_walk {
	bool (*more)(void *arg, struct out *o);
	void (*done)(void *arg);
	void *arg;
};

struct vty_client {
	TAILQ_ENTRY(vty_client) link;
	struct vty_server *s;
	struct bufferevent *bev;
	struct event *kick; /* go on with waiting commands, or with a walk */
	bool zebra;         /* came in by zebra.vty */
	bool eof;           /* says no more: answer what came, then close */
	struct cfg_pos pos; /* mode CMD_EXEC: not configuring */
	struct out out;     /* the answer under way */
	struct vty_job job;
	struct vty_walk walk;
};

struct vty_socket {
	struct vty_server *s;
	struct evconnlistener *listener;
	char path[108]; /* "" when not ours to remove */
	bool zebra;
};

struct vty_server {
	struct event_base *base;
	struct cmd_tree *tree;
	struct vty_config config;
	struct vty_socket sockets[2];
	TAILQ_HEAD(, vty_client) clients;
	unsigned n_clients;
};

/* vty_line.c */

/* A row of CMD_EXEC that works in every configuration mode, too. */
enum { VTY_EVERYWHERE = 1 << 9 };

/** vty_line - run one command of a client into c->out; Return: enum cmd_status. */
int vty_line(struct vty_client *c, const char *line);

/** vty_commit - check a candidate and apply it; takes it in any case. Return: CMD_OK,
 * or CMD_CONFIG_FAILED with the reason in o. */
int vty_commit(struct vty_server *s, struct config *candidate, struct out *o);

/* vty_cmd.c */

/** vty_rows_register - commands of the shell itself; their ctx is the server, their
 * session the client. */
void vty_rows_register(struct vty_server *s);

/** vty_running_print - running-config; bare: without head and `end`, as
 * vtysh puts together what its daemons say. */
void vty_running_print(const struct vty_client *c, bool bare, struct out *o);

#endif
