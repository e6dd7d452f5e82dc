/*
 * TCP sockets for BGP: connect and listen over IPv4 and IPv6, MD5 keys
 * (RFC 2385), GTSM (RFC 5082), TTL, source address. Nothing here needs a
 * privilege but the port of a listener. Not for bytes: conn.c.
 */
#include "bgpd/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bgpd/config.h"
#include "bgpd/peer.h"
#include "lib/util.h"

enum { TTL_MAX = 255, BGP_PORT = 179 };

static int set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) ? -errno : 0;
}

static int family_of(int fd)
{
	int family = 0;
	socklen_t len = sizeof(family);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &len))
		return -errno;
	return family;
}

struct transport transport_of(const struct cfg_nbr *n, bool ebgp, uint16_t port)
{
	struct transport t = {
		.remote = n->addr,
		.port = n->port ? n->port
			: port  ? port
				: BGP_PORT,
		.source = n->source,
		.source_if = n->source_if,
		.ifname = n->ifname,
		.password = n->password,
	};

	if (n->gtsm_hops) {
		t.ttl = TTL_MAX;
		t.min_ttl = (uint8_t)(TTL_MAX - n->gtsm_hops + 1);
	} else if (ebgp) {
		t.ttl = n->multihop ? n->multihop : 1;
	}
	return t;
}

/* First address of a device in the family of like. */
static int device_address(const char *dev, const struct ip *like, struct ip *out)
{
	struct ifaddrs *list, *a;
	int ret = -EADDRNOTAVAIL;

	if (getifaddrs(&list))
		return -errno;
	for (a = list; a && ret; a = a->ifa_next) {
		struct sockaddr_storage ss = { 0 };
		struct ip ip;

		if (!a->ifa_addr || strcmp(a->ifa_name, dev))
			continue;
		if (a->ifa_addr->sa_family == AF_INET)
			memcpy(&ss, a->ifa_addr, sizeof(struct sockaddr_in));
		else if (a->ifa_addr->sa_family == AF_INET6)
			memcpy(&ss, a->ifa_addr, sizeof(struct sockaddr_in6));
		else
			continue;
		ip = ip_from_sockaddr(&ss, NULL);
		if (ip.len != like->len || ip_is_link_local(&ip))
			continue;
		*out = ip;
		ret = 0;
	}
	freeifaddrs(list);
	return ret;
}

static bool is_ip6_link_local(const struct ip *a)
{
	return a->len == 16 && ip_is_link_local(a);
}

/* The address with the link it is on; Return: its length, -ENODEV without such a link.
 */
static int link_sockaddr(const struct transport *t, const struct ip *a, uint16_t port,
			 struct sockaddr_storage *ss)
{
	struct sockaddr_in6 *s6 = (struct sockaddr_in6 *)ss;
	socklen_t len = ip_to_sockaddr(a, port, ss);

	if (is_ip6_link_local(a)) {
		s6->sin6_scope_id = t->ifname ? if_nametoindex(t->ifname) : 0;
		if (!s6->sin6_scope_id)
			return -ENODEV;
	}
	return (int)len;
}

static int bind_source(int fd, const struct transport *t)
{
	struct sockaddr_storage ss;
	struct ip source = t->source;
	int len;

	if (ip_is_none(&source) && is_ip6_link_local(&t->remote))
		return 0; /* on a link there is but one source that fits */
	if (ip_is_none(&source) && t->source_if && t->source_if[0]) {
		int err = device_address(t->source_if, &t->remote, &source);

		if (err)
			return err;
	}
	if (ip_is_none(&source))
		return 0;
	if (source.len != t->remote.len)
		return -EAFNOSUPPORT;

	len = link_sockaddr(t, &source, 0, &ss);
	if (len < 0)
		return len;
	return bind(fd, (struct sockaddr *)&ss, (socklen_t)len) ? -errno : 0;
}

static int set_ttl(int fd, int family, uint8_t ttl)
{
	return family == AF_INET6 ? set_int(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, ttl)
				  : set_int(fd, IPPROTO_IP, IP_TTL, ttl);
}

static int set_min_ttl(int fd, int family, uint8_t ttl)
{
	return family == AF_INET6 ? set_int(fd, IPPROTO_IPV6, IPV6_MINHOPCOUNT, ttl)
				  : set_int(fd, IPPROTO_IP, IP_MINTTL, ttl);
}

/* A socket of the IPv6 wildcard carries IPv4 too: then both families' options
 * count, the one by which packets really travel first. */
int transport_setup(int fd, const struct transport *t)
{
	int family = t->remote.len == 4 ? AF_INET : AF_INET6;
	int err = set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);

	if (!err && t->ttl)
		err = set_ttl(fd, family, t->ttl);
	if (!err && !t->ttl)
		err = set_int(fd, family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6,
			      family == AF_INET ? IP_TTL : IPV6_UNICAST_HOPS, -1);
	if (!err && t->min_ttl)
		err = set_min_ttl(fd, family, t->min_ttl);
	return err;
}

int transport_connect(const struct transport *t)
{
	struct sockaddr_storage ss;
	int err, fd, len = link_sockaddr(t, &t->remote, t->port, &ss);

	if (len < 0)
		return len;
	fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	err = transport_setup(fd, t);
	if (!err)
		err = bind_source(fd, t);
	if (!err && t->password && t->password[0]) {
		struct prefix who = { t->remote, (uint8_t)(t->remote.len * 8) };

		err = transport_md5(fd, &who, t->password);
	}
	if (!err && connect(fd, (struct sockaddr *)&ss, (socklen_t)len) &&
	    errno != EINPROGRESS)
		err = -errno;
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

bool transport_is_via(int fd, const char *ifname)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);
	struct ip remote;

	if (!ifname[0] || getpeername(fd, (struct sockaddr *)&ss, &len))
		return true;
	remote = ip_from_sockaddr(&ss, NULL);
	return !is_ip6_link_local(&remote) ||
	       ((struct sockaddr_in6 *)&ss)->sin6_scope_id == if_nametoindex(ifname);
}

static int listen_on(int family, const struct sockaddr_storage *ss, socklen_t len)
{
	int err, fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	err = set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	/* Our SYN+ACK must pass the GTSM of whoever dials (RFC 5082 section 3). */
	if (!err && family == AF_INET6)
		err = set_ttl(fd, AF_INET6, TTL_MAX);
	if (!err)
		err = set_ttl(fd, AF_INET, TTL_MAX);
	if (!err && bind(fd, (const struct sockaddr *)ss, len))
		err = -errno;
	if (!err && listen(fd, SOMAXCONN))
		err = -errno;
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

int transport_listen(const struct ip *addr, uint16_t port)
{
	struct ip any6 = { .len = 16 }, any4 = { .len = 4 };
	const struct ip *a = addr && !ip_is_none(addr) ? addr : &any6;
	struct sockaddr_storage ss;
	socklen_t len = ip_to_sockaddr(a, port, &ss);
	int fd = listen_on(ss.ss_family, &ss, len);

	if (fd == -EAFNOSUPPORT && a == &any6) { /* a kernel without IPv6 */
		len = ip_to_sockaddr(&any4, port, &ss);
		fd = listen_on(AF_INET, &ss, len);
	}
	return fd;
}

/* IPv4 as an IPv6 listener knows it: ::ffff:a.b.c.d. */
static void to_mapped(const struct prefix *who, struct sockaddr_storage *ss)
{
	struct sockaddr_in6 *s6 = (struct sockaddr_in6 *)ss;

	*s6 = (struct sockaddr_in6) { .sin6_family = AF_INET6 };
	s6->sin6_addr.s6_addr[10] = s6->sin6_addr.s6_addr[11] = 0xff;
	memcpy(&s6->sin6_addr.s6_addr[12], who->ip.b, 4);
}

int transport_md5(int fd, const struct prefix *who, const char *key)
{
	struct tcp_md5sig sig = { 0 };
	size_t len = strlen(key);
	int family = family_of(fd);
	bool whole = who->bits == who->ip.len * 8;

	if (family < 0)
		return family;
	if (len > sizeof(sig.tcpm_key))
		return -EINVAL;
	if (family == AF_INET && who->ip.len == 16)
		return 0;
	ip_to_sockaddr(&who->ip, 0, &sig.tcpm_addr);
	sig.tcpm_prefixlen = who->bits;
	if (family == AF_INET6 && who->ip.len == 4)
		to_mapped(who, &sig.tcpm_addr);
	sig.tcpm_flags = whole ? 0 : TCP_MD5SIG_FLAG_PREFIX;
	sig.tcpm_keylen = (uint16_t)len;
	memcpy(sig.tcpm_key, key, len);
	if (setsockopt(fd, IPPROTO_TCP, whole ? TCP_MD5SIG : TCP_MD5SIG_EXT, &sig,
		       sizeof(sig)))
		return !len && errno == ENOENT ? 0 : -errno;
	return 0;
}

int transport_addresses(int fd, struct ip *local, uint16_t *local_port,
			struct ip *remote, uint16_t *remote_port)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);
	struct ip ip;

	if (getsockname(fd, (struct sockaddr *)&ss, &len))
		return -errno;
	ip = ip_from_sockaddr(&ss, local_port);
	if (local)
		*local = ip;
	len = sizeof(ss);
	if (getpeername(fd, (struct sockaddr *)&ss, &len))
		return -errno;
	ip = ip_from_sockaddr(&ss, remote_port);
	if (remote)
		*remote = ip;
	return 0;
}
