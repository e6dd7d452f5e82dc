/*
 * Route targets of what an update group was told: a number per route or path, and a
 * count per list. Pure bookkeeping for adjout.c.
 */
#include "rib/adjrt.h"

#include <stdlib.h>
#include <string.h>

#include "lib/util.h"
#include "rib/rtset.h"

void adjrt_init(struct adjrt *rt, struct rtlists *lists)
{
	*rt = (struct adjrt) { .lists = lists };
}

void adjrt_fini(struct adjrt *rt)
{
	for (uint32_t i = 1; i < rt->n_by_list; i++)
		if (rt->by_list[i])
			rtlist_unref(rt->lists, i);
	free(rt->told);
	free(rt->by_list);
	*rt = (struct adjrt) { 0 };
}

static uint32_t *copy(const uint32_t *v, uint32_t n)
{
	return n ? xmemdup(v, n * sizeof(*v)) : NULL;
}

void adjrt_split(struct adjrt *rt, const struct adjrt *of)
{
	*rt = *of;
	rt->told = copy(of->told, of->n_told);
	rt->by_list = copy(of->by_list, of->n_by_list);
	for (uint32_t i = 1; i < rt->n_by_list; i++)
		if (rt->by_list[i])
			rtlist_ref(rt->lists, i);
}

/* The entry of v[] at i, with room for as many as there may be soon. */
static uint32_t *at(uint32_t **v, uint32_t *n, uint32_t i, uint32_t top)
{
	if (i >= *n) {
		uint32_t room = MAX_OF(top, i + 1);

		room += room / 4;
		*v = xrealloc(*v, room * sizeof(**v));
		memset(*v + *n, 0, (room - *n) * sizeof(**v));
		*n = room;
	}
	return *v + i;
}

void adjrt_set(struct adjrt *rt, uint32_t id, uint32_t list, uint32_t top)
{
	uint32_t *told = at(&rt->told, &rt->n_told, id, top), old = *told;

	if (old == list)
		return;
	*told = list;
	if (list && !(*at(&rt->by_list, &rt->n_by_list, list, rt->lists->t.top))++)
		rtlist_ref(rt->lists, list);
	if (old && !--rt->by_list[old])
		rtlist_unref(rt->lists, old);
}
