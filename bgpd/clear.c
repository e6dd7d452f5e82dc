/*
 * `clear bgp ...` and `clear evpn dup-addr ...`.
 */
#include "bgpd/engine_int.h"

#include <string.h>

#include "lib/cmd.h"
#include "lib/out.h"
#include "lib/util.h"

/* Of the family that the line names, else of all. */
static bool is_meant(const struct cmd_args *args, const struct family *f)
{
	const struct family *named = family_named(args);

	return named == f || (named->index == FAM_EVPN && !cmd_has(args, "evpn"));
}

static void clear_peer(struct engine *e, struct peer *p, const struct cmd_args *args)
{
	bool soft = cmd_has(args, "soft"), in = cmd_has(args, "in"),
	     out = cmd_has(args, "out");

	if (!soft) {
		peer_reset(p, CEASE_RESET, NULL);
		return;
	}
	for (unsigned i = 0; i < FAMS; i++) {
		if (!is_meant(args, &families[i]))
			continue;
		if (in || !out)
			peer_refresh_send(p, &families[i], RR_REQUEST);
		if (out || !in)
			export_refresh(&e->routes, p, &families[i]);
	}
}

static int clear_bgp(void *ctx, const struct cmd_args *args, struct out *o)
{
	struct engine *e = ctx;
	struct peer *p, *next;
	struct ip addr;

	if (cmd_arg_ip(args, "ip", &addr)) {
		bool forgiven = bgp_forgive(&e->bgp, &addr);

		p = peer_find(&e->bgp, &addr);
		if (!p && forgiven)
			return CMD_OK;
		if (!p) {
			out_line(o, "%% No such neighbor\n");
			return CMD_WARNING;
		}
		clear_peer(e, p, args);
		return CMD_OK;
	}
	bgp_forgive(&e->bgp, NULL);
	for (p = TAILQ_FIRST(&e->bgp.peers); p; p = next) {
		next = TAILQ_NEXT(p, link);
		clear_peer(e, p, args);
	}
	return CMD_OK;
}

static int clear_dup(void *ctx, const struct cmd_args *args, struct out *o)
{
	struct engine *e = ctx;
	struct mac mac;
	bool one = cmd_arg_mac(args, "mac", &mac);
	unsigned n = tenants_dup_clear(e->tenants, cmd_arg_uint(args, "vni", 0),
				       one ? &mac : NULL);

	out_text(o, "%u cleared\n", n);
	return CMD_OK;
}

static const struct cmd_row rows[] = {
	{ CMD_EXEC, "clear bgp (*|IP) [soft] [in|out]",
	  "End sessions, or exchange routes again (soft)", clear_bgp, 0 },
	{ CMD_EXEC, "clear bgp l2vpn evpn (*|IP) [soft] [in|out]",
	  "End sessions, or exchange routes again (soft)", clear_bgp, 0 },
	{ CMD_EXEC, "clear bgp (ila|ipv6) unicast (*|IP) [soft] [in|out]",
	  "End sessions, or exchange routes again (soft)", clear_bgp, 0 },
	{ CMD_EXEC, "clear evpn dup-addr vni (all|VNI) [mac MAC]",
	  "Serve duplicate addresses again", clear_dup, 0 },
};

void clear_register(struct engine *e)
{
	cmd_register(e->cmds, rows, ARRAY_SIZE(rows), e);
}
