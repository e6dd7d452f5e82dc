/*
 * Whole sessions. The input is a list of orders: who connects, which bytes come in
 * which pieces, who stops reading or hangs up, how much time goes by, what the operator
 * does. Everything behind the socket is the real thing, up to the tables and what other
 * peers are told; sockets are pairs (session_wires.c), time is set.
 *
 * What must hold: whatever we send is well-formed; a peer that reads has been told just
 * what the tables say, byte for byte of its keys; sums agree with what they sum up;
 * when all have gone nothing is left.
 */
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "bgpd/config.h"
#include "bgpd/conn.h"
#include "bgpd/routes.h"
#include "bgpd/rtc.h"
#include "bgpd/session.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/util.h"
#include "lib/wbuf.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/session_holds.h"
#include "tests/fuzz/session_wires.h"
#include "wire/nlri_evpn.h"
#include "wire/nlri_ila.h"
#include "wire/nlri_ip6.h"
#include "wire/nlri_rtc.h"
#include "wire/open.h"
#include "wire/update.h"

enum { ORDERS_MAX = 400, PASSES = 3 };

/* ---- configuration ---- */

#define COMMON                                                                         \
	"router bgp 65000\n"                                                           \
	" bgp router-id 10.0.0.1\n"                                                    \
	" no bgp ebgp-requires-policy\n"                                               \
	" bgp listen limit 2\n"                                                        \
	" neighbor hosts peer-group\n"                                                 \
	" neighbor hosts remote-as internal\n"                                         \
	" neighbor hosts maximum-memory 1\n"                                           \
	" bgp listen range 10.0.1.0/24 peer-group hosts\n"                             \
	" neighbor 10.0.0.2 remote-as 65000\n"                                         \
	" neighbor 10.0.0.2 passive\n"                                                 \
	" neighbor 10.0.0.3 remote-as 65001\n"                                         \
	" neighbor 10.0.0.3 timers 1 3\n"
#define EVPN                                                                           \
	" address-family l2vpn evpn\n"                                                 \
	"  neighbor hosts activate\n"                                                  \
	"  neighbor hosts route-reflector-client\n"                                    \
	"  neighbor hosts addpath-tx-all-paths\n"                                      \
	"  neighbor 10.0.0.2 activate\n"                                               \
	"  neighbor 10.0.0.3 activate\n"

#define MEMBERS                                                                        \
	" address-family ipv4 rt-constraint\n"                                         \
	"  neighbor hosts activate\n"                                                  \
	"  neighbor 10.0.0.2 activate\n"                                               \
	"  neighbor 10.0.0.3 activate\n"

/* All configurations have them: whether there are any says the OPEN. */
#define UNICAST                                                                        \
	" address-family ila unicast\n"                                                \
	"  neighbor hosts activate\n"                                                  \
	"  neighbor hosts route-reflector-client\n"                                    \
	"  neighbor hosts addpath-tx-all-paths\n"                                      \
	"  neighbor 10.0.0.2 activate\n"                                               \
	"  neighbor 10.0.0.3 activate\n"                                               \
	" address-family ipv6 unicast\n"                                               \
	"  neighbor hosts activate\n"                                                  \
	"  neighbor 10.0.0.2 activate\n"                                               \
	"  neighbor 10.0.0.2 addpath-tx-all-paths\n"                                   \
	"  neighbor 10.0.0.2 route-reflector-client\n"                                 \
	"  neighbor 10.0.0.3 activate\n"

static const char *const configs[] = {
	COMMON " bgp graceful-restart\n"
	       " bgp long-lived-graceful-restart stale-time 600\n"
	       " neighbor 10.0.0.4 remote-as 65000\n" UNICAST EVPN
	       "  neighbor 10.0.0.2 route-reflector-client\n"
	       "  neighbor 10.0.0.2 maximum-prefix 20\n"
	       "  neighbor 10.0.0.4 activate\n" MEMBERS
	       "  neighbor 10.0.0.4 activate\n",
	COMMON UNICAST EVPN "  neighbor 10.0.0.2 maximum-prefix 3 50 restart 1\n"
			    "  bgp evpn malformed-nlri disable-family\n"
			    "  bgp evpn unknown-types discard\n",
	COMMON " bgp graceful-restart\n"
	       " neighbor 10.0.0.3 shutdown\n"
	       " neighbor 10.0.0.4 remote-as internal\n" UNICAST
	       "  neighbor 10.0.0.4 activate\n"
	       "  neighbor 10.0.0.2 maximum-prefix 6\n" EVPN
	       "  bgp evpn malformed-nlri reset\n"
	       "  neighbor 10.0.0.3 route-server-client\n"
	       "  neighbor 10.0.0.4 activate\n"
	       "  neighbor 10.0.0.4 addpath-rx-paths-limit 2\n"
	       "  neighbor 10.0.0.4 addpath-tx-all-paths\n" MEMBERS
	       "  neighbor 10.0.0.2 default-originate\n"
	       "  neighbor hosts maximum-prefix 5\n",
};

static struct event_base *base;
static struct bgp bgp;
static struct routes routes;
static struct config *config;
static int64_t now;

/* No chance in times. */
uint32_t arc4random_uniform(uint32_t bound)
{
	(void)bound;
	return 0;
}

/* The session that a wire carries, NULL for none. */
static struct peer *session_of(const struct wire *w)
{
	struct ip addr = ip4_of(w->who < OTHERS ? others[w->who].addr : 0);
	struct peer *p = peer_find(&bgp, &addr);
	struct conn *c = p ? peer_established(p) : NULL;

	return w->fd >= 0 && !w->ended && c && c->fd == w->engine_fd ? p : NULL;
}

/* Everybody says and hears what there is to say. */
static void pump(void)
{
	for (int i = 0; i < PASSES; i++) {
		event_base_loop(base, EVLOOP_NONBLOCK);
		for (size_t k = 0; k < WIRES; k++) {
			struct wire *w = &wires[k];
			struct peer *p = session_of(w);

			if (p && !w->known) {
				w->known = true;
				w->as4 = p->as4;
				w->ebgp = p->ebgp;
				for (unsigned f = 0; f < FAMS; f++)
					w->addpath[f] = p->chan[f].tx_addpath;
			}
			wire_listen(w);
		}
	}
}

static void everybody_heard(void)
{
	for (size_t i = 0; i < WIRES; i++)
		wires[i].stalled = false;
	pump();
	pump();
	for (size_t i = 0; i < WIRES; i++) {
		struct wire *w = &wires[i];
		struct peer *p = session_of(w);

		for (unsigned f = 0; p && f < FAMS; f++)
			if (p->chan[f].up && !p->chan[f].disabled && w->known &&
			    w->n_told < TOLD_MAX)
				heard_all(&routes, w, p, f);
	}
}

/* ---- orders ---- */

struct input {
	struct rbuf r;
	struct wire *w; /* the one that orders are for */
};

static void send_piece(struct wire *w, const uint8_t *p, size_t len)
{
	if (w->fd >= 0 && len)
		(void)!send(w->fd, p, len, MSG_NOSIGNAL);
	pump();
}

/* In two pieces, the first of `cut` bytes. */
static void send_cut(struct wire *w, const struct wbuf *m, size_t cut)
{
	cut = cut % 64 ? MIN_OF(cut, m->len) : 0;
	if (cut)
		send_piece(w, m->base, cut);
	send_piece(w, m->base + cut, m->len - cut);
}

static void order_call(struct input *in)
{
	unsigned who = rbuf_u8(&in->r) % OTHERS;
	struct ip from = ip4_of(others[who].addr);
	int fd = wire_pair(others[who].addr);

	for (size_t i = 0; i < WIRES; i++)
		if (wires[i].fd >= 0 && wires[i].engine_fd == fd && !wires[i].ended)
			in->w = &wires[i];
	bgp_welcome(&bgp, fd, &from);
	pump();
}

/* As many bytes as two of the input say, or as are left. */
static struct rbuf take(struct input *in, size_t limit)
{
	size_t len = rbuf_u16(&in->r) % limit;

	return rbuf_sub(&in->r, MIN_OF(len, rbuf_left(&in->r)));
}

static void order_bytes(struct input *in)
{
	struct rbuf piece = take(in, 4096);

	in->w->rough = true;
	send_piece(in->w, piece.p, rbuf_left(&piece));
}

static void order_open(struct input *in)
{
	unsigned bits = rbuf_u16(&in->r), cut = rbuf_u8(&in->r);
	uint8_t buf[1024];
	struct wbuf w = wbuf_of(buf, sizeof(buf));
	const unsigned who = in->w->who % OTHERS;
	struct open_msg o = {
		.version = 4,
		.as = others[who].as,
		.as2 = (uint16_t)others[who].as,
		.as4 = !(bits & 1),
		.hold_s = bits & 2   ? 0
			  : bits & 4 ? 3
				     : 90,
		.id = others[who].addr + (bits & 0x400 ? 0x01000000 : 0),
		.any_mp = true,
		.refresh = !(bits & 8),
		.refresh_enhanced = bits & 16,
		.extended_msg = bits & 32,
		.gr = bits & 64,
		.gr_restarting = bits & 128,
		.gr_notification = bits & 256,
		.gr_time_s = bits & 512 ? 0 : 120,
		.n_families = 1,
	};

	o.fam[0] = (struct open_family) {
		.afi = 25,
		.safi = 70,
		.mp = true,
		.addpath = (bits >> 11) & 3,
		.gr = bits & 64,
		.gr_forward = bits & 0x2000,
		.llgr = bits & 0x4000,
		.llgr_forward = bits & 0x8000,
		.llgr_stale_s = 300,
	};
	if (cut & 128)
		o.fam[o.n_families++] = (struct open_family) {
			.afi = 1, .safi = 132, .mp = true, .gr = bits & 64
		};
	for (unsigned f = FAM_ILA; cut & 64 && f <= FAM_IP6; f++) {
		struct open_family *of = &o.fam[o.n_families++];

		*of = o.fam[0];
		of->afi = families[f].ops->afi;
		of->safi = families[f].ops->safi;
	}
	if (!open_encode(&w, &o))
		send_cut(in->w, &w, cut);
}

static void order_keepalive(struct input *in)
{
	uint8_t buf[MSG_HEADER_LEN];
	struct wbuf w = wbuf_of(buf, sizeof(buf));

	msg_keepalive_encode(&w);
	send_piece(in->w, buf, w.len);
}

static struct nlri route(unsigned number)
{
	struct evpn_route r = { .type = EVPN_MACIP, .label1 = 100 };
	struct nlri n;

	r.rd = rd_make_ip(1, (uint16_t)(number & 3));
	r.mac = (struct mac) { { 2, 0, 0, 0, 0, (uint8_t)number } };
	if (number & 64)
		r.ip = ip_of("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	if (number & 128)
		r = (struct evpn_route) { .type = EVPN_IMET,
					  .rd = rd_make_ip(1, 1),
					  .ip = ip4_of(number) };
	must(!evpn_build(&r, &n));
	return n;
}

static struct attrs attributes(unsigned kind)
{
	static const uint8_t path[] = { 2, 1, 0, 0, 0xfd, 0xe9 };
	static const uint8_t rt[3][8] = { { 0, 2, 0xfd, 0xe8, 0, 0, 0, 100 },
					  { 0, 2, 0xfd, 0xe8, 0, 0, 0, 101 },
					  { 6, 2, 2, 0, 0, 0, 0, 100 } };
	/* NO_EXPORT, NO_ADVERTISE, LLGR_STALE */
	static const uint8_t special[] = { 0xff, 0xff, 0xff, 1,    0xff, 0xff,
					   0xff, 2,    0xff, 0xff, 0,    6 };
	static uint8_t many[3000];
	struct attrs a = { .nexthop = ip4_of(0x0a090001 + (kind & 3)),
			   .local_pref = 100 + (kind >> 2 & 1),
			   .med = kind };

	a.present = 1ull << ATTR_ORIGIN | 1ull << ATTR_AS_PATH | 1ull << ATTR_MED |
		    1ull << ATTR_LOCAL_PREF;
	if ((kind & 3) < 3) {
		a.present |= 1ull << ATTR_EXT_COMMUNITY;
		a.ext_communities = (struct bytes) { rt[kind & 3], sizeof(rt[0]) };
	}
	if (kind & 8)
		a.as_path = (struct bytes) { path, sizeof(path) };
	if (kind & 0x70)
		a.present |= 1ull << ATTR_COMMUNITY;
	if (kind & 0x40) /* 4000 bytes and more with the next bit */
		a.communities = (struct bytes) { many, kind & 0x80 ? 3000 : 1200 };
	else if (kind & 0x30)
		a.communities =
			(struct bytes) { special + 4 * ((kind >> 4 & 3) - 1), 4 };
	return a;
}

/* Routes first..first+n-1 with attributes `kind`, or their withdraw. */
static void order_routes(struct input *in)
{
	unsigned first = rbuf_u8(&in->r), how = rbuf_u8(&in->r), kind = rbuf_u8(&in->r),
		 n = (how & 15) + 1;
	static const struct attr_export as_is = { 0 };
	static uint8_t buf[65536], attrs[8192];
	struct wbuf w = wbuf_of(buf, sizeof(buf)), aw = wbuf_of(attrs, sizeof(attrs));
	const struct peer *p = session_of(in->w);
	bool addpath = p && p->chan[FAM_EVPN].rx_addpath;
	struct attrs a = attributes(kind);
	struct update_writer u;

	must(!attrs_export(&aw, &a, &as_is));
	if (how & 16)
		update_unreach_begin(&u, &w, MSG_MAX, &nlri_evpn_ops, addpath);
	else
		update_reach_begin(&u, &w, MSG_MAX, &nlri_evpn_ops, addpath, &a.nexthop,
				   (struct bytes) { attrs, aw.len });
	for (unsigned i = 0; i < n; i++) {
		struct nlri one = route((first + i) & 255);

		one.path_id = how >> 5;
		if (update_add(&u, &one))
			break;
	}
	if (!update_end(&u))
		send_cut(in->w, &w, kind);
}

/* Bytes from the input in the body of an UPDATE: a frame that fits. */
static void order_update(struct input *in)
{
	struct rbuf body = take(in, 1024);
	uint8_t buf[2048];
	struct wbuf w = wbuf_of(buf, sizeof(buf));
	size_t at = msg_begin(&w, MSG_UPDATE);

	wbuf_bytes(&w, body.p, rbuf_left(&body));
	msg_end(&w, at);
	in->w->rough = true;
	send_piece(in->w, buf, w.len);
}

static void order_eor(struct input *in)
{
	uint8_t buf[64];
	struct wbuf w = wbuf_of(buf, sizeof(buf));

	update_eor_encode(&w, 25, 70);
	send_piece(in->w, buf, w.len);
}

static void order_refresh(struct input *in)
{
	struct msg_refresh m = { .afi = 25, .sub = rbuf_u8(&in->r) & 3, .safi = 70 };
	unsigned times = 1 + (rbuf_u8(&in->r) & 7);
	uint8_t buf[256];
	struct wbuf w = wbuf_of(buf, sizeof(buf));

	while (times--)
		msg_refresh_encode(&w, &m);
	send_piece(in->w, buf, w.len);
}

static void order_notification(struct input *in)
{
	struct notif n = notif_make(rbuf_u8(&in->r), rbuf_u8(&in->r), "\2hi", 3);
	uint8_t buf[64];
	struct wbuf w = wbuf_of(buf, sizeof(buf));

	msg_notif_encode(&w, &n);
	send_piece(in->w, buf, w.len);
}

static void order_hang_up(struct input *in)
{
	if (rbuf_u8(&in->r) & 1)
		shutdown(in->w->fd, SHUT_WR);
	else
		wire_close(in->w);
	pump();
}

static void order_stall(struct input *in)
{
	in->w->stalled = rbuf_u8(&in->r) & 1;
	pump();
}

static void order_choose(struct input *in)
{
	in->w = &wires[rbuf_u8(&in->r) % WIRES];
}

static void pass(int64_t ms)
{
	for (int64_t step; ms > 0; ms -= step) {
		step = MIN_OF(ms, MAX_OF(ms / 2, 1000));
		now += step;
		clock_set(now);
		ev_timers_run();
		pump();
	}
}

static void order_time(struct input *in)
{
	static const int64_t ms[] = { 100,   1000,   3000,   10000,
				      61000, 121000, 361000, 700000 };

	pass(ms[rbuf_u8(&in->r) & 7]);
}

static void order_operator(struct input *in)
{
	unsigned what = rbuf_u8(&in->r), who = rbuf_u8(&in->r) % OTHERS;
	struct ip addr = ip4_of(others[who].addr);
	struct peer *p = peer_find(&bgp, &addr);

	if (p && (what & 3) == 0)
		peer_reset(p, CEASE_RESET, NULL);
	else if (p && (what & 3) == 1)
		peer_refresh_send(p, &families[FAM_EVPN], RR_REQUEST);
	else if (p && (what & 3) == 2)
		export_refresh(&routes, p, &families[FAM_EVPN]);
	else
		bgp_forgive(&bgp, what & 4 ? NULL : &addr);
	pump();
}

static struct config *config_of(unsigned number)
{
	static struct config *parsed[ARRAY_SIZE(configs)];
	unsigned i = number % ARRAY_SIZE(configs);
	char err[200] = "";

	if (!parsed[i]) {
		parsed[i] = config_parse_text("fuzz", configs[i], err, sizeof(err));
		if (!parsed[i] || config_check(parsed[i], err, sizeof(err)))
			fprintf(stderr, "%s\n", err);
		must(!err[0]);
	}
	return config_copy(parsed[i]);
}

static void order_reload(struct input *in)
{
	struct config *old = config;

	config = config_of(rbuf_u8(&in->r));
	bgp_apply(&bgp, config);
	config_free(old);
	pump();
}

static void order_own(struct input *in)
{
	unsigned number = rbuf_u8(&in->r), kind = rbuf_u8(&in->r);
	struct nlri n = route(number);
	struct attrs a = attributes(kind & 0x4f);

	if (kind & 0x80)
		routes_unoriginate(&routes, &families[FAM_EVPN], &n);
	else
		routes_originate(&routes, &families[FAM_EVPN], &n, &a);
	pump();
}

/* A membership, its withdraw, or End-of-RIB of them. */
static void order_wish(struct input *in)
{
	static const uint8_t bits[] = { 96, 96, 96, 0, 32, 64, 80, 95 };
	unsigned what = rbuf_u8(&in->r), kind = rbuf_u8(&in->r);
	struct rtc_route m = { .bits = bits[what & 7], .as = 65000 + (what >> 3 & 1) };
	static const struct attr_export as_is = { 0 };
	uint8_t buf[4096], attrs[4096];
	struct wbuf w = wbuf_of(buf, sizeof(buf)), aw = wbuf_of(attrs, sizeof(attrs));
	struct attrs a = attributes(kind & 0x3f);
	struct update_writer u;
	struct nlri n;

	memcpy(m.rt.b,
	       attributes(what >> 4 & 3).ext_communities.p ?: (const uint8_t *)"",
	       (what >> 4 & 3) < 3 ? 8 : 0);
	must(!rtc_build(&m, &n) && !attrs_export(&aw, &a, &as_is));
	if (what & 64) {
		update_eor_encode(&w, 1, 132);
		send_piece(in->w, buf, w.len);
		return;
	}
	if (what & 128)
		update_unreach_begin(&u, &w, MSG_MAX, &nlri_rtc_ops, false);
	else
		update_reach_begin(&u, &w, MSG_MAX, &nlri_rtc_ops, false, &a.nexthop,
				   (struct bytes) { attrs, aw.len });
	must(!update_add(&u, &n) && !update_end(&u));
	send_cut(in->w, &w, kind);
}

static struct nlri mapping(unsigned fam, unsigned number)
{
	struct prefix p = { .ip.len = 16, .bits = (uint8_t)(number & 1 ? 128 : 64) };
	struct ila64 id = { { 0x20 } };
	struct nlri n;

	id.b[7] = (uint8_t)number;
	p.ip.b[0] = 0x20;
	p.ip.b[7] = (uint8_t)number;
	if (fam == FAM_ILA)
		nlri_ila_build(&id, &n);
	else
		must(!nlri_ip6_build(&p, &n));
	return n;
}

/* ILA or IPv6: routes, their withdraw, End-of-RIB, or a refresh. */
static void order_mapping(struct input *in)
{
	unsigned what = rbuf_u8(&in->r), first = rbuf_u8(&in->r), how = rbuf_u8(&in->r),
		 kind = rbuf_u8(&in->r);
	unsigned fam = what & 1 ? FAM_IP6 : FAM_ILA;
	const struct nlri_ops *ops = families[fam].ops;
	struct msg_refresh m = { .afi = ops->afi, .safi = ops->safi, .sub = how & 3 };
	static const struct attr_export as_is = { 0 };
	static uint8_t buf[65536], attrs[8192];
	struct wbuf w = wbuf_of(buf, sizeof(buf)), aw = wbuf_of(attrs, sizeof(attrs));
	const struct peer *p = session_of(in->w);
	bool addpath = p && p->chan[fam].rx_addpath;
	struct attrs a = attributes(kind);
	struct ip hop = { .len = 16, .b = { 0x20, [7] = (uint8_t)(kind & 3) } };
	struct update_writer u;

	must(!attrs_export(&aw, &a, &as_is));
	if (what & 2) {
		update_eor_encode(&w, ops->afi, ops->safi);
		send_piece(in->w, buf, w.len);
		return;
	}
	if (what & 4) {
		msg_refresh_encode(&w, &m);
		send_piece(in->w, buf, w.len);
		return;
	}
	if (how & 16)
		update_unreach_begin(&u, &w, MSG_MAX, ops, addpath);
	else
		update_reach_begin(&u, &w, MSG_MAX, ops, addpath, &hop,
				   (struct bytes) { attrs, aw.len });
	for (unsigned i = 0; i <= (how & 15); i++) {
		struct nlri one = mapping(fam, (first + i) & 63);

		one.path_id = how >> 5;
		if (update_add(&u, &one))
			break;
	}
	if (!update_end(&u))
		send_cut(in->w, &w, kind);
}

static void order_check(struct input *in)
{
	(void)in;
	everybody_heard();
}

static void (*const orders[])(struct input *in) = {
	order_call,   order_bytes,  order_open,    order_keepalive,    order_routes,
	order_update, order_eor,    order_refresh, order_notification, order_hang_up,
	order_stall,  order_choose, order_time,    order_operator,     order_reload,
	order_own,    order_check,  order_wish,
};

/* Orders that came later have bytes of their own, so that inputs which were found
 * before mean what they meant. */
enum { BYTE_MAPPING = 0xf0 };

static void order(struct input *in)
{
	uint8_t b = rbuf_u8(&in->r);

	if (b >= BYTE_MAPPING)
		order_mapping(in);
	else
		orders[b % ARRAY_SIZE(orders)](in);
}

/* ---- one run ---- */

static void setup(void)
{
	static bool once;
	static struct session_hooks hooks;

	if (!once) {
		log_level_set(LOG_LVL_ERR);
		signal(SIGPIPE, SIG_IGN);
	}
	once = true;
	now = 1000000;
	clock_set(now);
	wires_init();
	base = event_base_new();
	hooks = routes_hooks;
	bgp_init(&bgp, base, &hooks);
	routes_init(&routes, &bgp);
	bgp.as = 65000;
	bgp.router_id = 0x0a000001;
	config = config_of(0);
	bgp_apply(&bgp, config);
	pump();
}

/* Everybody goes, and all time passes: nothing may be left. */
static void teardown(void)
{
	for (size_t i = 0; i < WIRES; i++)
		wire_close(&wires[i]);
	pump();
	bgp_forgive(&bgp, NULL);
	for (unsigned i = 0; i < 256; i++) {
		struct nlri n = route(i);

		routes_unoriginate(&routes, &families[FAM_EVPN], &n);
	}
	for (int i = 0; i < 3; i++) { /* restart times, long-lived ones */
		for (size_t k = 0; k < WIRES; k++)
			wire_close(&wires[k]); /* we dial */
		pass(1 << 20);
	}
	sums_hold(&bgp, &routes);
	for (unsigned f = 0; f < FAMS; f++)
		must(routes.rib[f].paths.used == 0 && routes.rib[f].n_nets == 0 &&
		     routes.rib[f].n_dead == 0);
	must(routes.attrs.n == 0 && routes.attrs.bytes == 0);
	bgp_fini(&bgp);
	routes_fini(&routes);
	config_free(config);
	for (size_t i = 0; i < WIRES; i++)
		wire_close(&wires[i]);
	event_base_free(base);
	must(txbuf_total() == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { .r = rbuf_of(data, size) };

	setup();
	in.w = &wires[0];
	for (int i = 0; i < ORDERS_MAX && rbuf_left(&in.r); i++) {
		order(&in);
		sums_hold(&bgp, &routes);
	}
	everybody_heard();
	sums_hold(&bgp, &routes);
	teardown();
	return 0;
}
