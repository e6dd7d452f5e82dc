/*
 * UPDATE bodies. First byte: bit 0 4-octet AS, bit 1 external peer, bit 2 ADD-PATH,
 * bit 3 ILA, bit 4 with next hops of 16 octets, bit 5 labels are known.
 * Whatever is not a reset leaves a set of attributes that survives canonical bytes and
 * every kind of export, and can be sent on; routes with the path ids they came with.
 */
#include <errno.h>
#include <string.h>

#include "lib/wbuf.h"
#include "tests/fuzz/fuzz.h"
#include "wire/aspath.h"
#include "wire/ila_com.h"
#include "wire/labelset.h"
#include "wire/nlri_evpn.h"
#include "wire/nlri_ila.h"
#include "wire/update.h"

enum { OUT = 3 * 65536 };

static struct update_scratch scratch, scratch2;
static uint8_t one[OUT], two[OUT], out[OUT];
static uint8_t code; /* of the label set attribute; 0: not known */

static void questions(const struct attrs *a)
{
	char text[200];
	struct mac mac;
	struct ip ip;
	uint32_t n;
	bool sticky;
	struct extcom rt = rt_make(1, 1);
	struct ila_marker marker;
	struct ila64 locator;
	float weight;

	must(strlen(as_path_format(&a->as_path, text, sizeof(text))) < sizeof(text));
	must(strlen(extcoms_format(&a->ext_communities, text, sizeof(text))) <
	     sizeof(text));
	if (attrs_first_as(a))
		must(attrs_as_path_count(a, attrs_first_as(a)));
	must(!attrs_as_path_count(a, 0));
	(void)attrs_as_path_len(a);
	(void)attrs_has_extcom(a, &rt);
	(void)attrs_has_cluster(a, 1);
	(void)attrs_has_community(a, 1);
	(void)attrs_macmob(a, &n, &sticky);
	(void)attrs_router_mac(a, &mac);
	(void)attrs_pmsi_ingress(a, &ip, &n);
	must(attrs_encap(a) <= 0xffff);
	(void)attrs_ila_marker(a, &marker);
	(void)attrs_ila_locator(a, 0, &locator);
	must(attrs_link_bandwidth(a, &weight) || weight >= 0);
	must(strlen(large_communities_format(&a->large_communities, text,
					     sizeof(text))) < sizeof(text));
}

/* Canonical bytes, read back, give the same bytes. Return: how many. */
static size_t canonical(const struct attrs *a)
{
	struct wbuf w1 = wbuf_of(one, OUT), w2 = wbuf_of(two, OUT);
	struct attrs v;

	must(!attrs_encode(&w1, a));
	must(!attrs_view(one, w1.len, &v));
	must(!attrs_encode(&w2, &v));
	must(w1.len == w2.len && !memcmp(one, two, w1.len));
	questions(&v);
	return w1.len;
}

static bool has_confed(struct bytes path)
{
	return path.len && !aspath_valid(path.p, path.len, 4, false);
}

/* Exported as x says and received by such a peer: no error of any kind. */
static void export(const struct attrs *a, const struct attr_export *x,
		   size_t canonical_len)
{
	const struct update_ctx ctx = { .as4 = !x->as2,
					.ebgp = x->ebgp,
					.labels = code };
	const uint64_t mandatory =
		1 << ATTR_ORIGIN | 1 << ATTR_AS_PATH | 1 << ATTR_LOCAL_PREF;
	struct wbuf w = wbuf_of(out, OUT), w2 = wbuf_of(two, OUT);
	struct update u;

	wbuf_u32(&w, 0);
	must(!attrs_export(&w, a, x));
	if (w.len - 4 > UINT16_MAX || (x->ebgp && has_confed(a->as_path)))
		return;
	wbuf_set_u16(&w, 2, (unsigned)w.len - 4);
	must(update_decode(rbuf_of(out, w.len), &ctx, &scratch2, &u) == V_OK);
	must(!attrs_encode(&w2, &u.attrs));
	if (x->ebgp || x->originator_id || (a->present & mandatory) != mandatory)
		return;
	if (x->as2 && has_confed(a->as_path)) {
		must(attrs_as_path_len(&u.attrs) == attrs_as_path_len(a));
		return;
	}
	must(w2.len == canonical_len && !memcmp(one, two, w2.len));
}

static void exports(const struct attrs *a)
{
	static const struct attr_export kinds[] = {
		{ 0 },
		{ .as2 = true },
		{ .originator_id = 1, .cluster_id = 2 },
		{ .ebgp = true, .local_as = 65000 },
		{ .ebgp = true, .local_as = 4200000000, .as2 = true },
		{ .ebgp = true, .transparent = true, .local_as = 65000 },
	};
	size_t len = canonical(a);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		export(a, &kinds[i], len);
}

/* Without labels there is nothing left of them, and nothing else is missing. */
static void unlabelled(struct attrs a)
{
	const struct label_marks marks = { .code = LABELSET_CODE, .large_fn = 1 };
	struct wbuf w = wbuf_of(out, OUT), again = wbuf_of(two, OUT);
	struct attrs before = a;
	struct bytes value;
	bool had = attrs_labelset(&a, marks.code, &value) != -ENOENT ||
		   attrs_numbered(&a, &marks);

	must(attrs_unlabel(&a, &marks, &w) == had);
	must(attrs_labelset(&a, marks.code, &value) == -ENOENT);
	must(!attrs_numbered(&a, &marks));
	must(!attrs_unlabel(&a, &marks, &again));
	must(!a.ext_communities.len == !attrs_has(&a, ATTR_EXT_COMMUNITY));
	must(a.ext_communities.len <= before.ext_communities.len &&
	     a.other.len <= before.other.len &&
	     a.large_communities.len <= before.large_communities.len);
	must((before.ext_communities.len - a.ext_communities.len) % 8 == 0);
	must(!attrs_encode(&again, &a));
}

/* The next route that is neither unreadable nor bad; false at the end. */
static bool next_good(struct rbuf *r, bool addpath, bool withdraw, struct nlri *n)
{
	while (rbuf_left(r)) {
		enum nlri_result res =
			nlri_next(&nlri_evpn_ops, r, addpath, withdraw, n);

		if (res == NLRI_OK || res == NLRI_FRAMING)
			return res == NLRI_OK;
	}
	return false;
}

/* What was written reads as the first n routes of r. */
static void read_back(struct bytes message, struct rbuf r, unsigned n, bool addpath,
		      bool withdraw)
{
	const struct update_ctx ctx = { .as4 = true };
	struct rbuf body =
		rbuf_of(message.p + MSG_HEADER_LEN, message.len - MSG_HEADER_LEN);
	struct update u;
	struct rbuf got;

	update_decode(body, &ctx, &scratch2, &u);
	must(withdraw ? u.unreach.present : u.reach.present);
	got = withdraw ? u.unreach.nlri : u.reach.nlri;
	for (; n; n--) {
		struct nlri want, is;

		must(next_good(&r, addpath, withdraw, &want));
		must(next_good(&got, true, withdraw, &is));
		must(is.path_id == want.path_id && is.key_len == want.key_len);
		must(!memcmp(is.key, want.key, is.key_len));
	}
	must(!rbuf_left(&got));
}

static void routes(struct rbuf r, bool addpath, bool withdraw)
{
	struct wbuf w = wbuf_of(out, OUT);
	struct rbuf again = r;
	struct update_writer uw;
	struct ip nh = ip4_of(0x0a000001);
	unsigned n_in = 0;
	struct nlri n;

	if (withdraw)
		update_unreach_begin(&uw, &w, MSG_MAX_EXTENDED, &nlri_evpn_ops, true);
	else
		update_reach_begin(&uw, &w, MSG_MAX_EXTENDED, &nlri_evpn_ops, true, &nh,
				   (struct bytes) { NULL, 0 });
	while (next_good(&r, addpath, withdraw, &n) && !update_add(&uw, &n))
		n_in++;
	must(uw.n == n_in);
	must(update_end(&uw) == (n_in ? 0 : -ENODATA) && w.len <= MSG_MAX_EXTENDED);
	if (n_in)
		read_back((struct bytes) { out, w.len }, again, n_in, addpath,
			  withdraw);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rbuf body = rbuf_of(data, size);
	uint8_t how = rbuf_u8(&body), safi;
	const struct update_ctx ctx = {
		.as4 = how & 1,
		.ebgp = how & 2,
		.ila = how & 8 ? &nlri_ila_ops : NULL,
		.ila_addpath = how & 4,
		.ila_next_hop_16 = how & 16,
		.labels = how & 32 ? LABELSET_CODE : 0,
	};
	struct update u;
	uint16_t afi;

	enum verdict v = update_decode(body, &ctx, &scratch, &u);

	code = ctx.labels;
	must(v == u.verdict && (v == V_OK || u.n_errors));
	for (unsigned i = 0; v == V_OK && i < u.n_errors; i++)
		must(code && u.errors[i].attr == code);
	must((v == V_OK) == (u.reason == UR_NONE));
	if (v == V_RESET) {
		must(u.err.code == NOTIF_UPDATE && u.err.sub >= 1 && u.err.sub <= 11);
		must(u.err.len <= NOTIF_DATA_MAX);
		return 0;
	}
	must(v != V_DISABLE_AF);
	if (v == V_WITHDRAW)
		must(rbuf_left(&u.nlri4) || rbuf_left(&u.reach.nlri));
	exports(&u.attrs);
	unlabelled(u.attrs);
	if (update_is_eor(&u, &afi, &safi))
		must(v == V_OK && !u.reach.present);
	if (u.reach.present)
		routes(u.reach.nlri, how & 4, false);
	if (u.unreach.present)
		routes(u.unreach.nlri, how & 4, true);
	return 0;
}
