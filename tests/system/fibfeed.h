/* tests/system/fibfeed.h - between the files of fibfeed. */
#ifndef TESTS_SYSTEM_FIBFEED_H
#define TESTS_SYSTEM_FIBFEED_H

#include <stddef.h>
#include <stdint.h>

struct feed_verb {
	const char *name;
	int words; /* at least */
	void (*act)(void);
};

/* The line that is being done. */
enum { FEED_WORDS = 24 };
extern char *feed_word[FEED_WORDS];
extern int feed_words;

void feed_die(const char *what) __attribute__((noreturn));
void feed_put(uint16_t type, const void *body, size_t len);

/** feed_rest - wait until fib takes more. */
void feed_rest(void);

/** feed_pol_verbs - lines about tenants, identities and policies; ends with NULL. */
extern const struct feed_verb feed_pol_verbs[];

#endif
