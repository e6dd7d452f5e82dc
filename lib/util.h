/* lib/util.h - allocation that cannot fail quietly, and small macros. */
#ifndef LIB_UTIL_H
#define LIB_UTIL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ARRAY_SIZE(a)     (sizeof(a) / sizeof((a)[0]))
#define MIN_OF(a, b)      ((a) < (b) ? (a) : (b))
#define MAX_OF(a, b)      ((a) > (b) ? (a) : (b))
#define UNUSED            __attribute__((unused))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define container_of(ptr, type, member)                                                \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/**
 * xcalloc - zeroed memory for n objects of size bytes
 *
 * For bounded, small allocations only: when memory is gone it logs and exits
 * with status 1 (the fib process keeps forwarding and respawns the engine).
 * Return: owned memory, never NULL; free() it.
 */
void *xcalloc(size_t n, size_t size);

/** xrealloc - like realloc(), with xcalloc()'s rule. */
void *xrealloc(void *p, size_t size);

/** xpages - zeroed pages, there at once; give them back by munmap(). xcalloc()'s rule.
 */
void *xpages(size_t size);

/** xstrdup - owned copy of a string; NULL gives NULL. */
char *xstrdup(const char *s);

/** xmemdup - owned copy of len bytes; p may be NULL when there are none. */
void *xmemdup(const void *p, size_t len);

/** hash_bytes - 64-bit hash of len bytes, keyed with a per-process random seed. */
uint64_t hash_bytes(const void *p, size_t len);

/** hash32 - the same in 32 bits, as tables want it. */
static inline uint32_t hash32(const void *p, size_t len)
{
	return (uint32_t)hash_bytes(p, len);
}

/** str_copy - terminated copy; Return: 0, -ENAMETOOLONG when it was cut. */
int str_copy(char *dst, size_t size, const char *src);

/** files_raise - allow this process that many open files, if it may: the usual 1024
 * are for programs that use select(). */
void files_raise(unsigned n);

#endif
