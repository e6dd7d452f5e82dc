/*
 * A connection to the daemon: a line and a NUL go, text, three NULs and a status byte
 * come. Waits as long as the answer takes.
 */
#include "cli/client.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/util.h"

enum { PAUSE_MS = 300 };

int client_reopen(struct client *c)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };

	client_close(c);
	memcpy(sa.sun_path, c->path, sizeof(sa.sun_path));
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return -errno;
	if (connect(c->fd, (const struct sockaddr *)&sa, sizeof(sa))) {
		int err = -errno;

		client_close(c);
		return err;
	}
	return 0;
}

int client_open(struct client *c, const char *rundir)
{
	c->fd = -1;
	if (snprintf(c->path, sizeof(c->path), "%s/bgpd.vty", rundir) >=
	    (int)sizeof(c->path))
		return -ENAMETOOLONG;
	return client_reopen(c);
}

void client_close(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

static int send_all(int fd, const char *p, size_t len)
{
	while (len) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Until something can be read; what came so far may be shown meanwhile. Return: 0, or
 * -1 with errno. */
static int wait_while(const struct client *c, client_part_fn *part, void *arg)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	int n = poll(&p, 1, PAUSE_MS);

	if (n)
		return n < 0 ? -1 : 0;
	part(arg, NULL, 0);
	return poll(&p, 1, -1) < 0 ? -1 : 0;
}

/*
 * Text has no NUL: the first one begins the trailer, which may come in bits.
 * Return: the status byte, or -errno.
 */
static int receive(const struct client *c, client_part_fn *part, void *arg)
{
	static char buf[65536];
	size_t trailer = 0; /* bytes of it that have come */

	for (;;) {
		ssize_t n = wait_while(c, part, arg) ? -1
						     : recv(c->fd, buf, sizeof(buf), 0);
		const char *p = buf, *nul;

		if (n < 0 && errno == EINTR && !(c->interrupted && *c->interrupted))
			continue;
		if (n <= 0)
			return n ? -errno : -EPIPE;
		if (!trailer) {
			nul = memchr(buf, '\0', (size_t)n);
			part(arg, buf, nul ? (size_t)(nul - buf) : (size_t)n);
			p = nul ? nul : buf + n;
		}
		trailer += (size_t)(buf + n - p);
		if (trailer >= 4) /* nothing follows it: the daemon waits for us */
			return (uint8_t)buf[n - 1];
	}
}

int client_stream(struct client *c, const char *line, client_part_fn *part, void *arg)
{
	int err = c->fd < 0 ? -EPIPE : send_all(c->fd, line, strlen(line) + 1);

	return err ? err : receive(c, part, arg);
}

struct whole {
	char *text;
	size_t len, cap;
};

static void whole_add(void *arg, const char *text, size_t len)
{
	struct whole *w = arg;

	if (!text)
		return;
	if (w->cap - w->len <= len) {
		w->cap = MAX_OF(2 * w->cap, w->len + len + 1);
		w->text = xrealloc(w->text, w->cap);
	}
	memcpy(w->text + w->len, text, len);
	w->len += len;
	w->text[w->len] = '\0';
}

int client_ask(struct client *c, const char *line, char **text, size_t *len)
{
	struct whole w = { 0 };
	int status = client_stream(c, line, whole_add, &w);

	if (status < 0) {
		free(w.text);
		return status;
	}
	*text = w.text;
	*len = w.len;
	return status;
}
