/* tests/vectors/dump.h - a whole message as text, one field per line. */
#ifndef TESTS_VECTORS_DUMP_H
#define TESTS_VECTORS_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nlri_ops;

/** dump_ops - of a family that there are vectors of; NULL. */
const struct nlri_ops *dump_ops(uint16_t afi, uint8_t safi);

/**
 * dump_message - decode and print a message
 * @msg, @len: header included
 * @ebgp:      as from an external peer
 * @buf, @size: takes the text, terminated
 *
 * Sessions are taken to speak 4-octet AS numbers, without ADD-PATH.
 * Return: buf.
 */
const char *dump_message(const uint8_t *msg, size_t len, bool ebgp, char *buf,
			 size_t size);

#endif
