/* fib/port.h - endpoints, and bridges without ports. */
#ifndef FIB_PORT_H
#define FIB_PORT_H

struct fib;
struct intent_endpoint;

/** endpoint_set, endpoint_unset - a port that is ours to enslave. */
void endpoint_set(struct fib *f, const struct intent_endpoint *i);
void endpoint_unset(struct fib *f, const char *ifname);

/** endpoint_sweep - forget the endpoints that were not renewed. */
void endpoint_sweep(struct fib *f);

/** ports_work - put endpoints in their bridges, delete our bridges that nobody uses;
 * only when something changed (fib.ports_due). */
void ports_work(struct fib *f);

#endif
