/* fib/route.h - how locators are reached, and what the kernel says of routes. */
#ifndef FIB_ROUTE_H
#define FIB_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "fib/seen.h"

struct fib;
struct ila_loc;
struct ip;
struct nlmsghdr;

/** route_lookup - ask the kernel for the way to a locator: sets hop and err of it, and
 * changed when they are others than before and its mappings name them. */
void route_lookup(struct fib *f, struct ila_loc *l);

/** route_later - ask for it within the next turns. */
void route_later(struct fib *f, struct ila_loc *l);

/** route_event - RTM_NEWROUTE or RTM_DELROUTE: locators that it concerns are to be
 * looked up again; what became of routes of ours. */
void route_event(struct fib *f, const struct nlmsghdr *h, enum seen_from from);

/** route_touch - the same for all locators below a prefix, for those that go by a
 * device or neighbour, and for those that go nowhere. */
void route_touch(struct fib *f, const uint8_t *prefix, unsigned bits);
void route_touch_dev(struct fib *f, uint32_t ifindex);
void route_touch_gw(struct fib *f, uint32_t ifindex, const struct ip *gw);

/** route_work - look up what was touched, a bounded number. */
void route_work(struct fib *f);

/** route_dump - say what routes of ours there are. Return: 0 or -errno. */
int route_dump(struct fib *f, bool first);

/** route_locs_changed - a locator came or went. */
void route_locs_changed(struct fib *f);

#endif
