/*
 * EVPN NLRI. First byte: bit 0 ADD-PATH, bit 1 withdrawn. Every route that is read
 * can be written, viewed, built from its fields, printed and put in order.
 */
#include <string.h>

#include "lib/rbuf.h"
#include "lib/wbuf.h"
#include "tests/fuzz/fuzz.h"
#include "wire/nlri_evpn.h"

static bool same_key(const struct nlri *a, const struct nlri *b)
{
	return a->key_len == b->key_len && !memcmp(a->key, b->key, a->key_len);
}

static bool same_route(const struct nlri *a, const struct nlri *b)
{
	return same_key(a, b) && a->data_len == b->data_len &&
	       !memcmp(a->data, b->data, a->data_len);
}

static void write_again(const struct nlri *n, bool withdraw)
{
	uint8_t out[300];
	struct wbuf w = wbuf_of(out, sizeof(out));
	struct nlri m;

	must(!nlri_evpn_ops.encode(&w, withdraw, n));
	struct rbuf r = rbuf_of(out, w.len);

	must(nlri_evpn_ops.decode(&r, withdraw, &m) == NLRI_OK);
	must(!rbuf_left(&r));
	must(withdraw ? same_key(&m, n) : same_route(&m, n));
	for (size_t cap = 0; cap < w.len; cap += 7) {
		struct wbuf small = wbuf_of(out, cap);

		must(nlri_evpn_ops.encode(&small, withdraw, n) && !small.len);
	}
}

static void fields(const struct nlri *n, bool withdraw)
{
	struct evpn_route e;
	struct nlri m;

	must(!evpn_view(n, &e));
	must(e.type == n->key[0]);
	if (!evpn_type_known(e.type) || withdraw)
		return;
	must(!evpn_build(&e, &m));
	must(same_route(&m, n));
}

static void order(const struct nlri *a, const struct nlri *b)
{
	int ab = nlri_evpn_ops.cmp(a, b), ba = nlri_evpn_ops.cmp(b, a);

	must((ab > 0) == (ba < 0) && (ab < 0) == (ba > 0));
	must((ab == 0) == (same_key(a, b) && a->path_id == b->path_id));
	must(nlri_evpn_ops.cmp(a, a) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rbuf r = rbuf_of(data, size);
	uint8_t how = rbuf_u8(&r);
	bool addpath = how & 1, withdraw = how & 2, any = false;
	struct nlri_list l;
	bool framed = nlri_list_open(&l, &nlri_evpn_ops, r, addpath);
	struct nlri n, last;

	if (!size)
		return 0; /* not even how to read it */
	while (rbuf_left(&r)) {
		char text[NLRI_STR_MAX];
		size_t before = rbuf_left(&r);
		enum nlri_result res =
			nlri_next(&nlri_evpn_ops, &r, addpath, withdraw, &n);

		must(rbuf_left(&r) < before);
		if (res == NLRI_FRAMING) {
			must(!framed);
			return 0;
		}
		if (res == NLRI_SKIP)
			continue;
		must(n.key_len && n.key_len <= NLRI_KEY_MAX);
		must(n.data_len <= NLRI_DATA_MAX);
		must(strlen(nlri_evpn_ops.format(&n, text)) < NLRI_STR_MAX);
		must(strcmp(text, "[?]"));
		if (withdraw || res == NLRI_TREAT_WITHDRAW)
			must(!n.data_len);
		write_again(&n, true);
		if (res == NLRI_OK && !withdraw) {
			write_again(&n, false);
			fields(&n, withdraw);
		}
		if (any)
			order(&last, &n);
		last = n;
		any = true;
	}
	must(framed);
	return 0;
}
