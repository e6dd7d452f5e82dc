/*
 * Who had a session when we went down. A reflector with a listen range does not know
 * from its configuration whom to wait for; without that it would say End-of-RIB to
 * the first peer that is back, and that peer would drop the routes of all the others.
 * RFC 4724 section 4.1.
 *
 * The file also tells that there was an earlier run at all, so that the R bit is true.
 * It goes when sessions end for good: a stop without graceful restart.
 */
#include "bgpd/engine_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/util.h"

static const char file_name[] = "sessions";

enum { EXPECTED_MAX = 65536 };

void restart_load(struct engine *e)
{
	char *text = state_read(e, file_name), *save = NULL;
	struct bgp *b = &e->bgp;
	struct ip addr;

	if (!text)
		return;
	for (char *line = strtok_r(text, "\n", &save);
	     line && b->n_expected < EXPECTED_MAX; line = strtok_r(NULL, "\n", &save)) {
		if (ip_parse(line, &addr))
			continue;
		b->expected = xrealloc(b->expected,
				       (b->n_expected + 1) * sizeof(*b->expected));
		b->expected[b->n_expected++] = addr;
	}
	free(text);
	log_info(LOG_SESSION, "restart: sessions before it=%zu", b->n_expected);
}

void restart_save(struct engine *e)
{
	const struct peer *p;
	size_t n = 1, at = 0;
	char *text;
	int err;

	TAILQ_FOREACH (p, &e->bgp.peers, link)
		n++;
	text = xcalloc(n, ADDR_STR);
	TAILQ_FOREACH (p, &e->bgp.peers, link) {
		char addr[ADDR_STR];

		if (p->state != FSM_ESTABLISHED && !p->gr_stale)
			continue;
		at += (size_t)snprintf(text + at, n * ADDR_STR - at, "%s\n",
				       ip_format(&p->addr, addr));
	}
	err = state_write(e, file_name, text);
	if (err)
		log_err(LOG_SESSION, "state file %s: %s", file_name, strerror(-err));
	free(text);
}

void restart_forget(struct engine *e)
{
	state_remove(e, file_name);
}
