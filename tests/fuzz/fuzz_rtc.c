/*
 * Route target membership NLRI. First byte: bit 0 ADD-PATH, bit 1 withdrawn. Every
 * route that is read can be written, viewed, built from its fields and printed.
 */
#include <string.h>

#include "lib/rbuf.h"
#include "lib/wbuf.h"
#include "tests/fuzz/fuzz.h"
#include "wire/nlri_rtc.h"

static bool same_key(const struct nlri *a, const struct nlri *b)
{
	return a->key_len == b->key_len && !memcmp(a->key, b->key, a->key_len);
}

static void forms(const struct nlri *n, bool withdraw)
{
	uint8_t out[16];
	struct wbuf w = wbuf_of(out, sizeof(out));
	struct rtc_route f;
	struct nlri m;

	must(!nlri_rtc_ops.encode(&w, withdraw, n));
	struct rbuf r = rbuf_of(out, w.len);

	must(nlri_rtc_ops.decode(&r, withdraw, &m) == NLRI_OK);
	must(!rbuf_left(&r) && same_key(&m, n));
	must(!rtc_view(n, &f));
	must(!rtc_build(&f, &m));
	must(same_key(&m, n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rbuf r = rbuf_of(data, size);
	uint8_t how = rbuf_u8(&r);
	bool addpath = how & 1, withdraw = how & 2, any = false;
	struct nlri_list l;
	bool framed = nlri_list_open(&l, &nlri_rtc_ops, r, addpath);
	struct nlri n, last;

	if (!size)
		return 0; /* not even how to read it */
	while (rbuf_left(&r)) {
		char text[NLRI_STR_MAX];
		size_t before = rbuf_left(&r);
		enum nlri_result res =
			nlri_next(&nlri_rtc_ops, &r, addpath, withdraw, &n);

		must(rbuf_left(&r) < before);
		if (res == NLRI_FRAMING) {
			must(!framed);
			return 0;
		}
		if (res == NLRI_SKIP)
			continue;
		must(res == NLRI_OK && n.key_len && n.key_len <= 13 && !n.data_len);
		must(strlen(nlri_rtc_ops.format(&n, text)) < NLRI_STR_MAX);
		must(strcmp(text, "[?]"));
		forms(&n, withdraw);
		if (any) {
			int ab = nlri_rtc_ops.cmp(&last, &n);
			int ba = nlri_rtc_ops.cmp(&n, &last);

			must((ab > 0) == (ba < 0) && (ab < 0) == (ba > 0));
			must((ab == 0) ==
			     (same_key(&last, &n) && last.path_id == n.path_id));
		}
		last = n;
		any = true;
	}
	must(framed);
	return 0;
}
