/* lib/out.h - one writer for answers: text for people, JSON for programs. */
#ifndef LIB_OUT_H
#define LIB_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/util.h"

enum {
	OUT_DEPTH = 24,       /* nested objects and arrays */
	OUT_LIMIT = 256 << 20 /* bytes; past it `full` sticks and nothing is written */
};

/*
 * A show command is written once: out_text() lines count only in text mode, the
 * JSON calls only in JSON mode, so both may stand side by side, or the handler
 * branches on out_json(). Keys are NULL inside arrays and for the outermost
 * value. Control characters never reach a terminal: they become '?' in text.
 */
struct out {
	char *buf; /* not terminated: len bytes */
	size_t len, cap;
	bool json, full;
	uint8_t depth;
	bool in_array[OUT_DEPTH];
	bool some[OUT_DEPTH]; /* this level has a member already */
};

/** out_init - an empty writer that owns no memory yet. */
void out_init(struct out *o, bool json);

/** out_fini - free the buffer; the writer may be initialised anew. */
void out_fini(struct out *o);

/** out_json - does this answer go out as JSON? */
static inline bool out_json(const struct out *o)
{
	return o->json;
}

/** out_take - Return: the written bytes, terminated, owned by the caller; len (may be
 * NULL) gets their number without the terminator. The writer is empty afterwards. */
char *out_take(struct out *o, size_t *len);

/** out_clear - forget what was written, which has been sent; open levels stay open and
 * the memory is kept for what follows. */
void out_clear(struct out *o);

/** out_text - text mode only: formatted text; lines end with an own newline. */
void out_text(struct out *o, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** out_line - in either mode: for `% ...` error lines. */
void out_line(struct out *o, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** out_puts - text mode only: a plain string, without formatting (fast). */
void out_puts(struct out *o, const char *s);

/** out_pad - text mode only: a string padded with blanks to width; negative width:
 * to the right. Longer strings are followed by one blank (or kept whole). */
void out_pad(struct out *o, const char *s, int width);

/** out_obj, out_arr, out_end - open an object or an array, close the innermost. */
void out_obj(struct out *o, const char *key);
void out_arr(struct out *o, const char *key);
void out_end(struct out *o);

/* One member each. A NULL string is written as null. Keys are escaped too, as some
 * are data (addresses, prefixes). Invalid UTF-8 becomes U+FFFD. */
void out_str(struct out *o, const char *key, const char *value);
void out_strn(struct out *o, const char *key, const char *value, size_t len);
void out_strf(struct out *o, const char *key, const char *fmt, ...) PRINTF_LIKE(3, 4);
void out_int(struct out *o, const char *key, int64_t value);
void out_uint(struct out *o, const char *key, uint64_t value);
void out_bool(struct out *o, const char *key, bool value);
void out_null(struct out *o, const char *key);

#endif
