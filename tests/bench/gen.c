/*
 * What the speakers of the benchmarks say, as bytes: OPEN, and UPDATEs with the
 * routes of the model. Not for sessions; not for timing, as all is encoded before.
 */
#include "tests/bench/gen.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/addr.h"
#include "lib/util.h"
#include "wire/labelset.h"
#include "wire/nlri_evpn.h"
#include "wire/open.h"
#include "wire/update.h"

enum { ROUTE_ROOM = 64, MESSAGE_ROOM = 256 };

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "bench: %s cannot be encoded\n", what);
	exit(1);
}

uint32_t gen_vtep(const struct gen *g, uint32_t i)
{
	return g->senders ? g->first_vtep + gen_sender(g, i) : model_vtep(i, g->vnis);
}

void gen_route(const struct gen *g, uint32_t i, struct nlri *out)
{
	uint32_t vni = model_vni(i, g->vnis);
	struct evpn_route r = {
		.type = EVPN_MACIP,
		.rd = rd_make_ip(gen_vtep(g, i), (uint16_t)(vni - MODEL_VNI + 1)),
		.mac = model_mac(i),
		.ip = ip4_of(model_ip(i)),
		.label1 = vni,
	};

	*out = (struct nlri) { 0 };
	must(!evpn_build(&r, out), "route");
}

struct gen_communities gen_communities(const struct gen *g, uint32_t i, uint32_t moves)
{
	struct gen_communities out = {
		.c = { rt_make(g->as, model_vni(i, g->vnis)),
		       { { 3, 0x0c, 0, 0, 0, 0, 0, ENCAP_VXLAN } },
		       { { 6, 0, 0, 0, (uint8_t)(moves >> 24), (uint8_t)(moves >> 16),
			   (uint8_t)(moves >> 8), (uint8_t)moves } } },
		.n = moves ? 3 : 2,
	};

	return out;
}

/* The number of the label set of route i, 1..; 0: it has none. */
static uint32_t label_set(const struct gen *g, uint32_t i)
{
	if (!g->label_sets)
		return 0;
	return g->label_first + 1 + (uint32_t)((uint64_t)i * g->label_sets / g->routes);
}

/* The whole attribute: what a workload might call itself. */
static struct bytes labels(uint32_t set, uint8_t *buf, size_t size)
{
	struct wbuf w = wbuf_of(buf, size);
	struct labels l;
	char text[96];
	uint8_t head[] = { 0xc0, LABELSET_CODE, 0 };

	snprintf(text, sizeof(text), "app=service-%u,id=%u,role=backend", set % 1000,
		 set);
	must(!labels_parse(text, &l), "labels");
	head[2] = (uint8_t)(LABELSET_HEAD + l.len);
	wbuf_bytes(&w, head, sizeof(head));
	must(!labelset_encode(&w, 1, labels_bytes(&l)), "label set");
	return (struct bytes) { buf, w.len };
}

static size_t attributes(const struct gen *g, uint32_t i, uint32_t moves, uint8_t *buf,
			 size_t size)
{
	struct gen_communities ec = gen_communities(g, i, moves);
	struct attrs a = {
		.present = 1ull << ATTR_ORIGIN | 1ull << ATTR_AS_PATH |
			   1ull << ATTR_LOCAL_PREF | 1ull << ATTR_EXT_COMMUNITY,
		.local_pref = 100,
		.ext_communities = { ec.c[0].b, ec.n * sizeof(ec.c[0]) },
	};
	struct wbuf w = wbuf_of(buf, size);
	uint8_t tlv[128];

	if (label_set(g, i))
		a.other = labels(label_set(g, i), tlv, sizeof(tlv));
	must(!attrs_encode(&w, &a), "attributes");
	return w.len;
}

size_t gen_room(const struct gen *g, uint32_t routes)
{
	/* Both ends of a range may lie within a run. */
	size_t messages = routes / MODEL_RUN + 3 + MIN_OF(g->label_sets, routes);

	return (size_t)routes * ROUTE_ROOM + messages * MESSAGE_ROOM;
}

static bool run_goes_on(const struct gen *g, uint32_t i, uint32_t to)
{
	return i < to && i % MODEL_RUN && gen_vtep(g, i) == gen_vtep(g, i - 1) &&
	       label_set(g, i) == label_set(g, i - 1);
}

void gen_announce(const struct gen *g, struct wbuf *w, uint32_t from, uint32_t to,
		  uint32_t moves)
{
	uint8_t buf[256];
	struct nlri n;

	for (uint32_t i = from; i < to;) {
		struct ip nh = ip4_of(gen_vtep(g, i));
		struct bytes tail = { buf, attributes(g, i, moves, buf, sizeof(buf)) };
		struct update_writer u;

		update_reach_begin(&u, w, MSG_MAX, &nlri_evpn_ops, false, &nh, tail);
		do {
			gen_route(g, i, &n);
			if (update_add(&u, &n))
				break;
		} while (run_goes_on(g, ++i, to));
		must(!update_end(&u), "announcement");
	}
}

void gen_withdraw(const struct gen *g, struct wbuf *w, uint32_t from, uint32_t to)
{
	struct nlri n;

	for (uint32_t i = from; i < to;) {
		struct update_writer u;

		update_unreach_begin(&u, w, MSG_MAX, &nlri_evpn_ops, false);
		do {
			gen_route(g, i, &n);
			if (update_add(&u, &n))
				break;
		} while (run_goes_on(g, ++i, to));
		must(!update_end(&u), "withdrawal");
	}
}

void gen_eor(struct wbuf *w)
{
	update_eor_encode(w, nlri_evpn_ops.afi, nlri_evpn_ops.safi);
	must(!w->full, "End-of-RIB");
}

void gen_open(struct wbuf *w, uint32_t as, uint32_t id, uint16_t hold_s)
{
	struct open_msg o = {
		.version = 4,
		.as2 = (uint16_t)(as > UINT16_MAX ? AS_TRANS : as),
		.as = as,
		.hold_s = hold_s,
		.id = id,
		.as4 = true,
		.any_mp = true,
		.refresh = true,
		.n_families = 1,
		.fam = { { .afi = nlri_evpn_ops.afi,
			   .safi = nlri_evpn_ops.safi,
			   .mp = true } },
	};

	must(!open_encode(w, &o), "OPEN");
}
