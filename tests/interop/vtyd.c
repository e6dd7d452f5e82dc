/*
 * A daemon with a configuration and a shell but without peers: what vtysh and
 * selvagectl are tried against. vtyd RUNDIR CONFIG; leaves on SIGTERM.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "bgpd/config.h"
#include "bgpd/vty.h"
#include "lib/cmd.h"
#include "lib/out.h"
#include "lib/util.h"

static struct config *running;

static int apply(void *ctx, struct config *next, char *err, size_t errlen)
{
	(void)ctx;
	(void)err;
	(void)errlen;
	config_free(running);
	running = next;
	return 0;
}

static int show_summary(void *ctx, const struct cmd_args *a, struct out *o)
{
	const struct cfg_nbr *n;

	(void)ctx;
	(void)a;
	out_obj(o, NULL);
	out_uint(o, "as", running->as);
	TAILQ_FOREACH (n, &running->nbrs, link) {
		out_obj(o, n->name);
		out_str(o, "state", "Idle");
		out_end(o);
		out_text(o, "%s Idle\n", n->name);
	}
	out_end(o);
	return CMD_OK;
}

static int show_vnis(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)a;
	out_obj(o, NULL);
	out_end(o);
	out_text(o, "VNI        Type\n");
	return CMD_OK;
}

static const struct cmd_row rows[] = {
	{ CMD_EXEC, "show bgp l2vpn evpn summary [json]", "Neighbors", show_summary,
	  0 },
	{ CMD_EXEC, "show evpn vni [json]", "Tenants' networks", show_vnis, 0 },
};

static void on_signal(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	event_base_loopbreak(arg);
}

int main(int argc, char **argv)
{
	struct event_base *base = event_base_new();
	struct cmd_tree *tree = vty_tree_new();
	struct vty_server *s = NULL;
	struct event *term = evsignal_new(base, SIGTERM, on_signal, base);
	char err[512];
	int rc = 2;

	signal(SIGPIPE, SIG_IGN);
	event_add(term, NULL);
	running = argc == 3 ? config_parse_file(argv[2], err, sizeof(err)) : NULL;
	if (running) {
		const struct vty_config vc = { &running, argv[2], apply, NULL };

		cmd_register(tree, rows, ARRAY_SIZE(rows), NULL);
		rc = vty_start(base, argv[1], tree, &vc, &s);
		if (rc)
			fprintf(stderr, "vtyd: %s\n", strerror(-rc));
		else
			event_base_dispatch(base);
	} else if (argc == 3) {
		fprintf(stderr, "%s\n", err);
	}
	vty_stop(s);
	cmd_tree_free(tree);
	config_free(running);
	event_free(term);
	event_base_free(base);
	return rc ? 1 : 0;
}
