/* The verdicts of a policy: wanted, in the map of the kernel, and what its programs
 * must look for. */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "fib/verdicts.h"
#include "tests/unit/rand.h"

/* The kernel's map, as the test plays it. */
enum { KEYS = 64 };

struct world {
	struct verdicts v;
	struct bpf_pol_verdict map[KEYS];
	bool there[KEYS];
	struct bpf_pol_verdict want[KEYS];
	bool wanted[KEYS];
};

static struct bpf_pol_key key(unsigned i)
{
	return (struct bpf_pol_key) {
		.identity = i % 4,
		.dir_plen = (uint8_t)((i >> 2 & 1) << 7 | (i & 8 ? 16 : 0)),
		.proto = i & 8 ? 6 : 0,
		.port = i & 8 ? (__be16)(i >> 4) : 0,
	};
}

/* Keys 0..7 are without protocol: those above with bits of 4 only where 8 is set. */
static bool is_key(unsigned i)
{
	return i & 8 || i < 8;
}

static void push(struct world *w, bool erase, unsigned most)
{
	struct verdict_batch b;
	uint32_t n;

	verdicts_take(&w->v, erase, &b);
	if (!b.n)
		return;
	n = MIN_OF(b.n, most);
	for (uint32_t i = 0; i < n; i++) {
		for (unsigned k = 0; k < KEYS; k++) {
			struct bpf_pol_key one = key(k);

			if (!is_key(k) || memcmp(&one, &b.key[i], sizeof(one)))
				continue;
			w->there[k] = !erase;
			w->map[k] = b.value[i];
		}
	}
	verdicts_done(&w->v, erase, &b, n);
}

static uint32_t shapes(const bool *on, unsigned dir, bool any)
{
	uint32_t m = 0;

	for (unsigned i = 0; i < KEYS; i++) {
		struct bpf_pol_key k = key(i);

		if (is_key(i) && on[i] && k.dir_plen >> 7 == (int)dir &&
		    !k.identity == any)
			m |= 1u << (k.proto ? k.dir_plen & 127 : 17);
	}
	return m;
}

static void same_as_wanted(struct world *w)
{
	struct bpf_pol_ep e = { .flags = 0 };
	uint32_t n = 0;

	for (unsigned i = 0; i < KEYS; i++) {
		assert_int_equal(w->there[i], w->wanted[i]);
		n += w->wanted[i];
		if (w->there[i])
			assert_memory_equal(&w->map[i], &w->want[i], sizeof(w->map[i]));
	}
	assert_int_equal(w->v.n_keep, n);
	assert_int_equal(w->v.n_seen, n);
	assert_int_equal(w->v.n_todo, 0);
	verdicts_shapes(&w->v, &e);
	for (unsigned dir = 0; dir < 2; dir++) {
		assert_int_equal(e.shape_id[dir], shapes(w->wanted, dir, false));
		assert_int_equal(e.shape_any[dir], shapes(w->wanted, dir, true));
	}
}

/* What programs may still find they must be told to look for. */
static void shapes_cover_the_map(const struct world *w)
{
	struct bpf_pol_ep e = { .flags = 0 };

	verdicts_shapes(&w->v, &e);
	for (unsigned dir = 0; dir < 2; dir++) {
		assert_int_equal(shapes(w->there, dir, false) & ~e.shape_id[dir], 0);
		assert_int_equal(shapes(w->there, dir, true) & ~e.shape_any[dir], 0);
	}
}

static void change(struct world *w, unsigned i, unsigned how)
{
	struct bpf_pol_verdict v = { .rule = how, .flags = how & 1 };
	struct bpf_pol_key k = key(i);

	if (!is_key(i))
		return;
	w->wanted[i] = how != 0;
	if (how) {
		w->want[i] = v;
		verdicts_set(&w->v, &k, &v);
	} else {
		verdicts_unset(&w->v, &k);
	}
}

static void random_changes(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	(void)state;
	verdicts_init(&w->v);
	for (int round = 0; round < 4000; round++) {
		unsigned r = rand32();

		change(w, r % KEYS, r >> 8 & 3);
		shapes_cover_the_map(w);
		if (r >> 16 & 1)
			push(w, false, r >> 20 & 3);
		if (!(r >> 17 & 7))
			push(w, true, r >> 20 & 3);
		shapes_cover_the_map(w);
		if (round % 100 == 99) {
			push(w, false, UINT32_MAX);
			push(w, true, UINT32_MAX);
			same_as_wanted(w);
		}
	}
	verdicts_fini(&w->v);
	free(w);
}

/* Somebody changes the map behind our back. */
static void audits(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	uint32_t found = 0;

	(void)state;
	verdicts_init(&w->v);
	for (unsigned i = 0; i < KEYS; i += 3)
		change(w, i, 1 + i);
	push(w, false, UINT32_MAX);
	same_as_wanted(w);
	for (int round = 0; round < 200; round++) {
		unsigned r = rand32() % KEYS;

		if (!is_key(r))
			continue;
		w->there[r] = !w->there[r];
		w->map[r] = (struct bpf_pol_verdict) { .rule = 99 };
		found = 0;
		for (unsigned i = 0; i < KEYS; i++) {
			struct bpf_pol_key k = key(i);

			if (w->there[i])
				found += verdicts_audit(&w->v, &k, &w->map[i]);
		}
		found += verdicts_audited(&w->v);
		assert_int_equal(found, 1);
		shapes_cover_the_map(w);
		push(w, false, UINT32_MAX);
		push(w, true, UINT32_MAX);
		same_as_wanted(w);
	}
	verdicts_fini(&w->v);
	free(w);
}

static void stale(void **state)
{
	struct verdicts old, new;
	struct bpf_pol_verdict v = { .rule = 1 }, other = { .rule = 2 };
	struct bpf_pol_key a = key(1), b = key(2), c = key(3);

	(void)state;
	verdicts_init(&old);
	verdicts_init(&new);
	verdicts_found(&old, &a, &v);
	verdicts_found(&old, &b, &v);
	verdicts_set(&new, &a, &v);
	assert_false(verdicts_same(&old, &new));
	assert_true(verdicts_keep(&new, &old)); /* less than there was */
	assert_true(verdicts_same(&old, &new));
	verdicts_settled(&new);
	assert_int_equal(new.n_todo, 0);
	assert_int_equal(verdicts_sweep(&new), 1);
	assert_non_null(verdicts_find(&new, &a));
	assert_null(verdicts_find(&new, &b));
	assert_int_equal(new.n_todo, 1);
	verdicts_set(&new, &c, &v); /* more */
	assert_false(verdicts_keep(&new, &old));
	verdicts_set(&new, &a, &other); /* another value: the new one counts */
	assert_false(verdicts_keep(&new, &old));
	assert_int_equal(verdicts_find(&new, &a)->value.rule, 2);
	/* a stale one that is set is wanted */
	verdicts_set(&old, &a, &v);
	assert_int_equal(old.n_todo, 0);
	assert_int_equal(verdicts_sweep(&old), 1);
	assert_non_null(verdicts_find(&old, &a));
	verdicts_fini(&old);
	verdicts_fini(&new);
}

static uint16_t flags(const struct verdicts *v)
{
	struct bpf_pol_ep e = { .flags = 0 };

	verdicts_shapes(v, &e);
	return e.flags;
}

static void flags_follow(void **state)
{
	struct bpf_pol_key in = { .dir_plen = 0 }, out = { .dir_plen = 0x80 };
	struct bpf_pol_key some = { .identity = 7 };
	struct bpf_pol_verdict allow = { .rule = 0 }, counted = { .rule = 1 },
			       deny = { .flags = BPF_POL_DENY };
	struct verdicts v;

	(void)state;
	verdicts_init(&v);
	assert_int_equal(flags(&v), 0); /* nothing may */
	verdicts_set(&v, &in, &allow);
	assert_int_equal(flags(&v), BPF_POL_EP_OPEN_IN);
	verdicts_set(&v, &out, &allow);
	assert_int_equal(flags(&v), BPF_POL_EP_OPEN_IN | BPF_POL_EP_OPEN_OUT);
	verdicts_set(&v, &out, &counted); /* its rule counts */
	assert_int_equal(flags(&v), BPF_POL_EP_OPEN_IN);
	verdicts_set(&v, &some, &deny);
	assert_int_equal(flags(&v), BPF_POL_EP_DENY_IN);
	verdicts_set(&v, &some, &allow);
	assert_int_equal(flags(&v), 0); /* looked up: it is more than one */
	verdicts_fini(&v);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(random_changes),
		cmocka_unit_test(audits),
		cmocka_unit_test(stale),
		cmocka_unit_test(flags_follow),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
