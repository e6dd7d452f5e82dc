/*
 * ILA addresses. The checksum-neutral mapping keeps the one's complement sum of the
 * address: what the prefix lost is added to the low word of the identifier, and the C
 * bit, where it is set, is part of the sum. draft-herbert-nvo3-ila-04 sections 3 and
 * 4.4.1; results are those of Linux, net/ipv6/ila.
 */
#include "lib/ila.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/util.h"

enum {
	C_BIT = 0x10,    /* in the first byte ... */
	C_WORD = 0x1000, /* ... of this word */
	LOW = 6,         /* offset of the low word */
};

static unsigned word_at(const uint8_t *p, unsigned i)
{
	return (unsigned)p[i] << 8 | p[i + 1];
}

/* Never turns what is not zero into zero. */
static uint16_t fold(uint32_t sum)
{
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

uint16_t ila_diff(const struct ila64 *from, const struct ila64 *to)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < 8; i += 2)
		sum += word_at(from->b, i) + (~word_at(to->b, i) & 0xffff);
	return fold(sum);
}

static void low_add(struct ila64 *id, uint32_t n)
{
	uint16_t low = fold(word_at(id->b, LOW) + n);

	id->b[LOW] = (uint8_t)(low >> 8);
	id->b[LOW + 1] = (uint8_t)low;
}

struct ila_addr ila_to_wire(const struct ila_addr *sir, const struct ila64 *locator,
			    enum ila_csum mode)
{
	struct ila_addr out = { *locator, sir->id };
	uint32_t diff = ila_diff(&sir->prefix, locator);

	if (mode == ILA_CSUM_NEUTRAL) {
		out.id.b[0] |= C_BIT;
		low_add(&out.id, diff + (~(uint32_t)C_WORD & 0xffff));
	} else if (mode == ILA_CSUM_NEUTRAL_AUTO) {
		low_add(&out.id, diff);
	}
	return out;
}

struct ila_addr ila_from_wire(const struct ila_addr *wire, const struct ila64 *sir,
			      enum ila_csum mode)
{
	struct ila_addr out = { *sir, wire->id };
	uint32_t diff = ila_diff(&wire->prefix, sir);

	if (mode == ILA_CSUM_NEUTRAL && ila_c_bit(&wire->id)) {
		out.id.b[0] &= (uint8_t)~C_BIT;
		low_add(&out.id, diff + C_WORD);
	} else if (mode == ILA_CSUM_NEUTRAL_AUTO) {
		low_add(&out.id, diff);
	}
	return out;
}

enum ila_fault ila_prefix_check(const struct ila64 *p)
{
	if (ila64_is_zero(p))
		return ILA_PREFIX_ZERO;
	if (p->b[0] == 0xff)
		return ILA_PREFIX_MULTICAST;
	if (p->b[0] == 0xfe && (p->b[1] & 0xc0) == 0x80)
		return ILA_PREFIX_LINK_LOCAL;
	return ILA_OK;
}

enum ila_fault ila_id_check(const struct ila64 *id, enum ila_csum mode)
{
	enum ila_type type = ila_type_of(id);

	if (type == ILA_TYPE_IID || type > ILA_TYPE_VIRT6_MULTI)
		return ILA_ID_TYPE;
	if (ila_c_bit(id))
		return ILA_ID_C_BIT;
	if (ila_is_neutral(mode) && !word_at(id->b, LOW))
		return ILA_ID_LOW_ZERO;
	return ILA_OK;
}

static const struct {
	const char *name, *text;
} faults[ILA_FAULTS] = {
	[ILA_OK] = { "ok", "nothing is wrong" },
	[ILA_PREFIX_ZERO] = { "prefix_zero", "the prefix is zero" },
	[ILA_PREFIX_MULTICAST] = { "prefix_multicast", "the prefix is multicast" },
	[ILA_PREFIX_LINK_LOCAL] = { "prefix_link_local", "the prefix is link-local" },
	[ILA_SAME_PREFIX] = { "same_prefix", "locator and SIR prefix are one" },
	[ILA_ID_TYPE] = { "identifier_type", "the identifier's type (its upper three "
					     "bits) is not 1 to 4" },
	[ILA_ID_C_BIT] = { "identifier_c_bit",
			   "the identifier has the C bit (0x1000 of its first word), "
			   "which only the wire form has" },
	[ILA_ID_LOW_ZERO] = { "identifier_low_zero",
			      "the identifier's low word is 0000, which a "
			      "checksum-neutral mode cannot restore" },
};

const char *ila_fault_text(enum ila_fault f)
{
	return (unsigned)f < ILA_FAULTS ? faults[f].text : "?";
}

const char *ila_fault_name(enum ila_fault f)
{
	return (unsigned)f < ILA_FAULTS ? faults[f].name : "?";
}

const char *ila_own_id_check(const struct ila64 *id, enum ila_csum mode, bool vnids)
{
	enum ila_type type = ila_type_of(id);
	enum ila_fault f = ila_id_check(id, mode);

	if (f)
		return ila_fault_text(f);
	if (type == ILA_TYPE_VIRT6_MULTI)
		return "an identifier of type 4 names a group, not a container";
	if (vnids && type != ILA_TYPE_LUID && type != ILA_TYPE_VIRT6)
		return "with VNIDs an identifier is of type 1 or 3";
	return NULL;
}

static const char *const csums[ILA_CSUMS] = {
	[ILA_CSUM_ADJUST] = "adj-transport",
	[ILA_CSUM_NEUTRAL] = "neutral-map",
	[ILA_CSUM_NONE] = "no-action",
	[ILA_CSUM_NEUTRAL_AUTO] = "neutral-map-auto",
};

const char *ila_csum_name(unsigned mode)
{
	return mode < ILA_CSUMS ? csums[mode] : "?";
}

int ila_csum_parse(const char *word, enum ila_csum *out)
{
	for (unsigned i = 0; i < ILA_CSUMS; i++) {
		if (!strcmp(word, csums[i])) {
			*out = (enum ila_csum)i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *ila64_format(const struct ila64 *a, char buf[ILA_STR])
{
	snprintf(buf, ILA_STR, "%x:%x:%x:%x", word_at(a->b, 0), word_at(a->b, 2),
		 word_at(a->b, 4), word_at(a->b, 6));
	return buf;
}

const char *ila64_prefix_format(const struct ila64 *a, char buf[ADDR_STR])
{
	struct prefix p = { .bits = 64, .ip = { .len = 16 } };

	memcpy(p.ip.b, a, sizeof(*a));
	return prefix_format(&p, buf);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One word of one to four digits; Return: behind it, NULL when there is none. */
static const char *word_parse(const char *s, uint8_t out[2])
{
	unsigned v = 0, n = 0;

	for (; n < 4 && hex_digit(s[n]) >= 0; n++)
		v = v << 4 | (unsigned)hex_digit(s[n]);
	out[0] = (uint8_t)(v >> 8);
	out[1] = (uint8_t)v;
	return n ? s + n : NULL;
}

int ila64_parse(const char *text, struct ila64 *out)
{
	struct ila64 a;

	for (unsigned i = 0; i < 4; i++) {
		text = word_parse(text, a.b + 2 * (size_t)i);
		if (!text || *text != (i < 3 ? ':' : '\0'))
			return -EINVAL;
		text++;
	}
	*out = a;
	return 0;
}
