/*
 * OPEN and its capabilities as fields, both ways. Syntax only: what AS, hold time
 * and families are acceptable is for the session to say.
 * RFC 4271 section 4.2, 5492, 9072 (frame); 4760, 2918, 7313, 4724, 8538, 9494,
 * 6793, 7911, 8654, 9234 and draft-walton-bgp-hostname-capability (capabilities).
 */
#include "wire/open.h"

#include <errno.h>
#include <string.h>

#include "lib/rbuf.h"
#include "lib/util.h"
#include "lib/wbuf.h"
#include "wire/text.h"

enum {
	BGP_VERSION = 4,
	PARAM_CAPABILITIES = 2,
	PARAM_EXTENDED = 255, /* RFC 9072: the lengths that follow are wide */
	SUB_UNSPECIFIC = 0,
	SUB_BAD_PARAM = 4,
};

enum cap_code {
	CAP_MP = 1,
	CAP_REFRESH = 2,
	CAP_EXTENDED_MSG = 6,
	CAP_ROLE = 9,
	CAP_GR = 64,
	CAP_AS4 = 65,
	CAP_ADDPATH = 69,
	CAP_REFRESH_ENHANCED = 70,
	CAP_LLGR = 71,
	CAP_FQDN = 73,
	CAP_SOFTWARE = 75,
};

enum {
	GR_RESTARTING = 0x8000,
	GR_NOTIFICATION = 0x4000,
	GR_TIME = 0x0fff,
	FORWARDING_KEPT = 0x80, /* F bit of capabilities 64 and 71 */
};

const struct open_family *open_family_find(const struct open_msg *o, uint16_t afi,
					   uint8_t safi)
{
	for (size_t i = 0; i < o->n_families; i++)
		if (o->fam[i].afi == afi && o->fam[i].safi == safi)
			return &o->fam[i];
	return NULL;
}

/* The row of a family, made when new; NULL when there are too many. */
static struct open_family *family_row(struct open_msg *o, uint16_t afi, uint8_t safi)
{
	for (size_t i = 0; i < o->n_families; i++)
		if (o->fam[i].afi == afi && o->fam[i].safi == safi)
			return &o->fam[i];
	if (o->n_families == OPEN_FAMILIES)
		return NULL;

	struct open_family *f = &o->fam[o->n_families++];

	*f = (struct open_family) { .afi = afi, .safi = safi };
	return f;
}

static void mp_decode(struct open_msg *o, struct rbuf *v)
{
	uint16_t afi = rbuf_u16(v);

	(void)rbuf_u8(v); /* reserved */

	struct open_family *f = family_row(o, afi, rbuf_u8(v));

	o->any_mp = true;
	if (f)
		f->mp = true;
}

static void refresh_decode(struct open_msg *o, struct rbuf *v)
{
	(void)v;
	o->refresh = true;
}

static void extended_msg_decode(struct open_msg *o, struct rbuf *v)
{
	(void)v;
	o->extended_msg = true;
}

static void refresh_enhanced_decode(struct open_msg *o, struct rbuf *v)
{
	(void)v;
	o->refresh_enhanced = true;
}

static void role_decode(struct open_msg *o, struct rbuf *v)
{
	uint8_t role = rbuf_u8(v);

	if (o->role.present && o->role.role != role)
		o->role.conflict = true;
	o->role.present = true;
	o->role.role = role;
}

static void gr_decode(struct open_msg *o, struct rbuf *v)
{
	uint16_t bits = rbuf_u16(v);

	/* The last one counts (RFC 4724 section 3). */
	for (size_t i = 0; i < o->n_families; i++)
		o->fam[i].gr = o->fam[i].gr_forward = false;
	o->gr = true;
	o->gr_restarting = bits & GR_RESTARTING;
	o->gr_notification = bits & GR_NOTIFICATION;
	o->gr_time_s = bits & GR_TIME;
	while (rbuf_left(v)) {
		uint16_t afi = rbuf_u16(v);
		struct open_family *f = family_row(o, afi, rbuf_u8(v));
		uint8_t flags = rbuf_u8(v);

		if (!f)
			continue;
		f->gr = true;
		f->gr_forward = flags & FORWARDING_KEPT;
	}
}

static void as4_decode(struct open_msg *o, struct rbuf *v)
{
	o->as4 = true;
	o->as = rbuf_u32(v);
}

static void addpath_decode(struct open_msg *o, struct rbuf *v)
{
	while (rbuf_left(v)) {
		uint16_t afi = rbuf_u16(v);
		struct open_family *f = family_row(o, afi, rbuf_u8(v));
		uint8_t mode = rbuf_u8(v);

		/* RFC 7911 section 4: any other value is ignored. */
		if (f && mode >= ADDPATH_RX && mode <= (ADDPATH_RX | ADDPATH_TX))
			f->addpath = mode;
	}
}

static void llgr_decode(struct open_msg *o, struct rbuf *v)
{
	while (rbuf_left(v)) {
		uint16_t afi = rbuf_u16(v);
		struct open_family *f = family_row(o, afi, rbuf_u8(v));
		uint8_t flags = rbuf_u8(v);
		uint32_t stale_s = rbuf_u24(v);

		if (!f)
			continue;
		f->llgr = true;
		f->llgr_forward = flags & FORWARDING_KEPT;
		f->llgr_stale_s = stale_s;
	}
}

/* A length octet and that many bytes; what overruns is cut: names are decoration. */
static void string_decode(struct rbuf *v, char out[OPEN_NAME_MAX])
{
	size_t len = rbuf_u8(v);

	len = MIN_OF(len, rbuf_left(v));

	const uint8_t *p = rbuf_take(v, len);

	text_copy(out, OPEN_NAME_MAX, p, len);
}

static void fqdn_decode(struct open_msg *o, struct rbuf *v)
{
	string_decode(v, o->hostname);
	string_decode(v, o->domain);
}

static void software_decode(struct open_msg *o, struct rbuf *v)
{
	string_decode(v, o->software);
}

/* What a capability's length may be: least, and then in steps (0: anything). */
static const struct cap_row {
	uint8_t code, least, step;
	void (*decode)(struct open_msg *o, struct rbuf *v);
} cap_rows[] = {
	{ CAP_MP, 4, 4, mp_decode },
	{ CAP_REFRESH, 0, 0, refresh_decode },
	{ CAP_EXTENDED_MSG, 0, 0, extended_msg_decode },
	{ CAP_ROLE, 1, 255, role_decode },
	{ CAP_GR, 2, 4, gr_decode },
	{ CAP_AS4, 4, 255, as4_decode },
	{ CAP_ADDPATH, 4, 4, addpath_decode },
	{ CAP_REFRESH_ENHANCED, 0, 0, refresh_enhanced_decode },
	{ CAP_LLGR, 0, 7, llgr_decode },
	{ CAP_FQDN, 0, 0, fqdn_decode },
	{ CAP_SOFTWARE, 0, 0, software_decode },
};

static int capability_decode(struct open_msg *o, uint8_t code, struct rbuf v)
{
	for (size_t i = 0; i < ARRAY_SIZE(cap_rows); i++) {
		const struct cap_row *row = &cap_rows[i];

		if (row->code != code)
			continue;
		if (rbuf_left(&v) < row->least)
			return -EBADMSG;
		if (row->step && (rbuf_left(&v) - row->least) % row->step)
			return -EBADMSG;
		row->decode(o, &v);
		return 0;
	}
	return 0; /* unknown: RFC 5492 section 3 wants it ignored */
}

static int capabilities_decode(struct open_msg *o, struct rbuf list)
{
	while (rbuf_left(&list)) {
		uint8_t code = rbuf_u8(&list);
		struct rbuf v = rbuf_sub(&list, rbuf_u8(&list));

		if (list.bad || capability_decode(o, code, v))
			return -EBADMSG;
	}
	return 0;
}

static int fail(struct notif *err, uint8_t sub)
{
	*err = notif_make(NOTIF_OPEN, sub, NULL, 0);
	return -EBADMSG;
}

static int params_decode(struct open_msg *o, struct rbuf list, bool wide,
			 struct notif *err)
{
	while (rbuf_left(&list)) {
		uint8_t type = rbuf_u8(&list);
		size_t len = wide ? rbuf_u16(&list) : rbuf_u8(&list);
		struct rbuf v = rbuf_sub(&list, len);

		if (list.bad)
			return fail(err, SUB_UNSPECIFIC);
		if (type != PARAM_CAPABILITIES)
			return fail(err, SUB_BAD_PARAM);
		if (capabilities_decode(o, v))
			return fail(err, SUB_UNSPECIFIC);
	}
	return 0;
}

/* Capability 71 counts only beside 64 (RFC 9494 section 4.2). */
static void drop_lone_llgr(struct open_msg *o)
{
	for (size_t i = 0; !o->gr && i < o->n_families; i++) {
		o->fam[i].llgr = o->fam[i].llgr_forward = false;
		o->fam[i].llgr_stale_s = 0;
	}
}

int open_decode(const uint8_t *body, size_t len, struct open_msg *out,
		struct notif *err)
{
	struct rbuf r = rbuf_of(body, len);

	memset(out, 0, sizeof(*out));
	out->version = rbuf_u8(&r);
	out->as = out->as2 = rbuf_u16(&r);
	out->hold_s = rbuf_u16(&r);
	out->id = rbuf_u32(&r);

	size_t params_len = rbuf_u8(&r);
	bool wide = params_len && rbuf_left(&r) && r.p[0] == PARAM_EXTENDED;

	if (r.bad)
		return fail(err, SUB_UNSPECIFIC);
	/* Of another version we know only this much; the session answers 2/1. */
	if (out->version != BGP_VERSION)
		return 0;
	if (wide) {
		(void)rbuf_u8(&r);
		params_len = rbuf_u16(&r);
	}
	if (r.bad || params_len != rbuf_left(&r))
		return fail(err, SUB_UNSPECIFIC);
	if (params_decode(out, r, wide, err))
		return -EBADMSG;
	drop_lone_llgr(out);
	return 0;
}

/* One capability: its code and a length that cap_end() fills in. */
static size_t cap_begin(struct wbuf *w, enum cap_code code)
{
	wbuf_u8(w, code);
	wbuf_u8(w, 0);
	return w->len;
}

static void cap_end(struct wbuf *w, size_t at)
{
	wbuf_set_u8(w, at - 1, (unsigned)(w->len - at));
}

static void cap_empty(struct wbuf *w, enum cap_code code, bool on)
{
	if (on)
		cap_end(w, cap_begin(w, code));
}

static void family_encode(struct wbuf *w, const struct open_family *f)
{
	wbuf_u16(w, f->afi);
	wbuf_u8(w, f->safi);
}

static void mp_encode(struct wbuf *w, const struct open_msg *o)
{
	for (size_t i = 0; i < o->n_families; i++) {
		if (!o->fam[i].mp)
			continue;

		size_t at = cap_begin(w, CAP_MP);

		wbuf_u16(w, o->fam[i].afi);
		wbuf_u8(w, 0);
		wbuf_u8(w, o->fam[i].safi);
		cap_end(w, at);
	}
}

static void gr_encode(struct wbuf *w, const struct open_msg *o)
{
	size_t at = cap_begin(w, CAP_GR);
	unsigned bits = o->gr_time_s & GR_TIME;

	if (o->gr_restarting)
		bits |= GR_RESTARTING;
	if (o->gr_notification)
		bits |= GR_NOTIFICATION;
	wbuf_u16(w, bits);
	for (size_t i = 0; i < o->n_families; i++) {
		if (!o->fam[i].gr)
			continue;
		family_encode(w, &o->fam[i]);
		wbuf_u8(w, o->fam[i].gr_forward ? FORWARDING_KEPT : 0);
	}
	cap_end(w, at);
}

static void addpath_encode(struct wbuf *w, const struct open_msg *o)
{
	size_t at = cap_begin(w, CAP_ADDPATH);

	for (size_t i = 0; i < o->n_families; i++) {
		if (!o->fam[i].addpath)
			continue;
		family_encode(w, &o->fam[i]);
		wbuf_u8(w, o->fam[i].addpath);
	}
	if (w->len == at)
		w->len = at - 2; /* no family wants it: no capability */
	else
		cap_end(w, at);
}

static void llgr_encode(struct wbuf *w, const struct open_msg *o)
{
	size_t at = cap_begin(w, CAP_LLGR);

	for (size_t i = 0; i < o->n_families; i++) {
		if (!o->fam[i].llgr)
			continue;
		family_encode(w, &o->fam[i]);
		wbuf_u8(w, o->fam[i].llgr_forward ? FORWARDING_KEPT : 0);
		wbuf_u24(w, o->fam[i].llgr_stale_s & 0xffffff);
	}
	if (w->len == at)
		w->len = at - 2;
	else
		cap_end(w, at);
}

/* Two strings share one capability of 255 bytes, the domain takes what is left. */
static void names_encode(struct wbuf *w, const struct open_msg *o)
{
	if (o->hostname[0] || o->domain[0]) {
		size_t host = strnlen(o->hostname, 253);
		size_t domain = strnlen(o->domain, 253 - host);
		size_t at = cap_begin(w, CAP_FQDN);

		wbuf_u8(w, (unsigned)host);
		wbuf_bytes(w, o->hostname, host);
		wbuf_u8(w, (unsigned)domain);
		wbuf_bytes(w, o->domain, domain);
		cap_end(w, at);
	}
	if (o->software[0]) {
		size_t len = strnlen(o->software, 254);
		size_t at = cap_begin(w, CAP_SOFTWARE);

		wbuf_u8(w, (unsigned)len);
		wbuf_bytes(w, o->software, len);
		cap_end(w, at);
	}
}

static void capabilities_encode(struct wbuf *w, const struct open_msg *o)
{
	mp_encode(w, o);
	cap_empty(w, CAP_REFRESH, o->refresh);
	cap_empty(w, CAP_EXTENDED_MSG, o->extended_msg);
	if (o->role.present) {
		size_t at = cap_begin(w, CAP_ROLE);

		wbuf_u8(w, o->role.role);
		cap_end(w, at);
	}
	if (o->gr)
		gr_encode(w, o);
	if (o->as4) {
		size_t at = cap_begin(w, CAP_AS4);

		wbuf_u32(w, o->as);
		cap_end(w, at);
	}
	addpath_encode(w, o);
	cap_empty(w, CAP_REFRESH_ENHANCED, o->refresh_enhanced);
	if (o->gr)
		llgr_encode(w, o);
	names_encode(w, o);
}

int open_encode(struct wbuf *w, const struct open_msg *o)
{
	uint8_t caps[1024]; /* 16 families and three names take less */
	struct wbuf c = wbuf_of(caps, sizeof(caps));
	size_t at = msg_begin(w, MSG_OPEN);

	capabilities_encode(&c, o);
	wbuf_u8(w, BGP_VERSION);
	wbuf_u16(w, o->as > UINT16_MAX ? AS_TRANS : o->as);
	wbuf_u16(w, o->hold_s);
	wbuf_u32(w, o->id);
	if (c.len + 2 > 254) { /* 255 would be the mark of the extended form */
		wbuf_u8(w, PARAM_EXTENDED);
		wbuf_u8(w, PARAM_EXTENDED);
		wbuf_u16(w, (unsigned)c.len + 3);
		wbuf_u8(w, PARAM_CAPABILITIES);
		wbuf_u16(w, (unsigned)c.len);
	} else if (c.len) {
		wbuf_u8(w, (unsigned)c.len + 2);
		wbuf_u8(w, PARAM_CAPABILITIES);
		wbuf_u8(w, (unsigned)c.len);
	} else {
		wbuf_u8(w, 0);
	}
	wbuf_bytes(w, caps, c.len);
	msg_end(w, at);
	if (!w->full && !c.full)
		return 0;
	w->len = at;
	return -ENOSPC;
}
