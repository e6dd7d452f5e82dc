/*
 * A reflector whose clients ask for what they import (RFC 4684), without sockets: how
 * long it takes to tell each its share, to follow one client's wish, and to pass one
 * change on. One line of JSON; no assertion: numbers are compared, not tested.
 * Usage: members [clients [targets [of them each [routes]]]]
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <event2/event.h>

#include "bgpd/routes.h"
#include "bgpd/rtc.h"
#include "lib/log.h"
#include "lib/util.h"
#include "wire/nlri_evpn.h"
#include "wire/nlri_rtc.h"

enum { AS = 65000, OUR_ID = 0x0a0000fe, HOSTS = 0x0a010000, CHANGES = 2000 };

static struct bgp bgp;
static struct config cfg;
static struct routes routes;
static struct peer *peers;
static unsigned n_peers = 1000, n_targets = 1000, n_each = 20, n_routes = 100000;
static unsigned *imports; /* n_each for each peer */
static unsigned long n_buffers;

/* No sockets: whatever goes out is counted, and gone at once. */
void __wrap_peer_tx(struct peer *p, struct txbuf *b);
bool __wrap_peer_tx_full(struct peer *p);
bool __wrap_peer_tx_idle(const struct peer *p);

void __wrap_peer_tx(struct peer *p UNUSED, struct txbuf *b UNUSED)
{
	n_buffers++;
}

bool __wrap_peer_tx_full(struct peer *p UNUSED)
{
	return false;
}

bool __wrap_peer_tx_idle(const struct peer *p UNUSED)
{
	return true;
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static size_t heap(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static void flush(void)
{
	for (int i = 0; i < 3; i++)
		event_base_loop(bgp.base, EVLOOP_NONBLOCK);
}

static unsigned chance(unsigned bound)
{
	return (unsigned)rand() % bound; /* the same in every run */
}

/* MED tells changes apart; target 0 is none: the attributes of a membership. */
static struct attrset *attributes(const struct peer *p, unsigned target, unsigned med)
{
	struct extcom rt = rt_make(AS, target);
	struct attrs a = { .nexthop = p->addr, .local_pref = 100, .med = med };

	a.present = 1ull << ATTR_ORIGIN | 1ull << ATTR_AS_PATH | 1ull << ATTR_MED |
		    1ull << ATTR_LOCAL_PREF;
	if (target) {
		a.present |= 1ull << ATTR_EXT_COMMUNITY;
		a.ext_communities = (struct bytes) { rt.b, sizeof(rt.b) };
	}
	return attrset_intern(&routes.attrs, &a);
}

static void say(const struct peer *p, unsigned fam, const struct nlri *n,
		struct attrset *a)
{
	rib_update(&routes.rib[fam], peer_slot(p), n, a);
	attrset_unref(&routes.attrs, a);
}

/* Route i: of one client, in one of its tenants. */
static void say_route(unsigned i, unsigned med)
{
	const unsigned at = i % n_peers;
	const unsigned target = imports[at * n_each + i / n_peers % n_each];
	struct evpn_route r = {
		.type = EVPN_MACIP,
		.rd = rd_make_ip(HOSTS + at, (uint16_t)target),
		.mac = { { 2, 0, (uint8_t)(i >> 24), (uint8_t)(i >> 16),
			   (uint8_t)(i >> 8), (uint8_t)i } },
		.ip = ip4_of(0xac100000u + i),
		.label1 = target,
	};
	struct nlri n;

	evpn_build(&r, &n);
	say(&peers[at], FAM_EVPN, &n, attributes(&peers[at], target, med));
}

static void say_wish(const struct peer *p, unsigned target)
{
	struct rtc_route m = { .bits = RTC_FULL_BITS, .as = AS };
	struct nlri n;

	m.rt = rt_make(AS, target);
	rtc_build(&m, &n);
	say(p, FAM_RTC, &n, attributes(p, 0, 0));
}

static void sessions_begin(void)
{
	for (unsigned i = 0; i < n_peers; i++) {
		struct peer *p = &peers[i];

		p->bgp = &bgp;
		p->index = i;
		p->state = FSM_ESTABLISHED;
		p->addr = ip4_of(HOSTS + i);
		p->local_addr = ip4_of(OUR_ID);
		p->remote_id = HOSTS + i;
		p->as4 = p->ext_msg = true;
		for (unsigned f = 0; f < FAMS; f++)
			p->chan[f].up = p->cfg.af[f].rr_client = true;
		TAILQ_INSERT_TAIL(&bgp.peers, p, link);
		routes_hooks.up(p);
	}
	for (unsigned i = 0; i < n_peers * n_each; i++)
		imports[i] = 1 + chance(n_targets);
	flush();
}

/* Everybody has said what it wants: in one turn of the loop. */
static double tell_all(void)
{
	double start = seconds();

	for (unsigned i = 0; i < n_peers * n_each; i++)
		say_wish(&peers[i / n_each], imports[i]);
	for (unsigned i = 0; i < n_peers; i++)
		rtc_eor(&routes, &peers[i]);
	flush();
	return seconds() - start;
}

static double follow_wishes(void)
{
	double start = seconds();

	for (unsigned i = 0; i < CHANGES; i++) {
		struct peer *p = &peers[chance(n_peers)];

		say_wish(p, 1 + chance(n_targets));
		rtc_changed(&routes, p);
		flush();
	}
	return (seconds() - start) / CHANGES;
}

static double pass_changes(void)
{
	double start = seconds();

	for (unsigned i = 0; i < CHANGES; i++) {
		say_route(chance(n_routes), i + 1);
		flush();
	}
	return (seconds() - start) / CHANGES;
}

int main(int argc, char **argv)
{
	unsigned *const args[] = { &n_peers, &n_targets, &n_each, &n_routes };
	unsigned long told = 0;
	size_t before;

	for (int i = 1; i < argc && i <= (int)ARRAY_SIZE(args); i++)
		*args[i - 1] = (unsigned)strtoul(argv[i], NULL, 10);
	if (!n_peers || !n_targets || !n_each || !n_routes)
		return 2;
	log_level_set(LOG_LVL_ERR);
	bgp.base = event_base_new();
	bgp.cfg = &cfg;
	bgp.as = AS;
	bgp.router_id = bgp.cluster_id = OUR_ID;
	TAILQ_INIT(&bgp.peers);
	routes_init(&routes, &bgp);
	peers = xcalloc(n_peers, sizeof(*peers));
	imports = xcalloc((size_t)n_peers * n_each, sizeof(*imports));
	sessions_begin();
	before = heap();
	for (unsigned i = 0; i < n_routes; i++)
		say_route(i, 0);
	flush();

	double per_route = (double)(heap() - before) / n_routes, tell, wish, change;

	before = heap();
	tell = tell_all();
	for (unsigned i = 0; i < n_peers; i++)
		told += export_count(&peers[i], &families[FAM_EVPN]);
	before = heap() - before;
	wish = follow_wishes();
	n_buffers = 0;
	change = pass_changes();
	printf("{\"clients\":%u,\"targets\":%u,\"each\":%u,\"routes\":%u,"
	       "\"bytes_per_route\":%.0f,\"tell_s\":%.3f,\"told\":%lu,"
	       "\"memberships_bytes\":%zu,\"wish_us\":%.0f,\"change_us\":%.1f,"
	       "\"receivers\":%.1f}\n",
	       n_peers, n_targets, n_each, n_routes, per_route, tell, told, before,
	       wish * 1e6, change * 1e6, (double)n_buffers / CHANGES);
	return 0;
}
