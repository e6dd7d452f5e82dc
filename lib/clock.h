/* lib/clock.h - monotonic time that tests can set. */
#ifndef LIB_CLOCK_H
#define LIB_CLOCK_H

#include <stdint.h>

/** clock_ms - CLOCK_MONOTONIC in milliseconds, or the value a test has set. */
int64_t clock_ms(void);

/** clock_set - tests: freeze clock_ms() at this value; negative: real time again. */
void clock_set(int64_t ms);

#endif
