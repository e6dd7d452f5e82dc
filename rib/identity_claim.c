/*
 * What a route says of who is behind it, and what ours say. Whether a peer is believed
 * is not asked here, and nothing is put right: what contradicts itself is somebody
 * whose labels are not known, never somebody without labels.
 */
#include <errno.h>

#include "lib/rbuf.h"
#include "lib/util.h"
#include "lib/wbuf.h"
#include "rib/identity_priv.h"
#include "wire/attr.h"
#include "wire/group.h"

/* ---- reading ----------------------------------------------------------- */

/* The numbers beside the labels. */
struct numbers {
	struct group g;
	bool has_large;
	uint32_t large;
};

/* Return: 0, -EBADMSG if there are several that differ. */
static int large_read(const struct identities *d, const struct attrs *a,
		      struct numbers *n)
{
	struct rbuf r = rbuf_of(a->large_communities.p, a->large_communities.len);

	if (!d->domain.large)
		return 0;
	while (rbuf_left(&r) >= LARGE_COMMUNITY_LEN) {
		uint32_t as = rbuf_u32(&r), function = rbuf_u32(&r), v = rbuf_u32(&r);

		if (as != d->domain.as || function != d->domain.large)
			continue;
		if (n->has_large && n->large != v)
			return -EBADMSG;
		n->has_large = true;
		n->large = v;
	}
	return 0;
}

static int numbers_read(const struct identities *d, const struct attrs *a,
			struct numbers *n)
{
	*n = (struct numbers) { 0 };
	if (attrs_group(a, &n->g) == -EBADMSG)
		return -EBADMSG;
	if (n->g.has_wide && n->g.domain) /* somebody else's administration */
		n->g.has_wide = false;
	return large_read(d, a, n);
}

static bool agrees(const struct numbers *n, uint32_t number)
{
	return !(n->g.has_wide && n->g.identity != number) &&
	       !(n->g.has_id && n->g.id != (number & 0xffff)) &&
	       !(n->has_large && n->large != number);
}

static uint32_t claim_labels(struct identities *d, struct bytes labels,
			     const struct numbers *n)
{
	uint32_t set = labelsets_intern(d->sets, labels);
	const struct labelset *l;

	if (!set)
		return IDSET_FULL;
	/* Derived, or what the operator assigns: then senders that know nothing of
	 * that yet are as good. */
	l = labelsets_at(d->sets, set);
	if (agrees(n, labelsets_derived(d->sets, set)) ||
	    (l->origin == LABELS_ASSIGNED && agrees(n, l->number)))
		return handle_of(set);
	labelsets_unref(d->sets, set);
	return IDSET_MISMATCH;
}

static uint32_t claim_number(struct identities *d, const struct numbers *n)
{
	uint32_t number;

	if (n->g.has_wide)
		number = n->g.identity;
	else if (n->g.has_id)
		number = n->g.id;
	else if (n->has_large)
		number = n->large;
	else
		return IDSET_NONE;
	if (!identity_from_wire(number))
		return IDSET_RESERVED;
	return handle_of(labelsets_unknown(d->sets, number));
}

uint32_t identities_claim(struct identities *d, const struct attrs *a)
{
	enum labelset_kind kind;
	struct bytes value, labels;
	struct numbers n;
	int rc;

	if (!d->domain.domain)
		return IDSET_NONE;
	rc = attrs_labelset(a, d->domain.code, &value);
	if (rc == -EBADMSG || numbers_read(d, a, &n))
		return IDSET_MALFORMED;
	if (rc)
		return claim_number(d, &n);
	kind = labelset_decode(value, d->domain.domain, &labels);
	if (kind == LABELSET_FOREIGN) /* its numbers are of another domain, too */
		return IDSET_NONE;
	return kind == LABELSET_OK ? claim_labels(d, labels, &n) : IDSET_MALFORMED;
}

/* ---- writing ----------------------------------------------------------- */

static void tlv_make(const struct identities *d, struct bytes labels,
		     struct identity_tags *out)
{
	struct wbuf w = wbuf_of(out->tlv, sizeof(out->tlv));

	attr_head(&w, AF_OPTIONAL | AF_TRANSITIVE, d->domain.code,
		  LABELSET_HEAD + labels.len);
	labelset_encode(&w, d->domain.domain, labels);
	out->tlv_len = w.len;
}

void identities_tags(const struct identities *d, uint32_t set, bool group,
		     struct identity_tags *out)
{
	struct wbuf w = wbuf_of(out->large, sizeof(out->large));
	const struct labelset *l;
	uint32_t number;
	bool derived;

	out->n_extcoms = out->large_len = out->tlv_len = 0;
	if (!d || set < IDSET_FIRST || !d->domain.domain)
		return;
	l = labelsets_at(d->sets, set_of(set));
	derived = l->origin != LABELS_ASSIGNED;
	number = derived ? labelsets_derived(d->sets, set_of(set)) : l->number;
	if (group)
		out->extcom[out->n_extcoms++] = group_id_make((uint16_t)number);
	out->extcom[out->n_extcoms++] = group_wide_make(number, derived);
	if (d->domain.large) {
		wbuf_u32(&w, d->domain.as);
		wbuf_u32(&w, d->domain.large);
		wbuf_u32(&w, number);
		out->large_len = w.len;
	}
	tlv_make(d, l->labels, out);
}

bool identities_fit(const struct attrs *a)
{
	uint8_t buf[IDENTITY_ATTRS];
	struct wbuf w = wbuf_of(buf, sizeof(buf));

	return !attrs_encode(&w, a);
}
