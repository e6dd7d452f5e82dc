/*
 * The eBPF data plane on devices: which of them lead to the underlay, which to
 * endpoints and to the host itself, what programs are to know of each, and which run
 * there. Not for how a program is attached (fib/bpf_attach.c).
 */
#include "fib/be_bpf_int.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fib/ila_gate.h"
#include "fib/link.h"
#include "fib/state.h"
#include "lib/util.h"

enum { MTU_MIN = 1280, MTU_DEFAULT = 1500 };

void bpf_underlay_find(struct fib *f, struct bpf_underlay *u)
{
	const struct be_bpf *b = f->bpf;

	*u = (struct bpf_underlay) { .n = 0 };
	for (const struct ila_dom *d = f->ila.doms; d; d = d->hh.next) {
		uint16_t nr = bpf_dom_find(b, &d->sir);

		if (!nr || !b->dom[nr].served)
			continue;
		u->any = true;
		u->n += ila_underlay(f, d, u->ifindex + u->n, BPF_UNDERLAYS - u->n);
	}
	for (unsigned i = 0; i < u->n; i++) {
		const struct link *l = link_find(f, u->ifindex[i]);

		if (l && l->mtu && (!u->mtu || l->mtu < u->mtu))
			u->mtu = l->mtu;
	}
	u->mtu = u->mtu ? MAX_OF(u->mtu, MTU_MIN) : MTU_DEFAULT;
}

/* Devices of endpoints: what is known of each, and the programs on it. */
static void renew_endpoints(struct fib *f)
{
	struct be_bpf *b = f->bpf;

	for (const struct ila_ep *p = f->ila.eps; p; p = p->hh.next) {
		const struct link *l = p->want.flags & ILA_EP_HOST
					       ? NULL
					       : link_by_name(f, p->want.ifname);
		uint16_t dom = bpf_dom_find(b, &p->want.addr.prefix);
		struct want_val v = { 0 };
		struct bpf_ila_if i;

		if (!l || !l->ethernet || !dom || !b->dom[dom].served)
			continue;
		if (p->want.flags & ILA_EP_PREFIX) {
			v.to.len = sizeof(p->want.prefix);
			memcpy(v.to.b, p->want.prefix, sizeof(p->want.prefix));
		}
		i = bpf_if_value(&p->want.addr, &v, dom);
		mirror_set(&b->ifs, &l->ifindex, &i);
		bpf_attach_set(b->attach, BPF_P_CONTAINER, l->ifindex);
		bpf_attach_set(b->attach, BPF_P_TO_CONTAINER, l->ifindex);
	}
}

/* The host's own way in; its routes follow once a program is there. */
static int renew_gate(struct fib *f, const struct bpf_underlay *u, char *why)
{
	static const struct bpf_ila_if host = { .flags = BPF_ILA_IF_HOST };
	struct be_bpf *b = f->bpf;
	uint32_t out;
	int err;

	b->gate = 0;
	if (!u->any)
		return 0;
	err = ila_gate_work(f, u->mtu, &out, why);
	if (err || !out)
		return err;
	b->gate = out;
	mirror_set(&b->ifs, &out, &host);
	bpf_attach_set(b->attach, BPF_P_CONTAINER, out);
	return 0;
}

static int routes_work(struct fib *f, char *why)
{
	struct be_bpf *b = f->bpf;
	int first = 0;

	for (uint16_t i = 1; i < BPF_ILA_DOMS; i++) {
		int err;

		if (!b->dom[i].served)
			continue;
		err = ila_gate_route(f, &b->dom[i].sir, why);
		first = first ? first : err;
	}
	return first;
}

static int renew_underlay(struct fib *f, const struct bpf_underlay *u, char *why)
{
	int first = 0;

	for (unsigned i = 0; i < u->n; i++) {
		const struct link *l = link_find(f, u->ifindex[i]);

		if (!l || l->ethernet) {
			bpf_attach_set(f->bpf->attach, BPF_P_UNDERLAY, u->ifindex[i]);
			continue;
		}
		first = first ? first : -EMEDIUMTYPE;
		snprintf(why, NL_WHY, "underlay %s has no Ethernet header", l->name);
	}
	return first;
}

/* Some of those that wait for it; the others in the next turns. */
static int attach_some(struct fib *f, uint32_t *at)
{
	int err = bpf_attach_work(f->bpf->attach, BPF_O_ILA, BPF_ATTACH_TURN, at);

	if (err != -EINPROGRESS)
		return err;
	f->ila.work_due = true;
	fib_turn_soon(f);
	return 0;
}

/* What all endpoints need gets its programs before they do. */
int bpf_devices_work(struct fib *f, const struct bpf_underlay *u, char *why)
{
	struct be_bpf *b = f->bpf;
	uint32_t at = 0;
	int err, first;

	mirror_renew(&b->ifs);
	bpf_attach_renew(b->attach, BPF_O_ILA);
	first = renew_gate(f, u, why);
	err = renew_underlay(f, u, why);
	first = first ? first : err;
	renew_endpoints(f);
	bpf_attach_renewed(b->attach, BPF_O_ILA);
	mirror_renewed(&b->ifs);
	err = bpf_mirror_push(b, &b->ifs, BPF_M_IF);
	if (!err)
		err = attach_some(f, &at);
	if (err && !first) {
		first = err;
		snprintf(why, NL_WHY, "ifindex %u: %s", at, strerror(-err));
	}
	mirror_write(&b->ifs, true);
	if (!first && u->any &&
	    (!b->gate || !bpf_attach_state(b->attach, BPF_P_CONTAINER, b->gate)))
		first = routes_work(f, why);
	return first;
}
