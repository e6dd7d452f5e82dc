/*
 * The wanted values of the eBPF data plane as its maps have them, and back. What comes
 * back must equal what went in, or a restart would write everything again.
 */
#include "fib/be_bpf_int.h"

#include <string.h>

#include "fib/ilaval.h"

_Static_assert((int)ILA_DOM_VNID == (int)BPF_ILA_DOM_VNID, "one number");

bool bpf_dom_values(const struct ila64 *sir, const struct want_val *v, uint16_t dom,
		    struct bpf_ila_dom *s, struct bpf_ila_dom *loc)
{
	struct ila64 locator = want_half(&v->to);

	/* mode and type of what arrives are kept where the programs do not look */
	*s = (struct bpf_ila_dom) { .to.mode = v->csum,
				    .to.type = v->ident_type,
				    .dom = dom,
				    .kind = BPF_ILA_SIR,
				    /* who has just left is still reached, by us */
				    .flags = (uint8_t)(v->num | BPF_ILA_DOM_ROUTER) };
	*loc = *s;
	if (ila64_is_zero(&locator))
		return false;
	loc->to = ilaval_from_wire(&locator, sir, (enum ila_csum)v->csum);
	loc->kind = BPF_ILA_LOCATOR;
	return true;
}

struct bpf_ila_local bpf_local_value(const struct want_val *v, uint16_t dom,
				     uint16_t dom_flags)
{
	uint16_t flags = v->num ? 0 : BPF_ILA_LOCAL_HOST;

	if (dom_flags & ILA_DOM_VNID)
		flags |= BPF_ILA_LOCAL_VNID;
	if (v->to.len)
		flags |= BPF_ILA_LOCAL_PREFIX;
	if (v->flags & WV_FAST)
		flags |= BPF_ILA_LOCAL_FAST_IN | BPF_ILA_LOCAL_FAST_OUT;
	return (struct bpf_ila_local) { .ifindex = v->num, .dom = dom, .flags = flags };
}

struct bpf_ila_if bpf_if_value(const struct ila_addr *a, const struct want_val *v,
			       uint16_t dom)
{
	struct bpf_ila_if i = { .sir = ilaval_prefix(&a->prefix), .dom = dom };

	if (!v->to.len)
		return i;
	i.flags = BPF_ILA_IF_PREFIX;
	memcpy(&i.id_high, a->id.b, sizeof(i.id_high));
	memcpy(i.tenant_prefix, v->to.b, sizeof(i.tenant_prefix));
	return i;
}

struct want_val bpf_local_read(const struct ila_addr *a, const struct bpf_ila_local *l,
			       const struct bpf_ila_if *i, uint16_t dom,
			       uint16_t dom_flags)
{
	struct want_val v = {
		.num = l->ifindex,
		.flags = l->flags & BPF_ILA_LOCAL_FAST_IN ? WV_FAST : 0,
	};
	struct bpf_ila_local again;
	struct bpf_ila_if if_again;

	if (l->flags & BPF_ILA_LOCAL_PREFIX && i) {
		v.to.len = sizeof(i->tenant_prefix);
		memcpy(v.to.b, i->tenant_prefix, sizeof(i->tenant_prefix));
		if_again = bpf_if_value(a, &v, dom);
		if (memcmp(&if_again, i, sizeof(if_again)))
			v.flags |= WV_STRANGE;
	}
	again = bpf_local_value(&v, dom, dom_flags);
	if (memcmp(&again, l, sizeof(again)))
		v.flags |= WV_STRANGE;
	return v;
}

struct bpf_ila_rewrite bpf_rewrite_value(const struct ila64 *sir,
					 const struct want_val *v)
{
	struct ila64 locator = want_half(&v->to);
	struct bpf_ila_rewrite r =
		ilaval_to_wire(sir, &locator, (enum ila_csum)v->csum);

	r.type = v->ident_type;
	return r;
}

struct want_val bpf_rewrite_read(const struct ila64 *sir,
				 const struct bpf_ila_rewrite *r)
{
	struct want_val v = { .csum = r->mode, .ident_type = r->type };
	struct bpf_ila_rewrite again;
	struct ila64 locator;

	memcpy(&locator, &r->prefix, sizeof(locator));
	v.to = want_of_half(&locator);
	again = bpf_rewrite_value(sir, &v);
	if (v.csum >= ILA_CSUMS || memcmp(&again, r, sizeof(again)))
		v.flags = WV_STRANGE;
	return v;
}
