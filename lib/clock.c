/* Monotonic time for timers and ages; never for what a peer sees. */
#include "lib/clock.h"

#include <time.h>

static int64_t frozen_ms = -1;

void clock_set(int64_t ms)
{
	frozen_ms = ms;
}

int64_t clock_ms(void)
{
	struct timespec ts;

	if (frozen_ms >= 0)
		return frozen_ms;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}
