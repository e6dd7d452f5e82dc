/*
 * Allocation that cannot fail quietly, byte hashing.
 * Not for anything whose size a peer decides: such code checks a limit first.
 */
#include "lib/util.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>

#include "lib/log.h"

static void out_of_memory(size_t size)
{
	log_err(LOG_MAIN, "memory: out of it, size=%zu", size);
	exit(1);
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p && n && size)
		out_of_memory(n * size);
	return p;
}

void *xrealloc(void *p, size_t size)
{
	void *q = realloc(p, size);

	if (!q && size)
		out_of_memory(size);
	return q;
}

void *xpages(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (p == MAP_FAILED)
		out_of_memory(size);
	return p;
}

char *xstrdup(const char *s)
{
	return s ? xmemdup(s, strlen(s) + 1) : NULL;
}

void *xmemdup(const void *p, size_t len)
{
	void *q = xcalloc(1, len ? len : 1);

	if (len)
		memcpy(q, p, len);
	return q;
}

int str_copy(char *dst, size_t size, const char *src)
{
	size_t len = strnlen(src, size);

	if (len == size) {
		memcpy(dst, src, size - 1);
		dst[size - 1] = '\0';
		return -ENAMETOOLONG;
	}
	memcpy(dst, src, len + 1);
	return 0;
}

/* 64x64 -> 128 multiply, folded: the mixing step of the wyhash family. */
static inline uint64_t mix(uint64_t a, uint64_t b)
{
	__uint128_t m = (__uint128_t)a * b;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static inline uint64_t load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint64_t load_tail(const uint8_t *p, size_t len)
{
	uint64_t v = 0;

	memcpy(&v, p, len);
	return v;
}

static uint64_t hash_seed(void)
{
	static uint64_t seed;

	/* Random, so that no peer can choose keys that collide. */
	while (!seed)
		if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
			seed = (uint64_t)(uintptr_t)&seed;
	return seed;
}

uint64_t hash_bytes(const void *p, size_t len)
{
	static const uint64_t k1 = 0x9e3779b97f4a7c15, k2 = 0xd6e8feb86659fd93;
	const uint8_t *b = p;
	uint64_t h = hash_seed() ^ mix(len ^ k1, k2);

	for (; len >= 16; b += 16, len -= 16)
		h = mix(load64(b) ^ k1, load64(b + 8) ^ h);
	if (len >= 8) {
		h = mix(load64(b) ^ k2, h ^ k1);
		b += 8;
		len -= 8;
	}
	return mix(load_tail(b, len) ^ h, k1 ^ k2 ^ len);
}

void files_raise(unsigned n)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) || lim.rlim_cur >= n)
		return;
	lim.rlim_cur = MIN_OF(lim.rlim_max, (rlim_t)n);
	setrlimit(RLIMIT_NOFILE, &lim);
}
