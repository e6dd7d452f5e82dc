/* tests/unit/rand.h - the same random numbers in every run (xorshift64*). */
#ifndef TESTS_UNIT_RAND_H
#define TESTS_UNIT_RAND_H

#include <stddef.h>
#include <stdint.h>

static uint64_t rand_state = 0x9e3779b97f4a7c15;

static inline uint32_t rand32(void)
{
	rand_state ^= rand_state >> 12;
	rand_state ^= rand_state << 25;
	rand_state ^= rand_state >> 27;
	return (uint32_t)(rand_state * 0x2545f4914f6cdd1d >> 32);
}

/** rand_below - 0 to n - 1. */
static inline uint32_t rand_below(uint32_t n)
{
	return rand32() % n;
}

static inline void rand_bytes(void *p, size_t n)
{
	for (uint8_t *b = p; n--; b++)
		*b = (uint8_t)rand32();
}

#endif
