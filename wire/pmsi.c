/*
 * PMSI Tunnel attribute (RFC 6514 section 5) as EVPN uses it for flooding
 * (RFC 7432 section 11.2, RFC 8365 section 9). We act on ingress replication only.
 */
#include "wire/pmsi.h"

#include <errno.h>

#include "lib/wbuf.h"
#include "wire/attrs.h"

int pmsi_decode(struct rbuf v, struct pmsi *out)
{
	struct pmsi p = { 0 };

	p.flags = rbuf_u8(&v);
	p.type = rbuf_u8(&v);
	p.label24 = rbuf_u24(&v);
	if (v.bad)
		return -EBADMSG;
	if (p.type == PMSI_INGRESS_REPL) {
		p.vtep = ip_of(v.p, rbuf_left(&v));
		if (ip_is_none(&p.vtep))
			return -EBADMSG;
	}
	*out = p;
	return 0;
}

void pmsi_encode(struct wbuf *w, const struct pmsi *p)
{
	wbuf_u8(w, p->flags);
	wbuf_u8(w, p->type);
	wbuf_u24(w, p->label24);
	wbuf_bytes(w, p->vtep.b, p->vtep.len);
}

bool attrs_pmsi_ingress(const struct attrs *a, struct ip *vtep, uint32_t *label24)
{
	struct pmsi p;

	if (pmsi_decode(rbuf_of(a->pmsi.p, a->pmsi.len), &p) ||
	    p.type != PMSI_INGRESS_REPL)
		return false;
	*vtep = p.vtep;
	*label24 = p.label24;
	return true;
}
