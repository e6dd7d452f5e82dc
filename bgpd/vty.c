/*
 * Server of FRR's vty byte protocol: a command ends with one NUL; its answer is text,
 * three NULs and a status byte. Sockets, framing, back-pressure and deferred answers;
 * what a command means is vty_line.c.
 */
#include "bgpd/vty.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include "bgpd/vty_int.h"
#include "lib/log.h"
#include "lib/util.h"

struct cmd_tree *vty_tree_new(void)
{
	struct cmd_tree *t = cmd_tree_new(config_modes, CFG_MODES);

	config_rows_register(t);
	return t;
}

/* ---- answers ---- */

static void free_answer(const void *data, size_t len, void *arg)
{
	(void)data;
	(void)len;
	free(arg);
}

static void send_answer(struct vty_client *c, int status)
{
	struct evbuffer *out = bufferevent_get_output(c->bev);
	const uint8_t trailer[4] = { 0, 0, 0, (uint8_t)status };
	size_t len;
	char *text;

	if (c->out.full) {
		out_fini(&c->out);
		out_line(&c->out, "%% The answer is too long\n");
	}
	text = out_take(&c->out, &len);
	if (!len || evbuffer_add_reference(out, text, len, free_answer, text))
		free(text);
	evbuffer_add(out, trailer, sizeof(trailer));
}

static void walk_done(struct vty_client *c)
{
	if (c->walk.more)
		c->walk.done(c->walk.arg);
	c->walk.more = NULL;
}

static void client_free(struct vty_client *c)
{
	if (c->job.pending)
		c->job.gone(c->job.arg);
	walk_done(c);
	TAILQ_REMOVE(&c->s->clients, c, link);
	c->s->n_clients--;
	event_free(c->kick);
	bufferevent_free(c->bev);
	out_fini(&c->out);
	free(c);
}

/* ---- commands ---- */

/* One command without its NUL, as a string; NULL when none is complete. */
static char *next_command(struct evbuffer *in)
{
	struct evbuffer_ptr at = evbuffer_search(in, "", 1, NULL);
	char *line;

	if (at.pos < 0)
		return NULL;
	line = xcalloc(1, (size_t)at.pos + 1);
	evbuffer_remove(in, line, (size_t)at.pos);
	evbuffer_drain(in, 1);
	return line;
}

/* vtysh ends lines with a newline, too; inside it is a blank. */
static void flatten(char *line)
{
	size_t len = strlen(line);

	while (len && strchr("\r\n", line[len - 1]))
		line[--len] = '\0';
	for (; *line; line++)
		if (*line == '\n' || *line == '\r')
			*line = ' ';
}

static void refuse_long(struct vty_client *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);

	out_line(&c->out, "%% The command is too long\n");
	send_answer(c, CMD_WARNING);
	evbuffer_drain(in, evbuffer_get_length(in));
	bufferevent_disable(c->bev, EV_READ);
	c->eof = true;
}

/* The next part of an answer, unless enough waits to be sent. Return: has it ended? */
static bool walk_turn(struct vty_client *c)
{
	static const struct timeval next_turn = { 0, 0 };
	struct evbuffer *out = bufferevent_get_output(c->bev);

	if (evbuffer_get_length(out) > VTY_AHEAD)
		return false; /* on_drained() comes */
	if (!c->walk.more(c->walk.arg, &c->out)) {
		walk_done(c);
		send_answer(c, CMD_OK);
		return true;
	}
	evbuffer_add(out, c->out.buf, c->out.len);
	out_clear(&c->out);
	if (evbuffer_get_length(out) <= VTY_AHEAD)
		event_add(c->kick, &next_turn); /* others first */
	return false;
}

static bool is_busy(const struct vty_client *c)
{
	return c->job.pending || c->walk.more;
}

/* An answer without an end: the client has said something, and be it goodbye. */
static void endless_end(struct vty_client *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);

	evbuffer_drain(in, evbuffer_get_length(in));
	c->job.pending = false;
	c->job.gone(c->job.arg);
	out_clear(&c->out);
	send_answer(c, CMD_OK);
}

/* Run what has come, while the answers go. May free the client. */
static void client_run(struct vty_client *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	struct evbuffer *out = bufferevent_get_output(c->bev);
	char *line = NULL;

	if (c->walk.more && !walk_turn(c))
		return;
	if (c->job.pending && c->job.endless && (c->eof || evbuffer_get_length(in)))
		endless_end(c);
	while (!is_busy(c) && evbuffer_get_length(out) <= VTY_UNSENT &&
	       (line = next_command(in))) {
		int status;

		flatten(line);
		status = vty_line(c, line);
		free(line);
		if (c->walk.more)
			walk_turn(c);
		else if (status != CMD_DEFERRED) /* else vty_resume() sends it */
			send_answer(c, status);
	}
	if (!line && !is_busy(c) && !c->eof && evbuffer_get_length(in) > CMD_LINE_MAX &&
	    evbuffer_get_length(out) <= VTY_UNSENT)
		refuse_long(c);
	if (c->eof && !is_busy(c) && !evbuffer_get_length(out))
		client_free(c);
}

static void on_read(struct bufferevent *bev, void *arg)
{
	(void)bev;
	client_run(arg);
}

static void on_drained(struct bufferevent *bev, void *arg)
{
	(void)bev;
	client_run(arg);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	struct vty_client *c = arg;

	(void)bev;
	if (what & BEV_EVENT_EOF) {
		c->eof = true;
		client_run(c);
	} else if (what & (BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT)) {
		client_free(c);
	}
}

static void on_kick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	client_run(arg);
}

/* ---- deferred answers ---- */

struct vty_job *vty_defer(const struct cmd_args *args, void (*gone)(void *arg),
			  void *arg)
{
	struct vty_client *c = args->session;

	if (!c)
		return NULL;
	c->job = (struct vty_job) { .pending = true, .gone = gone, .arg = arg };
	return &c->job;
}

void vty_endless(struct vty_job *job)
{
	job->endless = true;
}

bool vty_part(struct vty_job *job)
{
	struct vty_client *c = container_of(job, struct vty_client, job);
	struct evbuffer *out = bufferevent_get_output(c->bev);
	bool room = evbuffer_get_length(out) <= VTY_AHEAD;

	if (room)
		evbuffer_add(out, c->out.buf, c->out.len);
	out_clear(&c->out);
	return room;
}

void vty_resume(struct vty_job *job, int status)
{
	struct vty_client *c = container_of(job, struct vty_client, job);

	job->pending = false;
	send_answer(c, status);
	/* Not from here: the next command may call whoever called us. */
	event_active(c->kick, EV_TIMEOUT, 1);
}

int vty_walk(const struct cmd_args *args, struct out *o,
	     bool (*more)(void *arg, struct out *o), void (*done)(void *arg), void *arg)
{
	struct vty_client *c = args->session;

	if (c) {
		c->walk = (struct vty_walk) { more, done, arg };
		return CMD_DEFERRED; /* client_run() begins */
	}
	while (more(arg, o))
		;
	done(arg);
	return CMD_OK;
}

/* ---- connections ---- */

static void refuse_client(int fd)
{
	static const char text[] = "% Too many clients\n\0\0\0\1";

	(void)send(fd, text, sizeof(text) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	close(fd);
}

static void on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa,
		      int salen, void *arg)
{
	static const struct timeval write_timeout = { VTY_WRITE_TIMEOUT_S, 0 };
	struct vty_socket *sock = arg;
	struct vty_server *s = sock->s;
	struct vty_client *c;
	struct bufferevent *bev = NULL;

	(void)l;
	(void)sa;
	(void)salen;
	if (s->n_clients < VTY_CLIENTS)
		bev = bufferevent_socket_new(s->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!bev) {
		log_warn(LOG_VTY, "shell: client refused, clients=%u", s->n_clients);
		refuse_client(fd);
		return;
	}
	c = xcalloc(1, sizeof(*c));
	c->s = s;
	c->bev = bev;
	c->zebra = sock->zebra;
	c->kick = event_new(s->base, -1, 0, on_kick, c);
	out_init(&c->out, false);
	TAILQ_INSERT_TAIL(&s->clients, c, link);
	s->n_clients++;
	bufferevent_setcb(bev, on_read, on_drained, on_event, c);
	bufferevent_set_timeouts(bev, NULL, &write_timeout);
	bufferevent_setwatermark(bev, EV_READ, 0, CMD_LINE_MAX + 2);
	bufferevent_setwatermark(bev, EV_WRITE, VTY_AHEAD / 2, 0);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
}

/* ---- sockets ---- */

/* A socket file without a daemon behind it is left over from a crash. */
static int clear_stale(const struct sockaddr_un *sa)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), err = 0;

	if (fd < 0)
		return -errno;
	if (!connect(fd, (const struct sockaddr *)sa, sizeof(*sa)))
		err = -EADDRINUSE;
	else if (errno == ECONNREFUSED && unlink(sa->sun_path))
		err = -errno;
	close(fd);
	return err;
}

static int bind_socket(const struct sockaddr_un *sa)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
	    err = 0;
	mode_t mask;

	if (fd < 0)
		return -errno;
	mask = umask(0007);
	if (bind(fd, (const struct sockaddr *)sa, sizeof(*sa)))
		err = -errno;
	umask(mask);
	if (!err)
		return fd;
	close(fd);
	return err;
}

static int socket_open(struct vty_server *s, struct vty_socket *sock,
		       const char *rundir, const char *name)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd, err;

	if ((size_t)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/%s", rundir, name) >=
	    sizeof(sa.sun_path))
		return -ENAMETOOLONG;
	err = clear_stale(&sa);
	if (err)
		return err;
	fd = bind_socket(&sa);
	if (fd < 0)
		return fd;
	memcpy(sock->path, sa.sun_path, sizeof(sock->path));
	sock->s = s;
	sock->listener = evconnlistener_new(s->base, on_accept, sock,
					    LEV_OPT_CLOSE_ON_FREE, VTY_CLIENTS, fd);
	if (sock->listener)
		return 0;
	close(fd);
	return -ENOMEM;
}

int vty_start(struct event_base *base, const char *rundir, struct cmd_tree *tree,
	      const struct vty_config *config, struct vty_server **out)
{
	struct vty_server *s = xcalloc(1, sizeof(*s));
	int err;

	s->base = base;
	s->tree = tree;
	s->config = *config;
	TAILQ_INIT(&s->clients);
	s->sockets[1].zebra = true;
	err = socket_open(s, &s->sockets[0], rundir, "bgpd.vty");
	if (!err)
		err = socket_open(s, &s->sockets[1], rundir, "zebra.vty");
	if (err) {
		vty_stop(s);
		return err;
	}
	vty_rows_register(s);
	*out = s;
	return 0;
}

void vty_stop(struct vty_server *s)
{
	if (!s)
		return;
	while (!TAILQ_EMPTY(&s->clients))
		client_free(TAILQ_FIRST(&s->clients));
	for (size_t i = 0; i < ARRAY_SIZE(s->sockets); i++) {
		if (s->sockets[i].listener)
			evconnlistener_free(s->sockets[i].listener);
		if (s->sockets[i].path[0])
			unlink(s->sockets[i].path);
	}
	free(s);
}
