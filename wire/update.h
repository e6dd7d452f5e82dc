/* wire/update.h - UPDATE: frame, attributes by table, errors as verdicts. */
#ifndef WIRE_UPDATE_H
#define WIRE_UPDATE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/rbuf.h"
#include "wire/attrs.h"
#include "wire/msg.h"
#include "wire/verdict.h"

struct nlri_ops;

/* What was negotiated, as far as decoding depends on it. */
struct update_ctx {
	bool as4;  /* both sides sent capability 65 */
	bool ebgp; /* external peer: LOCAL_PREF, ORIGINATOR_ID, CLUSTER_LIST are
		      discarded whatever their length */
	/* The family whose next hop is a locator of 8 octets, whatever its number is
	 * (draft-lapukhov-bgp-ila-afi-02); NULL: not negotiated. */
	const struct nlri_ops *ila;
	bool ila_addpath;
	bool ila_next_hop_16;   /* a next hop of 16 octets is one, too: the first 8 */
	uint8_t labels;         /* code of the label set attribute (wire/labelset.h); 0:
				   nothing is known of it */
	uint32_t labels_domain; /* whose sets are judged; 0: of any */
};

struct update_mp {
	bool present;
	uint16_t afi;
	uint8_t safi;
	/* Of MP_REACH; first 16 bytes of a 32-byte one; a locator is its upper half. */
	struct ip nexthop;
	struct rbuf nlri; /* undecoded */
};

/* Why a verdict is not V_OK; each is a counter label (update_reason_name). */
enum update_reason {
	UR_NONE,
	UR_FRAME, /* lengths do not fit the message */
	UR_ATTR_OVERRUN,
	UR_ATTR_FLAGS,
	UR_ATTR_LENGTH,
	UR_ATTR_VALUE,
	UR_ATTR_DUPLICATE,
	UR_ATTR_MISSING,
	UR_WELLKNOWN_UNKNOWN,
	UR_MP_DUPLICATE,
	UR_MP_FORM, /* MP_REACH/MP_UNREACH unreadable, next hop length */
	UR_AS_PATH,
	UR_EXTERNAL_ONLY_INTERNAL, /* LOCAL_PREF and the like from an external peer */
	UR_NLRI_FRAME, /* a length runs past the field, or an IPv4 one past 32 bits */
	UR_NLRI_KEY,
	UR_NLRI_BODY,
	UR_NLRI_OPAQUE, /* unknown route type, discarded by configuration */
	UR_NOT_NEGOTIATED,
	UR_NO_NLRI,     /* error needs treat-as-withdraw but nothing to withdraw */
	UR_PATHS_LIMIT, /* more paths of one route than the peer may send; by ingest */
	UR_LOOP_AS,
	UR_LOOP_ORIGINATOR,
	UR_LOOP_CLUSTER,    /* counted by ingest, as are */
	UR_ORIGIN_NEXT_HOP, /* refused by origin-check (rib/claim.h) */
	UR_ORIGIN_RD,
	UR_ORIGIN_ROUTER,    /* IP address of the originating router */
	UR_ORIGIN_TUNNEL,    /* PMSI tunnel, or egress endpoint of attribute 23 */
	UR_ORIGIN_REFLECTED, /* ORIGINATOR_ID of another, CLUSTER_LIST */
	UR_ORIGIN_LOCATOR,   /* of an ILA mapping */
	UR_ORIGIN_TYPE,      /* of a route whose layout we do not know */
	UR_LABELS_FORM,      /* a label set that is not canonical; it stays as it is */
	UR_LABELS_FLAGS,     /* ... whose attribute is not optional transitive */
	UR_LABELS_NUMBERS,   /* group numbers that contradict each other; they stay */
	UR_LABELS_DENIED,    /* refused by labels permit (rib/permit.h) */
	UR_TENANT_DENIED,    /* ... by tenant permit */
	UR_COUNT
};

const char *update_reason_name(enum update_reason r);

enum { UPDATE_ERRORS = 8 };

struct update_error {
	enum verdict verdict;
	enum update_reason reason;
	uint8_t attr; /* code, 0 for the frame */
};

/*
 * A decoded UPDATE. Everything is borrowed from the message but `attrs.as_path`
 * of a 2-octet peer and `attrs.other`, which lie in the scratch memory given.
 */
struct update {
	struct attrs attrs;
	struct rbuf withdrawn4, nlri4; /* IPv4 unicast, framing checked */
	struct update_mp reach, unreach;
	enum verdict verdict; /* worst of errors[] */
	struct notif err;     /* to send when verdict is V_RESET */
	unsigned n_errors;    /* all; errors[] keeps the first UPDATE_ERRORS */
	struct update_error errors[UPDATE_ERRORS];
	uint8_t reason; /* enum update_reason of the worst one */
};

/* Scratch for one decode: rewritten 2-octet paths, unknown attributes. */
struct update_scratch {
	uint8_t buf[3 * 65536];
};

/**
 * update_decode - body of an UPDATE after the header (RFC 4271 4.3, 7606)
 *
 * Checks duplicates, flags and lengths once per attribute from the attribute
 * table (wire/attr.c). The verdict covers frame and attributes; NLRI are decoded
 * by the caller with nlri_next(), which knows what was negotiated. An UPDATE
 * without any attribute and NLRI is the IPv4 End-of-RIB.
 * Return: the verdict, also in out->verdict.
 */
enum verdict update_decode(struct rbuf body, const struct update_ctx *ctx,
			   struct update_scratch *scratch, struct update *out);

/** update_is_eor - End-of-RIB (RFC 4724 2)? Its family in *afi, *safi. */
bool update_is_eor(const struct update *u, uint16_t *afi, uint8_t *safi);

/** update_eor_encode - a whole End-of-RIB message. */
void update_eor_encode(struct wbuf *w, uint16_t afi, uint8_t safi);

/*
 * Writing: begin, then as many NLRI as fit, then end.
 *   update_reach_begin(w, max, ops, &nexthop, attr bytes); nlri...; update_end
 * The attribute bytes come from attrs_export(). MP attributes go first
 * (RFC 7606 5.1) and always use the extended length.
 */
struct update_writer {
	struct wbuf *w;
	const struct nlri_ops *ops;
	size_t msg_at, attrs_at, mp_at; /* offsets of the lengths to patch */
	size_t max;                     /* longest message, bytes */
	struct bytes tail;              /* attributes after MP_REACH */
	bool addpath;
	bool withdraw;    /* MP_UNREACH: labels are zero */
	unsigned n;       /* NLRI written */
	size_t block_at;  /* offset of the length of a block ... */
	uint32_t path_id; /* ... and what all routes in it have */
};

void update_reach_begin(struct update_writer *u, struct wbuf *w, size_t max,
			const struct nlri_ops *ops, bool addpath,
			const struct ip *nexthop, struct bytes attrs);
void update_unreach_begin(struct update_writer *u, struct wbuf *w, size_t max,
			  const struct nlri_ops *ops, bool addpath);

struct nlri;

/** update_add - append one NLRI; Return: 0, -ENOSPC when it does not fit this
 * message any more, be it that the path id is another one than that of the block
 * (nothing was written). */
int update_add(struct update_writer *u, const struct nlri *n);

/** update_end - patch lengths; Return: 0, -ENODATA if no NLRI was added (the
 * message is removed from w), -ENOSPC if w overflowed. */
int update_end(struct update_writer *u);

#endif
