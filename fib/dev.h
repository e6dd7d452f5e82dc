/* fib/dev.h - requests that make, change and delete devices. */
#ifndef FIB_DEV_H
#define FIB_DEV_H

#include <stdbool.h>
#include <stdint.h>

struct intent_l2dom;
struct nl;

/*
 * All Return: 0 or the kernel's -errno, its words in why[NL_WHY]. The shadow follows
 * by the events. Names are checked by the callers.
 */

/** dev_bridge_add - a bridge d->bridge, forward delay 0, our ifalias. */
int dev_bridge_add(struct nl *nl, const struct intent_l2dom *d, char *why);

/** dev_vxlan_add - the VXLAN device d->vxlan in a bridge, our ifalias.
 * @underlay: ifindex, 0 by route */
int dev_vxlan_add(struct nl *nl, const struct intent_l2dom *d, uint32_t bridge,
		  uint32_t underlay, char *why);
int dev_del(struct nl *nl, uint32_t ifindex, char *why);
int dev_up(struct nl *nl, uint32_t ifindex, char *why);
int dev_master(struct nl *nl, uint32_t ifindex, uint32_t master, char *why);

/**
 * dev_pair_add - two ends of one cable, both with the same address and without ARP, so
 * that each takes what the other sends; no address of their own, our ifalias, down
 */
int dev_pair_add(struct nl *nl, const char *a, const char *b, uint32_t mtu, char *why);
int dev_mtu(struct nl *nl, uint32_t ifindex, uint32_t mtu, char *why);

/**
 * dev_dormant - "up, but not yet to be used" (RFC 2863): as a bridge's port it then is
 * disabled, and stays so when its carrier comes and goes. Without: as usual.
 */
int dev_dormant(struct nl *nl, uint32_t ifindex, bool on, char *why);

/** dev_port - bridge port: learning off; neighbour suppression on when asked for. */
int dev_port(struct nl *nl, uint32_t ifindex, bool suppress, char *why);

#endif
