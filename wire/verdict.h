/* wire/verdict.h - what a decoding error means for routes and session. */
#ifndef WIRE_VERDICT_H
#define WIRE_VERDICT_H

/* RFC 7606 section 2, mildest first; of several errors the worst one wins. */
enum verdict {
	V_OK,
	V_DISCARD_ATTR, /* the attribute is dropped, the routes stay */
	V_WITHDRAW,     /* treat-as-withdraw: all NLRI of the UPDATE */
	V_DISABLE_AF,   /* the family is given up for this session */
	V_RESET,        /* NOTIFICATION, session down */
};

static inline enum verdict verdict_worst(enum verdict a, enum verdict b)
{
	return a > b ? a : b;
}

#endif
