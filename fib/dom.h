/* fib/dom.h - layer-2 domains: bridge and VXLAN device of a VNI. */
#ifndef FIB_DOM_H
#define FIB_DOM_H

#include <stdbool.h>
#include <stdint.h>

struct dom;
struct fib;
struct intent_l2dom;
struct link;

/** dom_find - NULL if none; dom_get - made when absent. */
struct dom *dom_find(const struct fib *f, uint32_t vni);
struct dom *dom_get(struct fib *f, uint32_t vni);

/** dom_set, dom_unset - what the engine wants of the devices. */
void dom_set(struct fib *f, const struct intent_l2dom *i);
void dom_unset(struct fib *f, uint32_t vni);

/** dom_adopt - serve every VNI whose bridge and device are found in the kernel? */
void dom_adopt(struct fib *f, bool on);

/** dom_touch - something about its devices changed: look at it in dom_work(). */
void dom_touch(struct fib *f, struct dom *d);

/** dom_link_changed, dom_link_gone - called by fib/link.c. */
void dom_link_changed(struct fib *f, struct link *l);
void dom_link_gone(struct fib *f, struct link *l);

/** dom_work - bring touched domains nearer to what is wanted. */
void dom_work(struct fib *f);

/** dom_sweep - delete our devices that nobody asked for in this generation. */
void dom_sweep(struct fib *f);

/** dom_retry - try again what has waited; Return: when the next is due, INT64_MAX
 * when none waits. */
int64_t dom_retry(struct fib *f, int64_t now_ms);

#endif
