/* lib/ila.h - ILA addresses: SIR prefix, locator, identifier, and the arithmetic that
 * turns one address into the other. Pure. draft-herbert-nvo3-ila-04. */
#ifndef LIB_ILA_H
#define LIB_ILA_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"

/*
 * All three are 8 bytes in network order. SIR address = SIR prefix + identifier, what
 * applications see; ILA address = locator + identifier as it is on the wire.
 */
struct ila64 {
	uint8_t b[8];
};

struct ila_addr {
	struct ila64 prefix; /* SIR prefix or locator */
	struct ila64 id;
};
_Static_assert(sizeof(struct ila_addr) == 16, "an IPv6 address");

/* How the transport checksum stays right; the kernel's numbers (linux/ila.h). */
enum ila_csum {
	ILA_CSUM_ADJUST,       /* adj-transport: the transport header is rewritten */
	ILA_CSUM_NEUTRAL,      /* neutral-map: low word of the identifier, C bit set */
	ILA_CSUM_NONE,         /* no-action */
	ILA_CSUM_NEUTRAL_AUTO, /* neutral-map-auto: the same without C bit */
	ILA_CSUMS
};

/* Types of identifiers, its upper three bits; the kernel's numbers. */
enum ila_type {
	ILA_TYPE_IID, /* an ordinary interface identifier: no ILA */
	ILA_TYPE_LUID,
	ILA_TYPE_VIRT4,
	ILA_TYPE_VIRT6,
	ILA_TYPE_VIRT6_MULTI,
	ILA_TYPE_NONLOCAL,
	ILA_TYPES = 8,
	ILA_TYPE_USE_FORMAT = 32, /* kernel: look at the identifier */
};

enum { ILA_VNID_MAX = (1 << 28) - 1 };

static inline bool ila64_is_zero(const struct ila64 *a)
{
	static const struct ila64 zero;

	return !__builtin_memcmp(a, &zero, sizeof(zero));
}

static inline bool ila64_eq(const struct ila64 *a, const struct ila64 *b)
{
	return !__builtin_memcmp(a, b, sizeof(*a));
}

/** ila_type_of - upper three bits. */
static inline enum ila_type ila_type_of(const struct ila64 *id)
{
	return (enum ila_type)(id->b[0] >> 5);
}

/** ila_c_bit - is the low word a checksum value? */
static inline bool ila_c_bit(const struct ila64 *id)
{
	return id->b[0] & 0x10;
}

/** ila_vnid_of - the 28 bits after type and C bit, where the identifier has a VNID. */
static inline uint32_t ila_vnid_of(const struct ila64 *id)
{
	return (uint32_t)(id->b[0] & 0xf) << 24 | (uint32_t)id->b[1] << 16 |
	       (uint32_t)id->b[2] << 8 | id->b[3];
}

/** ila_is_neutral - does the mode put the difference into the identifier? */
static inline bool ila_is_neutral(enum ila_csum m)
{
	return m == ILA_CSUM_NEUTRAL || m == ILA_CSUM_NEUTRAL_AUTO;
}

/**
 * ila_diff - what is added to the low word on the way from one prefix to the other
 *
 * One's complement, host order; constant for a pair of prefixes and so worth keeping.
 */
uint16_t ila_diff(const struct ila64 *from, const struct ila64 *to);

/** ila_to_wire - SIR address to ILA address. What is no SIR address (C bit set) is
 * undefined in the neutral modes. */
struct ila_addr ila_to_wire(const struct ila_addr *sir, const struct ila64 *locator,
			    enum ila_csum mode);

/** ila_from_wire - ILA address to SIR address; neutral-map undoes nothing without a C
 * bit. An identifier whose low word was 0000 comes back as ffff in neutral modes. */
struct ila_addr ila_from_wire(const struct ila_addr *wire, const struct ila64 *sir,
			      enum ila_csum mode);

/* Why something cannot be part of a mapping. */
enum ila_fault {
	ILA_OK,
	ILA_PREFIX_ZERO,
	ILA_PREFIX_MULTICAST, /* ff00::/8 */
	ILA_PREFIX_LINK_LOCAL,
	ILA_SAME_PREFIX, /* locator and SIR prefix are one */
	ILA_ID_TYPE,     /* type 0, 5, 6, 7: no identifier of a container */
	ILA_ID_C_BIT,    /* set in a SIR address */
	ILA_ID_LOW_ZERO, /* low word 0000 in a neutral mode: comes back as ffff */
	ILA_FAULTS
};

/** ila_prefix_check - may this be a locator or a SIR prefix? */
enum ila_fault ila_prefix_check(const struct ila64 *p);

/** ila_id_check - may this identifier be mapped in this mode? Types 1 to 4 may. */
enum ila_fault ila_id_check(const struct ila64 *id, enum ila_csum mode);

/** ila_own_id_check - may an identifier of this host be like this? vnids: those of its
 * domain have a VNID. Return: NULL, or why not, as words for a message. */
const char *ila_own_id_check(const struct ila64 *id, enum ila_csum mode, bool vnids);

/** ila_fault_text - one line of words for a message. */
const char *ila_fault_text(enum ila_fault f);

/** ila_fault_name - one word with underscores, for metrics. */
const char *ila_fault_name(enum ila_fault f);

/** ila_csum_name - iproute2's word; "?" for an unknown number. */
const char *ila_csum_name(unsigned mode);

/** ila_csum_parse - Return: 0, -EINVAL. */
int ila_csum_parse(const char *word, enum ila_csum *out);

/* Room for what the two below write, NUL included. */
enum { ILA_STR = 24 };

/** ila64_format - as iproute2: "2001:db8:100:2", four words; Return: buf. */
const char *ila64_format(const struct ila64 *a, char buf[ILA_STR]);

/** ila64_prefix_format - as a prefix, "2001:db8:100:2::/64"; Return: buf. */
const char *ila64_prefix_format(const struct ila64 *a, char buf[ADDR_STR]);

/** ila64_parse - four words of hex with ':' between; Return: 0, -EINVAL. */
int ila64_parse(const char *text, struct ila64 *out);

#endif
