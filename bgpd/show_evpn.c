/*
 * `show evpn ...` and `show bgp l2vpn evpn vni ...`: EVIs, MACs, neighbours and
 * remote VTEPs, text and JSON in FRR's keys.
 */
#include "bgpd/engine_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/vty.h"
#include "lib/clock.h"
#include "lib/cmd.h"
#include "lib/out.h"
#include "lib/util.h"

struct show {
	const struct engine *e;
	struct out *o;
	bool one; /* a VNI was named: no outer key */
	bool detail;
	const struct mac *mac;
	unsigned n;
	uint32_t vni; /* the VNI whose object is open, 0 none */
};

static void evi_count(void *arg, const struct tenants_evi_info *i)
{
	(void)i;
	++*(unsigned *)arg;
}

static unsigned n_evis(const struct engine *e)
{
	unsigned n = 0;

	tenants_evi_foreach(e->tenants, 0, evi_count, &n);
	return n;
}

static const char *vni_key(uint32_t vni, char buf[16])
{
	snprintf(buf, 16, "%u", vni);
	return buf;
}

/* ---- show bgp l2vpn evpn vni ----------------------------------------------- */

static void rts_json(struct out *o, const char *key, const struct extcom *rt,
		     unsigned n)
{
	char buf[ADDR_STR];

	out_arr(o, key);
	for (unsigned i = 0; i < n; i++)
		out_str(o, NULL, rt_format(&rt[i], buf));
	out_end(o);
}

static void bgp_vni(void *arg, const struct tenants_evi_info *i)
{
	struct show *s = arg;
	struct out *o = s->o;
	char key[16], rd[ADDR_STR], ip[ADDR_STR], imp[ADDR_STR] = "",
						  exp[ADDR_STR] = "";

	s->n++;
	if (i->n_import)
		rt_format(&i->import[0], imp);
	if (i->n_export)
		rt_format(&i->export[0], exp);
	rd_format(&i->rd, rd);
	ip_format(&i->vtep, ip);
	if (!s->one)
		out_obj(o, vni_key(i->vni, key));
	out_uint(o, "vni", i->vni);
	out_str(o, "type", "L2");
	out_str(o, "inKernel", i->in_kernel ? "True" : "False");
	out_str(o, "rd", rd);
	out_str(o, "originatorIp", ip);
	out_str(o, "mcastGroup", "0.0.0.0");
	if (i->tenant[0])
		out_str(o, "tenant", i->tenant);
	if (s->one)
		out_str(o, "sviInterface", i->bridge);
	out_str(o, "advertiseGatewayMacip", "Disabled");
	out_str(o, "advertiseSviMacIp", "Disabled");
	/* FRR spells the lists differently when one VNI is named. */
	rts_json(o, s->one ? "importRts" : "importRTs", i->import, i->n_import);
	rts_json(o, s->one ? "exportRts" : "exportRTs", i->export, i->n_export);
	if (!s->one)
		out_end(o);
	if (s->one)
		out_text(o,
			 "VNI: %u%s\n  Type: L2\n  RD: %s\n  Originator IP: %s\n"
			 "  Import Route Target:\n    %s\n  Export Route Target:\n    "
			 "%s\n",
			 i->vni, i->in_kernel ? " (known to the kernel)" : "", rd, ip,
			 imp, exp);
	else
		out_text(o, "%c %-10u L2   %-21s %-25s %-25s default\n",
			 i->in_kernel ? '*' : ' ', i->vni, rd, imp, exp);
}

static int show_bgp_vni(void *ctx, const struct cmd_args *args, struct out *o)
{
	const struct engine *e = ctx;
	uint32_t vni = cmd_arg_uint(args, "vni", 0);
	struct show s = { .e = e, .o = o, .one = vni };
	const char *all = e->cfg->advertise_all_vni ? "Enabled" : "Disabled";

	out_obj(o, NULL);
	if (!vni) {
		unsigned n = n_evis(e);

		out_str(o, "advertiseGatewayMacip", "Disabled");
		out_str(o, "advertiseSviMacIp", "Disabled");
		out_str(o, "advertiseAllVnis", all);
		out_str(o, "flooding", "Head-end replication");
		out_str(o, "vxlanFlooding", "Enabled");
		out_uint(o, "numVnis", n);
		out_uint(o, "numL2Vnis", n);
		out_uint(o, "numL3Vnis", 0);
		out_text(o,
			 "Advertise All VNI flag: %s\nBUM flooding: Head-end "
			 "replication\n"
			 "Number of L2 VNIs: %u\nNumber of L3 VNIs: 0\n"
			 "Flags: * - Kernel\n  VNI        Type RD                    "
			 "Import RT                 Export RT                 Tenant "
			 "VRF\n",
			 all, n);
	}
	tenants_evi_foreach(e->tenants, vni, bgp_vni, &s);
	out_end(o);
	if (vni && !s.n)
		out_puts(o, "VNI not found\n");
	return CMD_OK;
}

/* ---- show evpn, show evpn vni ---------------------------------------------- */

static int show_evpn(void *ctx, const struct cmd_args *args, struct out *o)
{
	const struct engine *e = ctx;
	const struct config *c = e->cfg;
	unsigned n = n_evis(e);
	struct tenants_counters k;

	(void)args;
	tenants_counters_get(e->tenants, &k);
	out_obj(o, NULL);
	out_str(o, "advertiseGatewayMacip", "No");
	out_str(o, "advertiseSviMacip", "No");
	out_uint(o, "numVnis", n);
	out_uint(o, "numL2Vnis", n);
	out_uint(o, "numL3Vnis", 0);
	out_bool(o, "isDuplicateAddrDetection", !c->dad_off);
	out_uint(o, "maxMoves", c->dad_moves);
	out_uint(o, "detectionTime", c->dad_time_s);
	out_uint(o, "detectionFreezeTime", c->dad_freeze_s);
	out_uint(o, "numMacs", k.macs_local + k.macs_remote);
	out_uint(o, "numDuplicateMacs", k.duplicates);
	out_uint(o, "macMoves", k.moves);
	out_uint(o, "vniMismatches", k.vni_mismatches);
	out_end(o);
	out_text(o,
		 "L2 VNIs: %u\nL3 VNIs: 0\nAdvertise gateway mac-ip: No\n"
		 "Duplicate address detection: %s\n"
		 "  Detection max-moves %u, time %u\n"
		 "MACs: %u local, %u remote; neighbours: %u local, %u remote\n"
		 "Moves: %llu, duplicates now: %u, foreign VNIs used: %llu\n",
		 n, c->dad_off ? "Disable" : "Enable", c->dad_moves, c->dad_time_s,
		 k.macs_local, k.macs_remote, k.neighs_local, k.neighs_remote,
		 (unsigned long long)k.moves, k.duplicates,
		 (unsigned long long)k.vni_mismatches);
	return CMD_OK;
}

static void vtep_json(void *arg, const struct tenants_vtep_info *v)
{
	char buf[ADDR_STR];

	out_str(((struct show *)arg)->o, NULL, ip_format(&v->vtep, buf));
}

static void vtep_text(void *arg, const struct tenants_vtep_info *v)
{
	char buf[ADDR_STR];

	out_text(((struct show *)arg)->o, "  %s flood: HER\n",
		 ip_format(&v->vtep, buf));
}

static void evi_detail(struct show *s, const struct tenants_evi_info *i)
{
	struct out *o = s->o;
	char ip[ADDR_STR];

	ip_format(&i->vtep, ip);
	out_uint(o, "vni", i->vni);
	out_str(o, "type", "L2");
	out_str(o, "vrf", "default");
	out_str(o, "tenantVrf", "default");
	if (i->tenant[0])
		out_str(o, "tenant", i->tenant);
	out_str(o, "vxlanInterface", i->vxlan);
	out_uint(o, "ifindex", i->vxlan_ifindex);
	out_str(o, "sviInterface", i->bridge);
	out_uint(o, "sviIfindex", i->bridge_ifindex);
	out_str(o, "vtepIp", ip);
	out_str(o, "mcastGroup", "0.0.0.0");
	out_str(o, "advertiseGatewayMacip", "No");
	out_str(o, "advertiseSviMacip", "No");
	out_uint(o, "numMacs", i->macs_local + i->macs_remote);
	out_uint(o, "numArpNd", i->neighs_local + i->neighs_remote);
	out_arr(o, "numRemoteVteps"); /* an array of addresses here: FRR's quirk */
	if (out_json(o))
		tenants_vtep_foreach(s->e->tenants, i->vni, vtep_json, s);
	out_end(o);
	out_text(o,
		 "VNI: %u\n Type: L2\n Tenant VRF: default\n%s%s%s"
		 " VxLAN interface: %s\n VxLAN ifIndex: %u\n SVI interface: %s\n"
		 " Local VTEP IP: %s\n Remote VTEPs for this VNI:\n",
		 i->vni, i->tenant[0] ? " Tenant: " : "", i->tenant,
		 i->tenant[0] ? "\n" : "", i->vxlan, i->vxlan_ifindex, i->bridge, ip);
	if (!out_json(o))
		tenants_vtep_foreach(s->e->tenants, i->vni, vtep_text, s);
	out_text(o,
		 " Number of MACs (local and remote) known for this VNI: %u\n"
		 " Number of ARPs (IPv4 and IPv6, local and remote) known for this "
		 "VNI: %u\n",
		 i->macs_local + i->macs_remote, i->neighs_local + i->neighs_remote);
}

static void evi_line(struct show *s, const struct tenants_evi_info *i)
{
	struct out *o = s->o;
	char key[16];

	out_obj(o, vni_key(i->vni, key));
	out_uint(o, "vni", i->vni);
	out_str(o, "type", "L2");
	out_str(o, "vxlanIf", i->vxlan);
	out_uint(o, "numMacs", i->macs_local + i->macs_remote);
	out_uint(o, "numArpNd", i->neighs_local + i->neighs_remote);
	out_uint(o, "numRemoteVteps", i->vteps);
	out_str(o, "tenantVrf", "default");
	if (i->tenant[0])
		out_str(o, "tenant", i->tenant);
	out_arr(o, "remoteVteps");
	if (out_json(o))
		tenants_vtep_foreach(s->e->tenants, i->vni, vtep_json, s);
	out_end(o);
	out_end(o);
	out_text(o, "%-10u L2   %-21s %-8u %-8u %-15u default\n", i->vni, i->vxlan,
		 i->macs_local + i->macs_remote, i->neighs_local + i->neighs_remote,
		 i->vteps);
}

static void evi_show(void *arg, const struct tenants_evi_info *i)
{
	struct show *s = arg;

	s->n++;
	if (!s->one && !s->detail) {
		evi_line(s, i);
		return;
	}
	if (s->detail)
		out_obj(s->o, NULL);
	evi_detail(s, i);
	if (s->detail)
		out_end(s->o);
}

static int show_vni(void *ctx, const struct cmd_args *args, struct out *o)
{
	const struct engine *e = ctx;
	uint32_t vni = cmd_arg_uint(args, "vni", 0);
	struct show s = {
		.e = e, .o = o, .one = vni, .detail = cmd_has(args, "detail")
	};

	if (s.detail)
		out_arr(o, NULL);
	else
		out_obj(o, NULL);
	if (!vni && !s.detail)
		out_puts(o, "VNI        Type VxLAN IF              # MACs   # ARPs   "
			    "# Remote VTEPs  Tenant VRF\n");
	tenants_evi_foreach(e->tenants, vni, evi_show, &s);
	out_end(o);
	if (vni && !s.n)
		out_puts(o, "% VNI does not exist\n");
	return CMD_OK;
}

/* ---- one EVI after the other ----------------------------------------------- */

/* A table of all EVIs is written in parts of whole EVIs (vty_walk()). */
struct evis {
	struct show s;
	struct mac mac;
	uint32_t *vni; /* of the EVIs; owned */
	unsigned n, i;
	void (*one)(struct show *s, uint32_t vni);
	const char *none; /* text when nothing was found; NULL: nothing */
};

static void evis_add(void *arg, const struct tenants_evi_info *i)
{
	struct evis *v = arg;

	v->vni = xrealloc(v->vni, (v->n + 1) * sizeof(*v->vni));
	v->vni[v->n++] = i->vni;
}

static struct evis *evis_new(const struct engine *e, const struct cmd_args *args,
			     struct out *o, void (*one)(struct show *s, uint32_t vni))
{
	struct evis *v = xcalloc(1, sizeof(*v));
	uint32_t vni = cmd_arg_uint(args, "vni", 0);

	v->s = (struct show) { .e = e, .o = o, .one = vni };
	v->one = one;
	if (cmd_arg_mac(args, "mac", &v->mac))
		v->s.mac = &v->mac;
	tenants_evi_foreach(e->tenants, vni, evis_add, v);
	return v;
}

static void evis_free(void *arg)
{
	struct evis *v = arg;

	free(v->vni);
	free(v);
}

static bool evis_part(void *arg, struct out *o)
{
	struct evis *v = arg;
	size_t end = o->len + VTY_PART;

	v->s.o = o;
	while (v->i < v->n && o->len < end)
		v->one(&v->s, v->vni[v->i++]);
	if (v->i < v->n)
		return true;
	out_end(o);
	if (v->none && !v->s.n)
		out_puts(o, v->none);
	return false;
}

static int evis_begin(const struct cmd_args *args, struct evis *v)
{
	out_obj(v->s.o, NULL);
	return vty_walk(args, v->s.o, evis_part, evis_free, v);
}

/* ---- show evpn mac --------------------------------------------------------- */

static void vni_close(struct show *s)
{
	if (!s->vni)
		return;
	out_end(s->o);
	if (!s->one)
		out_end(s->o);
	s->vni = 0;
}

/* Opens {"100":{"numMacs":n,"macs":{ before the first MAC of a VNI. */
static void mac_vni_open(void *arg, const struct tenants_evi_info *i)
{
	struct show *s = arg;
	char key[16];

	s->vni = i->vni;
	if (!s->one)
		out_obj(s->o, vni_key(i->vni, key));
	out_uint(s->o, "numMacs", i->macs_local + i->macs_remote);
	out_obj(s->o, "macs");
	out_text(s->o,
		 "%sVNI %u #MACs (local and remote) %u\n\n"
		 "Flags: N=sync-neighs, I=local-inactive, P=peer-active, X=peer-proxy\n"
		 "MAC               Type   Flags Intf/Remote ES/VTEP            VLAN  "
		 "Seq #'s\n",
		 s->n ? "\n" : "", i->vni, i->macs_local + i->macs_remote);
}

static void mac_fields(struct show *s, const struct tenants_mac_info *m)
{
	struct out *o = s->o;
	char ip[ADDR_STR];

	out_str(o, "type", m->local ? "local" : "remote");
	if (m->local)
		out_str(o, "intf", m->ifname);
	else
		out_str(o, "remoteVtep", ip_format(&m->vtep, ip));
	out_uint(o, "localSequence", m->local_seq);
	out_uint(o, "remoteSequence", m->remote_seq);
	out_uint(o, "detectionCount", m->moves);
	out_bool(o, "isDuplicate", m->duplicate);
	if (m->sticky)
		out_bool(o, "sticky", true);
	if (m->declared)
		out_bool(o, "declared", true);
	if (m->local)
		out_bool(o, "advertised", m->advertised);
	else if (m->dst_vni != m->vni)
		out_uint(o, "downstreamVni", m->dst_vni);
}

static void mac_show(void *arg, const struct tenants_mac_info *m)
{
	struct show *s = arg;
	char mac[ADDR_STR], ip[ADDR_STR];

	if (!s->mac && s->vni != m->vni) {
		vni_close(s);
		tenants_evi_foreach(s->e->tenants, m->vni, mac_vni_open, s);
	}
	s->n++;
	mac_format(&m->mac, mac);
	out_obj(s->o, mac);
	mac_fields(s, m);
	if (s->mac) {
		out_uint(s->o, "syncNeighCount", 0);
		out_uint(s->o, "localNeighbors", m->neighs);
		out_uint(s->o, "routes", m->routes);
	}
	out_end(s->o);
	out_text(s->o, "%s %-6s %-5s %-30s %-5s %u/%u%s\n", mac,
		 m->local ? "local" : "remote", m->sticky ? "S" : "",
		 m->local ? m->ifname : ip_format(&m->vtep, ip), "", m->local_seq,
		 m->remote_seq, m->duplicate ? " duplicate" : "");
}

static void macs_of(struct show *s, uint32_t vni)
{
	tenants_mac_foreach(s->e->tenants, vni, s->mac, mac_show, s);
	vni_close(s);
}

static int show_mac(void *ctx, const struct cmd_args *args, struct out *o)
{
	struct evis *v = evis_new(ctx, args, o, macs_of);

	if (v->s.mac)
		v->none = "% Requested MAC does not exist\n";
	return evis_begin(args, v);
}

/* ---- show evpn arp-cache --------------------------------------------------- */

static void neigh_vni_open(void *arg, const struct tenants_evi_info *i)
{
	struct show *s = arg;
	char key[16];

	s->vni = i->vni;
	if (!s->one)
		out_obj(s->o, vni_key(i->vni, key));
	out_uint(s->o, "numArpNd", i->neighs_local + i->neighs_remote);
	out_text(s->o,
		 "%sVNI %u #ARP (IPv4 and IPv6, local and remote) %u\n\n"
		 "Neighbor                  Type   State    MAC               Remote "
		 "ES/VTEP                 Seq #'s\n",
		 s->n ? "\n" : "", i->vni, i->neighs_local + i->neighs_remote);
}

static void neigh_show(void *arg, const struct tenants_neigh_info *n)
{
	struct show *s = arg;
	char mac[ADDR_STR], ip[ADDR_STR], vtep[ADDR_STR];

	if (s->vni != n->vni)
		tenants_evi_foreach(s->e->tenants, n->vni, neigh_vni_open, s);
	s->n++;
	mac_format(&n->mac, mac);
	ip_format(&n->ip, ip);
	ip_format(&n->vtep, vtep);
	out_obj(s->o, ip);
	out_str(s->o, "type", n->local ? "local" : "remote");
	out_str(s->o, "state", n->active ? "active" : "inactive");
	out_str(s->o, "mac", mac);
	if (!n->local)
		out_str(s->o, "remoteVtep", vtep);
	out_uint(s->o, "localSequence", n->local_seq);
	out_uint(s->o, "remoteSequence", n->remote_seq);
	out_uint(s->o, "detectionCount", n->moves);
	out_bool(s->o, "isDuplicate", n->duplicate);
	out_end(s->o);
	out_text(s->o, "%-25s %-6s %-8s %s %-30s %u/%u\n", ip,
		 n->local ? "local" : "remote", n->active ? "active" : "inactive", mac,
		 n->local ? "" : vtep, n->local_seq, n->remote_seq);
}

static void neighs_of(struct show *s, uint32_t vni)
{
	tenants_neigh_foreach(s->e->tenants, vni, neigh_show, s);
	if (s->vni && !s->one)
		out_end(s->o);
	s->vni = 0;
}

static int show_arp(void *ctx, const struct cmd_args *args, struct out *o)
{
	return evis_begin(args, evis_new(ctx, args, o, neighs_of));
}

static const struct cmd_row rows[] = {
	{ CMD_EXEC, "show bgp l2vpn evpn vni [VNI] [json]", "EVIs: RD, route targets",
	  show_bgp_vni, 0 },
	{ CMD_EXEC, "show evpn [json]", "EVPN in numbers", show_evpn, 0 },
	{ CMD_EXEC, "show evpn vni [json]", "EVIs, a line each", show_vni, 0 },
	{ CMD_EXEC, "show evpn vni detail [json]", "EVIs in detail", show_vni, 0 },
	{ CMD_EXEC, "show evpn vni VNI [json]", "One EVI", show_vni, 0 },
	{ CMD_EXEC, "show evpn mac vni (all|VNI) [mac MAC] [json]", "MAC addresses",
	  show_mac, 0 },
	{ CMD_EXEC, "show evpn arp-cache vni (all|VNI) [json]",
	  "Neighbours (IPv4 and IPv6)", show_arp, 0 },
};

void show_evpn_register(struct engine *e)
{
	cmd_register(e->cmds, rows, ARRAY_SIZE(rows), e);
}
