/*
 * The engine: the unprivileged process. Reads the configuration, holds sessions,
 * tables and tenants together, and leaves when fib or an operator says so.
 * The work is done elsewhere; this file is start, reload and stop.
 */
#include "bgpd/engine_int.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bgpd/heap.h"
#include "bgpd/metrics.h"
#include "bgpd/monitor.h"
#include "bgpd/vty.h"
#include "lib/clock.h"
#include "lib/cmd.h"
#include "lib/log.h"
#include "lib/util.h"
#include "rib/enforce.h"

enum {
	EXIT_CONFIG = 1,
	EXIT_BIND = 3,
	TICK_MS = 1000,
	FILES_WANTED = 65536,
	CONFIG_ERR = 1024, /* why a configuration is refused */
};

int engine_check_config(const char *file)
{
	char err[CONFIG_ERR];
	struct config *c = config_parse_file(file, err, sizeof(err));
	int bad = !c;

	if (c &&
	    (config_check(c, err, sizeof(err)) || policy_check(c, err, sizeof(err))))
		bad = 1;
	if (bad)
		fprintf(stderr, "%s\n", err);
	config_free(c);
	return bad ? EXIT_CONFIG : 0;
}

/* ---- configuration in force ------------------------------------------------ */

static void log_apply(const struct config *c)
{
	if (c->log_level >= 0)
		log_level_set((enum log_level)c->log_level);
	if (c->log_file[0] && log_file_open(c->log_file))
		log_warn(LOG_CONFIG, "log file %s: %s", c->log_file, strerror(errno));
}

static int networks_configure(struct engine *e, const struct config *c)
{
	int rc;

	bgp_identify(&e->bgp, c);
	rc = evpn_configure(e, c);
	if (!rc)
		rc = mappings_configure(e, c);
	if (rc)
		return rc;
	identity_configure(e, c);
	endpoint_configure(e, c);
	policy_endpoints(e, c);
	return 0;
}

int engine_apply(struct engine *e, struct config *next, char *err, size_t errlen)
{
	struct config *old = e->cfg;
	int rc = config_check(next, err, errlen);
	struct policy_docs docs;

	if (!rc)
		rc = policy_prepare(e, next, &docs, err, errlen);
	if (rc)
		return rc;
	rc = networks_configure(e, next);
	if (rc) {
		policy_abandon(&docs);
		snprintf(err, errlen, "tenants: %s", strerror(-rc));
		if (old) /* back to what was: it was good */
			networks_configure(e, old);
		return rc;
	}
	policy_commit(e, &docs);
	log_apply(next);
	e->cfg = next;
	e->bgp.cfg = next;
	if (e->sessions)
		bgp_apply(&e->bgp, next);
	config_free(old);
	e->reload_ok = true;
	e->reload_epoch_s = time(NULL);
	export_kick(&e->routes);
	return 0;
}

int engine_reload(struct engine *e, const char *path, char *err, size_t errlen)
{
	struct config *next = config_parse_file(path, err, errlen);
	int rc = next ? engine_apply(e, next, err, errlen) : -EINVAL;

	if (rc) {
		config_free(next);
		e->reload_ok = false;
		log_err(LOG_CONFIG, "reload refused, old configuration stays: %s", err);
		return rc;
	}
	log_info(LOG_CONFIG, "configuration %s loaded", path);
	return 0;
}

/* ---- stop ------------------------------------------------------------------ */

static void leave(void *arg)
{
	struct engine *e = arg;

	if (e->fib.hello) {
		/* Forwarding state stays: the next start confirms or sweeps it. */
		struct intent_exit x = { .status = (uint32_t)e->status, .keep = 1 };

		fibc_put(e->fibc, INTENT_EXIT, 0, &x);
	}
	event_base_loopexit(e->base, NULL);
}

/* With graceful restart peers keep our routes, without it they read that we leave. What
 * is in the kernel stays in any case, for a stop may be half of an upgrade: the next
 * start confirms or sweeps it. To leave nothing behind there is `bgp shutdown`. */
void engine_stop(struct engine *e, int status)
{
	bool keep = config_restarts(e->cfg) && !e->cfg->shutdown;

	if (e->stopping)
		return;
	e->stopping = true;
	e->status = status;
	e->routes.consume = NULL; /* what ends with the sessions does not end there */
	log_info(LOG_MAIN, "stopping, status=%d", status);
	endpoint_save(e);
	if (keep)
		restart_save(e);
	else
		restart_forget(e);
	bgp_stop(&e->bgp, keep, leave, e);
}

static void dump_state(struct engine *e)
{
	const struct peer *p;
	char addr[ADDR_STR];

	TAILQ_FOREACH (p, &e->bgp.peers, link)
		log_info(LOG_MAIN, "state: peer %s %s", ip_format(&p->addr, addr),
			 fsm_state_name(p->state));
	for (unsigned i = 0; i < FAMS; i++)
		log_info(LOG_MAIN, "state: %s routes=%u paths=%u bytes=%zu",
			 families[i].ops->name, rib_routes(&e->routes.rib[i]),
			 e->routes.rib[i].n_paths, rib_bytes(&e->routes.rib[i]));
	log_info(LOG_MAIN, "state: attribute_sets=%u bytes=%zu", e->routes.attrs.n,
		 e->routes.attrs.bytes);
}

static void on_signal_number(struct engine *e, int signo)
{
	char err[CONFIG_ERR];

	switch (signo) {
	case SIGHUP:
		if (e->opts->config_file)
			engine_reload(e, e->opts->config_file, err, sizeof(err));
		break;
	case SIGUSR1:
		log_reopen();
		break;
	case SIGUSR2:
		dump_state(e);
		break;
	case SIGTERM:
	case SIGINT:
		engine_stop(e, 0);
		break;
	default:
		break;
	}
}

static void on_signal(evutil_socket_t signo, short what, void *arg)
{
	(void)what;
	on_signal_number(arg, signo);
}

/* ---- fib ------------------------------------------------------------------- */

/* Not before the kernel's picture: what is adopted is wanted only then. */
static void sweep(struct engine *e)
{
	if (!e->sweep_due || !e->fib.picture || !evpn_idle(e) || !mappings_idle(e) ||
	    !policy_idle(e) || !(e->has_cursor || e->has_ila_cursors))
		return;
	e->sweep_due = false;
	e->swept = true;
	fibc_put(e->fibc, INTENT_SYNC_END, INTENT_F_SWEEP, NULL);
}

static bool consume(void *ctx)
{
	struct engine *e = ctx;
	bool more;

	if (!e->stopping)
		rtc_own_update(e);
	/* Sessions that end because we leave take no forwarding state along. */
	if (!e->fibc || e->stopping)
		return false;
	evpn_consume(e);
	more = mappings_consume(e);
	more |= policy_consume(e);
	sweep(e);
	return more;
}

/* Routes went out: who waits for that hears it. */
static void exported(void *ctx)
{
	ready_kick(ctx);
}

static void sessions_start(struct engine *e, bool restarted)
{
	if (config_restarts(e->cfg))
		restart_load(e);
	e->bgp.forwarding_kept = e->fib.kept;
	e->bgp.restarting = config_restarts(e->cfg) && (restarted || e->bgp.n_expected);
	e->routes.hold_eor = e->bgp.restarting;
	e->bgp.local_pending = !fibc_is_record(e->fibc) && !e->fib.picture;
	e->sessions = true;
	bgp_apply(&e->bgp, e->cfg);
}

static void on_hello(struct engine *e, const struct intent_hello *h)
{
	if (h->version != INTENT_VERSION) {
		log_err(LOG_FIB, "fib speaks version %u, we %u", h->version,
			INTENT_VERSION);
		engine_stop(e, 1);
		return;
	}
	e->fib.hello = true;
	e->fib.kept = h->kept;
	fibc_put(e->fibc, INTENT_SYNC_BEGIN, 0, NULL);
	tenants_resync(e->tenants);
	ila_resync(e->ila);
	enforce_resync(e->policy.enforce);
	identity_resync(e);
	policy_consume(e);
	monitor_resync(e);
	fibc_put(e->fibc, INTENT_SYNC_END, 0, NULL);
	fibc_put(e->fibc, INTENT_READY, 0, NULL);
	sessions_start(e, h->kept || h->fib_restarts);
}

static void on_record(void *ctx, const struct intent_hdr *h, const void *body)
{
	struct engine *e = ctx;

	switch (h->type) {
	case INTENT_HELLO:
		on_hello(e, body);
		break;
	case INTENT_SIGNAL:
		on_signal_number(e, (int)((const struct intent_signal *)body)->signo);
		break;
	case INTENT_PING:
		fibc_put(e->fibc, INTENT_PONG, 0, body);
		break;
	case INTENT_ENTRY:
	case INTENT_QUERY_END:
	case INTENT_RULE_COUNT:
		fib_query_record(e, h, body);
		policy_query_record(e, h, body);
		break;
	default:
		evpn_record(e, h, body);
		mappings_record(e, h, body);
		policy_record(e, h, body);
		export_kick(&e->routes);
		break;
	}
}

static void on_room(void *ctx)
{
	struct engine *e = ctx;

	export_kick(&e->routes);
}

static void on_lost(void *ctx)
{
	struct engine *e = ctx;

	if (!e->stopping)
		log_err(LOG_FIB, "fib is gone, leaving");
	e->status = e->stopping ? e->status : 1;
	e->fib.hello = false;
	event_base_loopexit(e->base, NULL);
}

static const struct fibc_ops fibc_ops = {
	.record = on_record,
	.room = on_room,
	.lost = on_lost,
};

/* ---- sessions -------------------------------------------------------------- */

static void on_converged(struct bgp *b)
{
	struct engine *e = container_of(b, struct engine, bgp);

	routes_release(&e->routes);
}

/* Not before: what is still in the kernel and not yet said again would go. */
static void on_complete(struct bgp *b)
{
	struct engine *e = container_of(b, struct engine, bgp);

	e->sweep_due = true;
	export_kick(&e->routes);
}

static void on_tick(void *arg)
{
	struct engine *e = arg;

	uint64_t changes = 0;

	tenants_tick(e->tenants);
	for (unsigned i = 0; i < FAMS; i++) {
		const struct rib *r = &e->routes.rib[i];

		changes = (changes + r->version) * 31 + r->nets.used;
	}
	changes = changes * 31 + txbuf_total(); /* slow peers hold on to what is gone */
	heap_tick(changes);
	ev_timer_set(&e->tick, TICK_MS);
}

static void on_save(void *arg)
{
	endpoint_save(arg);
}

static void on_session(struct bgp *b)
{
	struct engine *e = container_of(b, struct engine, bgp);

	export_kick(&e->routes); /* one more, or one less, to wait for */
	ready_kick(e);
	/* Many come and go together, but one that comes and goes puts nothing off. */
	if (config_restarts(e->cfg) && !e->stopping && !e->restart_timer.pending)
		ev_timer_set(&e->restart_timer, 100);
}

static void on_restart_save(void *arg)
{
	restart_save(arg);
}

/* ---- start ----------------------------------------------------------------- */

static int apply_from_shell(void *ctx, struct config *next, char *err, size_t errlen)
{
	return engine_apply(ctx, next, err, errlen);
}

static int shell_start(struct engine *e)
{
	const struct vty_config vc = {
		.running = &e->cfg,
		.path = e->opts->config_file,
		.apply = apply_from_shell,
		.ctx = e,
	};

	e->cmds = vty_tree_new();
	show_bgp_register(e);
	show_peer_register(e);
	show_l2vpn_register(e);
	show_unicast_register(e);
	show_rtc_register(e);
	show_evpn_register(e);
	show_ila_register(e);
	show_identity_register(e);
	show_policy_register(e);
	monitor_register(e);
	ready_register(e);
	show_fib_register(e);
	endpoint_register(e);
	clear_register(e);
	return e->opts->rundir
		       ? vty_start(e->base, e->opts->rundir, e->cmds, &vc, &e->vty)
		       : 0;
}

static struct config *config_first(const struct engine_opts *o)
{
	char err[CONFIG_ERR];
	struct config *c = o->config_file
				   ? config_parse_file(o->config_file, err, sizeof(err))
				   : config_new();

	if (c && !config_check(c, err, sizeof(err)))
		return c;
	config_free(c);
	log_err(LOG_CONFIG, "%s", err);
	return NULL;
}

static int services_start(struct engine *e)
{
	char err[256];
	int rc;

	rc = shell_start(e);
	if (rc) {
		log_err(LOG_VTY, "%s: cannot listen: %s", e->opts->rundir,
			strerror(-rc));
		return EXIT_BIND;
	}
	rc = metrics_start(e, err, sizeof(err));
	if (!rc)
		return 0;
	log_err(LOG_WEB, "%s", err);
	return rc == -EINVAL ? EXIT_CONFIG : EXIT_BIND;
}

static int engine_init(struct engine *e)
{
	const struct engine_opts *o = e->opts;
	struct config *first = config_first(o);
	static struct session_hooks session_hooks;
	char err[CONFIG_ERR] = "";

	if (!first)
		return EXIT_CONFIG;
	e->start_ms = clock_ms();
	ev_timer_init(&e->tick, e->base, on_tick, e);
	ev_timer_init(&e->save_timer, e->base, on_save, e);
	ev_timer_init(&e->restart_timer, e->base, on_restart_save, e);
	session_hooks = routes_hooks;
	session_hooks.converged = on_converged;
	session_hooks.complete = on_complete;
	session_hooks.session = on_session;
	bgp_init(&e->bgp, e->base, &session_hooks);
	e->bgp.listen_addr = o->listen_addr;
	e->bgp.port = o->port;
	for (unsigned i = 0; i < o->n_listen; i++)
		bgp_listen_add(&e->bgp, o->listen_fd[i]);
	routes_init(&e->routes, &e->bgp);
	policy_init(e);
	ready_init(e);
	monitor_init(e);
	evpn_init(e);
	mappings_init(e);
	e->routes.consume = consume;
	e->routes.consume_ctx = e;
	e->routes.exported = exported;
	e->fibc = fibc_new(e->base, o->chan_fd, o->record_file, &fibc_ops, e);
	if (!e->fibc) {
		config_free(first);
		log_err(LOG_FIB, "%s: %s", o->record_file, strerror(errno));
		return EXIT_CONFIG;
	}
	if (engine_apply(e, first, err, sizeof(err))) {
		config_free(first);
		log_err(LOG_CONFIG, "%s", err);
		return EXIT_CONFIG;
	}
	endpoint_load(e);
	policy_closed_load(e);
	ev_timer_set(&e->tick, TICK_MS);
	return services_start(e);
}

static void engine_fini(struct engine *e)
{
	metrics_stop(e);
	vty_stop(e->vty);
	cmd_tree_free(e->cmds);
	bgp_fini(&e->bgp);
	evpn_fini(e);
	mappings_fini(e);
	identity_fini(e);
	policy_fini(e);
	ready_fini(e);
	routes_fini(&e->routes);
	fibc_free(e->fibc);
	ev_timer_fini(&e->tick);
	ev_timer_fini(&e->save_timer);
	ev_timer_fini(&e->restart_timer);
	config_free(e->cfg);
}

int engine_run(const struct engine_opts *o)
{
	static const int signals[] = { SIGHUP, SIGUSR1, SIGUSR2, SIGTERM, SIGINT };
	struct event *sig[ARRAY_SIZE(signals)] = { 0 };
	struct engine *e = xcalloc(1, sizeof(*e));
	sigset_t none;
	int status;

	log_role_set("engine");
	heap_init();
	signal(SIGPIPE, SIG_IGN);
	files_raise(FILES_WANTED); /* one for each neighbor of a reflector */
	e->opts = o;
	e->base = event_base_new();
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		sig[i] = evsignal_new(e->base, signals[i], on_signal, e);
		event_add(sig[i], NULL);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL); /* main() held them back until now */
	status = engine_init(e);
	if (!status) {
		if (fibc_is_record(e->fibc))
			sessions_start(e, false);
		event_base_dispatch(e->base);
		status = e->status;
		engine_fini(e);
	}
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		event_free(sig[i]);
	event_base_free(e->base);
	free(e);
	return status;
}
