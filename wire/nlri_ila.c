/*
 * ILA identifiers between the wire, the RIB's key bytes, and text. The locator is the
 * next hop (update_mp.c), the block around identifiers is nlri.c's. Not for: which
 * identifiers may be mapped (lib/ila.c). draft-lapukhov-bgp-ila-afi-02 section 4.
 *
 *   wire  [path id u32] length u16, in octets; then identifiers of 8, in both MP_REACH
 *         and MP_UNREACH
 *   key   the identifier
 */
#include "wire/nlri_ila.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/util.h"
#include "lib/wbuf.h"

enum { ID_LEN = sizeof(struct ila64) };

void nlri_ila_build(const struct ila64 *id, struct nlri *out)
{
	out->path_id = 0;
	memcpy(out->key, id->b, ID_LEN);
	out->key_len = ID_LEN;
	out->data_len = 0;
}

int nlri_ila_view(const struct nlri *n, struct ila64 *id)
{
	if (n->key_len != ID_LEN)
		return -EINVAL;
	memcpy(id->b, n->key, ID_LEN);
	return 0;
}

static enum nlri_result ila_decode(struct rbuf *r, bool withdraw, struct nlri *out)
{
	const uint8_t *p = rbuf_take(r, ID_LEN);

	(void)withdraw;
	if (!p)
		return NLRI_FRAMING;
	memcpy(out->key, p, ID_LEN);
	out->key_len = ID_LEN;
	out->data_len = 0;
	return NLRI_OK;
}

static void ila_skip(struct rbuf *r)
{
	(void)rbuf_take(r, ID_LEN);
}

static int ila_encode(struct wbuf *w, bool withdraw, const struct nlri *n)
{
	(void)withdraw;
	if (n->key_len != ID_LEN)
		return -EINVAL;
	if (wbuf_left(w) < ID_LEN)
		return -ENOSPC;
	wbuf_bytes(w, n->key, ID_LEN);
	return 0;
}

static const char *ila_format(const struct nlri *n, char buf[NLRI_STR_MAX])
{
	struct ila64 id;
	char text[ILA_STR];

	if (nlri_ila_view(n, &id))
		snprintf(buf, NLRI_STR_MAX, "[?]");
	else
		snprintf(buf, NLRI_STR_MAX, "%s", ila64_format(&id, text));
	return buf;
}

static int ila_cmp(const struct nlri *a, const struct nlri *b)
{
	int c = memcmp(a->key, b->key, ID_LEN);

	return c ? c : (a->path_id > b->path_id) - (a->path_id < b->path_id);
}

static bool ila_origin(const struct nlri *n, struct nlri_origin *out)
{
	(void)n;
	*out = (struct nlri_origin) { .mapping = NLRI_MAPPING };
	return true;
}

struct nlri_ops nlri_ila_ops = {
	.name = "ila unicast",
	.afi = ILA_AFI_DEFAULT,
	.safi = ILA_SAFI_DEFAULT,
	.block = true,
	.next_hop_len = 8,
	.decode = ila_decode,
	.skip = ila_skip,
	.encode = ila_encode,
	.format = ila_format,
	.origin = ila_origin,
	.cmp = ila_cmp,
};

/*
 * Numbers that mean something else to somebody. SAFI 241 to 254 are for private use
 * with any AFI; GoBGP has its opaque family at 16397/241. AFIs up to 32 and those from
 * 16384 on are assigned (IANA, Address Family Numbers).
 */
const char *nlri_ila_family_check(uint16_t afi, uint8_t safi)
{
	bool private = safi >= 241 && safi <= 254;
	bool free_afi = (afi > 32 && afi < 16384) || (afi > 16409 && afi < 65535);

	if (!afi || afi == 65535 || !safi || safi == 255)
		return "is reserved";
	if (afi == 16397 && safi == 241)
		return "is the opaque family of GoBGP";
	if (!private && !free_afi)
		return "is a family of others, expected a SAFI for private use (241 to "
		       "254) or an AFI that is not assigned (33050 1)";
	return NULL;
}
