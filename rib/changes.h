/* rib/changes.h - lists of what changed in a table, and paths that are gone but not
 * yet untold; between the files of the table. */
#ifndef RIB_CHANGES_H
#define RIB_CHANGES_H

#include <stdbool.h>
#include <stdint.h>

#include "rib/locrib.h"

/** changes_net - put a net at the end of its list. */
void changes_net(struct rib *r, uint32_t net);

/** changes_path - the same for a path, while somebody reads about paths. */
void changes_path_noted(struct rib *r, uint32_t path);

static inline void changes_path(struct rib *r, uint32_t path)
{
	if (r->list[RIB_PATHS].cursors)
		changes_path_noted(r, path);
}

/** changes_pop - Return: an entry that every cursor has passed, off the list now;
 * 0 when there is none. */
uint32_t changes_pop(struct rib *r, enum rib_list l);

/** changes_has - is this net on its list? */
bool changes_has(const struct rib *r, uint32_t net);

/** changes_is_marker - is this no net, but the mark of a cursor? */
bool changes_is_marker(const struct rib *r, uint32_t net);

/** changes_drop_net - take a net off its list. */
void changes_drop_net(struct rib *r, uint32_t net);

/*
 * A path that somebody was told stays, when its peer takes it back, until all were
 * told so: without attributes, apart from the paths of its net and of its peer. Said
 * again meanwhile it is the same path, with the same path id towards others.
 */

/** gone_keep - the path was taken back and is unlinked; Return: false when nobody was
 * told and the caller may free it. */
bool gone_keep_noted(struct rib *r, uint32_t path);

static inline bool gone_keep(struct rib *r, uint32_t path)
{
	return path < r->n_notes && gone_keep_noted(r, path);
}

/** gone_any - does this net have such paths? It must stay for their sake. */
static inline bool gone_any(const struct rib *r, uint32_t net)
{
	return net < r->n_gone && r->gone[net];
}

/** gone_take - Return: the path that is gone with this name, no longer so; 0 none. */
uint32_t gone_take(struct rib *r, uint32_t net, uint32_t slot, uint32_t rx_id);

/** gone_remove - the path leaves its net for good. */
void gone_remove(struct rib *r, uint32_t path);

void changes_fini(struct rib *r);
size_t changes_bytes(const struct rib *r);

#endif
