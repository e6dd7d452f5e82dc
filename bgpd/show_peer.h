/* bgpd/show_peer.h - a peer in the words of show commands. */
#ifndef BGPD_SHOW_PEER_H
#define BGPD_SHOW_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "bgpd/engine_int.h"

static inline bool show_is_up(const struct peer *p)
{
	return p->state == FSM_ESTABLISHED;
}

/** show_state_ms - time in the present state; -1: never was up. */
int64_t show_state_ms(const struct peer *p);

/** show_uptime - FRR's time: 00:00:27, 1d02h03m, 02w3d04h; Return: buf. */
const char *show_uptime(int64_t ms, char buf[32]);

/** show_id - a router id, host order; Return: buf. */
const char *show_id(uint32_t id, char buf[ADDR_STR]);

/** show_remote_as - of the session, else as configured; 0 unknown. */
uint32_t show_remote_as(const struct peer *p);

#endif
