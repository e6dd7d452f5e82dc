/*
 * A BGP speaker without tables: session layer and codec only, hooks that print one
 * line per event. For interop tests of plain sessions; commands come on stdin.
 *
 *   speaker FILE [PORT]      FILE is a selvage.conf
 *
 * Built a second time with SPEAKER_IPV6 it speaks IPv6 unicast instead of EVPN, for
 * peers that know no EVPN (Debian's BIRD and OpenBGPD).
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "bgpd/peer.h"
#include "bgpd/session.h"
#include "bgpd/transport.h"
#include "lib/log.h"
#include "lib/util.h"
#include "lib/wbuf.h"
#include "wire/nlri_ila.h"
#include "wire/nlri_ip6.h"
#include "wire/nlri_rtc.h"

static struct bgp bgp;
static struct config *cfg;
static struct event_base *base;

#ifdef SPEAKER_IPV6
/* Takes the place of bgpd/families.c; no NLRI is ever looked at. */
static const struct nlri_ops ipv6_ops = { .name = "ipv6 unicast", .afi = 2, .safi = 1 };

const struct family families[FAMS] = {
	[FAM_EVPN] = { FAM_EVPN, &ipv6_ops, "ipv6Unicast", "IPv6" },
	[FAM_RTC] = { FAM_RTC, &nlri_rtc_ops, "ipv4RtConstraint",
		      "IPv4 RT Constraint" },
	[FAM_ILA] = { FAM_ILA, &nlri_ila_ops, "ilaUnicast", "ILA Unicast" },
	[FAM_IP6] = { FAM_IP6, &nlri_ip6_ops, "ipv6Unicast", "IPv6 Unicast" },
};

const struct family *family_find(uint16_t afi, uint8_t safi)
{
	return afi == 2 && safi == 1 ? &families[0] : NULL;
}

bool family_ila_set(uint16_t afi, uint8_t safi)
{
	(void)afi;
	(void)safi;
	return false;
}
#endif

/* ---- events ---- */

static const char *name(const struct peer *p)
{
	static char buf[ADDR_STR];

	return ip_format(&p->addr, buf);
}

static void send_eor(struct peer *p, const struct family *f)
{
	struct txbuf *t = txbuf_new(64);
	struct wbuf w = wbuf_of(t->data, 64);

	update_eor_encode(&w, f->ops->afi, f->ops->safi);
	t->len = (uint32_t)w.len;
	t->messages = 1;
	peer_tx(p, t);
	txbuf_unref(t);
	p->chan[f->index].eor_tx = true;
}

static void on_up(struct peer *p)
{
	printf("up %s as=%u ebgp=%d hold=%u keepalive=%u as4=%d ext=%d refresh=%d "
	       "enhanced=%d gr=%d fgr=%d n=%d rbit=%d\n",
	       name(p), p->remote_as, p->ebgp, p->hold_s, p->keepalive_s, p->as4,
	       p->ext_msg, p->refresh, p->refresh_enhanced, p->gr_both, p->chan[0].gr,
	       p->notif_n, p->rx_open.gr_restarting);
	send_eor(p, &families[0]);
}

static void on_down(struct peer *p, bool keep_stale)
{
	printf("down %s keep=%d %s\n", name(p), keep_stale, p->last_reset);
}

static enum verdict on_update(struct peer *p, struct rbuf body,
			      struct notif *err UNUSED)
{
	static struct update_scratch scratch;
	struct update_ctx ctx = { .as4 = p->as4, .ebgp = p->ebgp };
	struct update u;
	uint16_t afi;
	uint8_t safi;

	update_decode(body, &ctx, &scratch, &u);
	if (update_is_eor(&u, &afi, &safi) && family_find(afi, safi)) {
		printf("eor %s\n", name(p));
		peer_eor_received(p, family_find(afi, safi));
	}
	return V_OK;
}

static void on_refresh(struct peer *p, const struct family *f, uint8_t sub)
{
	printf("refresh %s %u\n", name(p), sub);
	if (sub != RR_REQUEST || !p->refresh_enhanced)
		return;
	peer_refresh_send(p, f, RR_BEGIN);
	peer_refresh_send(p, f, RR_END);
}

static void on_sweep(struct peer *p, const struct family *f)
{
	printf("sweep %s %s\n", name(p), f ? f->ops->name : "all");
}

static void on_long_lived(struct peer *p, const struct family *f)
{
	printf("long-lived %s %s\n", name(p), f->ops->name);
}

static void on_drained(struct peer *p)
{
	printf("drained %s\n", name(p));
}

static void on_gone(struct peer *p)
{
	printf("gone %s\n", name(p));
}

static void on_converged(struct bgp *b UNUSED)
{
	printf("converged\n");
}

static void on_complete(struct bgp *b UNUSED)
{
	printf("complete\n");
}

static const struct session_hooks hooks = {
	.up = on_up,
	.down = on_down,
	.update = on_update,
	.refresh = on_refresh,
	.stale_sweep = on_sweep,
	.long_lived = on_long_lived,
	.drained = on_drained,
	.gone = on_gone,
	.converged = on_converged,
	.complete = on_complete,
};

/* ---- commands ---- */

static void show_state(void)
{
	const struct peer *p;

	TAILQ_FOREACH (p, &bgp.peers, link)
		printf("state %s %s backoff=%u rx_keepalive=%llu tx_keepalive=%llu "
		       "rx_notif=%llu tx_notif=%llu fails=%llu idle=\"%s\" "
		       "reset=\"%s\"\n",
		       name(p), fsm_state_name(p->state), p->backoff,
		       (unsigned long long)p->stats.rx[MSG_KEEPALIVE],
		       (unsigned long long)p->stats.tx[MSG_KEEPALIVE],
		       (unsigned long long)p->stats.notif_rx,
		       (unsigned long long)p->stats.notif_tx,
		       (unsigned long long)p->stats.connect_fails, peer_idle_text(p),
		       p->last_reset);
}

static void leave(void *arg UNUSED)
{
	printf("stopped\n");
	event_base_loopexit(base, NULL);
}

static void reload(const char *file)
{
	char err[512];
	struct config *next = config_parse_file(file, err, sizeof(err));

	if (!next) {
		printf("error %s\n", err);
		return;
	}
	bgp_apply(&bgp, next);
	config_free(cfg);
	cfg = next;
	printf("reloaded\n");
}

static void peer_command(const char *verb, const char *addr, const char *rest)
{
	struct peer *p;
	struct ip a;

	p = ip_parse(addr, &a) ? NULL : peer_find(&bgp, &a);
	if (!p)
		printf("error no peer %s\n", addr);
	else if (!strcmp(verb, "reset"))
		peer_reset(p, CEASE_RESET, rest);
	else if (!strcmp(verb, "refresh"))
		printf("refresh-sent %s %d\n", addr,
		       peer_refresh_send(p, &families[0], RR_REQUEST));
	else
		printf("error what is %s\n", verb);
}

static void command(char *line)
{
	char *save, *verb = strtok_r(line, " \n", &save);
	char *arg = verb ? strtok_r(NULL, " \n", &save) : NULL;
	char *rest = arg ? strtok_r(NULL, "\n", &save) : NULL;

	if (!verb)
		return;
	if (!strcmp(verb, "state"))
		show_state();
	else if (!strcmp(verb, "stop"))
		bgp_stop(&bgp, arg && !strcmp(arg, "keep"), leave, NULL);
	else if (arg && !strcmp(verb, "load"))
		reload(arg);
	else if (arg)
		peer_command(verb, arg, rest ? rest : "");
}

static void on_stdin(evutil_socket_t fd, short what UNUSED, void *arg UNUSED)
{
	static char buf[4096];
	static size_t have;
	ssize_t n = read(fd, buf + have, sizeof(buf) - 1 - have);
	char *nl;

	if (n <= 0) {
		event_base_loopexit(base, NULL);
		return;
	}
	have += (size_t)n;
	buf[have] = 0;
	while ((nl = strchr(buf, '\n'))) {
		*nl = 0;
		command(buf);
		have -= (size_t)(nl + 1 - buf);
		memmove(buf, nl + 1, have + 1);
	}
	if (have == sizeof(buf) - 1)
		have = 0;
}

int main(int argc, char **argv)
{
	uint16_t port = argc > 2 ? (uint16_t)atoi(argv[2]) : 179;
	struct event *in;
	char err[512];
	int fd;

	if (argc < 2)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	cfg = config_parse_file(argv[1], err, sizeof(err));
	if (!cfg) {
		fprintf(stderr, "%s\n", err);
		return 1;
	}
	log_level_set(LOG_LVL_DEBUG);
	base = event_base_new();
	bgp_init(&bgp, base, &hooks);
	bgp.port = port;
	bgp.restarting = getenv("RESTARTING") != NULL;
	bgp.forwarding_kept = true;
	fd = transport_listen(NULL, port);
	if (fd < 0) {
		fprintf(stderr, "port %u: %s\n", port, strerror(-fd));
		return 3;
	}
	bgp_listen_add(&bgp, fd);
	bgp_apply(&bgp, cfg);
	in = event_new(base, STDIN_FILENO, EV_READ | EV_PERSIST, on_stdin, NULL);
	event_add(in, NULL);
	event_base_dispatch(base);
	event_free(in);
	bgp_fini(&bgp);
	config_free(cfg);
	event_base_free(base);
	libevent_global_shutdown();
	return 0;
}
