/*
 * The BGP instance: the set of peers that the configuration wants, listeners with
 * their MD5 keys, peers that listen ranges make, start and stop. Not for what a
 * single peer does: peer.c, session.c.
 */
#include "bgpd/session.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "bgpd/callers.h"
#include "bgpd/transport.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/util.h"

enum { RX_BUF = 2 * 65536, ACCEPT_TURN = 64, ACCEPT_PAUSE_MS = 100, STOP_MS = 1000 };

struct md5_key {
	struct prefix who;
	char key[81];
};

static void on_tidy(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct bgp *b = arg;
	struct peer *p;

	conn_reap(b);
	while ((p = TAILQ_FIRST(&b->leaving))) {
		TAILQ_REMOVE(&b->leaving, p, link);
		peer_free(p);
	}
	gr_check(b);
	if (b->stopping && TAILQ_EMPTY(&b->closing) && b->stop_done) {
		void (*done)(void *) = b->stop_done;

		b->stop_done = NULL;
		ev_timer_stop(&b->stop_timer);
		done(b->stop_arg);
	}
}

static void on_stop_timer(void *arg)
{
	struct bgp *b = arg;
	void (*done)(void *) = b->stop_done;

	b->stop_done = NULL;
	if (done)
		done(b->stop_arg);
}

void bgp_tidy(struct bgp *b)
{
	event_active(b->tidy_ev, EV_TIMEOUT, 0);
}

static void listeners_wake(void *arg)
{
	struct bgp *b = arg;

	for (unsigned i = 0; i < b->n_listen; i++)
		event_add(b->listen_ev[i], NULL);
}

void bgp_init(struct bgp *b, struct event_base *base, const struct session_hooks *h)
{
	*b = (struct bgp) { .base = base, .hooks = h };
	TAILQ_INIT(&b->peers);
	TAILQ_INIT(&b->closing);
	TAILQ_INIT(&b->dead);
	TAILQ_INIT(&b->leaving);
	hashidx_init(&b->by_addr);
	b->rx_buf = xcalloc(1, RX_BUF);
	b->callers = xcalloc(1, sizeof(*b->callers));
	b->tidy_ev = event_new(base, -1, 0, on_tidy, b);
	if (!b->tidy_ev)
		abort(); /* out of memory, as in xcalloc() */
	ev_timer_init(&b->defer_timer, base, gr_wait_expired, b);
	ev_timer_init(&b->quiet_timer, base, gr_check, b);
	ev_timer_init(&b->stop_timer, base, on_stop_timer, b);
	ev_timer_init(&b->accept_timer, base, listeners_wake, b);
}

/* ---- listeners ---- */

static void md5_listeners(struct bgp *b, const struct prefix *who, const char *key)
{
	char text[ADDR_STR];

	for (unsigned i = 0; i < b->n_listen; i++) {
		int err = transport_md5(b->listen_fd[i], who, key);

		if (err)
			log_err(LOG_SESSION, "listener: MD5 key of %s, %s%s",
				prefix_format(who, text), strerror(-err),
				err == -ENOMEM ? " (net.core.optmem_max)" : "");
	}
}

/* Of ranges that overlap the most specific one counts. */
static const struct cfg_range *range_find(const struct config *c, const struct ip *a)
{
	const struct cfg_range *r, *best = NULL;

	TAILQ_FOREACH (r, &c->ranges, link)
		if (prefix_contains(&r->prefix, a) &&
		    (!best || r->prefix.bits > best->prefix.bits))
			best = r;
	return best;
}

const struct prefix *peer_range(const struct peer *p)
{
	const struct cfg_range *r =
		p->dynamic ? range_find(p->bgp->cfg, &p->addr) : NULL;

	return r ? &r->prefix : NULL;
}

/* Settings of a peer that a listen range makes. */
static void range_resolve(const struct config *c, const struct cfg_range *r,
			  const struct ip *addr, struct cfg_nbr *out)
{
	struct cfg_nbr n = { .addr = *addr };

	ip_format(addr, n.name);
	str_copy(n.group, sizeof(n.group), r->group);
	config_nbr_resolve(c, &n, out);
	out->passive = true;
	/* Whoever may be there without being named must not take all there is. */
	if (!(out->set & NBR_MAX_MEMORY))
		out->max_memory_mb = CFG_RANGE_MEMORY_MB;
}

/* What a full listen range means is told (RFC 4486 section 4); a Cease makes its
 * receiver wait before it calls again. The others hear nothing from us. */
static const struct {
	const char *name, *text;
	enum log_level level;
	uint8_t cease; /* subcode, 0: closed without a word */
} refusals[REFUSE_COUNT] = {
	[REFUSE_STRANGER] = { "stranger", "no such neighbor", LOG_LVL_INFO },
	[REFUSE_IDLE] = { "idle", "refused while Idle", LOG_LVL_DEBUG },
	[REFUSE_LIMIT] = { "listen_limit", "the listen limit is reached", LOG_LVL_WARN,
			   CEASE_REJECTED },
	[REFUSE_CALLER] = { "too_often", "refused for a while, it calls too often",
			    LOG_LVL_WARN },
	[REFUSE_FILES] = { "files", "not accepted yet, too many open files",
			   LOG_LVL_ERR },
};

const char *refusal_name(enum refusal why)
{
	return refusals[why].name;
}

void bgp_refuse(struct bgp *b, int fd, const struct ip *from, enum refusal why)
{
	struct notif n = notif_make(NOTIF_CEASE, refusals[why].cease, NULL, 0);
	static struct log_limit limit[REFUSE_COUNT];
	char addr[ADDR_STR];

	b->refused[why]++;
	if (fd >= 0 && refusals[why].cease)
		conn_refuse(b, fd, &n);
	else if (fd >= 0)
		close(fd);
	if (log_enabled(refusals[why].level, LOG_SESSION) &&
	    log_ratelimited(&limit[why], 1)) {
		log_write(refusals[why].level, LOG_SESSION,
			  "connection from %s: %s, more_since_last=%u",
			  from ? ip_format(from, addr) : "somebody", refusals[why].text,
			  limit[why].suppressed);
		limit[why].suppressed = 0;
	}
}

bool bgp_forgive(struct bgp *b, const struct ip *addr)
{
	bool was = addr && callers_wait_ms(b->callers, addr, clock_ms());

	callers_forgive(b->callers, addr);
	return was;
}

const char *bgp_limit_name(enum bgp_limit l)
{
	static const char *const names[] = {
		[LIMIT_PREFIXES_NEAR] = "prefixes_threshold",
		[LIMIT_PREFIXES] = "prefixes",
		[LIMIT_MEMORY] = "memory",
		[LIMIT_MEMBERSHIPS] = "memberships",
		[LIMIT_HALF_OPEN] = "half_open",
		[LIMIT_CLOSING] = "closing",
	};

	return names[l];
}

/*
 * The oldest neighbor of a listen range that has not even said OPEN yet leaves, so
 * that connections which say nothing keep nobody out: whoever means it sends its OPEN
 * as soon as it is connected.
 */
static bool half_open_evict(struct bgp *b)
{
	struct notif n = notif_make(NOTIF_CEASE, CEASE_RESOURCES, NULL, 0);
	struct peer *p;

	TAILQ_FOREACH (p, &b->peers, link)
		if (p->dynamic && p->state == FSM_OPENSENT && !p->gr_stale)
			break;
	if (!p)
		return false;
	b->limits[LIMIT_HALF_OPEN]++;
	peer_delete(p, &n, "No OPEN, made room for others");
	return true;
}

static struct peer *range_peer(struct bgp *b, const struct cfg_range *r,
			       const struct ip *addr, enum refusal *why)
{
	struct cfg_nbr cfg;
	struct peer *p;

	*why = REFUSE_LIMIT;
	if (b->n_dynamic >= MIN_OF((unsigned)b->cfg->listen_limit, CFG_DYNAMIC_MAX) &&
	    !half_open_evict(b))
		return NULL;
	range_resolve(b->cfg, r, addr, &cfg);
	p = peer_new(b, &cfg, true);
	peer_start(p);
	if (p->idle == PEER_RUNS)
		return p;
	*why = REFUSE_IDLE; /* and no neighbor for each that tries */
	peer_delete(p, NULL, "Not wanted");
	return NULL;
}

void bgp_welcome(struct bgp *b, int fd, const struct ip *from)
{
	struct peer *p = peer_find(b, from);
	const struct cfg_range *r = p || !b->cfg ? NULL : range_find(b->cfg, from);
	enum refusal why = REFUSE_STRANGER;

	/* fe80::1 of another link is somebody else. */
	if ((!p && !r) || (p && !transport_is_via(fd, p->cfg.ifname))) {
		bgp_refuse(b, fd, from, why);
		return;
	}
	if (callers_wait_ms(b->callers, from, clock_ms())) {
		bgp_refuse(b, fd, from, REFUSE_CALLER);
		return;
	}
	if (!p)
		p = range_peer(b, r, from, &why);
	if (p)
		peer_accept(p, fd);
	else
		bgp_refuse(b, fd, from, why);
}

/* What we cannot take stays in the kernel's queue; asking at once would be a loop. */
static void accept_failed(struct bgp *b, int err)
{
	if (err != EMFILE && err != ENFILE && err != ENOBUFS && err != ENOMEM)
		return;
	for (unsigned i = 0; i < b->n_listen; i++)
		event_del(b->listen_ev[i]);
	ev_timer_set(&b->accept_timer, ACCEPT_PAUSE_MS);
	bgp_refuse(b, -1, NULL, REFUSE_FILES);
}

static void on_accept(evutil_socket_t lfd, short what UNUSED, void *arg)
{
	for (int i = 0; i < ACCEPT_TURN; i++) {
		struct sockaddr_storage ss = { 0 };
		socklen_t len = sizeof(ss);
		int fd = accept4(lfd, (struct sockaddr *)&ss, &len,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0) {
			accept_failed(arg, errno);
			return;
		}

		struct ip from = ip_from_sockaddr(&ss, NULL);

		bgp_welcome(arg, fd, &from);
	}
}

void bgp_listen_add(struct bgp *b, int fd)
{
	struct event *ev;

	if (b->n_listen == ARRAY_SIZE(b->listen_fd)) {
		close(fd);
		return;
	}
	evutil_make_socket_nonblocking(fd);
	ev = event_new(b->base, fd, EV_READ | EV_PERSIST, on_accept, b);
	if (!ev)
		abort();
	event_add(ev, NULL);
	b->listen_fd[b->n_listen] = fd;
	b->listen_ev[b->n_listen++] = ev;
	for (size_t i = 0; i < b->n_md5; i++)
		transport_md5(fd, &b->md5[i].who, b->md5[i].key);
}

static const struct md5_key *md5_find(const struct md5_key *k, size_t n,
				      const struct prefix *who)
{
	for (size_t i = 0; i < n; i++)
		if (!memcmp(&k[i].who, who, sizeof(*who)))
			return &k[i];
	return NULL;
}

static struct prefix whole(const struct ip *a)
{
	return (struct prefix) { *a, (uint8_t)(a->len * 8) };
}

static size_t md5_want(const struct config *c, struct md5_key **out)
{
	struct md5_key *k = NULL;
	const struct cfg_nbr *n;
	const struct cfg_range *r;
	struct cfg_nbr cfg;
	size_t have = 0;

	TAILQ_FOREACH (n, &c->nbrs, link) {
		config_nbr_resolve(c, n, &cfg);
		if (!cfg.password[0])
			continue;
		k = xrealloc(k, (have + 1) * sizeof(*k));
		k[have].who = whole(&n->addr);
		str_copy(k[have++].key, sizeof(k->key), cfg.password);
	}
	TAILQ_FOREACH (r, &c->ranges, link) {
		range_resolve(c, r, &r->prefix.ip, &cfg);
		if (!cfg.password[0])
			continue;
		k = xrealloc(k, (have + 1) * sizeof(*k));
		k[have].who = r->prefix;
		str_copy(k[have++].key, sizeof(k->key), cfg.password);
	}
	*out = k;
	return have;
}

static void md5_apply(struct bgp *b, const struct config *c)
{
	struct md5_key *want = NULL;
	size_t n = c->has_bgp ? md5_want(c, &want) : 0;

	for (size_t i = 0; i < b->n_md5; i++)
		if (!md5_find(want, n, &b->md5[i].who))
			md5_listeners(b, &b->md5[i].who, "");
	for (size_t i = 0; i < n; i++) {
		const struct md5_key *was = md5_find(b->md5, b->n_md5, &want[i].who);

		if (!was || strcmp(was->key, want[i].key))
			md5_listeners(b, &want[i].who, want[i].key);
	}
	free(b->md5);
	b->md5 = want;
	b->n_md5 = n;
}

/* ---- configuration ---- */

/* Are labels taken off its routes, and off those it is told? */
static bool strips(const struct bgp *bgp, const struct cfg_nbr *n, unsigned fam)
{
	return cfg_labels_of(&n->af[fam], nbr_is_ebgp(bgp, n)) == CFG_LABELS_STRIP;
}

/* What is kept of the session before would have the wrong labels then. */
static bool labels_differ(const struct bgp *bgp, const struct cfg_nbr *a,
			  const struct cfg_nbr *b)
{
	for (unsigned i = 0; i < FAMS; i++)
		if (strips(bgp, a, i) != strips(bgp, b, i))
			return true;
	return !label_marks_equal(&a->marks, &b->marks);
}

/* Would the session look different with these settings? (RFC 8212 speaks of external
 * neighbors only.) */
static bool session_differs(const struct bgp *bgp, const struct cfg_nbr *a,
			    const struct cfg_nbr *b)
{
	if (a->needs_policy != b->needs_policy && nbr_is_ebgp(bgp, b))
		return true;
	if (bgp->ila_moved && a->af[FAM_ILA].activate)
		return true;
	for (unsigned i = 0; i < FAMS; i++)
		if (a->af[i].activate != b->af[i].activate ||
		    a->af[i].rr_client != b->af[i].rr_client ||
		    a->af[i].rs_client != b->af[i].rs_client ||
		    a->af[i].no_addpath_rx != b->af[i].no_addpath_rx ||
		    a->af[i].addpath_tx_all != b->af[i].addpath_tx_all ||
		    a->af[i].default_originate != b->af[i].default_originate)
			return true;
	return labels_differ(bgp, a, b) || a->as_kind != b->as_kind ||
	       a->remote_as != b->remote_as || strcmp(a->password, b->password) ||
	       a->gtsm_hops != b->gtsm_hops || a->multihop != b->multihop ||
	       a->port != b->port || a->has_role != b->has_role || a->role != b->role ||
	       a->role_strict != b->role_strict || a->passive != b->passive ||
	       !ip_eq(&a->source, &b->source) || strcmp(a->source_if, b->source_if) ||
	       strcmp(a->ifname, b->ifname);
}

static void settings_take(struct peer *p, const struct cfg_nbr *cfg)
{
	struct cfg_nbr was = p->cfg;

	p->cfg = *cfg;
	if (p->bgp->hooks->configured)
		p->bgp->hooks->configured(p, &was);
}

static void peer_configure(struct peer *p, const struct cfg_nbr *cfg, bool force)
{
	struct notif n = notif_make(NOTIF_CEASE, CEASE_CONFIG, NULL, 0);
	bool differs = force || session_differs(p->bgp, &p->cfg, cfg);
	bool shut = cfg->shutdown && !p->cfg.shutdown;
	bool unshut = !cfg->shutdown && p->cfg.shutdown;

	bool other = force || p->cfg.as_kind != cfg->as_kind ||
		     p->cfg.remote_as != cfg->remote_as ||
		     p->cfg.needs_policy != cfg->needs_policy ||
		     labels_differ(p->bgp, &p->cfg, cfg);

	settings_take(p, cfg);
	if (!peer_established(p)) {
		p->ebgp = nbr_is_ebgp(p->bgp, cfg);
		p->remote_as =
			cfg->as_kind == CFG_AS_INTERNAL ? p->bgp->as : cfg->remote_as;
	}
	if (shut) {
		n = notif_shutdown(CEASE_SHUTDOWN, cfg->shutdown_msg);
		peer_stop(p, &n, "Administrative shutdown", PEER_ADMIN_DOWN);
		return;
	}
	if (!differs && !unshut)
		return;
	peer_stop(p, &n, "Configuration changed", PEER_RUNS);
	peer_start(p);
	if (other || p->idle != PEER_RUNS) /* else it is a restart like others */
		gr_forget(p);
}

static void apply_neighbors(struct bgp *b, const struct config *c, bool force)
{
	const struct cfg_nbr *n;

	TAILQ_FOREACH (n, &c->nbrs, link) {
		struct peer *p = peer_find(b, &n->addr);
		struct cfg_nbr cfg;

		config_nbr_resolve(c, n, &cfg);
		if (p && p->dynamic) { /* it has a stanza of its own now */
			p->dynamic = false;
			b->n_dynamic--;
			peer_configure(p, &cfg, true);
		} else if (p) {
			peer_configure(p, &cfg, force);
		} else {
			peer_start(peer_new(b, &cfg, false));
		}
	}
}

static void apply_dynamic(const struct config *c, struct peer *p, bool force)
{
	struct notif n = notif_make(NOTIF_CEASE, CEASE_DECONFIGURED, NULL, 0);
	const struct cfg_range *r = range_find(c, &p->addr);
	struct cfg_nbr cfg;

	if (r) {
		range_resolve(c, r, &p->addr, &cfg);
		if (!force && !cfg.shutdown &&
		    !session_differs(p->bgp, &p->cfg, &cfg)) {
			settings_take(p, &cfg);
			return;
		}
		n = cfg.shutdown ? notif_shutdown(CEASE_SHUTDOWN, cfg.shutdown_msg)
				 : notif_make(NOTIF_CEASE, CEASE_CONFIG, NULL, 0);
	}
	peer_delete(p, &n, r ? "Configuration changed" : "De-configured");
}

static void apply_removals(struct bgp *b, const struct config *c, bool force)
{
	struct notif n = notif_make(NOTIF_CEASE, CEASE_DECONFIGURED, NULL, 0);
	struct peer *p, *next;

	for (p = TAILQ_FIRST(&b->peers); p; p = next) {
		next = TAILQ_NEXT(p, link);
		if (c->has_bgp && config_nbr_find(c, &p->addr))
			continue;
		if (c->has_bgp && p->dynamic)
			apply_dynamic(c, p, force);
		else
			peer_delete(p, &n, "De-configured");
	}
}

/* Router id of last resort: the highest IPv4 address that is not loopback. */
static uint32_t derive_router_id(void)
{
	struct ifaddrs *list, *a;
	uint32_t best = 0;

	if (getifaddrs(&list))
		return 0;
	for (a = list; a; a = a->ifa_next) {
		struct sockaddr_in s4;
		struct ip ip;

		if (!a->ifa_addr || a->ifa_addr->sa_family != AF_INET)
			continue;
		memcpy(&s4, a->ifa_addr, sizeof(s4));
		ip = ip_of(&s4.sin_addr, 4);
		if (!ip_is_loopback(&ip) && ip4_host(&ip) > best)
			best = ip4_host(&ip);
	}
	freeifaddrs(list);
	return best;
}

void bgp_identify(struct bgp *b, const struct config *c)
{
	b->as = c->as;
	if (c->router_id)
		b->router_id = c->router_id;
	else if (!b->router_id || !b->id_derived)
		b->router_id = derive_router_id(); /* once: it must not wander */
	b->id_derived = !c->router_id;
	b->cluster_id = c->cluster_id ? c->cluster_id : b->router_id;
}

/* Return: true when a number that every session depends on changed. The caller may
 * have set them in b already, so what counts is the last time. */
static bool apply_numbers(struct bgp *b, const struct config *c)
{
	bool first = !b->applied[0], changed;

	bgp_identify(b, c);

	const uint32_t now[3] = { b->as, b->router_id, b->cluster_id };

	if (!b->router_id)
		log_err(LOG_SESSION,
			"bgp: no router id and no IPv4 address to make one "
			"of, no session: expected `bgp router-id`");
	changed = !first && memcmp(b->applied, now, sizeof(now));
	memcpy(b->applied, now, sizeof(now));
	return changed;
}

void bgp_apply(struct bgp *b, struct config *now)
{
	bool force = now->has_bgp && apply_numbers(b, now);

	b->ila_moved = family_ila_set(now->ila_afi, now->ila_safi);
	b->cfg = now;
	md5_apply(b, now);
	apply_removals(b, now, force);
	if (!now->has_bgp)
		return;
	apply_neighbors(b, now, force);
	if (!now->llgr_stale_s)
		gr_long_lived_off(b);
	gr_wait(b);
	bgp_tidy(b);
}

/* ---- the end ---- */

void bgp_drained(struct bgp *b)
{
	if (b->stopping)
		bgp_tidy(b);
}

static void listeners_close(struct bgp *b)
{
	for (unsigned i = 0; i < b->n_listen; i++) {
		event_free(b->listen_ev[i]);
		close(b->listen_fd[i]);
	}
	b->n_listen = 0;
}

/* Does this peer keep our routes if we go without a word? What counts is what the OPEN
 * of the session said. */
static bool was_asked_to_keep(const struct peer *p)
{
	for (size_t i = 0; i < p->tx_open.n_families; i++)
		if (p->tx_open.fam[i].gr)
			return true;
	return false;
}

void bgp_stop(struct bgp *b, bool keep, void (*done)(void *arg), void *arg)
{
	struct notif n = notif_shutdown(CEASE_SHUTDOWN, "");
	struct peer *p;

	if (b->stopping)
		return;
	listeners_close(b);
	b->stopping = true;
	b->stop_keeps = keep;
	b->stop_done = done;
	b->stop_arg = arg;
	TAILQ_FOREACH (p, &b->peers, link)
		peer_stop(p, keep && was_asked_to_keep(p) ? NULL : &n, "Daemon stops",
			  PEER_LEAVING);
	ev_timer_set(&b->stop_timer, STOP_MS);
	bgp_tidy(b);
}

void bgp_fini(struct bgp *b)
{
	struct peer *p;
	struct conn *c;

	b->stopping = b->stop_keeps = true;
	listeners_close(b);
	TAILQ_FOREACH (p, &b->peers, link)
		peer_stop(p, NULL, "Daemon stops", PEER_LEAVING);
	while ((p = TAILQ_FIRST(&b->peers))) {
		peer_unlist(p);
		peer_free(p);
	}
	while ((p = TAILQ_FIRST(&b->leaving))) {
		TAILQ_REMOVE(&b->leaving, p, link);
		peer_free(p);
	}
	while ((c = TAILQ_FIRST(&b->closing)))
		conn_bury(c);
	conn_reap(b);
	ev_timer_fini(&b->defer_timer);
	ev_timer_fini(&b->quiet_timer);
	ev_timer_fini(&b->stop_timer);
	ev_timer_fini(&b->accept_timer);
	event_free(b->tidy_ev);
	free(b->rx_buf);
	free(b->callers);
	hashidx_fini(&b->by_addr);
	free(b->by_index);
	free(b->expected);
	free(b->md5);
}
