/* lib/digest.h - SHA-256; the only home of OpenSSL's digests. */
#ifndef LIB_DIGEST_H
#define LIB_DIGEST_H

#include <stddef.h>
#include <stdint.h>

enum { DIGEST_SHA256 = 32 };

/** digest_sha256 - FIPS 180-4 of len bytes. */
void digest_sha256(const void *p, size_t len, uint8_t out[DIGEST_SHA256]);

#endif
