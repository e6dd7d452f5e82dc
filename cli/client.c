/*
 * A connection to the daemon: a line and a NUL go, text, three NULs and a status byte
 * come. Waits as long as the answer takes.
 */
#include "cli/client.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/util.h"

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

/* Text has no NUL: the first one begins the trailer. */
static int receive(int fd, char **text, size_t *len)
{
	size_t have = 0, cap = 0, at = 0;
	char *buf = NULL, *nul;

	for (;;) {
		ssize_t n;

		if (cap - have < 4096) {
			cap = cap ? cap * 2 : 16384;
			buf = xrealloc(buf, cap);
		}
		n = recv(fd, buf + have, cap - have, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			free(buf);
			return n ? -errno : -EPIPE;
		}
		have += (size_t)n;
		nul = memchr(buf + at, '\0', have - at);
		at = nul ? (size_t)(nul - buf) : have;
		if (nul && have - at >= 4)
			break;
	}
	*text = buf;
	*len = at;
	return (uint8_t)buf[at + 3];
}

int client_ask(struct client *c, const char *line, char **text, size_t *len)
{
	int err = c->fd < 0 ? -EPIPE : send_all(c->fd, line, strlen(line) + 1);

	return err ? err : receive(c->fd, text, len);
}
