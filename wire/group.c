/*
 * Group numbers of a route: Group Policy ID (03/17, as IANA has it) and the wide
 * identity (83/1d, ours). Reflectors sort communities, so the first one is no better
 * than another: numbers that differ are refused, not chosen from.
 */
#include "wire/group.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/rbuf.h"
#include "lib/wbuf.h"

enum {
	EXTCOM_LEN = 8,
	KIND_ID = 0x0317,
	KIND_WIDE = 0x831d,
	WIDE_DERIVED = 0x01,
};

static unsigned kind_of(const uint8_t *c)
{
	return (unsigned)c[0] << 8 | c[1];
}

static uint32_t id_of(const uint8_t *c)
{
	return (uint32_t)c[6] << 8 | c[7];
}

static uint32_t identity_of(const uint8_t *c)
{
	struct rbuf r = rbuf_of(c + 4, 4);

	return rbuf_u32(&r);
}

bool extcom_is_group(const uint8_t c[8])
{
	return kind_of(c) == KIND_ID || kind_of(c) == KIND_WIDE;
}

/* Takes one more of a kind; false if its number is another one. */
static bool agree(const uint8_t **least, const uint8_t *c,
		  uint32_t (*number)(const uint8_t *c))
{
	if (*least && number(*least) != number(c))
		return false;
	if (!*least || memcmp(c, *least, EXTCOM_LEN) < 0)
		*least = c;
	return true;
}

int attrs_group(const struct attrs *a, struct group *out)
{
	struct rbuf r = rbuf_of(a->ext_communities.p, a->ext_communities.len);
	const uint8_t *id = NULL, *wide = NULL;
	struct group g = { 0 };

	while (rbuf_left(&r) >= EXTCOM_LEN) {
		const uint8_t *c = rbuf_take(&r, EXTCOM_LEN);

		if ((kind_of(c) == KIND_ID && !agree(&id, c, id_of)) ||
		    (kind_of(c) == KIND_WIDE && !agree(&wide, c, identity_of)))
			return -EBADMSG;
	}
	if (!id && !wide)
		return -ENOENT;
	if (id && wide && id_of(id) != (identity_of(wide) & UINT16_MAX))
		return -EBADMSG;
	if (id) {
		g.has_id = true;
		g.id = (uint16_t)id_of(id);
	}
	if (wide) {
		g.has_wide = true;
		g.derived = wide[2] & WIDE_DERIVED;
		g.domain = wide[3];
		g.identity = identity_of(wide);
	}
	*out = g;
	return 0;
}

struct extcom group_id_make(uint16_t id)
{
	struct extcom c = { { 0 } };
	struct wbuf w = wbuf_of(c.b, sizeof(c.b));

	wbuf_u16(&w, KIND_ID);
	wbuf_u16(&w, 0); /* scope */
	wbuf_u16(&w, 0);
	wbuf_u16(&w, id);
	return c;
}

struct extcom group_wide_make(uint32_t identity, bool derived)
{
	struct extcom c = { { 0 } };
	struct wbuf w = wbuf_of(c.b, sizeof(c.b));

	wbuf_u16(&w, KIND_WIDE);
	wbuf_u8(&w, derived ? WIDE_DERIVED : 0);
	wbuf_u8(&w, 0); /* local administration */
	wbuf_u32(&w, identity);
	return c;
}

const char *group_format(const uint8_t c[8], char *buf, size_t size)
{
	if (kind_of(c) == KIND_ID)
		snprintf(buf, size, "Group:%u", id_of(c));
	else
		snprintf(buf, size, "Identity:%u%s", identity_of(c),
			 c[2] & WIDE_DERIVED ? ",labels" : "");
	return buf;
}
