/*
 * Blocks of ILA identifiers. First byte: bit 0 ADD-PATH, bit 1 withdrawn. What can be
 * framed has whole identifiers and nothing else, and when it is written again it is
 * the same block.
 */
#include <string.h>

#include "lib/wbuf.h"
#include "tests/fuzz/fuzz.h"
#include "wire/nlri_ila.h"
#include "wire/update.h"

enum { OUT = 2 * 65536 };

static uint8_t out[OUT];

static void one(const struct nlri *n)
{
	char text[NLRI_STR_MAX];
	struct ila64 id;
	struct nlri m;

	must(n->key_len == 8 && !n->data_len);
	must(!nlri_ila_view(n, &id));
	nlri_ila_build(&id, &m);
	must(m.key_len == n->key_len && !memcmp(m.key, n->key, n->key_len));
	must(strlen(nlri_ila_ops.format(n, text)) < ILA_STR);
	must(!ila64_parse(text, &id) && !memcmp(id.b, n->key, sizeof(id.b)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rbuf r = rbuf_of(data, size), field;
	uint8_t how = rbuf_u8(&r);
	bool addpath = how & 1, withdraw = how & 2;
	struct wbuf w = wbuf_of(out, sizeof(out));
	struct ip locator = { .len = 16, .b = { 0x20 } };
	struct update_writer uw;
	struct nlri_list l;
	struct nlri n;

	field = r;
	if (!nlri_list_open(&l, &nlri_ila_ops, r, addpath))
		return 0;
	if (withdraw)
		update_unreach_begin(&uw, &w, OUT, &nlri_ila_ops, addpath);
	else
		update_reach_begin(&uw, &w, OUT, &nlri_ila_ops, addpath, &locator,
				   (struct bytes) { NULL, 0 });
	size_t at = w.len;

	while (nlri_list_more(&l)) {
		must(nlri_list_next(&l, withdraw, &n) == NLRI_OK);
		one(&n);
		must(!update_add(&uw, &n));
	}
	if (!uw.n)
		return 0;
	must(!update_end(&uw));
	must(w.len - at == rbuf_left(&field) && !memcmp(out + at, field.p, w.len - at));
	return 0;
}
