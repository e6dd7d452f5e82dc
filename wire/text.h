/* wire/text.h - text that a peer sent, made fit for logs and terminals. */
#ifndef WIRE_TEXT_H
#define WIRE_TEXT_H

#include <stddef.h>
#include <stdint.h>

/**
 * text_copy - UTF-8 of a peer as a terminated string
 * @dst, @size: result, cut at a whole character when it does not fit
 * @src, @len:  bytes as received, any content
 *
 * Control characters, bad UTF-8 (overlong, surrogates, beyond U+10FFFF) and the
 * marks that reverse the direction of writing become '?'.
 * Return: dst.
 */
const char *text_copy(char *dst, size_t size, const uint8_t *src, size_t len);

#endif
