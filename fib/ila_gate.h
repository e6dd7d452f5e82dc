/* fib/ila_gate.h - how what this host itself sends comes to the ILA programs: a pair of
 * devices, and a route to each SIR prefix that leads into it. */
#ifndef FIB_ILA_GATE_H
#define FIB_ILA_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/ila.h"

struct fib;

/* Packets enter at the first and come out at the second, where a program runs. */
#define ILA_GATE_IN  "ila-host"
#define ILA_GATE_OUT "ila-gate"

/** ila_gate_work - make the devices, set their MTU, raise them, as far as this is not
 * so
 * @out: out: ifindex of ILA_GATE_OUT, 0: none yet
 * @why: out, NL_WHY bytes
 *
 * The pair is found by the shadow's next turn. Return: 0 or -errno. */
int ila_gate_work(struct fib *f, uint32_t mtu, uint32_t *out, char *why);

/** ila_gate_route - the prefix leads into the pair, unless it does already. Return: 0;
 * -EEXIST: a route of somebody else has the place; other -errno. */
int ila_gate_route(struct fib *f, const struct ila64 *sir, char *why);
int ila_gate_unroute(struct fib *f, const struct ila64 *sir);

/** ila_gate_remove - the pair goes, with all routes into it. */
void ila_gate_remove(struct fib *f);

#endif
