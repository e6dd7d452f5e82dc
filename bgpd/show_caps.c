/*
 * Capabilities of a session as `show bgp neighbors` tells them, in FRR's words: what
 * we offered, what the peer offered.
 */
#include "bgpd/engine_int.h"

#include <stddef.h>

#include "lib/out.h"
#include "lib/util.h"

enum { SENT = 1, GOT = 2 };

/* By who offered it: keys and words of FRR; none at [0]. */
static const struct {
	const char *json, *rx, *tx, *text;
} ways[] = {
	[SENT] = { "advertised", "rxAdvertised", "txAdvertised", "advertised" },
	[GOT] = { "received", "rxReceived", "txReceived", "received" },
	[SENT | GOT] = { "advertisedAndReceived", "rxAdvertisedAndReceived",
			 "txAdvertisedAndReceived", "advertised and received" },
};

static int way_of(bool sent, bool got)
{
	return (sent ? SENT : 0) | (got ? GOT : 0);
}

/* Those without content. */
static const struct {
	const char *json, *text;
	size_t offset; /* of its bool in struct open_msg */
} plain[] = {
	{ "4byteAs", "4 Byte AS", offsetof(struct open_msg, as4) },
	{ "extendedMessage", "Extended Message",
	  offsetof(struct open_msg, extended_msg) },
	{ "enhancedRouteRefresh", "Enhanced Route Refresh",
	  offsetof(struct open_msg, refresh_enhanced) },
};

static void show_plain(struct out *o, const struct peer *p)
{
	const char *tx = (const char *)&p->tx_open, *rx = (const char *)&p->rx_open;

	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		int way = way_of(*(const bool *)(tx + plain[i].offset),
				 *(const bool *)(rx + plain[i].offset));

		if (!way)
			continue;
		out_str(o, plain[i].json, ways[way].json);
		out_text(o, "    %s: %s\n", plain[i].text, ways[way].text);
	}
}

static void show_role(struct out *o, const struct peer *p)
{
	int way = way_of(p->tx_open.role.present, p->rx_open.role.present);

	if (!way)
		return;
	out_str(o, "role", ways[way].json);
	out_text(o, "    Role: %s\n", ways[way].text);
}

/* FRR tells by which code it came: the old one of its own (128) or RFC 2918's. */
static void show_refresh(struct out *o, const struct peer *p)
{
	bool both = p->tx_open.refresh && p->rx_open.refresh;

	out_str(o, "routeRefresh", both ? "advertisedAndReceivedNew" : "advertised");
	out_text(o, "    Route refresh: %s\n",
		 both ? "advertised and received(new)" : "advertised");
}

static const struct open_family *family_in(const struct open_msg *m, unsigned fam)
{
	static const struct open_family none;
	const struct nlri_ops *ops = families[fam].ops;
	const struct open_family *f = open_family_find(m, ops->afi, ops->safi);

	return f ? f : &none;
}

static void show_families(struct out *o, const struct peer *p)
{
	out_obj(o, "multiprotocolExtensions");
	for (unsigned i = 0; i < FAMS; i++) {
		int way = way_of(family_in(&p->tx_open, i)->mp,
				 family_in(&p->rx_open, i)->mp);

		if (!way)
			continue;
		out_obj(o, families[i].json);
		out_bool(o, ways[way].json, true);
		out_end(o);
		out_text(o, "    Address Family %s: %s\n", families[i].text,
			 ways[way].text);
	}
	out_end(o);
}

/* Who offered to send several paths (TX), who to receive them (RX): they go from one
 * with TX to one with RX. */
static void show_addpath(struct out *o, const struct peer *p)
{
	bool any = false;

	for (unsigned i = 0; i < FAMS; i++)
		any |= family_in(&p->tx_open, i)->addpath ||
		       family_in(&p->rx_open, i)->addpath;
	if (!any)
		return;
	out_text(o, "    AddPath:\n");
	out_obj(o, "addPath");
	for (unsigned i = 0; i < FAMS; i++) {
		uint8_t ours = family_in(&p->tx_open, i)->addpath;
		uint8_t theirs = family_in(&p->rx_open, i)->addpath;
		int tx = way_of(ours & ADDPATH_TX, theirs & ADDPATH_TX);
		int rx = way_of(ours & ADDPATH_RX, theirs & ADDPATH_RX);

		if (!tx && !rx)
			continue;
		out_obj(o, families[i].json);
		if (tx) {
			out_bool(o, ways[tx].tx, true);
			out_text(o, "      %s: TX %s\n", families[i].text,
				 ways[tx].text);
		}
		if (rx) {
			out_bool(o, ways[rx].rx, true);
			out_text(o, "      %s: RX %s\n", families[i].text,
				 ways[rx].text);
		}
		out_end(o);
	}
	out_end(o);
}

static void show_long_lived(struct out *o, const struct peer *p)
{
	bool ours = false, theirs = false;
	int way;

	for (unsigned i = 0; i < FAMS; i++) {
		ours |= family_in(&p->tx_open, i)->llgr;
		theirs |= family_in(&p->rx_open, i)->llgr;
	}
	way = way_of(ours, theirs);
	if (!way)
		return;
	out_str(o, "longLivedGracefulRestart", ways[way].json);
	out_text(o, "    Long-lived Graceful Restart: %s\n", ways[way].text);
	if (!theirs)
		return;
	out_text(o, "      Address families by peer:\n");
	out_obj(o, "longLivedGracefulRestartByPeer");
	for (unsigned i = 0; i < FAMS; i++) {
		const struct open_family *f = family_in(&p->rx_open, i);

		if (!f->llgr)
			continue;
		out_obj(o, families[i].json);
		out_bool(o, "preserved", f->llgr_forward);
		out_uint(o, "staleTimerMsecs", f->llgr_stale_s * (uint64_t)1000);
		out_end(o);
		out_text(o, "        %s, stale time %u seconds%s\n", families[i].text,
			 f->llgr_stale_s, f->llgr_forward ? "(preserved)" : "");
	}
	out_end(o);
}

static void show_restart(struct out *o, const struct peer *p)
{
	int way = way_of(p->tx_open.gr, p->rx_open.gr);

	if (!way)
		return;
	out_str(o, "gracefulRestart", ways[way].json);
	out_text(o, "    Graceful Restart Capability: %s\n", ways[way].text);
	if (!p->rx_open.gr)
		return;
	out_uint(o, "gracefulRestartRemoteTimerMsecs", p->rx_open.gr_time_s * 1000u);
	out_text(o,
		 "      Remote Restart timer is %u seconds\n"
		 "      Address families by peer:\n",
		 p->rx_open.gr_time_s);
	out_obj(o, "addressFamiliesByPeer");
	for (unsigned i = 0; i < FAMS; i++) {
		const struct open_family *f = family_in(&p->rx_open, i);

		if (!f->gr)
			continue;
		out_obj(o, families[i].json);
		out_bool(o, "preserved", f->gr_forward);
		out_end(o);
		out_text(o, "        %s(%s)\n", families[i].text,
			 f->gr_forward ? "preserved" : "not preserved");
	}
	out_end(o);
}

static void show_names(struct out *o, const struct peer *p)
{
	out_obj(o, "hostName");
	out_str(o, "advHostName", p->tx_open.hostname);
	out_str(o, "advDomainName", p->tx_open.domain);
	out_str(o, "rcvHostName", p->rx_open.hostname);
	out_str(o, "rcvDomainName", p->rx_open.domain);
	out_end(o);
}

void show_capabilities(struct out *o, const struct peer *p)
{
	out_text(o, "  Neighbor capabilities:\n");
	out_obj(o, "neighborCapabilities");
	show_plain(o, p);
	show_role(o, p);
	show_refresh(o, p);
	show_families(o, p);
	show_addpath(o, p);
	show_long_lived(o, p);
	show_names(o, p);
	show_restart(o, p);
	out_end(o);
}
