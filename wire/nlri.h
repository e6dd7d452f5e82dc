/* wire/nlri.h - one route of any family: identity bytes, other bytes, and the
 * operations that each family supplies. */
#ifndef WIRE_NLRI_H
#define WIRE_NLRI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/rbuf.h"

struct wbuf;

enum { NLRI_KEY_MAX = 256, NLRI_DATA_MAX = 64, NLRI_STR_MAX = 640 };

/*
 * key: canonical bytes that make two NLRIs the same route (RFC 7432 section 7);
 * data: what travels with it and is not identity (labels, ESI, gateway), as few
 * bytes as possible: the RIB keeps up to 4 of them without further memory.
 * Both are opaque outside the family's own file and compare with memcmp.
 */
struct nlri {
	uint32_t path_id; /* ADD-PATH (RFC 7911), 0 without */
	uint16_t key_len;
	uint8_t data_len;
	uint8_t key[NLRI_KEY_MAX];
	uint8_t data[NLRI_DATA_MAX];
};

enum nlri_result {
	NLRI_OK,
	NLRI_TREAT_WITHDRAW, /* key good, the rest not: withdraw this key */
	NLRI_SKIP,           /* framing intact, key unreadable: nothing to act on */
	NLRI_FRAMING,        /* the length runs past the attribute: all is lost */
};

/* Is the route an ILA mapping, one that says where an identifier is? */
enum nlri_mapping {
	NLRI_NO_MAPPING,
	NLRI_MAPPING_IF_MARKED, /* by its communities (wire/ila_com.h) */
	NLRI_MAPPING,
};

/* What a route says of the speaker that it began at, borrowed from its key. */
struct nlri_origin {
	const uint8_t *rd; /* 8 bytes; NULL: none */
	const uint8_t *ip; /* of the originating router, network order; NULL: none */
	uint8_t ip_len;
	bool floods; /* the PMSI tunnel of its UPDATE is about this route */
	enum nlri_mapping mapping;
};

struct nlri_ops {
	const char *name; /* "l2vpn evpn" */
	uint16_t afi;
	uint8_t safi;
	/* All routes of an attribute stand in one block: path id (with ADD-PATH) and
	 * length in octets come once, in front (draft-lapukhov-bgp-ila-afi-02). */
	bool block;
	uint8_t next_hop_len; /* bytes of the next hop on the wire; 0: all it has */

	/** decode - take one NLRI (after any path id) from r; key/data of out are
	 * written for NLRI_OK and NLRI_TREAT_WITHDRAW. withdraw: labels ignored,
	 * data left empty. */
	enum nlri_result (*decode)(struct rbuf *r, bool withdraw, struct nlri *out);

	/** skip - go past one NLRI (after any path id), looking at nothing but where it
	 * ends; r->bad if that is beyond the end, as decode() says NLRI_FRAMING. */
	void (*skip)(struct rbuf *r);

	/** encode - append one NLRI (without path id); withdraw: labels zero.
	 * Return: 0, -ENOSPC (w unchanged). */
	int (*encode)(struct wbuf *w, bool withdraw, const struct nlri *n);

	/** format - FRR's prefix text, e.g. [2]:[0]:[48]:[MAC]; Return: buf. */
	const char *(*format)(const struct nlri *n, char buf[NLRI_STR_MAX]);

	/** opaque - of a type that we do not know: kept as bytes; NULL: never. */
	bool (*opaque)(const struct nlri *n);

	/** origin - read what is in the key; Return: false for a type whose layout we
	 * do not know. NULL: routes of this family name no origin. */
	bool (*origin)(const struct nlri *n, struct nlri_origin *out);

	/** cmp - display order; <0, 0, >0. */
	int (*cmp)(const struct nlri *a, const struct nlri *b);
};

/** nlri_next - decode() with the path id of ADD-PATH read before, when on; not for
 * families with blocks. */
enum nlri_result nlri_next(const struct nlri_ops *ops, struct rbuf *r, bool addpath,
			   bool withdraw, struct nlri *out);

/* The routes of one MP attribute, however the family puts them there. */
struct nlri_list {
	const struct nlri_ops *ops;
	struct rbuf r;    /* what is left, borrowed */
	bool each_id;     /* a path id before each route (RFC 7911); else ... */
	uint32_t path_id; /* ... that of all, 0 without ADD-PATH */
};

/**
 * nlri_list_open - do all routes of an attribute end where it ends?
 * @r:       the NLRI field, borrowed; an empty one is a list of none
 * @addpath: path ids are there
 *
 * What cannot be framed should change nothing: where one length is wrong, or path ids
 * are not what was agreed, the routes before it were no routes.
 * Return: false if they do not; then nothing is to be read.
 */
bool nlri_list_open(struct nlri_list *l, const struct nlri_ops *ops, struct rbuf r,
		    bool addpath);

/** nlri_list_next - decode the next route; while nlri_list_more(). */
enum nlri_result nlri_list_next(struct nlri_list *l, bool withdraw, struct nlri *out);

static inline bool nlri_list_more(const struct nlri_list *l)
{
	return rbuf_left(&l->r);
}

#endif
