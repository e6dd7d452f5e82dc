/*
 * The message frame and the two small messages: NOTIFICATION and ROUTE-REFRESH.
 * What is to be done about an error is the session's business, not ours.
 * RFC 4271 sections 4.1, 4.4, 4.5, 6.1; RFC 2918, 7313 (route refresh);
 * RFC 6608, 8203, 9003, 8538 (NOTIFICATION); RFC 8654 (long messages).
 */
#include "wire/msg.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/rbuf.h"
#include "lib/util.h"
#include "lib/wbuf.h"
#include "wire/text.h"

enum {
	MARKER_LEN = 16,
	LENGTH_AT = 16, /* offset of the length in the header */
	COMMUNICATION_MAX = 255,
};

/* Shortest legal message by type, header included. */
static const uint8_t least_len[] = {
	[MSG_OPEN] = 29,      [MSG_UPDATE] = 23,        [MSG_NOTIFICATION] = 21,
	[MSG_KEEPALIVE] = 19, [MSG_ROUTE_REFRESH] = 23,
};

static size_t longest(uint8_t type, size_t max)
{
	if (type == MSG_KEEPALIVE)
		return MSG_HEADER_LEN;
	return type == MSG_OPEN ? MIN_OF(max, (size_t)MSG_MAX) : max;
}

int msg_header_decode(const uint8_t *p, size_t max, struct msg_header *out,
		      struct notif *err)
{
	static const uint8_t marker[MARKER_LEN] = { 255, 255, 255, 255, 255, 255,
						    255, 255, 255, 255, 255, 255,
						    255, 255, 255, 255 };
	struct rbuf r = rbuf_of(p + MARKER_LEN, MSG_HEADER_LEN - MARKER_LEN);
	uint16_t len = rbuf_u16(&r);
	uint8_t type = rbuf_u8(&r);

	if (memcmp(p, marker, MARKER_LEN)) {
		*err = notif_make(NOTIF_HEADER, 1, NULL, 0);
		return -EBADMSG;
	}
	if (len < MSG_HEADER_LEN || len > max) {
		*err = notif_make(NOTIF_HEADER, 2, p + LENGTH_AT, 2);
		return -EBADMSG;
	}
	if (type < MSG_OPEN || type > MSG_ROUTE_REFRESH) {
		*err = notif_make(NOTIF_HEADER, 3, &type, 1);
		return -EBADMSG;
	}
	if (len < least_len[type] || len > longest(type, max)) {
		*err = notif_make(NOTIF_HEADER, 2, p + LENGTH_AT, 2);
		return -EBADMSG;
	}
	*out = (struct msg_header) { .len = len, .type = type };
	return 0;
}

size_t msg_begin(struct wbuf *w, enum msg_type type)
{
	size_t at = w->len;
	uint8_t *p = wbuf_put(w, MSG_HEADER_LEN);

	if (p) {
		memset(p, 0xff, MARKER_LEN);
		p[LENGTH_AT] = p[LENGTH_AT + 1] = 0;
		p[LENGTH_AT + 2] = (uint8_t)type;
	}
	return at;
}

void msg_end(struct wbuf *w, size_t at)
{
	wbuf_set_u16(w, at + LENGTH_AT, (unsigned)(w->len - at));
}

void msg_keepalive_encode(struct wbuf *w)
{
	msg_end(w, msg_begin(w, MSG_KEEPALIVE));
}

void msg_notif_encode(struct wbuf *w, const struct notif *n)
{
	size_t at = msg_begin(w, MSG_NOTIFICATION);

	wbuf_u8(w, n->code);
	wbuf_u8(w, n->sub);
	wbuf_bytes(w, n->data, n->len);
	msg_end(w, at);
}

int msg_notif_decode(struct rbuf *r, struct notif *out)
{
	uint8_t code = rbuf_u8(r), sub = rbuf_u8(r);

	if (r->bad)
		return -EBADMSG;

	size_t len = rbuf_left(r);

	*out = notif_make(code, sub, rbuf_take(r, len), len);
	return 0;
}

struct notif notif_make(uint8_t code, uint8_t sub, const void *data, size_t len)
{
	struct notif n;

	n.code = code;
	n.sub = sub;
	n.len = (uint16_t)MIN_OF(len, (size_t)NOTIF_DATA_MAX);
	if (n.len)
		memcpy(n.data, data, n.len);
	return n;
}

/* Longest prefix of at most max bytes that does not end inside a character. */
static size_t utf8_cut(const char *s, size_t max)
{
	size_t n = strnlen(s, max + 1);

	if (n <= max)
		return n;
	for (n = max; n && ((uint8_t)s[n] & 0xc0) == 0x80;)
		n--;
	return n;
}

struct notif notif_shutdown(uint8_t sub, const char *utf8)
{
	struct notif n = notif_make(NOTIF_CEASE, sub, NULL, 0);
	size_t len = utf8 ? utf8_cut(utf8, COMMUNICATION_MAX) : 0;

	if (len) {
		n.data[0] = (uint8_t)len;
		memcpy(n.data + 1, utf8, len);
		n.len = (uint16_t)(len + 1);
	}
	return n;
}

struct notif notif_hard(const struct notif *n)
{
	struct notif hard;
	struct wbuf w = wbuf_of(hard.data, sizeof(hard.data));

	hard.code = NOTIF_CEASE;
	hard.sub = CEASE_HARD_RESET;
	wbuf_u8(&w, n->code);
	wbuf_u8(&w, n->sub);
	wbuf_bytes(&w, n->data, MIN_OF(n->len, wbuf_left(&w)));
	hard.len = (uint16_t)w.len;
	return hard;
}

struct notif notif_inner(const struct notif *n)
{
	struct rbuf r = rbuf_of(n->data, n->len);
	struct notif inner;

	if (notif_is_hard(n) && !msg_notif_decode(&r, &inner))
		return inner;
	return notif_make(n->code, n->sub, n->data, n->len);
}

bool notif_is_hard(const struct notif *n)
{
	return n->code == NOTIF_CEASE && n->sub == CEASE_HARD_RESET;
}

const char *notif_message(const struct notif *n, char *buf, size_t size)
{
	struct notif inner = notif_inner(n);
	bool may = inner.code == NOTIF_CEASE &&
		   (inner.sub == CEASE_SHUTDOWN || inner.sub == CEASE_RESET);
	struct rbuf r = rbuf_of(inner.data, inner.len);
	size_t len = rbuf_u8(&r);

	/* A length that overruns still leaves words worth reading. */
	len = may ? MIN_OF(len, rbuf_left(&r)) : 0;
	return text_copy(buf, size, r.p, len);
}

static const struct {
	uint8_t code, sub; /* sub 0: the code alone */
	const char *text;
} notif_names[] = {
	{ NOTIF_HEADER, 0, "Message Header Error" },
	{ NOTIF_HEADER, 1, "Connection Not Synchronized" },
	{ NOTIF_HEADER, 2, "Bad Message Length" },
	{ NOTIF_HEADER, 3, "Bad Message Type" },
	{ NOTIF_OPEN, 0, "OPEN Message Error" },
	{ NOTIF_OPEN, 1, "Unsupported Version Number" },
	{ NOTIF_OPEN, 2, "Bad Peer AS" },
	{ NOTIF_OPEN, 3, "Bad BGP Identifier" },
	{ NOTIF_OPEN, 4, "Unsupported Optional Parameter" },
	{ NOTIF_OPEN, 6, "Unacceptable Hold Time" },
	{ NOTIF_OPEN, 7, "Unsupported Capability" },
	{ NOTIF_OPEN, 11, "Role Mismatch" },
	{ NOTIF_UPDATE, 0, "UPDATE Message Error" },
	{ NOTIF_UPDATE, 1, "Malformed Attribute List" },
	{ NOTIF_UPDATE, 2, "Unrecognized Well-known Attribute" },
	{ NOTIF_UPDATE, 3, "Missing Well-known Attribute" },
	{ NOTIF_UPDATE, 4, "Attribute Flags Error" },
	{ NOTIF_UPDATE, 5, "Attribute Length Error" },
	{ NOTIF_UPDATE, 6, "Invalid ORIGIN Attribute" },
	{ NOTIF_UPDATE, 8, "Invalid NEXT_HOP Attribute" },
	{ NOTIF_UPDATE, 9, "Optional Attribute Error" },
	{ NOTIF_UPDATE, 10, "Invalid Network Field" },
	{ NOTIF_UPDATE, 11, "Malformed AS_PATH" },
	{ NOTIF_HOLD, 0, "Hold Timer Expired" },
	{ NOTIF_FSM, 0, "Finite State Machine Error" },
	{ NOTIF_FSM, 1, "Unexpected Message in OpenSent" },
	{ NOTIF_FSM, 2, "Unexpected Message in OpenConfirm" },
	{ NOTIF_FSM, 3, "Unexpected Message in Established" },
	{ NOTIF_CEASE, 0, "Cease" },
	{ NOTIF_CEASE, CEASE_MAX_PREFIX, "Maximum Number of Prefixes Reached" },
	{ NOTIF_CEASE, CEASE_SHUTDOWN, "Administrative Shutdown" },
	{ NOTIF_CEASE, CEASE_DECONFIGURED, "Peer De-configured" },
	{ NOTIF_CEASE, CEASE_RESET, "Administrative Reset" },
	{ NOTIF_CEASE, CEASE_REJECTED, "Connection Rejected" },
	{ NOTIF_CEASE, CEASE_CONFIG, "Other Configuration Change" },
	{ NOTIF_CEASE, CEASE_COLLISION, "Connection Collision Resolution" },
	{ NOTIF_CEASE, CEASE_RESOURCES, "Out of Resources" },
	{ NOTIF_CEASE, CEASE_HARD_RESET, "Hard Reset" },
	{ NOTIF_CEASE, 10, "BFD Down" },
	{ NOTIF_ROUTE_REFRESH, 0, "ROUTE-REFRESH Message Error" },
	{ NOTIF_ROUTE_REFRESH, 1, "Invalid Message Length" },
	{ NOTIF_SEND_HOLD, 0, "Send Hold Timer Expired" },
};

static const char *name_of(uint8_t code, uint8_t sub)
{
	for (size_t i = 0; i < ARRAY_SIZE(notif_names); i++)
		if (notif_names[i].code == code && notif_names[i].sub == sub)
			return notif_names[i].text;
	return NULL;
}

/* "Cease/Hard Reset"; numbers where there is no name. */
static void format_one(uint8_t code, uint8_t sub, char *buf, size_t size)
{
	const char *major = name_of(code, 0);
	const char *minor = sub ? name_of(code, sub) : NULL;

	if (!major)
		snprintf(buf, size, "code %u/%u", code, sub);
	else if (minor)
		snprintf(buf, size, "%s/%s", major, minor);
	else if (sub)
		snprintf(buf, size, "%s/%u", major, sub);
	else
		snprintf(buf, size, "%s", major);
}

const char *notif_format(const struct notif *n, char *buf, size_t size)
{
	char outer[96], inner[96];

	format_one(n->code, n->sub, outer, sizeof(outer));
	if (!notif_is_hard(n) || n->len < 2) {
		snprintf(buf, size, "%s", outer);
		return buf;
	}

	const char *minor = n->data[1] ? name_of(n->data[0], n->data[1]) : NULL;

	/* Inside a hard reset the code is nearly always Cease: not said twice. */
	if (n->data[0] == NOTIF_CEASE && minor)
		snprintf(inner, sizeof(inner), "%s", minor);
	else
		format_one(n->data[0], n->data[1], inner, sizeof(inner));
	snprintf(buf, size, "%s (%s)", outer, inner);
	return buf;
}

int msg_refresh_decode(const uint8_t *msg, size_t len, struct msg_refresh *out,
		       struct notif *err)
{
	struct rbuf r = rbuf_of(msg, len);

	(void)rbuf_take(&r, MSG_HEADER_LEN);
	out->afi = rbuf_u16(&r);
	out->sub = rbuf_u8(&r);
	out->safi = rbuf_u8(&r);

	/* Only a plain request may be longer: it carries filters (RFC 5291). */
	if (r.bad || ((out->sub == RR_BEGIN || out->sub == RR_END) && rbuf_left(&r))) {
		*err = notif_make(NOTIF_ROUTE_REFRESH, 1, msg, len);
		return -EBADMSG;
	}
	return 0;
}

void msg_refresh_encode(struct wbuf *w, const struct msg_refresh *m)
{
	size_t at = msg_begin(w, MSG_ROUTE_REFRESH);

	wbuf_u16(w, m->afi);
	wbuf_u8(w, m->sub);
	wbuf_u8(w, m->safi);
	msg_end(w, at);
}
