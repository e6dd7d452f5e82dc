/*
 * IPv6 prefixes. First byte: bit 0 ADD-PATH, bit 1 withdrawn. Every prefix that is read
 * can be written, viewed, built from its fields, printed and parsed.
 */
#include <string.h>

#include "lib/wbuf.h"
#include "tests/fuzz/fuzz.h"
#include "wire/nlri_ip6.h"

static bool same_key(const struct nlri *a, const struct nlri *b)
{
	return a->key_len == b->key_len && !memcmp(a->key, b->key, a->key_len);
}

static void forms(const struct nlri *n, bool withdraw)
{
	char text[NLRI_STR_MAX];
	uint8_t out[32];
	struct wbuf w = wbuf_of(out, sizeof(out));
	struct prefix p, q;
	struct nlri m;

	must(!nlri_ip6_ops.encode(&w, withdraw, n));
	struct rbuf r = rbuf_of(out, w.len);

	must(nlri_ip6_ops.decode(&r, withdraw, &m) == NLRI_OK);
	must(!rbuf_left(&r) && same_key(&m, n));
	must(!nlri_ip6_view(n, &p) && !nlri_ip6_build(&p, &m) && same_key(&m, n));
	must(strlen(nlri_ip6_ops.format(n, text)) < ADDR_STR);
	must(!prefix_parse(text, &q));
	must(q.bits == p.bits && (ip_eq(&q.ip, &p.ip) || q.ip.len == 4));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rbuf r = rbuf_of(data, size);
	uint8_t how = rbuf_u8(&r);
	bool addpath = how & 1, withdraw = how & 2, any = false;
	struct nlri_list l;
	struct nlri n, last;

	if (!nlri_list_open(&l, &nlri_ip6_ops, r, addpath))
		return 0;
	while (nlri_list_more(&l)) {
		must(nlri_list_next(&l, withdraw, &n) == NLRI_OK);
		must(n.key_len && n.key_len <= 17 && !n.data_len);
		must(addpath || !n.path_id);
		forms(&n, withdraw);
		if (any) {
			int ab = nlri_ip6_ops.cmp(&last, &n);
			int ba = nlri_ip6_ops.cmp(&n, &last);

			must((ab > 0) == (ba < 0) && (ab < 0) == (ba > 0));
			must((ab == 0) ==
			     (same_key(&last, &n) && last.path_id == n.path_id));
		}
		last = n;
		any = true;
	}
	return 0;
}
