/*
 * `show ila ...`: SIR domains, mappings, locators, and who translates. Mappings may be
 * a million: they are looked for, sorted and written a part at a time, as routes are.
 */
#include "bgpd/engine_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/vty.h"
#include "lib/cmd.h"
#include "lib/out.h"
#include "lib/util.h"
#include "rib/walk.h"

enum { LOOK = 2048 }; /* mappings to look at in one turn */

static const char *addr_text(const struct ila_addr *a, char buf[ADDR_STR])
{
	const struct ip ip = ip_of(a, sizeof(*a));

	return ip_format(&ip, buf);
}

/* ---- show ila -------------------------------------------------------------- */

static void domain_show(void *arg, const struct ila_domain_info *d)
{
	struct out *o = arg;
	char sir[ADDR_STR], loc[ADDR_STR];
	bool sends = ila64_is_zero(&d->locator);

	ila64_prefix_format(&d->sir, sir);
	ila64_prefix_format(&d->locator, loc);
	out_obj(o, d->name);
	out_str(o, "sirPrefix", sir);
	if (!sends)
		out_str(o, "locator", loc);
	out_str(o, "csumMode", ila_csum_name(d->csum));
	out_bool(o, "isolated", d->vnids);
	out_bool(o, "ilaUnicast", d->draft);
	out_bool(o, "locatorCommunity", d->locator_community);
	out_str(o, "dataplaneWanted", ila_plane_name(d->plane));
	if (d->state)
		out_str(o, "dataplane", ila_plane_name(d->state->plane));
	out_uint(o, "local", d->local);
	out_uint(o, "remote", d->remote);
	out_uint(o, "outbid", d->outbid);
	out_uint(o, "duplicates", d->duplicates);
	out_uint(o, "otherCsumMode", d->mismatches);
	out_end(o);
	out_text(o, "SIR domain %s: sir-prefix %s\n", d->name, sir);
	out_text(o, "  locator %s, csum-mode %s%s\n",
		 sends ? "none (this host only sends)" : loc, ila_csum_name(d->csum),
		 d->vnids ? ", tenants isolated by VNID" : "");
	out_text(o, "  can be carried by IPv6 unicast%s%s\n",
		 d->draft ? ", ILA unicast" : "",
		 d->locator_community ? "; with locator community" : "");
	out_text(o, "  data plane %s, wanted %s\n",
		 d->state ? ila_plane_name(d->state->plane) : "not known yet",
		 ila_plane_name(d->plane));
	out_text(o, "  identifiers %u here (%u newer elsewhere), %u elsewhere\n",
		 d->local, d->outbid, d->remote);
	if (d->duplicates || d->mismatches)
		out_text(o, "  %u duplicate, %u of another csum-mode\n", d->duplicates,
			 d->mismatches);
}

static void refusals_show(struct out *o, const struct ila_counts *c)
{
	bool head = false;

	out_obj(o, "refused");
	for (int i = 1; i < ILA_REFUSALS; i++) {
		if (!c->refused[i])
			continue;
		if (!head)
			out_text(o, "\nRefused paths, by reason%27s %10s\n",
				 "identifiers now", "ever");
		head = true;
		out_obj(o, ila_refusal_name(i));
		out_str(o, "reason", ila_refusal_text(i));
		out_uint(o, "now", c->refused_now[i]);
		out_uint(o, "total", c->refused[i]);
		out_end(o);
		out_text(o, "  %-24s %23u %10llu  %s\n", ila_refusal_name(i),
			 c->refused_now[i], (unsigned long long)c->refused[i],
			 ila_refusal_text(i));
	}
	out_end(o);
}

static void address_show(void *arg, const struct ila_addr_info *i)
{
	struct out *o = arg;
	char ip[ADDR_STR];

	ip_format(&i->ip, ip);
	out_obj(o, NULL);
	out_str(o, "address", ip);
	out_str(o, "domain", i->domain);
	out_bool(o, "translated", i->translated);
	out_end(o);
	out_text(o,
		 i->translated
			 ? "\nWarning: %s is locator and identifier, and an address of "
			   "this host: packets to it end here untranslated\n"
			 : "\nWarning: %s is an address of this host inside its "
			   "locator: kernel ILA translates packets to it\n",
		 ip);
}

static int show_ila(void *ctx, const struct cmd_args *args, struct out *o)
{
	const struct engine *e = ctx;
	struct ila_counts c;

	(void)args;
	ila_counts_get(e->ila, &c);
	out_obj(o, NULL);
	if (!c.domains)
		out_text(o, "No SIR domain is configured\n");
	out_obj(o, "domains");
	ila_domain_foreach(e->ila, domain_show, o);
	out_end(o);
	out_uint(o, "local", c.local);
	out_uint(o, "remote", c.remote);
	out_uint(o, "locators", c.locators);
	out_uint(o, "anycast", c.anycast);
	out_uint(o, "duplicates", c.duplicates);
	out_uint(o, "duplicatesTotal", c.duplicates_found);
	out_uint(o, "movesTotal", c.moves);
	out_uint(o, "memoryBytes", c.bytes);
	refusals_show(o, &c);
	out_arr(o, "addresses");
	ila_address_foreach(e->ila, address_show, o);
	out_end(o);
	out_end(o);
	return CMD_OK;
}

/* ---- one mapping ----------------------------------------------------------- */

static void flags_text(const struct ila_map_info *i, char buf[8])
{
	char *p = buf;

	*p++ = i->local ? 'L' : i->programmed ? '*' : ' ';
	if (i->outbid)
		*p++ = 'o';
	if (i->anycast)
		*p++ = 'a';
	if (i->duplicate)
		*p++ = 'D';
	if (i->mismatch)
		*p++ = 'm';
	if (i->stale)
		*p++ = 'S';
	if (i->refused)
		*p++ = 'r';
	*p = '\0';
}

static void locators_json(struct out *o, const struct ila_map_info *i)
{
	char loc[ADDR_STR];

	out_arr(o, "locators");
	for (unsigned k = 0; k < i->n; k++) {
		out_obj(o, NULL);
		out_str(o, "locator", ila64_prefix_format(&i->locator[k], loc));
		out_uint(o, "weight", i->weight[k]);
		out_end(o);
	}
	out_end(o);
}

static void refused_json(struct out *o, const struct ila_map_info *i)
{
	out_arr(o, "refused");
	for (int r = 1; r < ILA_REFUSALS; r++)
		if (i->refused >> r & 1)
			out_str(o, NULL, ila_refusal_name(r));
	out_end(o);
}

static void remote_json(struct out *o, const struct ila_map_info *i)
{
	char from[ADDR_STR];

	locators_json(o, i);
	if (!i->n)
		return;
	out_str(o, "csumMode", ila_csum_name(i->csum));
	out_uint(o, "identType", i->ident_type);
	out_uint(o, "sequence", i->seq);
	out_uint(o, "localPref", i->local_pref);
	out_bool(o, "anycast", i->anycast);
	out_bool(o, "moreLocators", i->more);
	out_bool(o, "longLivedStale", i->stale);
	out_str(o, "peer", ip_format(&i->from, from));
	out_bool(o, "ilaUnicast", i->carriers & 1 << ILA_DRAFT);
	out_bool(o, "ipv6Unicast", i->carriers & 1 << ILA_IP6);
}

static void map_json(struct out *o, const char *key, const struct ila_map_info *i)
{
	out_obj(o, key);
	out_str(o, "domain", i->domain);
	out_bool(o, "local", i->local);
	out_bool(o, "programmed", i->programmed);
	out_bool(o, "duplicate", i->duplicate);
	if (i->local) {
		out_bool(o, "announced", i->announced);
		out_bool(o, "outbid", i->outbid);
		out_uint(o, "localSequence", i->local_seq);
		if (i->ifname[0])
			out_str(o, "interface", i->ifname);
		if (i->endpoint[0])
			out_str(o, "endpoint", i->endpoint);
	}
	remote_json(o, i);
	out_uint(o, "paths", i->paths);
	out_uint(o, "usablePaths", i->usable);
	refused_json(o, i);
	out_end(o);
}

static void map_line(struct out *o, const char *addr, const char *flags, const char *to,
		     uint32_t seq, const char *from)
{
	out_text(o, "%-5s %-39s %-28s %5u  %s\n", flags, addr, to, seq, from);
}

static void map_text(struct out *o, const char *addr, const struct ila_map_info *i)
{
	char flags[8], loc[ADDR_STR], to[ADDR_STR + 32], from[ADDR_STR];

	flags_text(i, flags);
	if (i->local)
		map_line(o, addr, flags, i->ifname[0] ? i->ifname : "(this host)",
			 i->local_seq, i->endpoint[0] ? i->endpoint : "configuration");
	if (!i->local && !i->n)
		map_line(o, addr, flags, "(none)", 0, "");
	ip_format(&i->from, from);
	for (unsigned k = 0; k < i->n; k++) {
		ila64_prefix_format(&i->locator[k], loc);
		if (i->n > 1)
			snprintf(to, sizeof(to), "%s weight %u", loc, i->weight[k]);
		else
			str_copy(to, sizeof(to), loc);
		map_line(o, k || i->local ? "" : addr, k || i->local ? "" : flags, to,
			 i->seq, k ? "" : from);
	}
}

static void map_show(struct out *o, const struct ila_map_info *i)
{
	char addr[ADDR_STR];

	addr_text(&i->addr, addr);
	if (out_json(o))
		map_json(o, addr, i);
	else
		map_text(o, addr, i);
}

/* ---- show ila mappings ----------------------------------------------------- */

struct show {
	struct ila *m;
	struct rib_walk *walk;
	char domain[ILA_NAME]; /* "": of all */
	bool printing;
	unsigned n;
};

static bool wanted(void *ctx, uint32_t id)
{
	const struct show *s = ctx;

	return !s->domain[0] || !strcmp(ila_map_domain(s->m, id), s->domain);
}

static void head(const struct show *s, struct out *o)
{
	if (rib_walk_found(s->walk))
		out_text(o,
			 "Codes: L of this host, * told to the data plane, o newer "
			 "elsewhere, a anycast,\n"
			 "       D duplicate, m other csum-mode, S long-lived stale, "
			 "r with refused paths\n\n"
			 "      %-39s %-28s %5s  %s\n",
			 "SIR address", "Locator or interface", "Seq",
			 "Peer or endpoint");
	out_obj(o, "mappings");
}

static bool print_part(struct show *s, struct out *o)
{
	size_t end = o->len + VTY_PART;
	struct ila_map_info i;

	while (o->len < end) {
		uint32_t id = rib_walk_next(s->walk);

		if (!id)
			return false;
		ila_map_get(s->m, id, &i);
		map_show(o, &i);
		s->n++;
	}
	return true;
}

static bool more(void *arg, struct out *o)
{
	struct show *s = arg;

	if (!s->printing) {
		if (rib_walk_look(s->walk, LOOK, wanted, s))
			return true;
		s->printing = true;
		head(s, o);
	}
	if (print_part(s, o))
		return true;
	out_end(o);
	out_uint(o, "count", s->n);
	out_end(o);
	out_text(o, "%sDisplayed %u identifiers\n", s->n ? "\n" : "", s->n);
	return false;
}

static void done(void *arg)
{
	struct show *s = arg;

	rib_walk_free(s->walk);
	free(s);
}

static int show_mappings(void *ctx, const struct cmd_args *args, struct out *o)
{
	const char *domain = cmd_arg(args, "name");
	struct engine *e = ctx;
	struct show *s = xcalloc(1, sizeof(*s));

	s->m = e->ila;
	s->walk = rib_walk_over(&ila_map_source, e->ila);
	if (domain)
		str_copy(s->domain, sizeof(s->domain), domain);
	out_obj(o, NULL);
	return vty_walk(args, o, more, done, s);
}

static void one_text(struct out *o, const struct ila_map_info *i)
{
	out_text(o, "Identifier in SIR domain %s\n", i->domain);
	if (i->local)
		out_text(o, "  of this host, %s%s; %s, seq %u\n",
			 i->endpoint[0] ? "endpoint " : "by configuration", i->endpoint,
			 i->announced ? "announced"
			 : i->outbid ? "not announced: newer elsewhere, delivered here "
				       "until it is deleted"
				     : "not announced",
			 i->local_seq);
	if (i->n)
		out_text(o,
			 "  elsewhere: csum-mode %s, type %u, seq %u, localpref "
			 "%u%s%s\n",
			 ila_csum_name(i->csum), i->ident_type, i->seq, i->local_pref,
			 i->anycast ? ", anycast" : "",
			 i->more ? ", more locators than fit" : "");
	out_text(o, "  %u paths, %u usable\n", i->paths, i->usable);
	for (int r = 1; r < ILA_REFUSALS; r++)
		if (i->refused >> r & 1)
			out_text(o, "  refused: %s\n", ila_refusal_text(r));
}

static int show_mapping(void *ctx, const struct cmd_args *args, struct out *o)
{
	struct engine *e = ctx;
	struct ila_map_info i;
	struct ila_addr addr;
	struct ip ip;
	uint32_t map;

	cmd_arg_ip(args, "ip", &ip);
	memcpy(&addr, ip.b, sizeof(addr));
	map = ila_map_find(e->ila, &addr);
	out_obj(o, NULL);
	if (map) {
		ila_map_get(e->ila, map, &i);
		map_show(o, &i);
		one_text(o, &i);
	} else {
		const char *domain = ila_domain_of(e->ila, &addr);

		out_text(o,
			 domain ? "%% Nobody announces it, in SIR domain %s\n"
				: "%% Not in the sir-prefix of any domain\n",
			 domain);
	}
	out_end(o);
	return CMD_OK;
}

/* ---- show ila locators ----------------------------------------------------- */

static void locator_show(void *arg, const struct ila_locator_info *i)
{
	struct out *o = arg;
	char loc[ADDR_STR];

	ila64_prefix_format(&i->locator, loc);
	out_obj(o, loc);
	out_uint(o, "mappings", i->mappings);
	out_uint(o, "weight", i->weight);
	out_end(o);
	out_text(o, "%-43s %10u %10llu\n", loc, i->mappings,
		 (unsigned long long)i->weight);
}

static int show_locators(void *ctx, const struct cmd_args *args, struct out *o)
{
	const struct engine *e = ctx;

	(void)args;
	out_obj(o, NULL);
	out_text(o, "%-43s %10s %10s\n", "Locator", "Mappings", "Weight");
	ila_locator_foreach(e->ila, locator_show, o);
	out_end(o);
	return CMD_OK;
}

/* ---- show ila dataplane ---------------------------------------------------- */

static const struct {
	const char *json, *text;
} counts[ILA_COUNTS] = {
	[ILA_N_OUT] = { "translatedOut", "translated to a locator" },
	[ILA_N_IN] = { "translatedIn", "translated to an address of ours" },
	[ILA_N_LOCAL] = { "local", "between endpoints of this host" },
	[ILA_N_NO_MAPPING] = { "noMapping", "unreachable: no mapping" },
	[ILA_N_NOT_HERE] = { "notHere", "unreachable: identifier is not here" },
	[ILA_N_ISOLATED_OUT] = { "isolatedOut", "dropped: to another tenant" },
	[ILA_N_ISOLATED_IN] = { "isolatedIn", "dropped: from another tenant" },
	[ILA_N_SPOOFED] = { "spoofed", "dropped: not the endpoint's address" },
	[ILA_N_MALFORMED] = { "malformed", "dropped: could not be read" },
	[ILA_N_ERROR] = { "errorsTranslated", "ICMPv6 errors made readable" },
	[ILA_N_ERROR_BAD] = { "errorsPassed", "ICMPv6 errors left alone" },
};

static void counters_show(struct out *o, const struct ila_domain_info *d)
{
	out_obj(o, "packets");
	for (int i = 0; i < ILA_COUNTS; i++) {
		out_uint(o, counts[i].json, d->counters.n[i]);
		if (d->counters.n[i])
			out_text(o, "  %14llu  %s\n",
				 (unsigned long long)d->counters.n[i], counts[i].text);
	}
	out_end(o);
}

static void state_show(struct out *o, const struct intent_ila_state *s)
{
	out_bool(o, "kernelCan", s->kernel_can);
	out_bool(o, "ebpfCan", s->ebpf_can);
	out_bool(o, "forwarding", s->forwarding);
	out_str(o, "why", s->why);
	if (s->err)
		out_str(o, "error", strerror(-s->err));
	out_text(o, "  this machine could: kernel %s, ebpf %s\n",
		 s->kernel_can ? "yes" : "no", s->ebpf_can ? "yes" : "no");
	if (s->why[0] || s->err)
		out_text(o, "  %s%s%s\n", s->why, s->why[0] && s->err ? ": " : "",
			 s->err ? strerror(-s->err) : "");
	if (!s->forwarding)
		out_text(o, "  Warning: net.ipv6.conf.all.forwarding is 0: nothing "
			    "passes between endpoints and the underlay\n");
	if (s->plane == ILA_PLANE_NONE)
		out_text(o, "  Warning: nobody translates\n");
}

static void dataplane_show(void *arg, const struct ila_domain_info *d)
{
	struct out *o = arg;

	out_obj(o, d->name);
	out_str(o, "wanted", ila_plane_name(d->plane));
	if (d->state)
		out_str(o, "inForce", ila_plane_name(d->state->plane));
	out_arr(o, "underlay");
	for (int i = 0; i < ILA_UNDERLAYS; i++)
		if (d->underlay[i][0])
			out_str(o, NULL, d->underlay[i]);
	out_end(o);
	out_text(o, "SIR domain %s: data plane %s, wanted %s\n", d->name,
		 d->state ? ila_plane_name(d->state->plane) : "not known yet",
		 ila_plane_name(d->plane));
	if (d->state)
		state_show(o, d->state);
	counters_show(o, d);
	out_end(o);
}

static int show_dataplane(void *ctx, const struct cmd_args *args, struct out *o)
{
	const struct engine *e = ctx;

	(void)args;
	out_obj(o, NULL);
	ila_domain_foreach(e->ila, dataplane_show, o);
	out_end(o);
	return CMD_OK;
}

static const struct cmd_row rows[] = {
	{ CMD_EXEC, "show ila [json]", "SIR domains, and paths that were refused",
	  show_ila, 0 },
	{ CMD_EXEC, "show ila mappings [json]",
	  "Every identifier: here, or behind which locator", show_mappings, 0 },
	{ CMD_EXEC, "show ila mappings domain WORD$name [json]",
	  "Those of one SIR domain", show_mappings, 0 },
	{ CMD_EXEC, "show ila mappings X:X::X:X [json]", "One SIR address in detail",
	  show_mapping, 0 },
	{ CMD_EXEC, "show ila locators [json]", "Locators in use, and how much",
	  show_locators, 0 },
	{ CMD_EXEC, "show ila dataplane [json]",
	  "Who translates, why, and what became of packets", show_dataplane, 0 },
};

void show_ila_register(struct engine *e)
{
	cmd_register(e->cmds, rows, ARRAY_SIZE(rows), e);
}
