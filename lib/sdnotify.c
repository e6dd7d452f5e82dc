/*
 * The datagram protocol of sd_notify(3): one text message per state. Connected at
 * the start, while the socket's folder is still ours to enter.
 */
#include "lib/sdnotify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int fd = -1;
static uint32_t watchdog_ms;

static void watchdog_init(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");

	if (usec && (!pid || atol(pid) == (long)getpid()))
		watchdog_ms = (uint32_t)(strtoull(usec, NULL, 10) / 1000);
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void sdnotify_init(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t len = path ? strlen(path) : 0;

	watchdog_init();
	if (len > 1 && len < sizeof(to.sun_path)) {
		memcpy(to.sun_path, path, len);
		if (path[0] == '@') /* abstract */
			to.sun_path[0] = '\0';
		fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (fd >= 0 &&
		    connect(fd, (void *)&to,
			    (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
					len))) {
			close(fd);
			fd = -1;
		}
	}
	unsetenv("NOTIFY_SOCKET");
}

void sdnotify(const char *state)
{
	if (fd >= 0)
		(void)!send(fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT);
}

uint32_t sdnotify_watchdog_ms(void)
{
	return watchdog_ms;
}
