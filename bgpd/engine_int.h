/* bgpd/engine_int.h - what the files of the engine share: the one struct engine. */
#ifndef BGPD_ENGINE_INT_H
#define BGPD_ENGINE_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "bgpd/config.h"
#include "bgpd/engine.h"
#include "bgpd/fibc.h"
#include "bgpd/peer.h"
#include "bgpd/policy.h"
#include "bgpd/routes.h"
#include "lib/ev.h"
#include "rib/identity.h"
#include "rib/ila.h"
#include "rib/tenant.h"

struct cmd_args;
struct nlri_ops;
struct cmd_tree;
struct out;
struct event_base;
struct vty_server;
struct web;

/* What fib has said of the kernel. */
struct fib_view {
	bool hello;   /* channel is open */
	bool picture; /* the first dump is complete */
	bool kept;    /* kernel entries of an earlier run are known */
	struct intent_counters c;
	uint64_t results_failed; /* refusals reported */
};

/* What our memberships were made from (rtc_own.c). */
struct rtc_own {
	uint64_t imports; /* tenants_imports_version() */
	uint32_t as, router_id;
	bool on, all;
	uint8_t spare[6]; /* compared as bytes */
};

/* Clients that wait for an endpoint (ready.c). */
struct ready_waits {
	TAILQ_HEAD(, ready_wait) list;
	struct event *look;
};

struct engine {
	const struct engine_opts *opts;
	struct event_base *base;
	struct config *cfg; /* in force */
	struct bgp bgp;
	struct routes routes;
	struct tenants *tenants;
	struct rib_cursor cursor; /* tenants' place in the change list */
	bool has_cursor;
	struct rtc_own rtc_own;
	uint32_t reimport; /* next net to import again, 0 = none */
	struct ila *ila;
	struct rib_cursor ila_cursor[ILA_CARRIERS]; /* its place in each table */
	bool has_ila_cursors;
	uint32_t ila_reimport[ILA_CARRIERS]; /* as reimport */
	struct identities *ids;              /* NULL: nothing is configured of labels */
	struct policy_view policy;
	struct ready_waits waits;
	LIST_HEAD(, monitor) monitors; /* clients that look at drops */
	bool sweep_due;                /* complete: tell fib once all is imported */
	bool swept;
	struct fibc *fibc;
	struct fib_view fib;
	struct cmd_tree *cmds;
	struct vty_server *vty;
	struct web *web;
	struct ev_timer tick, save_timer, restart_timer;
	int status;    /* exit status */
	bool sessions; /* started: fib has said what it kept */
	bool stopping;
	int64_t start_ms;
	int64_t reload_epoch_s; /* last successful (re)load */
	bool reload_ok;
};

/* engine.c */

/** engine_apply - make a checked configuration the one in force; takes next.
 * Return: 0, or -errno with a reason (the old one stays, next stays the caller's). */
int engine_apply(struct engine *e, struct config *next, char *err, size_t errlen);

/** engine_reload - read the file again; a bad one is logged and changes nothing. */
int engine_reload(struct engine *e, const char *path, char *err, size_t errlen);

/** engine_stop - end sessions, then the process. */
void engine_stop(struct engine *e, int status);

/* evpn.c: between tables, tenants and fib */

void evpn_init(struct engine *e);
void evpn_fini(struct engine *e);

/** evpn_configure - EVIs of a configuration; Return: as tenants_configure(). */
int evpn_configure(struct engine *e, const struct config *c);

/** evpn_record - a record that came up from fib. */
void evpn_record(struct engine *e, const struct intent_hdr *h, const void *body);

/** evpn_consume - import what changed, as far as fib has room. */
void evpn_consume(struct engine *e);

/** evpn_idle - is everything that changed imported? */
bool evpn_idle(const struct engine *e);

/* mappings.c: between tables, ILA mappings and fib */

void mappings_init(struct engine *e);
void mappings_fini(struct engine *e);

/** mappings_configure - SIR domains, identifiers and tenants of a configuration;
 * Return: as ila_configure(). */
int mappings_configure(struct engine *e, const struct config *c);

/** mappings_endpoints - declared endpoints, as the tenants keep them. */
void mappings_endpoints(struct engine *e);

/** mappings_record, mappings_idle - as those of evpn.c. */
void mappings_record(struct engine *e, const struct intent_hdr *h, const void *body);

/** mappings_consume - what changed, as far as fib has room, and so much as suits one
 * turn of the loop; Return: is there more? */
bool mappings_consume(struct engine *e);
bool mappings_idle(const struct engine *e);

/** ila_plane_name - of enum ila_plane. */
const char *ila_plane_name(unsigned plane);

/* identity.c: between labels, who has them, and fib */

/** identity_configure - labels and static map of a configuration, after tenants and
 * mappings know theirs. */
void identity_configure(struct engine *e, const struct config *c);

/** identity_fini - memory only, last of the three. */
void identity_fini(struct engine *e);

/** identity_resync - all there is, again, for fib. */
void identity_resync(struct engine *e);

/** identity_fits - may this route of ours go out? One whose labels make its attributes
 * too long is said, counted, and must be withdrawn. */
bool identity_fits(struct engine *e, const struct nlri_ops *ops, const struct nlri *n,
		   const struct attrs *a);

/* rtc_own.c */

/** rtc_own_update - originate what the tenants import now; cheap when nothing is new.
 */
void rtc_own_update(struct engine *e);

/* commands, one file each: rows and handlers */
void show_bgp_register(struct engine *e);
void show_peer_register(struct engine *e);
void show_l2vpn_register(struct engine *e);
void show_unicast_register(struct engine *e);
void show_rtc_register(struct engine *e);

/** rtc_show - what of RT constraint stands in `show bgp neighbors`, if f is
 * constrained; within the object of the family. */
void rtc_show(struct out *o, const struct peer *p, const struct family *f);
void show_evpn_register(struct engine *e);
void show_ila_register(struct engine *e);
void show_identity_register(struct engine *e);
void show_policy_register(struct engine *e);
void policy_trace_register(struct engine *e);
void monitor_register(struct engine *e);
void show_fib_register(struct engine *e);
void endpoint_register(struct engine *e);
void clear_register(struct engine *e);

/** fib_query_record - INTENT_ENTRY, INTENT_QUERY_END for `show fib`. */
void fib_query_record(struct engine *e, const struct intent_hdr *h, const void *body);

/** policy_query_record - INTENT_RULE_COUNT, INTENT_QUERY_END for `show policy`. */
void policy_query_record(struct engine *e, const struct intent_hdr *h,
			 const void *body);

/** family_named - the family whose words the line has (`ila`, `ipv6`, `rt-constraint`),
 * else EVPN. */
const struct family *family_named(const struct cmd_args *args);

/** show_capabilities - what a session was opened with; show_caps.c. */
void show_capabilities(struct out *o, const struct peer *p);

/** show_graceful_restart - what of a neighbor is kept, and for how long; show_gr.c. */
void show_graceful_restart(const struct engine *e, struct out *o, const struct peer *p);

/** endpoint_configure - endpoints of a configuration, and none of the one before. */
void endpoint_configure(struct engine *e, const struct config *c);

/* ready.c: what an endpoint still waits for */

enum ready_state {
	READY,
	READY_UNSERVED, /* by no network */
	READY_POLICY,
	READY_PROGRAMS, /* or they were refused: why */
	READY_ROUTE,
};

struct ready {
	enum ready_state state;
	char why[160]; /* "" when there is nothing to say */
};

/** ready_get - may traffic of an endpoint be relied on? */
struct ready ready_get(const struct engine *e, const struct tenants_endpoint_info *i);

/** ready_name - "ready", "policy" and so on: what it waits for. */
const char *ready_name(enum ready_state s);

/** ready_kick - something changed that clients may wait for. */
void ready_kick(struct engine *e);
void ready_init(struct engine *e);
void ready_fini(struct engine *e);
void ready_register(struct engine *e);

/** endpoint_reason - why an endpoint is not served, as far as the engine knows. */
void endpoint_reason(const struct engine *e, const struct tenants_endpoint *ep,
		     uint32_t vni, char *buf, size_t size);

/* endpoint.c: the state file */
void endpoint_load(struct engine *e);
void endpoint_save(struct engine *e);

/* restart.c: who was here before a restart, so that End-of-RIB waits for them */
void restart_load(struct engine *e);
void restart_save(struct engine *e);
void restart_forget(struct engine *e);

/* state.c: files below --statedir */

/** state_read - owned text of a file, NULL when there is none (errno). */
char *state_read(const struct engine *e, const char *name);

/** state_write - replace it: a crash leaves the old one or the new one.
 * Return: 0 (also without --statedir), -errno. */
int state_write(const struct engine *e, const char *name, const char *text);
void state_remove(const struct engine *e, const char *name);

#endif
