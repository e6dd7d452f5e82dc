/* fib/link.h - shadow of the kernel's devices and addresses. */
#ifndef FIB_LINK_H
#define FIB_LINK_H

#include <stdbool.h>
#include <stdint.h>

struct fib;
struct ip;
struct link;
struct nlmsghdr;

/** link_event - RTM_NEWLINK or RTM_DELLINK, from an event or a dump. */
void link_event(struct fib *f, const struct nlmsghdr *h);

/** link_find, link_by_name - NULL if none. */
struct link *link_find(const struct fib *f, uint32_t ifindex);
struct link *link_by_name(const struct fib *f, const char *name);

/** link_vni - VNI of a bridge: of the VXLAN device among its ports; 0 none. */
uint32_t link_vni(const struct fib *f, uint32_t bridge);

/** link_gone - forget a device with all that is on it. */
void link_gone(struct fib *f, struct link *l);

/** link_sweep - after a dump: forget the devices and addresses it did not show. */
void link_sweep(struct fib *f);

/** laddr_event - RTM_NEWADDR or RTM_DELADDR. */
void laddr_event(struct fib *f, const struct nlmsghdr *h);

#endif
