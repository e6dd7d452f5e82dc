/*
 * selvaged: the start of both processes. As root it makes the folders, binds the
 * BGP port, gives up what fib does not need and becomes fib; fib starts the engine
 * by executing this program again as another user. What either does is not here.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <netinet/in.h>

#include "lib/log.h"
#include "lib/sdnotify.h"
#include "lib/util.h"
#include "bgpd/engine.h"
#include "fib/fib.h"
#include "main/options.h"
#include "main/priv.h"

enum { EXIT_CONFIG = 1, EXIT_USAGE = 2, EXIT_BIND = 3 };

/* Tells a new process that it is the engine: "channel,listener,listener". */
#define ENV_ENGINE "SELVAGE_ENGINE_FDS"

struct start {
	char **argv;
	struct options o;
	struct priv_user user;
};

/* ---- listeners ---- */

static int listener_open(const struct ip *a, uint16_t port)
{
	struct sockaddr_storage ss;
	socklen_t len = ip_to_sockaddr(a, port, &ss);
	int on = 1, fd, err;

	fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (ss.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, (void *)&ss, len) || listen(fd, SOMAXCONN)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

static int listeners_open(struct engine_opts *e)
{
	struct ip any[2] = { ip4_of(0), { .len = 16 } };
	const struct ip *a = any;
	size_t n = ARRAY_SIZE(any);

	if (!e->port)
		return 0;
	if (!ip_is_none(&e->listen_addr)) {
		a = &e->listen_addr;
		n = 1;
	}
	for (size_t i = 0; i < n; i++) {
		int fd = listener_open(&a[i], e->port);
		char text[ADDR_STR];

		if (fd == -EAFNOSUPPORT && n > 1)
			continue; /* a host without IPv6 */
		if (fd < 0) {
			fprintf(stderr, "selvaged: cannot bind %s port %u: %s\n",
				ip_format(&a[i], text), e->port, strerror(-fd));
			return -1;
		}
		e->listen_fd[e->n_listen++] = fd;
	}
	return 0;
}

/* ---- folders ---- */

/* Only what we make is given away; what is there belongs to somebody. */
static int folder_make(const char *path, const struct priv_user *u)
{
	int fd, err = 0;

	if (mkdir(path, 0700))
		return errno == EEXIST ? 0 : -errno;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fchown(fd, u->uid, u->gid) || fchmod(fd, 0750))
		err = -errno;
	close(fd);
	return err;
}

static int folders_make(const struct start *s)
{
	const char *paths[] = { s->o.engine.rundir, s->o.engine.statedir };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		int err = folder_make(paths[i], &s->user);

		if (err) {
			fprintf(stderr, "selvaged: %s: %s\n", paths[i], strerror(-err));
			return -1;
		}
	}
	return 0;
}

static int pid_write(const char *path)
{
	FILE *f = path ? fopen(path, "we") : NULL;

	if (!path)
		return 0;
	if (!f || fprintf(f, "%d\n", (int)getpid()) < 0 || fclose(f)) {
		fprintf(stderr, "selvaged: %s: %s\n", path, strerror(errno));
		return -1;
	}
	return 0;
}

/* ---- the engine's process ---- */

static void keep_open(int fd)
{
	fcntl(fd, F_SETFD, 0);
}

/* In the child, between fork and exec. */
static void __attribute__((noreturn)) child(const struct start *s, int chan_fd)
{
	const struct engine_opts *e = &s->o.engine;
	static const int signals[] = { SIGHUP,  SIGUSR1, SIGUSR2,
				       SIGTERM, SIGINT,  SIGCHLD };
	char fds[64];
	size_t at;
	sigset_t none;
	int err;

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		signal(signals[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	at = (size_t)snprintf(fds, sizeof(fds), "%d", chan_fd);
	keep_open(chan_fd);
	for (unsigned i = 0; i < e->n_listen; i++) {
		at += (size_t)snprintf(fds + at, sizeof(fds) - at, ",%d",
				       e->listen_fd[i]);
		keep_open(e->listen_fd[i]);
	}
	setenv(ENV_ENGINE, fds, 1);
	err = priv_engine(&s->user);
	if (!err) {
		execv("/proc/self/exe", s->argv);
		err = -errno;
	}
	log_err(LOG_MAIN, "engine: cannot execute, err=%d", err);
	_exit(127);
}

/* So much may lie between engine and fib: while the engine reads what a peer has sent
 * (at most 256 kB, tens of thousands of routes), fib has enough to do. */
static void chan_widen(int fd)
{
	const int bytes = 512 << 10;

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

static pid_t engine_spawn(void *arg, int *chan_fd)
{
	const struct start *s = arg;
	sigset_t all, old;
	int fd[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fd))
		return -errno;
	chan_widen(fd[1]);
	/* The child must not run the parent's signal handlers. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	priv_raise(1);
	pid = fork();
	if (!pid)
		child(s, fd[1]);

	int err = errno;

	priv_raise(0);
	sigprocmask(SIG_SETMASK, &old, NULL);
	close(fd[1]);
	if (pid < 0) {
		close(fd[0]);
		return -err;
	}
	*chan_fd = fd[0];
	return pid;
}

static int engine_kill(void *arg UNUSED, pid_t pid, int signo)
{
	return priv_kill(pid, signo);
}

/* We are the engine when our parent left descriptors in the environment. */
static bool engine_fds(struct engine_opts *e)
{
	const char *s = getenv(ENV_ENGINE);
	char *end;

	if (!s)
		return false;
	e->chan_fd = (int)strtol(s, &end, 10);
	while (*end == ',' && e->n_listen < ENGINE_LISTEN_MAX) {
		e->listen_fd[e->n_listen] = (int)strtol(end + 1, &end, 10);
		fcntl(e->listen_fd[e->n_listen++], F_SETFD, FD_CLOEXEC);
	}
	fcntl(e->chan_fd, F_SETFD, FD_CLOEXEC);
	unsetenv(ENV_ENGINE);
	return true;
}

/* ---- the two ways to start ---- */

static int record_run(struct start *s)
{
	if (listeners_open(&s->o.engine))
		return EXIT_BIND;
	if (pid_write(s->o.pid_file))
		return EXIT_CONFIG;
	log_role_set("engine");
	return engine_run(&s->o.engine);
}

static int daemon_run(struct start *s)
{
	int err, status;

	if (geteuid()) {
		fputs("selvaged: must be started as root (or with --fib=record:FILE)\n",
		      stderr);
		return EXIT_USAGE;
	}
	err = priv_user_find(s->o.user, &s->user);
	if (err) {
		fprintf(stderr, "selvaged: -u %s: %s\n", s->o.user,
			err == -EPERM ? "the engine must not be root" : "no such user");
		return EXIT_USAGE;
	}
	if (listeners_open(&s->o.engine))
		return EXIT_BIND;
	if (folders_make(s) || pid_write(s->o.pid_file))
		return EXIT_CONFIG;
	sdnotify_init();
	err = priv_fib();
	if (err) {
		fputs("selvaged: capability NET_ADMIN is missing\n", stderr);
		return EXIT_USAGE;
	}
	log_role_set("fib");
	s->o.fib.spawn = engine_spawn;
	s->o.fib.kill = engine_kill;
	s->o.fib.arg = s;
	status = fib_run(&s->o.fib);
	if (s->o.pid_file)
		unlink(s->o.pid_file); /* may belong to a folder that is not ours */
	return status;
}

/* A reload that is asked for while we start must wait, not kill: both loops let these
 * through once their handlers are there. */
static void signals_hold(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv)
{
	struct start s = { .argv = argv };
	int status = options_parse(argc, argv, &s.o);

	if (status >= 0)
		return status;
	signals_hold();
	if (s.o.check)
		return engine_check_config(s.o.engine.config_file);
	if (engine_fds(&s.o.engine)) {
		log_role_set("engine");
		return engine_run(&s.o.engine);
	}
	return s.o.engine.record_file ? record_run(&s) : daemon_run(&s);
}
