/* lib/addr.h - addresses as plain values: MAC, IP, prefix, RD, ESI, route target. */
#ifndef LIB_ADDR_H
#define LIB_ADDR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

/* All bytes are in network order; every type compares with memcmp. */
struct mac {
	uint8_t b[6];
};

struct ip {
	uint8_t len;   /* bytes: 0 = none, 4, 16 */
	uint8_t b[16]; /* unused bytes are zero */
};

struct prefix {
	struct ip ip; /* host bits zero */
	uint8_t bits;
};

struct rd {
	uint8_t b[8];
};

struct esi {
	uint8_t b[10];
};

struct extcom {
	uint8_t b[8];
};

/* Enough for any *_format here, NUL included. */
#define ADDR_STR 64

static inline bool mac_eq(const struct mac *a, const struct mac *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static inline bool mac_is_zero(const struct mac *m)
{
	return !memcmp(m, &(struct mac) { 0 }, sizeof(*m));
}

/** mac_is_multicast - group bit set (broadcast included). */
static inline bool mac_is_multicast(const struct mac *m)
{
	return m->b[0] & 1;
}

static inline bool ip_eq(const struct ip *a, const struct ip *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static inline bool ip_is_none(const struct ip *a)
{
	return a->len == 0;
}

static inline bool esi_is_zero(const struct esi *e)
{
	return !memcmp(e, &(struct esi) { 0 }, sizeof(*e));
}

/** ip_of - from 4 or 16 network-order bytes (other lengths give none). */
struct ip ip_of(const void *bytes, size_t len);

/** ip4_of - from a host-order number. */
struct ip ip4_of(uint32_t host_order);

/** ip4_host - the host-order number of an IPv4 address, else 0. */
uint32_t ip4_host(const struct ip *a);

/** ip_cmp - IPv4 before IPv6, then numerically. */
int ip_cmp(const struct ip *a, const struct ip *b);

bool ip_is_zero(const struct ip *a); /* 0.0.0.0, ::, or none */
bool ip_is_multicast(const struct ip *a);
bool ip_is_link_local(const struct ip *a); /* 169.254/16, fe80::/10 */
bool ip_is_loopback(const struct ip *a);

/** ip_to_sockaddr - Return: length of the address written to *ss (port host order). */
socklen_t ip_to_sockaddr(const struct ip *a, uint16_t port,
			 struct sockaddr_storage *ss);

/** ip_from_sockaddr - v4-mapped IPv6 becomes IPv4; port may be NULL. */
struct ip ip_from_sockaddr(const struct sockaddr_storage *ss, uint16_t *port);

/** prefix_contains - is the address inside (families must agree)? */
bool prefix_contains(const struct prefix *p, const struct ip *a);

/** prefix_cmp - by address, and a prefix right before those that are inside it. */
int prefix_cmp(const struct prefix *a, const struct prefix *b);

/*
 * *_parse: Return 0, or -EINVAL and *out untouched. prefix_parse clears host bits.
 * rd_parse takes A.B.C.D:N, AS:N (2-octet AS: type 0, larger: type 2).
 * rt_parse takes AS:N, A.B.C.D:N and gives a route target community.
 */
int mac_parse(const char *s, struct mac *out);
int ip_parse(const char *s, struct ip *out);
int prefix_parse(const char *s, struct prefix *out);
int rd_parse(const char *s, struct rd *out);
int rt_parse(const char *s, struct extcom *out);

/*
 * *_format: write a terminated string into buf[ADDR_STR] and return buf, so
 * that they nest in printf arguments. rt_format prints AS:N without "RT:".
 */
const char *mac_format(const struct mac *m, char buf[ADDR_STR]);
const char *ip_format(const struct ip *a, char buf[ADDR_STR]);
const char *prefix_format(const struct prefix *p, char buf[ADDR_STR]);
const char *rd_format(const struct rd *rd, char buf[ADDR_STR]);
const char *esi_format(const struct esi *e, char buf[ADDR_STR]);
const char *rt_format(const struct extcom *rt, char buf[ADDR_STR]);

/** rt_make - route target of a 2- or 4-octet AS and a number (RFC 4360, 5668). */
struct extcom rt_make(uint32_t as, uint32_t number);

/** rd_make_ip - type 1 RD from an IPv4 address in host order and an index. */
struct rd rd_make_ip(uint32_t ip4_host_order, uint16_t index);

#endif
