/*
 * `show identity`: label sets in use with their numbers, whom nobody knows and why, and
 * the addresses of one number.
 */
#include "bgpd/engine_int.h"

#include <stdlib.h>
#include <string.h>

#include "lib/cmd.h"
#include "lib/out.h"
#include "lib/util.h"

enum { ADDRESSES = 10000, SETS = 20000 }; /* shown at most, in one answer */

static const char *origin_name(const struct identity_info *i)
{
	static const char *const names[] = {
		[LABELS_DERIVED] = "derived",
		[LABELS_ASSIGNED] = "assigned",
		[LABELS_TWIN] = "local",
		[LABELS_UNKNOWN] = "number",
	};

	return i->why ? "reserved" : names[i->origin];
}

/* Labels, or why there are none. */
static const char *words_of(const struct identity_info *i, char buf[LABELS_STR])
{
	if (i->why)
		return identity_reason_text(i->why);
	if (!i->labels.p)
		return "(labels not known)";
	return labels_format(i->labels, buf, LABELS_STR);
}

static void set_show(struct out *o, const struct identity_info *i)
{
	char text[LABELS_STR];
	const char *words = words_of(i, text);

	out_obj(o, NULL);
	out_uint(o, "identity", i->number);
	out_uint(o, "groupPolicyId", i->number & 0xffff);
	out_str(o, "origin", origin_name(i));
	if (i->why)
		out_str(o, "reason", identity_reason_name(i->why));
	else if (i->labels.p)
		out_str(o, "labels", words);
	if (i->why) {
		out_uint(o, "addresses", i->remote);
	} else {
		out_uint(o, "local", i->local);
		out_uint(o, "remote", i->remote);
		out_uint(o, "mapped", i->mapped);
	}
	out_end(o);
	if (i->why)
		out_text(o, "%-10u  %-8s  %5u  %6s  %6s  %s\n", i->number,
			 origin_name(i), i->remote, "", "", words);
	else
		out_text(o, "%-10u  %-8s  %5u  %6u  %6u  %s\n", i->number,
			 origin_name(i), i->local, i->remote, i->mapped, words);
}

static void sets_show(const struct identities *ids, struct out *o)
{
	struct identity_info *v;
	size_t n = identities_list(ids, &v);

	out_text(o, "\n%-10s  %-8s  %5s  %6s  %6s  %s\n", "Identity", "Origin", "Local",
		 "Remote", "Mapped", "Labels");
	out_arr(o, "identities");
	for (size_t i = 0; i < n && i < SETS; i++)
		set_show(o, &v[i]);
	out_end(o);
	if (n > SETS)
		out_text(o, "... and %zu more\n", n - SETS);
	free(v);
}

static void keys_show(const struct config *c, struct out *o)
{
	const struct cfg_label_key *k;

	out_text(o, "Identity domain %u, attribute %u, label keys:", c->identity.domain,
		 c->identity.code);
	out_uint(o, "domain", c->identity.domain);
	out_uint(o, "attribute", c->identity.code);
	out_arr(o, "labelKeys");
	TAILQ_FOREACH (k, &c->label_keys, link) {
		out_str(o, NULL, k->key);
		out_text(o, " %s", k->key);
	}
	out_end(o);
	out_text(o, "%s\n", TAILQ_EMPTY(&c->label_keys) ? " none" : "");
}

static void counts_show(const struct identities *ids, struct out *o)
{
	struct identity_counts c;

	identities_counts_get(ids, &c);
	out_uint(o, "labelSets", c.sets);
	out_uint(o, "bareNumbers", c.unknown);
	out_uint(o, "sharedNumbers", c.twins);
	out_uint(o, "local", c.local);
	out_uint(o, "remote", c.remote);
	out_uint(o, "mapped", c.maps);
	out_uint(o, "oversizedRoutes", c.oversized);
	out_uint(o, "memoryBytes", c.bytes);
	out_text(o,
		 "%u label sets, %u numbers without labels; %u addresses here, %u "
		 "elsewhere, %u by the map\n",
		 c.sets, c.unknown, c.local, c.remote, c.maps);
	if (c.twins)
		out_text(o, "%u label sets derive the number of another one\n",
			 c.twins);
	if (c.oversized)
		out_text(o, "%llu routes not sent: too long with their labels\n",
			 (unsigned long long)c.oversized);
}

static int show_identity(void *ctx, const struct cmd_args *args, struct out *o)
{
	const struct engine *e = ctx;

	(void)args;
	out_obj(o, NULL);
	if (e->ids) {
		keys_show(e->cfg, o);
		counts_show(e->ids, o);
		sets_show(e->ids, o);
	} else {
		out_text(o, "No identity is configured\n");
	}
	out_end(o);
	return CMD_OK;
}

/* ---- addresses ------------------------------------------------------------- */

static void address_show(void *arg, const struct identity_addr *a)
{
	const struct prefix p = { a->ip, a->bits };
	struct out *o = arg;
	char text[ADDR_STR];

	prefix_format(&p, text);
	out_obj(o, NULL);
	out_uint(o, "vni", a->vni);
	out_str(o, "prefix", text);
	out_uint(o, "identity", a->identity);
	if (a->ifname[0])
		out_str(o, "interface", a->ifname);
	out_end(o);
	out_text(o, "%-10u  %-8u  %-43s  %s\n", a->identity, a->vni, text, a->ifname);
}

static int show_addresses(void *ctx, const struct cmd_args *args, struct out *o)
{
	const struct engine *e = ctx;
	uint32_t number = cmd_arg_uint(args, "number", 0);

	out_text(o, "%-10s  %-8s  %-43s  %s\n", "Identity", "VNI", "Address",
		 "Interface");
	out_obj(o, NULL);
	out_arr(o, "addresses");
	if (e->ids)
		identities_addresses(e->ids, number, ADDRESSES, address_show, o);
	out_end(o);
	out_end(o);
	return CMD_OK;
}

static const struct cmd_row rows[] = {
	{ CMD_EXEC, "show identity [json]", "Label sets in use and their numbers",
	  show_identity, 0 },
	{ CMD_EXEC, "show identity addresses [(1-4294967295)$number] [json]",
	  "Addresses that have an identity, 10000 at most", show_addresses, 0 },
};

void show_identity_register(struct engine *e)
{
	cmd_register(e->cmds, rows, ARRAY_SIZE(rows), e);
}
