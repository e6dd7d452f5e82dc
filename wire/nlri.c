/*
 * What is common to NLRI of all families: the path id of ADD-PATH (RFC 7911
 * section 3), which stands before each in both MP attributes.
 */
#include "wire/nlri.h"

#include "lib/rbuf.h"

enum nlri_result nlri_next(const struct nlri_ops *ops, struct rbuf *r, bool addpath,
			   bool withdraw, struct nlri *out)
{
	out->path_id = addpath ? rbuf_u32(r) : 0;
	if (r->bad)
		return NLRI_FRAMING;
	return ops->decode(r, withdraw, out);
}

bool nlri_framed(const struct nlri_ops *ops, struct rbuf r, bool addpath)
{
	while (rbuf_left(&r)) {
		if (addpath)
			(void)rbuf_u32(&r);
		ops->skip(&r);
	}
	return !r.bad;
}
