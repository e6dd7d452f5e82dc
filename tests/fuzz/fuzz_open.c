/* OPEN: what was understood is written, and understood the same. */
#include <string.h>

#include "lib/wbuf.h"
#include "tests/fuzz/fuzz.h"
#include "wire/open.h"

static void same(const struct open_msg *a, const struct open_msg *b)
{
	must(a->as == b->as && a->as4 == b->as4 && a->any_mp == b->any_mp);
	must(a->hold_s == b->hold_s && a->id == b->id);
	must(a->refresh == b->refresh && a->extended_msg == b->extended_msg);
	must(a->refresh_enhanced == b->refresh_enhanced && a->gr == b->gr);
	must(a->gr_restarting == b->gr_restarting && a->gr_time_s == b->gr_time_s);
	must(a->gr_notification == b->gr_notification);
	must(a->role.present == b->role.present && a->role.role == b->role.role);
	must(!strcmp(a->hostname, b->hostname) && !strcmp(a->domain, b->domain));
	must(!strcmp(a->software, b->software));
	/* A family that was named to no effect is not written. */
	for (size_t i = 0; i < a->n_families; i++) {
		const struct open_family *f = &a->fam[i];
		const struct open_family *g = open_family_find(b, f->afi, f->safi);

		if (!f->mp && !f->addpath && !f->gr && !f->llgr)
			continue;
		must(g && f->mp == g->mp && f->addpath == g->addpath);
		must(f->gr == g->gr && f->gr_forward == g->gr_forward);
		must(f->llgr == g->llgr && f->llgr_forward == g->llgr_forward);
		must(f->llgr_stale_s == g->llgr_stale_s);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t out[MSG_MAX];
	struct wbuf w = wbuf_of(out, sizeof(out));
	struct open_msg o, again;
	struct notif err;

	if (open_decode(data, size, &o, &err)) {
		must(err.code == NOTIF_OPEN && (err.sub == 0 || err.sub == 4));
		return 0;
	}
	must(o.n_families <= OPEN_FAMILIES);
	if (o.version != 4)
		return 0;
	must(!open_encode(&w, &o));
	must(!open_decode(out + MSG_HEADER_LEN, w.len - MSG_HEADER_LEN, &again, &err));
	same(&o, &again);
	return 0;
}
