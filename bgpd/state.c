/*
 * Files below --statedir: small texts that outlive the daemon. Read whole, replaced
 * whole; what is in them is the callers'.
 */
#include "bgpd/engine_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/util.h"

enum { STATE_MAX = 64 << 20, PATH_LEN = 512 };

static bool path_of(const struct engine *e, const char *name, const char *suffix,
		    char buf[PATH_LEN])
{
	return e->opts->statedir &&
	       snprintf(buf, PATH_LEN, "%s/%s%s", e->opts->statedir, name, suffix) <
		       PATH_LEN;
}

static char *read_all(int fd, size_t size)
{
	char *text = xcalloc(1, size + 1);
	size_t at = 0;

	while (at < size) {
		ssize_t n = read(fd, text + at, size - at);

		if (n < 0) {
			free(text);
			return NULL;
		}
		if (!n)
			break; /* it shrank meanwhile */
		at += (size_t)n;
	}
	return text;
}

char *state_read(const struct engine *e, const char *name)
{
	char path[PATH_LEN], *text = NULL;
	struct stat st;
	int fd;

	if (!path_of(e, name, "", path))
		return NULL;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		if (errno != ENOENT)
			log_err(LOG_MAIN, "%s: %s", path, strerror(errno));
		return NULL;
	}
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size <= STATE_MAX)
		text = read_all(fd, (size_t)st.st_size);
	if (!text)
		log_err(LOG_MAIN, "%s: cannot be read", path);
	close(fd);
	return text;
}

static int write_all(int fd, const char *text)
{
	size_t len = strlen(text);

	for (size_t at = 0; at < len;) {
		ssize_t n = write(fd, text + at, len - at);

		if (n < 0)
			return -errno;
		at += (size_t)n;
	}
	return fsync(fd) ? -errno : 0;
}

int state_write(const struct engine *e, const char *name, const char *text)
{
	char path[PATH_LEN], tmp[PATH_LEN];
	int fd, err;

	if (!path_of(e, name, "", path) || !path_of(e, name, ".new", tmp))
		return 0;
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (fd < 0)
		return -errno;
	err = write_all(fd, text);
	close(fd);
	if (!err && rename(tmp, path))
		err = -errno;
	if (err)
		unlink(tmp);
	return err;
}

void state_remove(const struct engine *e, const char *name)
{
	char path[PATH_LEN];

	if (path_of(e, name, "", path))
		unlink(path);
}
