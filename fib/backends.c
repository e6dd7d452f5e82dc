/*
 * One row per backend. Each owns some of the tables in fib/intent.h and is found by
 * nothing but this list.
 */
#include "fib/backends.h"

#include <stddef.h>

#include "fib/be_vxlan.h"
#include "lib/util.h"

static const struct backend {
	const char *name;
	void (*apply)(struct fib *f, unsigned max);
	void (*flush)(struct fib *f);
} backends[] = {
	{ "vxlan", be_vxlan_apply, be_vxlan_flush },
};

void backends_apply(struct fib *f, unsigned max)
{
	for (size_t i = 0; i < ARRAY_SIZE(backends); i++)
		backends[i].apply(f, max);
}

void backends_flush(struct fib *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(backends); i++)
		backends[i].flush(f);
}
