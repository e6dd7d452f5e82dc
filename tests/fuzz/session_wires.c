/*
 * The other ends of fuzz_session.c's sessions: socket pairs in place of TCP (the
 * stand-ins for bgpd/transport.c), and what was told on them. Whatever the engine says
 * must be well-formed and complete, and must not complain without reason.
 */
#include "tests/fuzz/session_wires.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bgpd/config.h"
#include "bgpd/transport.h"
#include "lib/rbuf.h"
#include "lib/util.h"
#include "tests/fuzz/fuzz.h"
#include "wire/open.h"
#include "wire/update.h"

enum { IN_MAX = 4 * 65536 };

const struct other others[OTHERS] = {
	{ 0x0a000002, 65000 }, { 0x0a000003, 65001 }, { 0x0a000004, 65000 },
	{ 0x0a000101, 65000 }, { 0x0a000102, 65000 }, { 0x0a000103, 65000 },
	{ 0x0a000909, 65000 }, /* a stranger */
};

struct wire wires[WIRES];
static uint8_t input[WIRES][IN_MAX];

static void wire_new(int engine_fd, int fd, unsigned who)
{
	for (size_t i = 0; i < WIRES; i++) {
		struct wire *w = &wires[i];

		if (w->fd >= 0)
			continue;
		*w = (struct wire) { .fd = fd, .engine_fd = engine_fd, .who = who };
		fcntl(fd, F_SETFL, O_NONBLOCK);
		return;
	}
	close(fd); /* it sees the end at once */
}

void wires_init(void)
{
	for (size_t i = 0; i < WIRES; i++)
		wires[i] = (struct wire) { .fd = -1 };
}

void wire_close(struct wire *w)
{
	if (w->fd < 0)
		return;
	close(w->fd);
	free(w->told);
	*w = (struct wire) { .fd = -1 };
}

/* ---- stand-ins for bgpd/transport.c ---- */

struct transport transport_of(const struct cfg_nbr *n, bool ebgp, uint16_t port)
{
	(void)ebgp;
	return (struct transport) { .remote = n->addr, .port = port };
}

int wire_pair(uint32_t addr)
{
	int fds[2];
	unsigned who = 0;

	while (who < OTHERS && others[who].addr != addr)
		who++;
	must(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds));
	wire_new(fds[0], fds[1], who);
	return fds[0];
}

int transport_connect(const struct transport *t)
{
	return wire_pair(ip4_host(&t->remote));
}

int transport_setup(int fd, const struct transport *t)
{
	(void)fd;
	(void)t;
	return 0;
}

bool transport_is_via(int fd, const char *ifname)
{
	(void)fd;
	(void)ifname;
	return true;
}

int transport_listen(const struct ip *addr, uint16_t port)
{
	(void)addr;
	(void)port;
	return -EOPNOTSUPP;
}

int transport_md5(int fd, const struct prefix *who, const char *key)
{
	(void)fd;
	(void)who;
	(void)key;
	return 0;
}

int transport_addresses(int fd, struct ip *local, uint16_t *local_port,
			struct ip *remote, uint16_t *remote_port)
{
	(void)fd;
	if (local)
		*local = ip4_of(0x0a000001);
	if (local_port)
		*local_port = 179;
	if (remote)
		*remote = ip4_of(0x0a000002);
	if (remote_port)
		*remote_port = 40000;
	return 0;
}

/* ---- what we are told ---- */

struct told *wire_told(const struct wire *w, const struct nlri_ops *ops,
		       const struct nlri *n, uint32_t path_id)
{
	for (unsigned i = 0; i < w->n_told; i++) {
		struct told *t = &w->told[i];

		if (t->used && t->ops == ops && t->path_id == path_id &&
		    t->n.key_len == n->key_len && !memcmp(t->n.key, n->key, n->key_len))
			return t;
	}
	return NULL;
}

static void told_add(struct wire *w, const struct nlri_ops *ops, const struct nlri *n)
{
	struct told *t = wire_told(w, ops, n, n->path_id);

	for (unsigned i = 0; i < w->n_told && !t; i++)
		if (!w->told[i].used)
			t = &w->told[i];
	if (!t && w->n_told == TOLD_MAX)
		return;
	if (!t) {
		w->told = xrealloc(w->told, (w->n_told + 1) * sizeof(*w->told));
		t = &w->told[w->n_told++];
	}
	*t = (struct told) { .used = true, .path_id = n->path_id, .ops = ops, .n = *n };
}

static void told_routes(struct wire *w, const struct update_mp *mp, bool withdraw)
{
	const struct family *f = family_find(mp->afi, mp->safi);
	struct nlri_list l;

	must(f != NULL);
	must(nlri_list_open(&l, f->ops, mp->nlri, w->addpath[f->index]));
	while (nlri_list_more(&l)) {
		struct nlri n = { 0 };
		struct told *t;

		must(nlri_list_next(&l, withdraw, &n) == NLRI_OK);
		t = wire_told(w, f->ops, &n, n.path_id);
		if (!withdraw)
			told_add(w, f->ops, &n);
		else if (t)
			t->used = false;
	}
}

static void told_update(struct wire *w, const uint8_t *body, size_t len)
{
	static struct update_scratch scratch;
	const struct update_ctx ctx = {
		.as4 = w->as4,
		.ebgp = w->ebgp,
		.ila = families[FAM_ILA].ops,
		.ila_addpath = w->addpath[FAM_ILA],
	};
	struct update u;

	if (!w->known)
		return;
	must(update_decode(rbuf_of(body, len), &ctx, &scratch, &u) == V_OK);
	if (u.unreach.present)
		told_routes(w, &u.unreach, true);
	if (u.reach.present)
		told_routes(w, &u.reach, false);
}

/* RFC 7313: between BoRR and EoRR everything that still holds is said again. */
static void told_refresh(struct wire *w, const uint8_t *m, size_t len)
{
	struct msg_refresh r;
	struct notif err;

	must(!msg_refresh_decode(m, len, &r, &err));
	for (unsigned i = 0; i < w->n_told; i++) {
		if (!w->told[i].used || w->told[i].ops->safi != r.safi ||
		    w->told[i].ops->afi != r.afi)
			continue;
		if (r.sub == RR_BEGIN)
			w->told[i].old = true;
		else if (r.sub == RR_END)
			must(!w->told[i].used || !w->told[i].old);
	}
}

/* No complaint about messages that were well-formed, however they were cut. */
static void told_notification(const struct wire *w, struct rbuf *r)
{
	struct notif n;

	must(!msg_notif_decode(r, &n));
	must(w->rough || (n.code != NOTIF_HEADER && n.code != NOTIF_UPDATE));
}

static size_t told_messages(struct wire *w)
{
	size_t at = 0;

	while (w->len - at >= MSG_HEADER_LEN) {
		struct msg_header h;
		struct open_msg open;
		struct notif err;
		const uint8_t *m = input[w - wires] + at;
		struct rbuf r;

		must(!msg_header_decode(m, MSG_MAX_EXTENDED, &h, &err));
		if (w->len - at < h.len)
			break;
		at += h.len;
		r = rbuf_of(m + MSG_HEADER_LEN, h.len - (size_t)MSG_HEADER_LEN);
		if (h.type == MSG_UPDATE)
			told_update(w, r.p, rbuf_left(&r));
		else if (h.type == MSG_OPEN)
			must(!open_decode(r.p, rbuf_left(&r), &open, &err));
		else if (h.type == MSG_ROUTE_REFRESH)
			told_refresh(w, m, h.len);
		else if (h.type == MSG_NOTIFICATION)
			told_notification(w, &r);
	}
	return at;
}

void wire_listen(struct wire *w)
{
	uint8_t *in = input[w - wires];
	ssize_t n = 1;

	if (w->fd < 0 || w->stalled || w->ended)
		return;
	while (n > 0) {
		size_t used;

		n = recv(w->fd, in + w->len, IN_MAX - w->len, 0);
		w->len += n > 0 ? (size_t)n : 0;
		used = told_messages(w);
		w->len -= used;
		memmove(in, in + used, w->len);
		must(w->len < MSG_MAX_EXTENDED);
	}
	w->ended = n == 0 || errno != EAGAIN;
	must(!w->ended || !w->len); /* the last message came whole, too */
}
