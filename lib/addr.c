/*
 * Addresses as text and bytes. Pure; the only place that knows their notation.
 */
#include "lib/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/util.h"

struct ip ip_of(const void *bytes, size_t len)
{
	struct ip a = { 0 };

	if (len == 4 || len == 16) {
		a.len = (uint8_t)len;
		memcpy(a.b, bytes, len);
	}
	return a;
}

struct ip ip4_of(uint32_t host_order)
{
	uint32_t be = htonl(host_order);

	return ip_of(&be, 4);
}

uint32_t ip4_host(const struct ip *a)
{
	uint32_t be;

	if (a->len != 4)
		return 0;
	memcpy(&be, a->b, 4);
	return ntohl(be);
}

int ip_cmp(const struct ip *a, const struct ip *b)
{
	return memcmp(a, b, sizeof(*a));
}

bool ip_is_zero(const struct ip *a)
{
	static const uint8_t zero[16];

	return !memcmp(a->b, zero, sizeof(zero));
}

bool ip_is_multicast(const struct ip *a)
{
	return a->len == 4 ? (a->b[0] & 0xf0) == 0xe0 : a->len == 16 && a->b[0] == 0xff;
}

bool ip_is_link_local(const struct ip *a)
{
	if (a->len == 4)
		return a->b[0] == 169 && a->b[1] == 254;
	return a->len == 16 && a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;
}

bool ip_is_loopback(const struct ip *a)
{
	struct in6_addr in6;

	if (a->len == 4)
		return a->b[0] == 127;
	memcpy(&in6, a->b, sizeof(in6));
	return a->len == 16 && IN6_IS_ADDR_LOOPBACK(&in6);
}

socklen_t ip_to_sockaddr(const struct ip *a, uint16_t port, struct sockaddr_storage *ss)
{
	memset(ss, 0, sizeof(*ss));
	if (a->len == 16) {
		struct sockaddr_in6 *s6 = (void *)ss;

		s6->sin6_family = AF_INET6;
		s6->sin6_port = htons(port);
		memcpy(&s6->sin6_addr, a->b, 16);
		return sizeof(*s6);
	}
	struct sockaddr_in *s4 = (void *)ss;

	s4->sin_family = AF_INET;
	s4->sin_port = htons(port);
	memcpy(&s4->sin_addr, a->b, 4);
	return sizeof(*s4);
}

struct ip ip_from_sockaddr(const struct sockaddr_storage *ss, uint16_t *port)
{
	if (ss->ss_family == AF_INET) {
		const struct sockaddr_in *s4 = (const void *)ss;

		if (port)
			*port = ntohs(s4->sin_port);
		return ip_of(&s4->sin_addr, 4);
	}
	if (ss->ss_family != AF_INET6)
		return (struct ip) { 0 };

	const struct sockaddr_in6 *s6 = (const void *)ss;

	if (port)
		*port = ntohs(s6->sin6_port);
	if (IN6_IS_ADDR_V4MAPPED(&s6->sin6_addr))
		return ip_of(s6->sin6_addr.s6_addr + 12, 4);
	return ip_of(&s6->sin6_addr, 16);
}

bool prefix_contains(const struct prefix *p, const struct ip *a)
{
	size_t whole = p->bits / 8, rest = p->bits % 8;

	if (p->ip.len != a->len)
		return false;
	if (memcmp(p->ip.b, a->b, whole))
		return false;
	return !rest || !((p->ip.b[whole] ^ a->b[whole]) >> (8 - rest));
}

int prefix_cmp(const struct prefix *a, const struct prefix *b)
{
	int c = ip_cmp(&a->ip, &b->ip);

	return c ? c : (int)a->bits - (int)b->bits;
}

/* A decimal number that ends at `end` (NUL or ':'), at most max. */
static int number_parse(const char *s, char end, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;
	const char *p = s;

	for (; *p >= '0' && *p <= '9'; p++) {
		v = v * 10 + (uint64_t)(*p - '0');
		if (v > max)
			return -EINVAL;
	}
	if (p == s || *p != end)
		return -EINVAL;
	*out = v;
	return 0;
}

int mac_parse(const char *s, struct mac *out)
{
	struct mac m;

	for (int i = 0; i < 6; i++) {
		char hex[3] = { s[0], s[0] ? s[1] : '\0', '\0' };

		if (!strchr("0123456789abcdefABCDEF", hex[0]) || !hex[0] || !hex[1] ||
		    !strchr("0123456789abcdefABCDEF", hex[1]))
			return -EINVAL;
		m.b[i] = (uint8_t)strtoul(hex, NULL, 16);
		s += 2;
		if (i < 5 && *s++ != ':')
			return -EINVAL;
	}
	if (*s)
		return -EINVAL;
	*out = m;
	return 0;
}

int ip_parse(const char *s, struct ip *out)
{
	uint8_t b[16];

	if (inet_pton(AF_INET, s, b) == 1)
		*out = ip_of(b, 4);
	else if (inet_pton(AF_INET6, s, b) == 1)
		*out = ip_of(b, 16);
	else
		return -EINVAL;
	return 0;
}

int prefix_parse(const char *s, struct prefix *out)
{
	char addr[ADDR_STR];
	const char *slash = strchr(s, '/');
	struct prefix p = { 0 };
	uint64_t bits;

	if (!slash || (size_t)(slash - s) >= sizeof(addr))
		return -EINVAL;
	memcpy(addr, s, (size_t)(slash - s));
	addr[slash - s] = '\0';
	if (ip_parse(addr, &p.ip) ||
	    number_parse(slash + 1, '\0', p.ip.len * 8u, &bits))
		return -EINVAL;
	p.bits = (uint8_t)bits;
	for (unsigned i = p.bits; i < p.ip.len * 8u; i++)
		p.ip.b[i / 8] &= (uint8_t) ~(0x80u >> (i % 8));
	*out = p;
	return 0;
}

/* Splits "ADMIN:NUMBER"; ADMIN is an AS number or a dotted IPv4 address. */
static int admin_parse(const char *s, bool *is_ip, uint64_t *admin, uint64_t *number)
{
	const char *colon = strrchr(s, ':');
	char head[ADDR_STR];
	struct ip a;

	if (!colon || (size_t)(colon - s) >= sizeof(head))
		return -EINVAL;
	memcpy(head, s, (size_t)(colon - s));
	head[colon - s] = '\0';
	*is_ip = !ip_parse(head, &a) && a.len == 4;
	if (*is_ip)
		*admin = ip4_host(&a);
	else if (number_parse(head, '\0', UINT32_MAX, admin))
		return -EINVAL;

	bool wide = !*is_ip && *admin <= UINT16_MAX;

	return number_parse(colon + 1, '\0', wide ? UINT32_MAX : UINT16_MAX, number);
}

static void put16(uint8_t *p, uint64_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint64_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static uint32_t get16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return get16(p) << 16 | get16(p + 2);
}

int rd_parse(const char *s, struct rd *out)
{
	uint64_t admin, number;
	struct rd rd = { 0 };
	bool is_ip;

	if (admin_parse(s, &is_ip, &admin, &number))
		return -EINVAL;
	if (!is_ip && admin <= UINT16_MAX) {
		put16(rd.b + 2, admin);
		put32(rd.b + 4, number);
	} else {
		rd.b[1] = is_ip ? 1 : 2;
		put32(rd.b + 2, admin);
		put16(rd.b + 6, number);
	}
	*out = rd;
	return 0;
}

int rt_parse(const char *s, struct extcom *out)
{
	uint64_t admin, number;
	bool is_ip;

	if (admin_parse(s, &is_ip, &admin, &number))
		return -EINVAL;
	if (!is_ip) {
		*out = rt_make((uint32_t)admin, (uint32_t)number);
		return 0;
	}
	*out = (struct extcom) { { 1, 2 } };
	put32(out->b + 2, admin);
	put16(out->b + 6, number);
	return 0;
}

struct extcom rt_make(uint32_t as, uint32_t number)
{
	struct extcom rt = { { as > UINT16_MAX ? 2 : 0, 2 } };

	if (as > UINT16_MAX) {
		put32(rt.b + 2, as);
		put16(rt.b + 6, number);
	} else {
		put16(rt.b + 2, as);
		put32(rt.b + 4, number);
	}
	return rt;
}

struct rd rd_make_ip(uint32_t ip4_host_order, uint16_t index)
{
	struct rd rd = { { 0, 1 } };

	put32(rd.b + 2, ip4_host_order);
	put16(rd.b + 6, index);
	return rd;
}

const char *mac_format(const struct mac *m, char buf[ADDR_STR])
{
	static const char hex[] = "0123456789abcdef";
	char *p = buf;

	for (int i = 0; i < 6; i++) {
		*p++ = hex[m->b[i] >> 4];
		*p++ = hex[m->b[i] & 15];
		*p++ = ':';
	}
	p[-1] = '\0';
	return buf;
}

const char *ip_format(const struct ip *a, char buf[ADDR_STR])
{
	if (!a->len ||
	    !inet_ntop(a->len == 4 ? AF_INET : AF_INET6, a->b, buf, ADDR_STR))
		str_copy(buf, ADDR_STR, "none");
	return buf;
}

const char *prefix_format(const struct prefix *p, char buf[ADDR_STR])
{
	ip_format(&p->ip, buf);
	snprintf(buf + strlen(buf), ADDR_STR - strlen(buf), "/%u", p->bits);
	return buf;
}

/* ADMIN:NUMBER of the three layouts shared by RDs and route targets. */
static const char *admin_format(unsigned layout, const uint8_t *v, char buf[ADDR_STR])
{
	if (layout == 0)
		snprintf(buf, ADDR_STR, "%u:%u", get16(v), get32(v + 2));
	else if (layout == 1)
		snprintf(buf, ADDR_STR, "%u.%u.%u.%u:%u", v[0], v[1], v[2], v[3],
			 get16(v + 4));
	else
		snprintf(buf, ADDR_STR, "%u:%u", get32(v), get16(v + 4));
	return buf;
}

const char *rd_format(const struct rd *rd, char buf[ADDR_STR])
{
	unsigned type = get16(rd->b);

	if (type <= 2)
		return admin_format(type, rd->b + 2, buf);
	snprintf(buf, ADDR_STR, "type%u:%08x%04x", type, get32(rd->b + 2),
		 get16(rd->b + 6));
	return buf;
}

const char *rt_format(const struct extcom *rt, char buf[ADDR_STR])
{
	return admin_format(rt->b[0] & 3u, rt->b + 2, buf);
}

const char *esi_format(const struct esi *e, char buf[ADDR_STR])
{
	for (int i = 0; i < 10; i++)
		snprintf(buf + i * 3, 4, i < 9 ? "%02x:" : "%02x", e->b[i]);
	return buf;
}
