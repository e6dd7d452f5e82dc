/* bgpd/rtc.h - RT constraint: which routes a peer wants (RFC 4684). */
#ifndef BGPD_RTC_H
#define BGPD_RTC_H

#include <stdbool.h>
#include <stdint.h>

struct peer;
struct routes;
struct rtc;
struct rtfilter;

enum rtc_state {
	RTC_OFF,      /* not negotiated: the peer gets everything */
	RTC_WAITING,  /* it may not have said all yet: it gets nothing */
	RTC_IN_FORCE, /* it gets what it asked for */
	RTC_GIVEN_UP, /* its memberships could not be read: it gets everything */
};

enum {
	/* How long a peer may take to say all that it wants (RFC 4684 section 6). */
	RTC_WAIT_MS = 60000,
	/* Who asks for more gets everything: its filter is made anew with each change.
	 */
	RTC_MOST = 65536,
};

void rtc_init(struct routes *r);
void rtc_fini(struct routes *r);

/** rtc_up - a session began; before its update groups are entered. */
void rtc_up(struct routes *r, struct peer *p);

/** rtc_down - it ended; after they were left. */
void rtc_down(struct routes *r, struct peer *p);

/** rtc_changed - memberships of the peer came or went; cheap. */
void rtc_changed(struct routes *r, struct peer *p);

/** rtc_eor - End-of-RIB: the peer has said all that it wants. */
void rtc_eor(struct routes *r, struct peer *p);

/** rtc_disabled - what the peer wants cannot be known any more: it gets everything. */
void rtc_disabled(struct routes *r, struct peer *p);

/** rtc_apply - put changed filters in force (export_filter()); before routes go out. */
void rtc_apply(struct routes *r);

enum rtc_state rtc_state(const struct peer *p);

/** rtc_filter - in force; borrowed, NULL: nothing passes. Only of a peer that has
 * RT constraint. */
struct rtfilter *rtc_filter(const struct peer *p);

#endif
