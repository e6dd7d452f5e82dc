/* tests/unit/nlri_help.h - NLRI that are their own key: read, shown, written again. */
#ifndef TESTS_UNIT_NLRI_HELP_H
#define TESTS_UNIT_NLRI_HELP_H

#include "tests/unit/unit.h"

#include "lib/rbuf.h"
#include "lib/wbuf.h"
#include "tests/unit/bytes.h"
#include "wire/nlri.h"

/* Bytes in hex, result, key, text; `left` bytes are not taken (of framing errors any).
 */
struct nlri_case {
	const char *name, *in;
	enum nlri_result want;
	const char *key, *text;
	size_t left;
};

/** nlri_case_run - one of them, in an announcement or a withdraw. */
static inline void nlri_case_run(const struct nlri_ops *ops, const struct nlri_case *c,
				 bool withdraw)
{
	uint8_t in[64], key[64], out[64];
	size_t n_in = 0, n_key = 0;
	char text[NLRI_STR_MAX];
	struct wbuf w = wbuf_of(out, sizeof(out));
	struct nlri n = { 0 };

	unhex(c->in, in, sizeof(in), &n_in);
	unhex(c->key, key, sizeof(key), &n_key);

	struct rbuf r = rbuf_of(in, n_in);

	print_message("# %s\n", c->name);
	assert_int_equal(nlri_next(ops, &r, false, withdraw, &n), c->want);
	if (c->want != NLRI_FRAMING)
		assert_int_equal(rbuf_left(&r), c->left);
	if (c->want != NLRI_OK)
		return;
	assert_int_equal(n.key_len, n_key);
	assert_memory_equal(n.key, key, n_key);
	assert_int_equal(n.data_len, 0);
	assert_string_equal(ops->format(&n, text), c->text);
	assert_int_equal(ops->encode(&w, false, &n), 0);
	assert_int_equal(w.len, n_key);
	assert_memory_equal(out, key, n_key);
}

#endif
