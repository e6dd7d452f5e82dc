/* tests/fuzz/fuzz.h - what every fuzz target has: the entry, and must(). */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/** LLVMFuzzerTestOneInput - one input; aborts when a property does not hold. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Like assert, but there in every build. */
#define must(x)                                                                        \
	do {                                                                           \
		if (!(x)) {                                                            \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__,        \
				__LINE__, #x);                                         \
			abort();                                                       \
		}                                                                      \
	} while (0)

#endif
