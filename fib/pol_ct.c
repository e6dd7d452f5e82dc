/*
 * How many connections are remembered. The map keeps what is out of date until it
 * needs the room, so entries are looked at, not only counted: some half a microsecond
 * for each. That is done a part at a time: a pass takes half a minute or so, four
 * minutes with the largest table.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "fib/pol_int.h"
#include "fib/state.h"
#include "lib/clock.h"
#include "lib/util.h"

enum { PARTS = 32, PART_LEAST = 1024, PART_MOST = 16384 };

static uint32_t life_of(const struct bpf_pol_flow *k)
{
	if (k->kind == BPF_POL_CT_FRAGMENT)
		return BPF_POL_LIFE_FRAGMENT;
	return k->proto == IPPROTO_TCP ? BPF_POL_LIFE_TCP : BPF_POL_LIFE;
}

/* The programs' clock is a coarse one: some milliseconds behind, or a unit ahead. */
static uint32_t live_in(const struct bpf_pol_flow *key, const struct bpf_pol_ct *value,
			uint32_t n)
{
	uint32_t now = (uint32_t)((uint64_t)clock_ms() * 1000000 >> BPF_POL_TIME_SHIFT);
	uint32_t live = 0;

	for (uint32_t i = 0; i < n; i++)
		live += (int32_t)(now - value[i].seen) < (int32_t)life_of(&key[i]);
	return live;
}

void pol_ct_look(struct fib *f)
{
	struct pol *p = f->pol;
	uint32_t max = f->progs.max[BPF_M_POL_CT];
	uint32_t part = MAX_OF(MIN_OF(max / PARTS, PART_MOST), PART_LEAST), n = part;
	struct bpf_pol_flow *key = xcalloc(part, sizeof(*key));
	struct bpf_pol_ct *value = xcalloc(part, sizeof(*value));
	int err;

	if (p->ct_pass.max != max) { /* another map */
		p->ct_pass.begun = false;
		p->ct_pass.max = max;
	}
	if (!p->ct_pass.begun)
		p->ct_pass.live = 0;
	err = bpf_map_lookup_batch(pol_fd(f, BPF_M_POL_CT),
				   p->ct_pass.begun ? p->ct_pass.at : NULL,
				   p->ct_pass.at, key, value, &n, NULL);
	if (!err || err == -ENOENT)
		p->ct_pass.live += live_in(key, value, n);
	if (err == -ENOENT) /* that was all */
		p->connections = p->ct_pass.live;
	p->ct_pass.begun = !err;
	free(key);
	free(value);
}
