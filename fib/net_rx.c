/*
 * Who receives TCP that comes in single segments: the VXLAN device, which puts them
 * together, or programs. Each device of the underlay has its own answer, for each port
 * of tunnels; those of a connection come by one of them.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <string.h>

#include "fib/link.h"
#include "fib/offload.h"
#include "fib/pol_int.h"
#include "fib/state.h"
#include "lib/util.h"

static void way_add(void *arg, uint32_t ifindex)
{
	struct net_rx *r = arg;
	struct link *l;

	for (unsigned i = 0; i < r->n; i++)
		if (r->by[i]->ifindex == ifindex)
			return;
	l = link_find(r->f, ifindex);
	if (l && r->n < ARRAY_SIZE(r->by))
		r->by[r->n++] = l;
}

void net_rx_begin(struct net_rx *r, struct fib *f)
{
	memset(r, 0, sizeof(*r));
	r->f = f;
	net_ways_each(f, way_add, r);
}

/* Return: false: programs receive, as there is no room. */
static bool single_put(struct net_rx *r, uint32_t ifindex, uint16_t port)
{
	struct bpf_net_single is = { .ifindex = ifindex, .port = htons(port) };
	struct bpf_net_single *s = &r->want[bpf_net_single_at(ifindex, is.port)];

	if (!s->ifindex)
		*s = is;
	return !memcmp(s, &is, sizeof(is));
}

static enum intent_receive receive_by(struct net_rx *r, struct link *l, uint16_t port)
{
	return offload_is_single(r->f, l) && single_put(r, l->ifindex, port)
		       ? RECEIVE_AGGREGATED
		       : RECEIVE_DIRECT;
}

enum intent_receive net_rx_dom(struct net_rx *r, struct link *underlay, bool ways,
			       uint16_t port)
{
	enum intent_receive all = RECEIVE_KERNEL, one;

	if (underlay)
		all = receive_by(r, underlay, port);
	for (unsigned i = 0; ways && i < r->n; i++) {
		one = receive_by(r, r->by[i], port);
		all = all == RECEIVE_KERNEL || all == one ? one : RECEIVE_MIXED;
	}
	return all ? all : RECEIVE_DIRECT;
}

void net_rx_end(struct net_rx *r)
{
	struct pol *p = r->f->pol;
	bool failed = false;

	for (uint32_t i = 0; i < BPF_NET_SINGLES; i++) {
		if (!p->singles_due &&
		    !memcmp(&p->singles[i], &r->want[i], sizeof(r->want[i])))
			continue;
		p->singles[i] = r->want[i];
		failed |= bpf_map_update_elem(pol_fd(r->f, BPF_M_NET_SINGLE), &i,
					      &r->want[i], BPF_ANY) != 0;
	}
	p->singles_due = failed;
}
