/*
 * Keeps an engine running: starts it, again when it dies (with a growing pause,
 * while the kernel keeps forwarding), relays signals, kicks the watchdog on its
 * behalf, and leaves when it leaves on purpose.
 */
#include "fib/super.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "fib/backends.h"
#include "fib/run.h"
#include "fib/state.h"
#include "lib/chan.h"
#include "lib/clock.h"
#include "lib/sdnotify.h"
#include "lib/util.h"

enum {
	PAUSE_FIRST_MS = 100,
	PAUSE_MAX_MS = 5000,
	STABLE_MS = 10000, /* an engine that lived so long starts at once again */
	STOP_S = 10,
	DEAF_MS = 2000, /* an engine without a channel has so long to die */
};

static const int relayed[] = { SIGHUP, SIGUSR1, SIGUSR2, SIGTERM, SIGINT };

struct super {
	pid_t pid; /* of the engine; 0: none, or not our child */
	bool running;
	bool was_ready; /* some engine was, once */
	bool leaving;   /* TERM came, or the engine said EXIT */
	bool exit_said;
	int status;
	unsigned starts;
	int64_t started_ms, pause_ms;
	uint32_t ping;        /* number of the last one */
	uint32_t reload_ping; /* its answer ends a reload; 0 none */
	struct event *ev_sig[ARRAY_SIZE(relayed)], *ev_chld, *ev_start, *ev_kill,
		*ev_ping;
};

static void timer_set(struct event *ev, int64_t ms)
{
	struct timeval tv = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	event_add(ev, &tv);
}

static void leave(struct fib *f)
{
	event_base_loopbreak(f->base);
}

static void start_engine(struct fib *f)
{
	struct super *s = f->super;
	int fd = -1;
	pid_t pid = f->o->spawn(f->o->arg, &fd);

	if (pid < 0) {
		log_err(LOG_MAIN, "engine: cannot start, err=%d", (int)pid);
		s->pause_ms =
			MIN_OF(MAX_OF(s->pause_ms * 2, PAUSE_FIRST_MS), PAUSE_MAX_MS);
		timer_set(s->ev_start, s->pause_ms);
		return;
	}
	s->pid = pid;
	s->running = true;
	s->started_ms = clock_ms();
	log_info(LOG_MAIN, "engine: started, pid=%d starts=%u", (int)pid,
		 s->starts + 1);
	fib_attach(f, fd, s->starts++);
}

static void on_start(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	start_engine(arg);
}

static void start_again(struct fib *f)
{
	struct super *s = f->super;
	int64_t pause = s->pause_ms;

	if (clock_ms() - s->started_ms >= STABLE_MS)
		pause = 0;
	s->pause_ms = pause ? MIN_OF(pause * 2, PAUSE_MAX_MS) : PAUSE_FIRST_MS;
	timer_set(s->ev_start, pause);
}

static void engine_gone(struct fib *f)
{
	struct super *s = f->super;

	s->running = false;
	s->pid = 0;
	event_del(s->ev_kill);
	fib_detach(f);
	if (s->leaving)
		leave(f);
	else
		start_again(f);
}

static void on_kill(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct fib *f = arg;
	struct super *s = f->super;

	log_warn(LOG_MAIN, "engine: does not end, killing it, pid=%d", (int)s->pid);
	if (s->pid)
		f->o->kill(f->o->arg, s->pid, SIGKILL);
	else
		engine_gone(f);
}

void super_lost(struct fib *f)
{
	struct super *s = f->super;

	if (!s->running)
		return;
	fib_detach(f);
	if (!s->pid)
		engine_gone(f);
	else if (!s->leaving)
		timer_set(s->ev_kill, DEAF_MS);
}

static void engine_died(struct fib *f, int wstatus)
{
	struct super *s = f->super;

	if (WIFSIGNALED(wstatus))
		log_err(LOG_MAIN, "engine: killed, signal=%d", WTERMSIG(wstatus));
	else
		log_info(LOG_MAIN, "engine: left, status=%d", WEXITSTATUS(wstatus));
	if (!s->exit_said && WIFEXITED(wstatus)) {
		int status = WEXITSTATUS(wstatus);

		/* A bad configuration stays bad: no use in trying again. */
		if (!status || (!s->was_ready && status <= 3)) {
			s->leaving = true;
			s->status = status;
		}
	}
	engine_gone(f);
}

static void on_child(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct fib *f = arg;
	struct super *s = f->super;
	int wstatus;
	pid_t pid;

	while ((pid = waitpid(-1, &wstatus, WNOHANG)) > 0) {
		if (!s->pid || pid != s->pid)
			continue;
		if (f->chan) /* what it said last still counts */
			while (f->chan && chan_readable(f->chan, 64) > 0)
				;
		engine_died(f, wstatus);
	}
}

static void ping(struct fib *f)
{
	struct intent_ping p = { .seq = ++f->super->ping };

	if (!f->chan)
		return;
	chan_put(f->chan, INTENT_PING, 0, &p, sizeof(p));
	chan_flush(f->chan);
}

/* The engine serves its records in order: the answer to this ping says that it has
 * taken the new configuration, or refused it. */
static void reload_began(struct fib *f)
{
	struct timespec ts;
	char text[80];

	clock_gettime(CLOCK_MONOTONIC, &ts);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
		 (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000);
	sdnotify(text);
	ping(f);
	f->super->reload_ping = f->super->ping;
}

static void on_signal(evutil_socket_t signo, short what UNUSED, void *arg)
{
	struct fib *f = arg;
	struct super *s = f->super;
	bool stop = signo == SIGTERM || signo == SIGINT;
	struct intent_signal i = { .signo = stop ? SIGTERM : (uint32_t)signo };

	if (signo == SIGUSR1)
		log_reopen();
	if (f->chan) {
		chan_put(f->chan, INTENT_SIGNAL, 0, &i, sizeof(i));
		chan_flush(f->chan);
	}
	if (signo == SIGHUP)
		reload_began(f);
	if (!stop)
		return;
	sdnotify("STOPPING=1");
	s->leaving = true;
	if (!s->running)
		leave(f);
	else
		timer_set(s->ev_kill,
			  (int64_t)(f->o->stop_s ? f->o->stop_s : STOP_S) * 1000);
}

static void on_ping(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	ping(arg);
}

/* Only an engine that answers keeps the service manager calm. */
void super_pong(struct fib *f, const struct intent_ping *p)
{
	struct super *s = f->super;

	sdnotify("WATCHDOG=1");
	if (!s->reload_ping || p->seq != s->reload_ping)
		return;
	s->reload_ping = 0;
	sdnotify("READY=1");
}

void super_ready(struct fib *f)
{
	f->super->was_ready = true;
	sdnotify("READY=1");
}

void super_exit(struct fib *f, const struct intent_exit *e)
{
	struct super *s = f->super;

	log_info(LOG_MAIN, "engine: leaves on purpose, status=%u keep=%u", e->status,
		 e->keep);
	s->leaving = true;
	s->exit_said = true;
	s->status = (int)(e->status & 0xff);
	if (!e->keep)
		backends_flush(f);
	sdnotify("STOPPING=1");
	timer_set(s->ev_kill, (int64_t)(f->o->stop_s ? f->o->stop_s : STOP_S) * 1000);
}

int super_start(struct fib *f)
{
	struct super *s = f->super = xcalloc(1, sizeof(*s));
	uint32_t dog = sdnotify_watchdog_ms();
	sigset_t none;

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < ARRAY_SIZE(relayed); i++) {
		s->ev_sig[i] = evsignal_new(f->base, relayed[i], on_signal, f);
		event_add(s->ev_sig[i], NULL);
	}
	s->ev_chld = evsignal_new(f->base, SIGCHLD, on_child, f);
	event_add(s->ev_chld, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL); /* main() held them back until now */
	s->ev_start = evtimer_new(f->base, on_start, f);
	s->ev_kill = evtimer_new(f->base, on_kill, f);
	s->ev_ping = event_new(f->base, -1, EV_PERSIST, on_ping, f);
	if (dog)
		timer_set(s->ev_ping, MAX_OF(dog / 3, 1u));
	start_engine(f);
	return 0;
}

void super_stop(struct fib *f)
{
	struct super *s = f->super;

	if (!s)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(relayed); i++)
		event_free(s->ev_sig[i]);
	event_free(s->ev_chld);
	event_free(s->ev_start);
	event_free(s->ev_kill);
	event_free(s->ev_ping);
	free(s);
	f->super = NULL;
}

int super_status(const struct fib *f)
{
	return f->super ? f->super->status : 1;
}
