/*
 * Communities of RFC 1997 and RFC 8092 as text. What they do is decided where they are
 * asked for.
 */
#include <stdio.h>

#include "lib/rbuf.h"
#include "lib/util.h"
#include "wire/attrs.h"

/* FRR's words for the well-known ones. */
static const struct {
	uint32_t value;
	const char *name;
} names[] = {
	{ 0xffff0000, "graceful-shutdown" },
	{ COMMUNITY_LLGR_STALE, "llgr-stale" },
	{ COMMUNITY_NO_LLGR, "no-llgr" },
	{ 0xffff029a, "blackhole" },
	{ COMMUNITY_NO_EXPORT, "no-export" },
	{ COMMUNITY_NO_ADVERTISE, "no-advertise" },
	{ COMMUNITY_NO_EXPORT_SUBCONFED, "local-AS" },
	{ 0xffffff04, "no-peer" },
};

static int one_format(uint32_t c, char *buf, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].value == c)
			return snprintf(buf, size, "%s", names[i].name);
	return snprintf(buf, size, "%u:%u", c >> 16, c & 0xffff);
}

const char *communities_format(const struct bytes *list, char *buf, size_t size)
{
	struct rbuf r = rbuf_of(list->p, list->len);
	size_t at = 0;

	if (size)
		buf[0] = '\0';
	while (rbuf_left(&r) >= 4 && at + 1 < size) {
		if (at)
			buf[at++] = ' ';
		at += (size_t)one_format(rbuf_u32(&r), buf + at, size - at);
	}
	return buf;
}

const char *large_communities_format(const struct bytes *list, char *buf, size_t size)
{
	struct rbuf r = rbuf_of(list->p, list->len);
	size_t at = 0;

	if (size)
		buf[0] = '\0';
	while (rbuf_left(&r) >= LARGE_COMMUNITY_LEN && at + 1 < size) {
		uint32_t as = rbuf_u32(&r), one = rbuf_u32(&r), two = rbuf_u32(&r);

		at += (size_t)snprintf(buf + at, size - at, "%s%u:%u:%u", at ? " " : "",
				       as, one, two);
	}
	return buf;
}
