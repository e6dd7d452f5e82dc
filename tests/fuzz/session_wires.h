/* tests/fuzz/session_wires.h - the other ends of fuzz_session.c's sessions: who they
 * are, what they have been told. */
#ifndef TESTS_FUZZ_SESSION_WIRES_H
#define TESTS_FUZZ_SESSION_WIRES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bgpd/family.h"

enum { WIRES = 10, OTHERS = 7, TOLD_MAX = 512 };

/* Who may be on the other side of a wire; the last one is a stranger. */
extern const struct other {
	uint32_t addr, as;
} others[OTHERS];

/* A route that was announced on a wire and not withdrawn. */
struct told {
	bool used;
	bool old; /* not said again since a refresh began */
	uint32_t path_id;
	const struct nlri_ops *ops; /* of its family */
	struct nlri n;
};

struct wire {
	int fd; /* ours; -1 free */
	int engine_fd;
	unsigned who; /* others[], OTHERS: somebody else */
	bool stalled, ended;
	bool rough;            /* more than well-formed messages was sent on it */
	bool known, as4, ebgp; /* of the session that it carries */
	bool addpath[FAMS];    /* path ids in what comes */
	size_t len;            /* of what came and is not whole yet */
	struct told *told;
	unsigned n_told; /* highest place in use; TOLD_MAX: too many to follow */
};

extern struct wire wires[WIRES];

/** wires_init - all free. */
void wires_init(void);

/** wire_pair - connect to others[] with this address (host order); Return: the end of
 * the engine. Without a free wire it will see the end of the file. */
int wire_pair(uint32_t addr);

void wire_close(struct wire *w);

/** wire_listen - take in what the engine says, unless the wire is stalled; aborts when
 * that is not well-formed. */
void wire_listen(struct wire *w);

/** wire_told - the route of a family with this key, NULL when it was not announced. */
struct told *wire_told(const struct wire *w, const struct nlri_ops *ops,
		       const struct nlri *n, uint32_t path_id);

#endif
