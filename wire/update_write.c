/*
 * Writing UPDATEs: one MP attribute first (RFC 7606 section 5.1), never more than
 * one kind of content in a message, as many NLRI as fit. RFC 4271 section 4.3,
 * RFC 4760, RFC 4724 section 2 (End-of-RIB), RFC 7911 (path ids),
 * draft-lapukhov-bgp-ila-afi-02 section 4 (blocks).
 */
#include <errno.h>

#include "lib/wbuf.h"
#include "wire/attr.h"
#include "wire/nlri.h"

enum { MP_FLAGS = AF_OPTIONAL | AF_EXTENDED };

static void begin(struct update_writer *u, struct wbuf *w, size_t max,
		  const struct nlri_ops *ops, bool addpath, uint8_t code)
{
	u->w = w;
	u->ops = ops;
	u->max = max;
	u->addpath = addpath;
	u->withdraw = code == ATTR_MP_UNREACH;
	u->tail = (struct bytes) { NULL, 0 };
	u->n = 0;
	u->path_id = 0;
	u->msg_at = msg_begin(w, MSG_UPDATE);
	wbuf_u16(w, 0); /* withdrawn IPv4 routes: none */
	u->attrs_at = w->len;
	wbuf_u16(w, 0);
	wbuf_u8(w, MP_FLAGS);
	wbuf_u8(w, code);
	u->mp_at = w->len;
	wbuf_u16(w, 0);
	wbuf_u16(w, ops->afi);
	wbuf_u8(w, ops->safi);
}

void update_reach_begin(struct update_writer *u, struct wbuf *w, size_t max,
			const struct nlri_ops *ops, bool addpath,
			const struct ip *nexthop, struct bytes attrs)
{
	unsigned len = ops->next_hop_len ? ops->next_hop_len : nexthop->len;

	begin(u, w, max, ops, addpath, ATTR_MP_REACH);
	wbuf_u8(w, len);
	wbuf_bytes(w, nexthop->b, len);
	wbuf_u8(w, 0); /* reserved */
	u->tail = attrs;
}

void update_unreach_begin(struct update_writer *u, struct wbuf *w, size_t max,
			  const struct nlri_ops *ops, bool addpath)
{
	begin(u, w, max, ops, addpath, ATTR_MP_UNREACH);
}

/* What stands before this route; Return: 0, -ENOSPC. */
static int lead_in(struct update_writer *u, const struct nlri *n)
{
	size_t id = u->addpath ? 4 : 0, block = u->ops->block ? 2 : 0;

	if (block && u->n)
		return u->addpath && n->path_id != u->path_id ? -ENOSPC : 0;
	if (wbuf_left(u->w) < id + block)
		return -ENOSPC;
	if (id)
		wbuf_u32(u->w, n->path_id);
	u->block_at = u->w->len;
	u->path_id = n->path_id;
	if (block)
		wbuf_u16(u->w, 0);
	return 0;
}

int update_add(struct update_writer *u, const struct nlri *n)
{
	struct wbuf *w = u->w;
	size_t before = w->len;

	if (w->full || lead_in(u, n))
		return -ENOSPC;
	if (u->ops->encode(w, u->withdraw, n) || wbuf_left(w) < u->tail.len ||
	    w->len - u->msg_at + u->tail.len > u->max) {
		w->len = before;
		return -ENOSPC;
	}
	u->n++;
	return 0;
}

int update_end(struct update_writer *u)
{
	struct wbuf *w = u->w;

	if (w->full || !u->n) {
		w->len = u->msg_at;
		return w->full ? -ENOSPC : -ENODATA;
	}
	if (u->ops->block)
		wbuf_set_u16(w, u->block_at, (unsigned)(w->len - u->block_at - 2));
	wbuf_set_u16(w, u->mp_at, (unsigned)(w->len - u->mp_at - 2));
	wbuf_bytes(w, u->tail.p, u->tail.len);
	wbuf_set_u16(w, u->attrs_at, (unsigned)(w->len - u->attrs_at - 2));
	msg_end(w, u->msg_at);
	return 0;
}

void update_eor_encode(struct wbuf *w, uint16_t afi, uint8_t safi)
{
	size_t at = msg_begin(w, MSG_UPDATE);
	bool ipv4 = afi == 1 && safi == 1;

	wbuf_u16(w, 0);
	wbuf_u16(w, ipv4 ? 0 : 6);
	if (!ipv4) {
		attr_head(w, AF_OPTIONAL, ATTR_MP_UNREACH, 3);
		wbuf_u16(w, afi);
		wbuf_u8(w, safi);
	}
	msg_end(w, at);
}
