/*
 * SHA-256 by OpenSSL. For numbers that must be the same on every host; what only has to
 * be found again in our own memory takes hash_bytes().
 */
#include "lib/digest.h"

#include <openssl/sha.h>

_Static_assert((int)DIGEST_SHA256 == (int)SHA256_DIGEST_LENGTH, "length of a digest");

void digest_sha256(const void *p, size_t len, uint8_t out[DIGEST_SHA256])
{
	SHA256(p, len, out);
}
