/*
 * AS_PATH: RFC 4271 sections 4.3, 5.1.2 and 9.1.2.2, RFC 5065 (confederation
 * segments are counted as zero, never made), RFC 6793 (2-octet peers), RFC 7607
 * (AS 0). Not for: which path is better, or what a loop means (rib/, ingest).
 */
#include "wire/aspath.h"

#include <errno.h>
#include <stdio.h>

#include "lib/rbuf.h"
#include "lib/wbuf.h"
#include "wire/attr.h"
#include "wire/open.h"

struct seg {
	uint8_t type;
	unsigned n; /* AS numbers */
	const uint8_t *as;
};

/* The next segment; false at the end and for bytes that are not whole. */
static bool seg_next(struct rbuf *r, unsigned as_size, struct seg *s)
{
	if (!rbuf_left(r))
		return false;
	s->type = rbuf_u8(r);
	s->n = rbuf_u8(r);
	s->as = rbuf_take(r, (size_t)s->n * as_size);
	return !r->bad;
}

static struct rbuf reader(struct bytes b)
{
	return rbuf_of(b.p, b.len);
}

static uint32_t as_at(const struct seg *s, unsigned as_size, unsigned i)
{
	struct rbuf r = rbuf_of(s->as + (size_t)i * as_size, as_size);

	return as_size == 4 ? rbuf_u32(&r) : rbuf_u16(&r);
}

static bool is_confed(const struct seg *s)
{
	return s->type == SEG_CONFED_SEQ || s->type == SEG_CONFED_SET;
}

/* RFC 4271 section 9.1.2.2 and RFC 5065 section 5.3. */
static unsigned seg_weight(const struct seg *s)
{
	return s->type == SEG_SEQUENCE ? s->n : s->type == SEG_SET;
}

static unsigned path_weight(struct bytes path, unsigned as_size)
{
	struct rbuf r = reader(path);
	struct seg s;
	unsigned sum = 0;

	while (seg_next(&r, as_size, &s))
		sum += seg_weight(&s);
	return sum;
}

bool aspath_valid(const uint8_t *p, size_t len, unsigned as_size, bool confed)
{
	struct rbuf r = rbuf_of(p, len);
	struct seg s;

	while (seg_next(&r, as_size, &s)) {
		if (s.type < SEG_SET || s.type > SEG_CONFED_SET || !s.n)
			return false;
		if (is_confed(&s) && !confed)
			return false;
		for (unsigned i = 0; i < s.n; i++)
			if (!as_at(&s, as_size, i))
				return false;
	}
	return !r.bad;
}

/* A path in the making; the last segment may still grow. */
struct path_out {
	struct wbuf *w;
	size_t last;
	uint8_t type;
	unsigned n;
};

static void seg_begin(struct path_out *o, uint8_t type, unsigned n)
{
	o->last = o->w->len;
	o->type = type;
	o->n = n;
	wbuf_u8(o->w, type);
	wbuf_u8(o->w, n);
}

/* Do n more numbers of this type continue the last segment? */
static bool seg_grow(struct path_out *o, uint8_t type, unsigned n)
{
	if (type != SEG_SEQUENCE || o->type != type || o->n + n > UINT8_MAX)
		return false;
	o->n += n;
	wbuf_set_u8(o->w, o->last + 1, o->n);
	return true;
}

/* The first n numbers of a segment, widened. */
static void widen(struct path_out *o, const struct seg *s, unsigned n)
{
	seg_begin(o, s->type, n);
	for (unsigned i = 0; i < n; i++)
		wbuf_u32(o->w, as_at(s, 2, i));
}

/*
 * The leading part of a 2-octet path that counts `weight`. Confederation segments
 * on the way, and one right after it, belong to it (RFC 6793 section 4.2.3).
 */
static void widen_leading(struct path_out *o, struct bytes path2, unsigned weight)
{
	struct rbuf r = reader(path2);
	struct seg s;

	while (seg_next(&r, 2, &s)) {
		unsigned has = seg_weight(&s);

		if (!weight && has)
			return;
		widen(o, &s, has > weight ? weight : s.n);
		weight -= has > weight ? weight : has;
	}
}

int aspath_merge(struct wbuf *w, struct bytes path2, struct bytes as4,
		 struct bytes *out)
{
	size_t at = w->len;
	unsigned all = path_weight(path2, 2), tail = path_weight(as4, 4);
	struct path_out o = { .w = w };
	struct rbuf r = reader(as4);
	bool seam = true; /* where the two meet: one sequence was cut in two */
	struct seg s;

	if (!as4.len || tail > all) {
		widen_leading(&o, path2, all);
	} else {
		widen_leading(&o, path2, all - tail);
		while (seg_next(&r, 4, &s)) {
			if (is_confed(&s))
				continue;
			if (!seam || !seg_grow(&o, s.type, s.n))
				seg_begin(&o, s.type, s.n);
			seam = false;
			wbuf_bytes(w, s.as, (size_t)s.n * 4);
		}
	}
	if (w->full)
		return -ENOSPC;
	*out = (struct bytes) { w->base + at, w->len - at };
	return 0;
}

bool aspath_needs_as4(struct bytes path)
{
	struct rbuf r = reader(path);
	struct seg s;

	while (seg_next(&r, 4, &s)) {
		if (is_confed(&s))
			continue;
		for (unsigned i = 0; i < s.n; i++)
			if (as_at(&s, 4, i) > UINT16_MAX)
				return true;
	}
	return false;
}

static bool is_left_out(const struct seg *s, uint8_t code)
{
	return code == ATTR_AS4_PATH && is_confed(s);
}

/* Bytes of a path once written, before anything is prepended. */
static size_t written_len(uint8_t code, struct bytes path, unsigned as_size)
{
	struct rbuf r = reader(path);
	struct seg s;
	size_t len = 0;

	while (seg_next(&r, 4, &s))
		if (!is_left_out(&s, code))
			len += 2 + (size_t)s.n * as_size;
	return len;
}

static void as_write(struct wbuf *w, uint32_t as, unsigned as_size)
{
	if (as_size == 4)
		wbuf_u32(w, as);
	else
		wbuf_u16(w, as > UINT16_MAX ? AS_TRANS : as);
}

static void seg_write(struct wbuf *w, const struct seg *s, unsigned as_size)
{
	if (as_size == 4) {
		wbuf_bytes(w, s->as, (size_t)s->n * 4);
		return;
	}
	for (unsigned i = 0; i < s->n; i++)
		as_write(w, as_at(s, 4, i), as_size);
}

void aspath_put(struct wbuf *w, uint8_t code, struct bytes path, uint32_t prepend,
		unsigned as_size)
{
	unsigned flags =
		code == ATTR_AS_PATH ? AF_TRANSITIVE : AF_OPTIONAL | AF_TRANSITIVE;
	struct rbuf r = reader(path), peek = r;
	size_t len = written_len(code, path, as_size);
	struct seg s = { 0 };
	bool joins = seg_next(&peek, 4, &s) && s.type == SEG_SEQUENCE && s.n < 255;

	if (prepend)
		len += as_size + (joins ? 0 : 2);
	attr_head(w, flags, code, len);
	if (prepend && !joins) {
		wbuf_u8(w, SEG_SEQUENCE);
		wbuf_u8(w, 1);
		as_write(w, prepend, as_size);
		prepend = 0;
	}
	while (seg_next(&r, 4, &s)) {
		if (is_left_out(&s, code))
			continue;
		wbuf_u8(w, s.type);
		wbuf_u8(w, s.n + (prepend ? 1 : 0));
		if (prepend)
			as_write(w, prepend, as_size);
		prepend = 0;
		seg_write(w, &s, as_size);
	}
}

unsigned attrs_as_path_len(const struct attrs *a)
{
	return path_weight(a->as_path, 4);
}

unsigned attrs_as_path_count(const struct attrs *a, uint32_t as)
{
	struct rbuf r = reader(a->as_path);
	unsigned count = 0;
	struct seg s;

	while (seg_next(&r, 4, &s))
		for (unsigned i = 0; i < s.n; i++)
			count += as_at(&s, 4, i) == as;
	return count;
}

uint32_t attrs_first_as(const struct attrs *a)
{
	struct rbuf r = reader(a->as_path);
	struct seg s;

	while (seg_next(&r, 4, &s))
		if (s.type == SEG_SEQUENCE && s.n)
			return as_at(&s, 4, 0);
	return 0;
}

/* Brackets and separator by segment type, as FRR prints them. */
static const struct {
	const char *open, *close, *sep;
} seg_text[] = {
	[SEG_SET] = { "{", "}", "," },
	[SEG_SEQUENCE] = { "", "", " " },
	[SEG_CONFED_SEQ] = { "(", ")", " " },
	[SEG_CONFED_SET] = { "[", "]", "," },
};

const char *as_path_format(const struct bytes *path, char *buf, size_t size)
{
	struct rbuf r = reader(*path);
	struct seg s;
	size_t at = 0;

	if (!size)
		return buf;
	buf[0] = '\0';
	while (seg_next(&r, 4, &s)) {
		if (s.type < SEG_SET || s.type > SEG_CONFED_SET)
			break;
		for (unsigned i = 0; i < s.n && at < size; i++) {
			const char *before = i ? seg_text[s.type].sep : at ? " " : "";

			at += (size_t)snprintf(
				buf + at, size - at, "%s%s%u%s", before,
				i ? "" : seg_text[s.type].open, as_at(&s, 4, i),
				i + 1 < s.n ? "" : seg_text[s.type].close);
		}
		if (at >= size)
			break;
	}
	return buf;
}
