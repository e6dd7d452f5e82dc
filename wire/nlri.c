/*
 * What is common to NLRI of all families: the path id of ADD-PATH (RFC 7911
 * section 3), which stands before each in both MP attributes, and families that say
 * it once for a block of routes (draft-lapukhov-bgp-ila-afi-02 section 8).
 */
#include "wire/nlri.h"

enum nlri_result nlri_next(const struct nlri_ops *ops, struct rbuf *r, bool addpath,
			   bool withdraw, struct nlri *out)
{
	out->path_id = addpath ? rbuf_u32(r) : 0;
	if (r->bad)
		return NLRI_FRAMING;
	return ops->decode(r, withdraw, out);
}

static bool framed(const struct nlri_ops *ops, struct rbuf r, bool addpath)
{
	while (rbuf_left(&r)) {
		if (addpath)
			(void)rbuf_u32(&r);
		ops->skip(&r);
	}
	return !r.bad;
}

/* The block has to fill its attribute: routes behind it would have no length. */
static bool block_open(struct nlri_list *l, bool addpath)
{
	l->path_id = addpath ? rbuf_u32(&l->r) : 0;
	return rbuf_u16(&l->r) == rbuf_left(&l->r) && !l->r.bad;
}

bool nlri_list_open(struct nlri_list *l, const struct nlri_ops *ops, struct rbuf r,
		    bool addpath)
{
	*l = (struct nlri_list) { .ops = ops, .r = r, .each_id = addpath };
	if (!ops->block || !rbuf_left(&r))
		return framed(ops, r, addpath);
	l->each_id = false;
	return block_open(l, addpath) && framed(ops, l->r, false);
}

enum nlri_result nlri_list_next(struct nlri_list *l, bool withdraw, struct nlri *out)
{
	enum nlri_result res = nlri_next(l->ops, &l->r, l->each_id, withdraw, out);

	if (!l->each_id)
		out->path_id = l->path_id;
	if (res == NLRI_FRAMING)
		l->r = rbuf_of(NULL, 0); /* nothing behind it can be read */
	return res;
}
