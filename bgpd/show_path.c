/*
 * What all families show of a path. Which part comes when is FRR's, and differs:
 * show_route.c (EVPN), show_unicast.c.
 */
#include "bgpd/show_route.h"

#include <errno.h>
#include <stdio.h>

#include "lib/clock.h"
#include "lib/out.h"
#include "lib/rbuf.h"
#include "lib/util.h"

const char *path_origin(uint8_t origin)
{
	static const char *const names[] = { "IGP", "EGP", "incomplete" };

	return origin < ARRAY_SIZE(names) ? names[origin] : "?";
}

bool path_is_own(const struct path *p)
{
	return p->peer == RIB_OWN;
}

void path_nexthops_json(const struct route_show *t, const struct path *p)
{
	const struct peer *from = routes_peer(&t->e->routes, t->r, p->peer);
	const struct ip *nh = &p->attrs->nexthop;
	const char *host = from ? from->rx_open.hostname : t->e->cfg->hostname;
	char buf[ADDR_STR];

	out_arr(t->o, "nexthops");
	out_obj(t->o, NULL);
	out_str(t->o, "ip", ip_format(nh, buf));
	if (host[0])
		out_str(t->o, "hostname", host);
	out_str(t->o, "afi", nh->len == 16 ? "ipv6" : "ipv4");
	if (nh->len == 16 && t->f->index != FAM_EVPN)
		out_str(t->o, "scope", "global");
	if (t->detail) {
		out_uint(t->o, "metric", 0);
		out_bool(t->o, "accessible", true);
	}
	out_bool(t->o, "used", true);
	out_end(t->o);
	out_end(t->o);
}

bool path_is_internal(const struct route_show *t, const struct path *p)
{
	return !path_is_own(p) && !t->r->peer[p->peer].src.ebgp;
}

void path_extcom_json(struct out *o, const struct attrs *a)
{
	char text[4096];

	if (!a->ext_communities.len)
		return;
	out_obj(o, "extendedCommunity");
	out_str(o, "string", extcoms_format(&a->ext_communities, text, sizeof(text)));
	out_end(o);
}

void path_community_json(struct out *o, const struct attrs *a)
{
	char text[1024];

	if (!a->communities.len)
		return;
	out_obj(o, "community");
	out_str(o, "string", communities_format(&a->communities, text, sizeof(text)));
	out_end(o);
}

void path_large_json(struct out *o, const struct attrs *a)
{
	struct rbuf r = rbuf_of(a->large_communities.p, a->large_communities.len);
	char text[1024];

	if (!a->large_communities.len)
		return;
	out_obj(o, "largeCommunity");
	out_str(o, "string",
		large_communities_format(&a->large_communities, text, sizeof(text)));
	out_arr(o, "list");
	while (rbuf_left(&r) >= LARGE_COMMUNITY_LEN) {
		struct bytes one = { rbuf_take(&r, LARGE_COMMUNITY_LEN),
				     LARGE_COMMUNITY_LEN };

		out_str(o, NULL, large_communities_format(&one, text, sizeof(text)));
	}
	out_end(o);
	out_end(o);
}

void path_labels_show(const struct route_show *t, uint32_t path)
{
	uint8_t code = t->e->bgp.cfg->identity.code;
	struct bytes value, labels;
	char text[LABELS_STR];
	struct attrs a;
	int rc;

	attrset_view(rib_path(t->r, path)->attrs, &a);
	rc = attrs_labelset(&a, code, &value);
	if (rc == -ENOENT || !labelset_is_ours(value.p, value.len))
		return;
	out_obj(t->o, "labelSet");
	if (!rc && labelset_decode(value, 0, &labels) == LABELSET_OK) {
		out_uint(t->o, "domain", labelset_domain(value));
		out_str(t->o, "labels", labels_format(labels, text, sizeof(text)));
		out_text(t->o, "      Labels: %s, domain %u", text,
			 labelset_domain(value));
	} else {
		out_bool(t->o, "unreadable", true);
		out_text(t->o, "      Labels: unreadable");
	}
	out_bool(t->o, "accepted", rib_path_trusted(t->r, path));
	out_text(t->o, "%s\n", rib_path_trusted(t->r, path) ? ", accepted" : "");
	out_end(t->o);
}

int64_t path_stale_left_s(const struct route_show *t, const struct path *p)
{
	const struct peer *from = routes_peer(&t->e->routes, t->r, p->peer);
	const struct stale *s = from ? &from->stale[t->r - t->e->routes.rib] : NULL;
	int64_t ms = 0;

	if (s && p->flags & PATH_LONG_LIVED)
		ms = s->until_ms - clock_ms();
	else if (s)
		ms = ev_timer_left_ms(&from->gr_timer);
	return ms > 0 ? (ms + 999) / 1000 : 0;
}

void path_peer_json(const struct route_show *t, const struct path *p)
{
	const struct peer *from = routes_peer(&t->e->routes, t->r, p->peer);
	struct ip id = ip4_of(from ? from->remote_id : t->e->bgp.router_id);
	char addr[ADDR_STR];

	out_obj(t->o, "peer");
	out_str(t->o, "peerId", from ? ip_format(&from->addr, addr) : "0.0.0.0");
	out_str(t->o, "routerId", ip_format(&id, addr));
	if (from && from->rx_open.hostname[0])
		out_str(t->o, "hostname", from->rx_open.hostname);
	out_str(t->o, "type", from && !from->ebgp ? "internal" : "external");
	out_end(t->o);
}

void path_ids_show(const struct route_show *t, uint32_t path)
{
	uint32_t rx = rib_path(t->r, path)->rx_id, tx = rib_path_tx_id(t->r, path);

	if (!rx && !tx)
		return;
	out_uint(t->o, "addpathRxId", rx);
	out_text(t->o, "      AddPath ID: RX %u", rx);
	if (tx) {
		out_uint(t->o, "addpathTxIdAll", tx);
		out_text(t->o, ", TX-All %u", tx);
	}
	out_text(t->o, "\n");
}

char path_status(const struct path *p)
{
	if (p->flags & PATH_LONG_LIVED)
		return 'L';
	return p->flags & PATH_STALE ? 'S' : '*';
}

void path_lineage_json(struct out *o, const struct attrs *a)
{
	char buf[1024], addr[ADDR_STR];
	struct ip id;

	out_obj(o, "aspath");
	out_str(o, "string",
		a->as_path.len ? as_path_format(&a->as_path, buf, sizeof(buf))
			       : "Local");
	out_arr(o, "segments");
	out_end(o);
	out_uint(o, "length", attrs_as_path_len(a));
	out_end(o);
	if (attrs_has(a, ATTR_ORIGINATOR_ID)) {
		id = ip4_of(a->originator_id);
		out_str(o, "originatorId", ip_format(&id, addr));
	}
	if (a->cluster_list.len) {
		out_obj(o, "clusterList");
		out_arr(o, "list");
		for (size_t i = 0; i + 4 <= a->cluster_list.len; i += 4) {
			id = ip_of(a->cluster_list.p + i, 4);
			out_str(o, NULL, ip_format(&id, addr));
		}
		out_end(o);
		out_end(o);
	}
}

bool path_is_shown(const struct route_show *t, uint32_t net, uint32_t path)
{
	if (t->from)
		return rib_path(t->r, path)->peer == peer_slot(t->from);
	if (t->to)
		return export_told_path(t->to, t->f, path);
	return !t->best_only || rib_net(t->r, net)->best == path;
}

void route_advertised_json(const struct route_show *t, uint32_t net)
{
	const struct peer *p;
	char addr[ADDR_STR];

	out_obj(t->o, "advertisedTo");
	TAILQ_FOREACH (p, &t->e->bgp.peers, link) {
		if (!export_told(p, t->f, net))
			continue;
		out_obj(t->o, ip_format(&p->addr, addr));
		if (p->rx_open.hostname[0])
			out_str(t->o, "hostname", p->rx_open.hostname);
		out_end(t->o);
	}
	out_end(t->o);
}
