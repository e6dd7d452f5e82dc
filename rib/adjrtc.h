/* rib/adjrtc.h - what an update group has been told of route target membership. */
#ifndef RIB_ADJRTC_H
#define RIB_ADJRTC_H

#include "rib/adjout.h"

/**
 * adjrtc_step - what there is to say of one net
 * @told: the entry of adjout.told[] as it is
 * @s:    filled; nothing to say when it has neither path, alt nor withdraw
 *
 * Return: the entry as it is to be. For adjout.c.
 */
uint16_t adjrtc_step(struct adjout *o, uint32_t net, uint16_t told, adjout_policy may,
		     void *ctx, struct adjout_step *s);

/** adjrtc_fini, adjrtc_split - the part of an adjout that is adjrtc.c's own. */
void adjrtc_fini(struct adjout *o);
void adjrtc_split(struct adjout *o, const struct adjout *of);

#endif
