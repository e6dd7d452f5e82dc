/* tests/unit/bytes.h - bytes written as hexadecimal text, blanks allowed. */
#ifndef TESTS_UNIT_BYTES_H
#define TESTS_UNIT_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

static inline int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/** unhex - append to out from *n on; aborts on anything but digits and blanks. */
static inline void unhex(const char *text, uint8_t *out, size_t size, size_t *n)
{
	for (; text && *text; text++) {
		if (*text == ' ')
			continue;

		int hi = hex_digit(text[0]), lo = hi < 0 ? -1 : hex_digit(text[1]);

		if (hi < 0 || lo < 0 || *n >= size)
			abort();
		out[(*n)++] = (uint8_t)(hi << 4 | lo);
		text++;
	}
}

#endif
