/* fib/verdicts.h - the verdicts of one policy: what is wanted, what the kernel's map
 * has, and which shapes are in use. */
#ifndef FIB_VERDICTS_H
#define FIB_VERDICTS_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/polmaps.h"
#include "lib/hashidx.h"
#include "lib/slab.h"

enum {
	VS_WANTED = 1,
	VS_STALE = 2,   /* of an earlier engine: stays up to verdicts_sweep() */
	VS_SEEN = 4,    /* in the map, with a value that may be another */
	VS_QUEUED = 8,  /* the map is not as it is to be */
	VS_MARK = 16,   /* found by the audit that runs */
	VS_BROKEN = 32, /* somebody took it away: the next write is a repair */
};

/* There may be a million. */
struct verdict {
	struct bpf_pol_key key;
	struct bpf_pol_verdict value; /* to be there, or seen when it is to go */
	uint8_t state;                /* VS_*; 0: not in use */
	uint8_t pad[3];
};

enum { SHAPES = 18 };

struct verdicts {
	struct slab all;
	struct hashidx index;
	uint32_t *todo, n_todo, room; /* ids of those QUEUED, in the order of change */
	uint32_t n_keep;              /* to be in the map */
	uint32_t n_seen;              /* in it */
	uint32_t shape[BPF_POL_DIRS][2][SHAPES]; /* how many; [1]: of any peer */
	uint32_t deny[BPF_POL_DIRS];
};

/* Entries that go to the kernel, or from it, together. Owned by the caller. */
struct verdict_batch {
	uint32_t n;
	uint32_t *id;
	struct bpf_pol_key *key;
	struct bpf_pol_verdict *value;
};

void verdicts_init(struct verdicts *v);
void verdicts_fini(struct verdicts *v);

/** verdicts_set, verdicts_unset - what is wanted. */
void verdicts_set(struct verdicts *v, const struct bpf_pol_key *k,
		  const struct bpf_pol_verdict *value);
void verdicts_unset(struct verdicts *v, const struct bpf_pol_key *k);

/** verdicts_found - the map of an earlier run has it: stale until it is set. */
void verdicts_found(struct verdicts *v, const struct bpf_pol_key *k,
		    const struct bpf_pol_verdict *value);

/** verdicts_find - NULL if none that is to be there. */
const struct verdict *verdicts_find(const struct verdicts *v,
				    const struct bpf_pol_key *k);

/** verdicts_each - those to be there, or still there. at: 0 at first. */
const struct verdict *verdicts_each(const struct verdicts *v, uint32_t *at);

/** verdicts_keep - what another one has and this one not stays as stale, not seen.
 * Return: is all that is to be there now the same in the other? */
bool verdicts_keep(struct verdicts *v, const struct verdicts *from);

/** verdicts_same - do two want the same? */
bool verdicts_same(const struct verdicts *a, const struct verdicts *b);

/** verdicts_sweep - stale ones are to go. Return: how many. */
uint32_t verdicts_sweep(struct verdicts *v);

/** verdicts_settled - the map is known to have exactly what is to be there;
 * verdicts_unseen - it is another one, and empty. */
void verdicts_settled(struct verdicts *v);
void verdicts_unseen(struct verdicts *v);

/** verdicts_take - all that is to be written (or erased), off the list. A batch with
 * nothing in it needs no verdicts_done(). */
void verdicts_take(struct verdicts *v, bool erase, struct verdict_batch *b);

/** verdicts_done - the first n of a batch are done, the others back on the list; frees
 * the batch. Return: how many of them were repairs. */
uint32_t verdicts_done(struct verdicts *v, bool erase, struct verdict_batch *b,
		       uint32_t n);

/** verdicts_audit - an entry of the map; verdicts_audited - that was all of it. Return:
 * differences found. */
uint32_t verdicts_audit(struct verdicts *v, const struct bpf_pol_key *k,
			const struct bpf_pol_verdict *value);
uint32_t verdicts_audited(struct verdicts *v);

/** verdicts_shapes - fields shape_id, shape_any and the flags OPEN, DENY of an
 * endpoint's record. */
void verdicts_shapes(const struct verdicts *v, struct bpf_pol_ep *ep);

#endif
