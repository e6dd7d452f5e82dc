/* fib/pol.h - identities, endpoints under policy, their policies, and what their
 * programs need to forward. */
#ifndef FIB_POL_H
#define FIB_POL_H

#include <stdbool.h>
#include <stdint.h>

struct dom;
struct fib;
struct intent_entry;
struct intent_query;
struct link;
struct want_entry;
struct want_key;
struct want_val;

/*
 * Records, with fields that fib/check.h found possible. Return: 0; or -errno when they
 * contradict what was said before, with static text in *why: -ENOENT: a verdict of a
 * policy that is not there; -E2BIG: it has too many.
 */
int pol_ident_set(struct fib *f, const void *body, const char **why);
int pol_ident_del(struct fib *f, const void *body, const char **why);
int pol_group_set(struct fib *f, const void *body, const char **why);
int pol_group_del(struct fib *f, const void *body, const char **why);
int pol_options(struct fib *f, const void *body, const char **why);
int pol_workload_set(struct fib *f, const void *body, const char **why);
int pol_workload_del(struct fib *f, const void *body, const char **why);
int pol_policy_begin(struct fib *f, const void *body, const char **why);
int pol_verdict_set(struct fib *f, const void *body, const char **why);
int pol_verdict_del(struct fib *f, const void *body, const char **why);
int pol_policy_commit(struct fib *f, const void *body, const char **why);
int pol_policy_del(struct fib *f, const void *body, const char **why);
int pol_monitor(struct fib *f, const void *body, const char **why);

/** pol_sync_begin - a new engine: the numbers of the last one mean nothing. */
void pol_sync_begin(struct fib *f);

/** pol_sweep - after want_sweep(): what was not renewed. */
void pol_sweep(struct fib *f);

/*
 * Once a turn, in this order. pol_before: programs and maps, policies and what
 * endpoints have to wait for; pol_apply, by fib/backends.c: identities, MACs,
 * neighbours; pol_after: endpoints, then whatever nobody needs any more. Return of
 * pol_after: when there is to be a turn again, INT64_MAX: never.
 */
void pol_before(struct fib *f);
void pol_apply(struct fib *f, unsigned max);
int64_t pol_after(struct fib *f);

/** pol_gate_before - a device is about to become a bridge's port: not one to be used
 * before its policy is enforced. */
void pol_gate_before(struct fib *f, struct link *l);

/** pol_gate_held - is nothing to be delivered to this device? */
bool pol_gate_held(const struct fib *f, const char *ifname);

/** pol_dump - compare with what is really in the maps and on the devices.
 * @first: adopt what is from an earlier run. */
int pol_dump(struct fib *f, bool first);

/** pol_flush - we end: all of it goes. pol_fini: nothing but memory does. */
void pol_flush(struct fib *f);
void pol_fini(struct fib *f);

/** pol_retell - a new engine knows none of our states and counters. */
void pol_retell(struct fib *f);

/** pol_counters - tell the engine what was dropped. Return: when it will be time
 * again, INT64_MAX: never. */
int64_t pol_counters(struct fib *f);

/** pol_link_changed, pol_link_gone, pol_addr_changed - called by fib/link.c. */
void pol_link_changed(struct fib *f, const struct link *l, const char *was);
void pol_link_gone(struct fib *f, const struct link *l);
void pol_addr_changed(struct fib *f);

/** pol_offload_changed - what devices do with segments was forgotten. net_receive - how
 * an L2 domain's are received: enum intent_receive. */
void pol_offload_changed(struct fib *f);
uint8_t net_receive(const struct fib *f, uint32_t vni);

/** pol_entry - what `show fib` says of an entry of TABLE_IDENT, TABLE_NET_*. */
void pol_entry(const struct fib *f, const struct want_entry *e,
	       const struct want_val *v, struct intent_entry *r);

/** pol_answer - entries of TABLE_POLICY and TABLE_WORKLOAD, by put(); or counters of
 * rules. */
void pol_answer(struct fib *f, const struct intent_query *q,
		void (*put)(struct fib *f, uint16_t type, const void *body,
			    uint32_t len));

/* ---- net.c: forwarding ---- */

/** net_dom_changed - devices or settings of a domain changed, or it is gone. */
void net_dom_changed(struct fib *f, struct dom *d);

/** net_mac_set, net_mac_del, net_neigh_set, net_neigh_del - beside what the kernel's
 * own tables get. */
struct intent_mac;
struct intent_neigh;
void net_mac_set(struct fib *f, const struct intent_mac *m);
void net_mac_del(struct fib *f, const struct intent_mac *m);
void net_neigh_set(struct fib *f, const struct intent_neigh *n);
void net_neigh_del(struct fib *f, const struct intent_neigh *n);

#endif
