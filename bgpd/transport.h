/* bgpd/transport.h - TCP sockets as BGP wants them. */
#ifndef BGPD_TRANSPORT_H
#define BGPD_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"

struct cfg_nbr;

/* How a connection to one neighbor looks. */
struct transport {
	struct ip remote;
	uint16_t port;         /* host order */
	struct ip source;      /* none: the kernel chooses */
	const char *source_if; /* "" or the device whose address is the source */
	const char *ifname;    /* of a link-local remote: the device of the link */
	const char *password;  /* "" none */
	uint8_t ttl;           /* to send with; 0: the system's default */
	uint8_t min_ttl;       /* to accept, 0: any (RFC 5082) */
};

/** transport_of - settings of a neighbor; port is used if it names none. */
struct transport transport_of(const struct cfg_nbr *n, bool ebgp, uint16_t port);

/** transport_connect - begin to connect, non-blocking; Return: fd (owned), -errno. */
int transport_connect(const struct transport *t);

/** transport_is_via - is the other end of an accepted socket on this link? Only asked
 * of link-local addresses; "" is any link. */
bool transport_is_via(int fd, const char *ifname);

/** transport_setup - TTL, GTSM, no delay on an accepted socket; Return: 0, -errno. */
int transport_setup(int fd, const struct transport *t);

/** transport_listen - bound, listening, non-blocking; none: both families.
 * Return: fd (owned), -errno. */
int transport_listen(const struct ip *addr, uint16_t port);

/**
 * transport_md5 - key for a neighbor or a listen range (RFC 2385)
 * @fd:  a listener, or a socket not yet connected; a listener of the other
 *       family is left alone
 * @key: at most 80 bytes; "" removes
 *
 * Return: 0; -errno (-ENOMEM: net.core.optmem_max is used up).
 */
int transport_md5(int fd, const struct prefix *who, const char *key);

/** transport_addresses - local and remote end of a connected socket. */
int transport_addresses(int fd, struct ip *local, uint16_t *local_port,
			struct ip *remote, uint16_t *remote_port);

#endif
