/*
 * Between policy documents, endpoints and fib: documents are read with the
 * configuration and kept over restarts, endpoints come with labels and networks, and
 * what follows of both (rib/enforce.h) goes to fib. Decides nothing itself.
 *
 * The copy below --statedir is there for one case: a restart while a file cannot be
 * read. Endpoints must not be open then, and those that run shall go on.
 */
#include "bgpd/policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bgpd/engine_int.h"
#include "bgpd/monitor.h"
#include "bgpd/policy_json.h"
#include "lib/log.h"
#include "lib/util.h"
#include "rib/enforce.h"

const char *policy_source_name(enum policy_source s)
{
	static const char *const names[] = {
		[POLICY_NONE] = "none",
		[POLICY_FILES] = "files",
		[POLICY_KEPT] = "kept",
		[POLICY_CLOSED] = "closed",
	};

	return (unsigned)s < ARRAY_SIZE(names) ? names[s] : "?";
}

/* ---- texts ------------------------------------------------------------------- */

/*
 * Documents in one text, as they are kept:
 *
 *   selvage-policy 1
 *   LENGTH PATH
 *   <that many bytes>
 *   ...
 */
static const char file_name[] = "policy", head[] = "selvage-policy 1\n";

struct texts {
	struct policy_text *v;
	size_t n;
};

static void texts_fini(struct texts *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free((char *)t->v[i].name);
		free((char *)t->v[i].text);
	}
	free(t->v);
}

static void texts_add(struct texts *t, const char *name, char *text, size_t len)
{
	t->v = xrealloc(t->v, (t->n + 1) * sizeof(*t->v));
	t->v[t->n++] = (struct policy_text) { xstrdup(name), text, len };
}

static int texts_read(const struct config *c, struct texts *out, struct policy_err *err)
{
	const struct cfg_policy_file *f;
	int error = 0;
	size_t len;
	char *text;

	*out = (struct texts) { 0 };
	TAILQ_FOREACH (f, &c->policy_files, link) {
		text = policy_read(f->path, &len, &error, err);
		if (!text) /* the caller lets go of the others */
			return error;
		texts_add(out, f->path, text, len);
	}
	return 0;
}

static char *texts_encode(const struct texts *t)
{
	size_t size = sizeof(head), at;
	char *text;

	for (size_t i = 0; i < t->n; i++)
		size += t->v[i].len + strlen(t->v[i].name) + 32;
	text = xcalloc(1, size);
	at = (size_t)snprintf(text, size, "%s", head);
	for (size_t i = 0; i < t->n; i++) {
		at += (size_t)snprintf(text + at, size - at, "%zu %s\n", t->v[i].len,
				       t->v[i].name);
		memcpy(text + at, t->v[i].text, t->v[i].len);
		at += t->v[i].len;
		text[at++] = '\n';
	}
	return text;
}

static int texts_decode(const char *text, struct texts *out)
{
	size_t left = strlen(text), at = strlen(head), len;
	char path[sizeof(((struct cfg_policy_file *)0)->path)];
	int n;

	*out = (struct texts) { 0 };
	if (strncmp(text, head, at) != 0)
		return -EPROTO;
	while (at < left) {
		if (sscanf(text + at, "%zu %255[^\n]%n", &len, path, &n) != 2 ||
		    len > POLICY_FILE_MAX || at + (size_t)n + 2 + len > left)
			return -EPROTO;
		at += (size_t)n + 1;
		texts_add(out, path, xmemdup(text + at, len + 1), len);
		at += len + 1;
	}
	return 0;
}

/* ---- reading ----------------------------------------------------------------- */

static int load(const struct config *c, struct policy_docs *out, struct policy_err *err)
{
	struct texts t;
	int error = texts_read(c, &t, err);

	if (!error)
		error = policy_parse_all(t.v, t.n, &out->doc, err);
	if (!error) {
		out->source = POLICY_FILES;
		out->text = texts_encode(&t);
	}
	texts_fini(&t);
	return error;
}

int policy_check(const struct config *c, char *err, size_t errlen)
{
	struct policy_docs d = { 0 };
	struct policy_err why = { "" };
	int error = TAILQ_EMPTY(&c->policy_files) ? 0 : load(c, &d, &why);

	if (error)
		snprintf(err, errlen, "%s", why.text);
	policy_abandon(&d);
	return error;
}

/* What the last run was content with. */
static bool load_kept(const struct engine *e, struct policy_docs *out)
{
	char *text = state_read(e, file_name);
	struct policy_err why = { "" };
	struct texts t = { 0 };
	int error = text ? texts_decode(text, &t) : -ENOENT;

	if (!error)
		error = policy_parse_all(t.v, t.n, &out->doc, &why);
	texts_fini(&t);
	if (error && error != -ENOENT)
		log_err(LOG_POLICY, "state file %s: cannot be used: %s", file_name,
			why.text[0] ? why.text : strerror(-error));
	if (error) {
		free(text);
		return false;
	}
	out->source = POLICY_KEPT;
	out->text = text;
	return true;
}

static bool same_files(const struct config *a, const struct config *b)
{
	const struct cfg_policy_file *x = TAILQ_FIRST(&a->policy_files);
	const struct cfg_policy_file *y = TAILQ_FIRST(&b->policy_files);

	for (; x && y && !strcmp(x->path, y->path); y = TAILQ_NEXT(y, link))
		x = TAILQ_NEXT(x, link);
	return !x && !y;
}

static void fall_back(struct engine *e, struct policy_docs *out, const char *err)
{
	if (!load_kept(e, out))
		out->source = POLICY_CLOSED;
	log_err(LOG_POLICY, "policy cannot be loaded, %s: %s",
		out->source == POLICY_KEPT
			? "that of the last run stays in force"
			: "nothing is allowed to or from endpoints until it can",
		err);
}

int policy_prepare(struct engine *e, const struct config *c, struct policy_docs *out,
		   char *err, size_t errlen)
{
	struct policy_view *v = &e->policy;
	struct policy_err why = { "" };
	int error = 0;

	*out = (struct policy_docs) { .source = POLICY_NONE };
	if (e->cfg && !c->from_file && same_files(e->cfg, c))
		out->same = true;
	else if (!TAILQ_EMPTY(&c->policy_files))
		error = load(c, out, &why);
	if (error) {
		v->ok = false;
		v->refused++;
		str_copy(v->error, sizeof(v->error), why.text);
		if (e->cfg) {
			snprintf(err, errlen, "policy: %s", why.text);
			return error;
		}
		fall_back(e, out, why.text);
	}
	return 0;
}

void policy_abandon(struct policy_docs *d)
{
	policy_doc_free(d->doc);
	free(d->text);
}

static enum enforce_rule rule_of(enum policy_source s)
{
	if (s == POLICY_NONE)
		return ENFORCE_OPEN;
	return s == POLICY_CLOSED ? ENFORCE_CLOSED : ENFORCE_POLICY;
}

static void keep(struct engine *e, const char *text)
{
	int err;

	if (!text) {
		state_remove(e, file_name);
		return;
	}
	err = state_write(e, file_name, text);
	if (err)
		log_err(LOG_POLICY, "state file %s: cannot keep policy: %s", file_name,
			strerror(-err));
}

void policy_commit(struct engine *e, struct policy_docs *d)
{
	struct policy_view *v = &e->policy;
	bool good = d->source == POLICY_NONE || d->source == POLICY_FILES, changed;

	if (d->same)
		return;
	if (good) {
		v->ok = true;
		v->epoch_s = time(NULL);
		v->error[0] = '\0';
	}
	changed = rule_of(v->source) != rule_of(d->source) || !v->text != !d->text ||
		  (v->text && strcmp(v->text, d->text) != 0);
	v->source = d->source;
	if (good && (changed || !e->cfg)) /* at the start: what an earlier run kept */
		keep(e, d->text);
	if (!changed) {
		policy_abandon(d);
		return;
	}
	policy_counts_begin(e);
	if (d->doc)
		log_info(LOG_POLICY, "policy loaded, rules=%u", d->doc->n_rules);
	free(v->text);
	v->text = d->text;
	enforce_policy(v->enforce, rule_of(d->source),
		       d->doc ? policy_new(d->doc) : NULL);
}

/* ---- what it says ------------------------------------------------------------ */

static void on_intent(void *ctx, uint16_t type, const void *body)
{
	struct engine *e = ctx;

	if (e->fibc)
		fibc_put(e->fibc, type, 0, body);
}

static bool on_has_room(void *ctx)
{
	struct engine *e = ctx;

	return fibc_has_room(e->fibc);
}

static bool on_address(void *ctx, uint32_t vni, const struct prefix *p,
		       struct identity_addr *out)
{
	struct engine *e = ctx;

	return e->ids && identities_find(e->ids, vni, p, out);
}

static void on_changed(void *ctx)
{
	ready_kick(ctx);
}

static void on_refused(void *ctx, struct bytes labels, const char *why)
{
	static struct log_limit limit;
	char text[LABELS_STR];

	(void)ctx;
	if (log_ratelimited(&limit, 30))
		log_err(LOG_POLICY,
			"policy of labels \"%s\" refused, the one before "
			"stays: %s",
			labels_format(labels, text, sizeof(text)), why);
}

static const struct enforce_hooks hooks = {
	.intent = on_intent,
	.has_room = on_has_room,
	.address = on_address,
	.changed = on_changed,
	.refused = on_refused,
};

void policy_init(struct engine *e)
{
	e->policy.enforce = enforce_new(&hooks, e, !e->opts->record_file);
	e->policy.ok = true;
}

void policy_fini(struct engine *e)
{
	enforce_free(e->policy.enforce);
	free(e->policy.text);
}

/* ---- endpoints --------------------------------------------------------------- */

static bool is_served(const struct engine *e, const struct tenants_endpoint_info *i)
{
	if (ila_is_tenant(e->ila, i->e->tenant))
		return ila_endpoint_state(e->ila, i->e->name) != ILA_EP_UNKNOWN;
	return i->vni;
}

static void endpoint_set(struct engine *e, const struct config *c,
			 const struct tenants_endpoint_info *i)
{
	const struct cfg_tenant *t = config_tenant_find(c, i->e->tenant);
	bool ila = ila_is_tenant(e->ila, i->e->tenant);
	struct enforce_endpoint ep = {
		.vni = ila ? 0 : i->vni,
		.mac = i->e->mac,
		.identity = IDENTITY_INIT,
		.labels = { (const uint8_t *)"", 0 },
		.flags = (uint16_t)(ila            ? WORKLOAD_ILA
				    : t && t->ebpf ? WORKLOAD_EBPF
						   : 0),
	};
	uint32_t set = identities_of_labels(e->ids, i->e->labels);

	if (set) {
		ep.identity = identities_number(e->ids, set);
		ep.labels = identities_labels(e->ids, set);
	}
	if (!ila && identity_from_wire(ep.identity))
		ep.group = (uint16_t)ep.identity;
	str_copy(ep.ifname, sizeof(ep.ifname), i->e->ifname);
	enforce_endpoint_set(e->policy.enforce, &ep);
	identities_unref(e->ids, set);
}

struct each {
	struct engine *e;
	const struct config *c;
};

static void endpoint_again(void *arg, const struct tenants_endpoint_info *i)
{
	const struct each *each = arg;

	if (is_served(each->e, i))
		endpoint_set(each->e, each->c, i);
}

void policy_endpoints(struct engine *e, const struct config *c)
{
	struct each each = { e, c };

	enforce_options(e->policy.enforce,
			c->identity.world ? IDENTITY_WORLD : IDENTITY_INIT,
			c->identity.connections);
	enforce_endpoints_begin(e->policy.enforce);
	if (e->ids)
		tenants_endpoint_foreach(e->tenants, endpoint_again, &each);
	enforce_endpoints_end(e->policy.enforce, e->ids);
	policy_closed_save(e);
}

void policy_endpoint(struct engine *e, const char *name, const char *was)
{
	struct tenants_endpoint_info i;
	bool there = e->ids && tenants_endpoint_get(e->tenants, name, &i) &&
		     is_served(e, &i);

	if (was && was[0] && !(there && !strcmp(was, i.e->ifname)))
		enforce_endpoint_close(e->policy.enforce, was);
	if (there)
		endpoint_set(e, e->cfg, &i);
	policy_closed_save(e);
	ready_kick(e);
}

/* ---- work -------------------------------------------------------------------- */

bool policy_consume(struct engine *e)
{
	if (!e->fib.hello && !fibc_is_record(e->fibc))
		return false;
	policy_closed_save(e); /* some have gone, perhaps */
	return enforce_turn(e->policy.enforce);
}

bool policy_idle(const struct engine *e)
{
	return enforce_idle(e->policy.enforce);
}

void policy_record(struct engine *e, const struct intent_hdr *h, const void *body)
{
	struct policy_view *v = &e->policy;

	switch (h->type) {
	case INTENT_POLICY_STATE:
		enforce_policy_state(v->enforce, body);
		break;
	case INTENT_WORKLOAD_STATE:
		enforce_workload_state(v->enforce, body);
		break;
	case INTENT_DROP:
		monitor_drop(e, body);
		break;
	case INTENT_DROP_COUNTERS:
		memcpy(&v->drops, body, sizeof(v->drops)); /* aligned to 4 only */
		break;
	default:
		break;
	}
}
