/* bgpd/heap.h - how the engine uses the C library's allocator. */
#ifndef BGPD_HEAP_H
#define BGPD_HEAP_H

#include <stdint.h>

/** heap_init - settings; once, before much is allocated. */
void heap_init(void);

/**
 * heap_tick - give memory that has become free back to the kernel, when it is much
 * @changes: a number that moves when tables or queues change; nothing is done when it
 * is what it was
 */
void heap_tick(uint64_t changes);

#endif
