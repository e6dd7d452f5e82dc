/*
 * Devices that were under policy and are declared no longer: a container may still be
 * behind one, and is not to be open all at once. They stay closed (rib/enforce.h) until
 * they go or are declared again, over restarts too: a file below --statedir has them.
 */
#include "bgpd/engine_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/policy.h"
#include "lib/log.h"
#include "lib/out.h"
#include "rib/enforce.h"

/*
 *   selvage-closed 1
 *   IFNAME VNI               0: ILA
 *   ...
 */
static const char file_name[] = "closed", head[] = "selvage-closed 1\n";

static void line_put(void *arg, const struct enforce_endpoint *ep)
{
	fprintf(arg, "%s %u\n", ep->ifname, ep->vni);
}

void policy_closed_save(struct engine *e)
{
	struct policy_view *v = &e->policy;
	uint32_t changes = enforce_closed_changes(v->enforce);
	char *text = NULL;
	size_t len = 0;
	FILE *f;
	int err;

	if (changes == v->closed_saved)
		return;
	v->closed_saved = changes;
	f = open_memstream(&text, &len);
	if (!f)
		return;
	fputs(head, f);
	enforce_closed_foreach(v->enforce, line_put, f);
	fclose(f);
	err = len > strlen(head) ? state_write(e, file_name, text) : 0;
	if (len == strlen(head))
		state_remove(e, file_name);
	if (err)
		log_err(LOG_POLICY, "state file %s: cannot keep what is closed: %s",
			file_name, strerror(-err));
	free(text);
}

static void close_again(struct engine *e, const char *line)
{
	struct enforce_endpoint ep = { .identity = IDENTITY_INIT };
	struct enforce_load_info has;

	_Static_assert(INTENT_IFNAME == 16, "as read here");
	if (sscanf(line, "%15s %u", ep.ifname, &ep.vni) != 2 ||
	    ep.vni > (1 << 24) - 1 ||
	    enforce_load_get(e->policy.enforce, ep.ifname, &has))
		return;
	ep.flags = WORKLOAD_CLOSED | (ep.vni ? 0 : WORKLOAD_ILA);
	enforce_endpoint_set(e->policy.enforce, &ep);
}

void policy_closed_load(struct engine *e)
{
	char *text = state_read(e, file_name), *save = NULL;

	if (text && e->ids && e->policy.source != POLICY_NONE &&
	    !strncmp(text, head, strlen(head)))
		for (char *line = strtok_r(text + strlen(head), "\n", &save); line;
		     line = strtok_r(NULL, "\n", &save))
			close_again(e, line);
	else if (text)
		state_remove(e, file_name);
	free(text);
	policy_closed_save(e);
}

struct show {
	struct out *o;
	bool any;
};

static void name_show(void *arg, const struct enforce_endpoint *ep)
{
	struct show *s = arg;

	out_str(s->o, NULL, ep->ifname);
	out_text(s->o, "%s %s",
		 s->any ? "" : "\nClosed until they go, as nobody declares them:",
		 ep->ifname);
	s->any = true;
}

void policy_closed_show(const struct engine *e, struct out *o)
{
	struct show s = { o, false };

	out_arr(o, "closed");
	enforce_closed_foreach(e->policy.enforce, name_show, &s);
	out_end(o);
	out_text(o, "%s", s.any ? "\n" : "");
}
