/* wire/nlri_rtc.h - route target membership (RFC 4684 section 4), AFI 1 SAFI 132. */
#ifndef WIRE_NLRI_RTC_H
#define WIRE_NLRI_RTC_H

#include "lib/addr.h"
#include "wire/nlri.h"

enum {
	RTC_AS_BITS = 32,   /* less than this only the default has */
	RTC_FULL_BITS = 96, /* origin AS and a whole route target */
};

/* "Send me routes with this route target", said by somebody of origin AS. */
struct rtc_route {
	uint8_t bits;     /* 0: default, all routes; else 32..96 */
	uint32_t as;      /* host order; 0 for the default */
	struct extcom rt; /* bits beyond `bits` are zero */
};

extern const struct nlri_ops nlri_rtc_ops;

/** rtc_view - fields of a stored route; Return: 0, -EINVAL for bytes that did not
 * come from this file. */
int rtc_view(const struct nlri *n, struct rtc_route *out);

/** rtc_build - canonical key; Return: 0, -EINVAL for lengths that there are not. */
int rtc_build(const struct rtc_route *r, struct nlri *out);

#endif
