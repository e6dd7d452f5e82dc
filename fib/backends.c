/*
 * One row per backend. Each writes the differences of one queue (fib/want.h), and is
 * found by nothing but this list.
 */
#include "fib/backends.h"

#include <stddef.h>

#include "fib/be_bpf.h"
#include "fib/be_ila.h"
#include "fib/be_vxlan.h"
#include "fib/pol.h"
#include "fib/state.h"
#include "lib/util.h"

static const struct backend {
	const char *name;
	void (*apply)(struct fib *f, unsigned max);
} backends[] = {
	{ "vxlan", be_vxlan_apply },
	{ "route", be_ila_apply },
	{ "policy", pol_apply },
};

/* Who translates, by enum ila_plane; NULL: not built in. */
static const struct ila_backend *const planes[ILA_PLANES] = {
	[ILA_PLANE_KERNEL] = &be_ila,
	[ILA_PLANE_EBPF] = &be_bpf,
};

const struct ila_backend *ila_backend(uint8_t plane)
{
	return planes[plane];
}

void backends_apply(struct fib *f, unsigned max)
{
	for (size_t i = 0; i < ARRAY_SIZE(backends); i++)
		backends[i].apply(f, max);
	for (size_t i = 0; i < ARRAY_SIZE(planes); i++)
		if (planes[i] && planes[i]->apply)
			planes[i]->apply(f, max);
}

void backends_flush(struct fib *f)
{
	struct want_entry *e;
	uint64_t at = 0;

	while ((e = want_each(&f->want, &at))) {
		if (e->flags & WE_ADOPTED)
			want_flag(&f->want, e, 0, WE_ADOPTED);
		else if (e->flags & WE_WANTED)
			want_unset(&f->want, e);
	}
	while (f->want.n_diff)
		backends_apply(f, UINT32_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(planes); i++)
		if (planes[i] && planes[i]->flush)
			planes[i]->flush(f);
	pol_flush(f);
	f->over = true;
}
