/*
 * Memory after a burst: tables shrink and queues drain, but what lies between blocks in
 * use the allocator keeps for itself. Once a second, if something has changed, it is
 * asked how much that is; giving back a lot takes milliseconds, having it again costs
 * a page fault per page, so little stays where it is.
 */
#include "bgpd/heap.h"

#include <malloc.h>
#include <stddef.h>

/*
 * Blocks of this size (indexes of large tables) are mappings of their own and gone
 * when freed. Without a word the C library raises the bound with each one it sees, and
 * a table that has grown leaves holes of all its former sizes. Setting it stops that,
 * and also fixes the least that is given back at the top, which transmit buffers would
 * have back a moment later.
 */
enum { OWN_MAPPING = 1 << 20, TOP_KEPT = 8 << 20, MUCH = 1 << 20 };

void heap_init(void)
{
	mallopt(M_MMAP_THRESHOLD, OWN_MAPPING);
	mallopt(M_TRIM_THRESHOLD, TOP_KEPT);
}

void heap_tick(uint64_t changes)
{
	static uint64_t seen;
	struct mallinfo2 m;

	if (changes == seen)
		return;
	seen = changes;
	m = mallinfo2();
	if (m.fordblks > MUCH && m.fordblks > m.uordblks / 8)
		malloc_trim(0);
}
