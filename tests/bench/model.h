/* tests/bench/model.h - the routes of the benchmarks, as a function of their number. */
#ifndef TESTS_BENCH_MODEL_H
#define TESTS_BENCH_MODEL_H

#include <stdint.h>
#include <time.h>

#include "lib/addr.h"

/*
 * MODEL_RUN consecutive routes share VNI and VTEP, hence attributes: one UPDATE.
 * Runs go through the VNIs, then through the VTEPs 10.77.1.1 to 10.77.1.4. MAC and
 * IP hold the number: 02:10 and four bytes, 100.64.0.0/10 plus it.
 */
enum { MODEL_RUN = 100, MODEL_VTEPS = 4, MODEL_VNI = 10000, MODEL_MAX = 1 << 22 };

static inline uint32_t model_vni(uint32_t i, uint32_t vnis)
{
	return MODEL_VNI + i / MODEL_RUN % vnis;
}

static inline uint32_t model_vtep(uint32_t i, uint32_t vnis)
{
	return 0x0a4d0101u + i / MODEL_RUN / vnis % MODEL_VTEPS;
}

static inline struct mac model_mac(uint32_t i)
{
	return (struct mac) { { 2, 0x10, (uint8_t)(i >> 24), (uint8_t)(i >> 16),
				(uint8_t)(i >> 8), (uint8_t)i } };
}

static inline uint32_t model_ip(uint32_t i)
{
	return 0x64400000u + i;
}

/* Number of the route with this MAC or IP; MODEL_MAX when it is none of ours. */
static inline uint32_t model_of_mac(const uint8_t *m)
{
	uint32_t i = (uint32_t)m[2] << 24 | (uint32_t)m[3] << 16 | (uint32_t)m[4] << 8 |
		     m[5];

	return m[0] == 2 && m[1] == 0x10 && i < MODEL_MAX ? i : MODEL_MAX;
}

static inline uint32_t model_of_ip(uint32_t ip)
{
	uint32_t i = ip - 0x64400000u;

	return i < MODEL_MAX ? i : MODEL_MAX;
}

/* Nanoseconds of CLOCK_MONOTONIC: the same for all processes of a run. */
static inline long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

#endif
