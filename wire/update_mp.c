/*
 * MP_REACH_NLRI and MP_UNREACH_NLRI: family, next hop, and where the NLRI begin.
 * RFC 4760 sections 3 and 4, RFC 8950 and RFC 8365 section 5.1.3 (IPv6 next hops),
 * RFC 2545 section 3, RFC 7606 sections 5.3 and 7.11, draft-lapukhov-bgp-ila-afi-02
 * section 4.1 (locators). Not for: whether the family was negotiated.
 */
#include <string.h>

#include "wire/attr.h"
#include "wire/nlri.h"

/* Families whose next hop is a plain address: what lengths it may have. */
static const struct {
	uint16_t afi;
	uint8_t safi;
	bool v4, v6;
} plain[] = {
	{ 25, 70, true, true }, /* EVPN */
	{ 1, 1, true, true },   /* IPv4 unicast; IPv6 next hop by RFC 8950 */
	{ 2, 1, false, true },  /* IPv6 unicast */
	{ 1, 132, true, true }, /* route target membership */
};

bool mp_next_hop_usable(const struct ip *nh)
{
	static const uint8_t broadcast[4] = { 255, 255, 255, 255 };

	if (ip_is_zero(nh) || ip_is_multicast(nh))
		return false;
	return nh->len != 4 || memcmp(nh->b, broadcast, 4) != 0;
}

static bool is_ila(const struct attr_dec *d, const struct update_mp *mp)
{
	const struct nlri_ops *ila = d->ctx->ila;

	return ila && ila->afi == mp->afi && ila->safi == mp->safi;
}

/* A locator, kept as the address with nothing in its lower half. */
static bool locator_decode(const struct attr_dec *d, struct update_mp *mp,
			   struct rbuf field)
{
	size_t len = rbuf_left(&field), want = d->ctx->ila->next_hop_len;

	mp->nexthop = (struct ip) { 0 };
	if (len != want && !(len == 16 && d->ctx->ila_next_hop_16))
		return false;
	mp->nexthop.len = 16;
	rbuf_bytes(&field, mp->nexthop.b, want);
	return true;
}

bool mp_next_hop_wrong(const struct attr_dec *d)
{
	const struct update_mp *mp = &d->u->reach;

	if (!mp->present || ip_is_none(&mp->nexthop))
		return false;
	return !mp_next_hop_usable(&mp->nexthop) ||
	       (is_ila(d, mp) && ip_is_link_local(&mp->nexthop));
}

/*
 * The address in a next hop field. A family that we do not know keeps none: what
 * its field looks like is not ours to judge, the caller will ignore its routes.
 */
static bool next_hop_decode(struct update_mp *mp, struct rbuf field)
{
	size_t len = rbuf_left(&field);

	mp->nexthop = (struct ip) { 0 };
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		if (plain[i].afi != mp->afi || plain[i].safi != mp->safi)
			continue;
		if (len == 32) /* global and link-local: the first serves */
			len = 16;
		mp->nexthop = ip_of(field.p, len);
		return (len == 4 && plain[i].v4) || (len == 16 && plain[i].v6);
	}
	return true;
}

bool mp_reach_check(struct attr_dec *d, struct rbuf v, struct attr_fault *f)
{
	struct update_mp *mp = &d->u->reach;

	mp->afi = rbuf_u16(&v);
	mp->safi = rbuf_u8(&v);

	struct rbuf field = rbuf_sub(&v, rbuf_u8(&v));

	(void)rbuf_u8(&v); /* reserved, once the number of SNPAs */
	if (v.bad || !(is_ila(d, mp) ? locator_decode(d, mp, field)
				     : next_hop_decode(mp, field))) {
		*f = (struct attr_fault) { UR_MP_FORM, SUB_OPTIONAL };
		return false;
	}
	mp->nlri = v;
	mp->present = true;
	return true;
}

/* A block of no identifiers, which is as good as not being there: End-of-RIB. */
static bool is_empty_block(const struct attr_dec *d, const struct update_mp *mp)
{
	struct nlri_list l;

	return is_ila(d, mp) &&
	       nlri_list_open(&l, d->ctx->ila, mp->nlri, d->ctx->ila_addpath) &&
	       !nlri_list_more(&l);
}

bool mp_unreach_check(struct attr_dec *d, struct rbuf v, struct attr_fault *f)
{
	struct update_mp *mp = &d->u->unreach;

	(void)f;
	mp->afi = rbuf_u16(&v);
	mp->safi = rbuf_u8(&v);
	mp->nexthop = (struct ip) { 0 };
	mp->nlri = v;
	if (is_empty_block(d, mp))
		mp->nlri = rbuf_of(NULL, 0);
	mp->present = true;
	return true;
}
