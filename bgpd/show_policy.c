/*
 * `show policy`: documents, what their rules have counted, and the policies made of
 * them; `policy trace` and `policy check`. Counters are asked of fib.
 */
#include "bgpd/engine_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/policy_json.h"
#include "bgpd/vty.h"
#include "lib/cmd.h"
#include "lib/out.h"
#include "lib/util.h"
#include "rib/enforce.h"

/* ---- counters, asked across the pair ------------------------------------------ */

/* Of our queries: those below are show_fib.c's. */
#define IDS_FROM  0x80000000u
#define ID_BEFORE 0xffffffffu

struct count {
	uint64_t packets, bytes;
};

struct counts {
	struct count *v; /* by number of the rule */
	uint32_t n;
};

/* One at a time, as in show_fib.c. */
static struct {
	uint32_t id;
	struct vty_job *job;
	struct out *o;
	char endpoint[ENDPOINT_NAME]; /* "": all */
	struct counts counts;
} pending;

/*
 * fib counts by numbers as long as its programs live, and numbers mean other rules in
 * other documents: what had been counted when documents changed is subtracted. Of
 * changes before our start nothing is known.
 */
static struct counts before;

static struct count counts_at(const struct counts *c, uint32_t rule)
{
	return rule < c->n ? c->v[rule] : (struct count) { 0 };
}

static struct count count_of(uint32_t rule)
{
	const struct count was = counts_at(&before, rule);
	struct count c = counts_at(&pending.counts, rule);

	/* Programs that are new begin at zero. */
	if (c.packets >= was.packets && c.bytes >= was.bytes) {
		c.packets -= was.packets;
		c.bytes -= was.bytes;
	}
	return c;
}

static void count_add(struct counts *to, const struct intent_rule_count *c)
{
	if (c->rule > POLICY_CLAUSES_MAX)
		return;
	if (c->rule >= to->n) {
		uint32_t n = MAX_OF(c->rule + 1, 2 * to->n);

		to->v = xrealloc(to->v, n * sizeof(*to->v));
		memset(to->v + to->n, 0, (n - to->n) * sizeof(*to->v));
		to->n = n;
	}
	to->v[c->rule] = (struct count) { c->packets, c->bytes };
}

static void counts_fini(struct counts *c)
{
	free(c->v);
	*c = (struct counts) { 0 };
}

void policy_counts_begin(struct engine *e)
{
	const struct intent_query q = { .id = ID_BEFORE, .table = QUERY_RULES };

	counts_fini(&before);
	if (e->fib.hello)
		fibc_put(e->fibc, INTENT_QUERY, 0, &q);
}

/* ---- documents ---------------------------------------------------------------- */

static const char *dir_name(enum policy_dir d)
{
	return d == POLICY_EGRESS ? "egress" : "ingress";
}

static void clause_show(struct out *o, const struct policy_doc *d, uint32_t at)
{
	const struct policy_clause *c = &d->clause[at];
	const struct count n = count_of(at + 1);

	out_obj(o, NULL);
	out_uint(o, "number", at + 1);
	out_str(o, "path", c->path);
	out_str(o, "direction", dir_name(c->dir));
	out_bool(o, "deny", c->deny);
	out_uint(o, "packets", n.packets);
	out_uint(o, "bytes", n.bytes);
	out_end(o);
	out_text(o, "  %5u  %-7s %-5s %12llu %15llu  %s\n", at + 1, dir_name(c->dir),
		 c->deny ? "deny" : "allow", (unsigned long long)n.packets,
		 (unsigned long long)n.bytes, c->path);
}

static void rule_head(struct out *o, const struct policy_rule *r)
{
	out_str(o, "name", r->name);
	out_str(o, "file", r->file);
	out_str(o, "path", r->path);
	out_arr(o, "defaultDeny");
	for (int dir = 0; dir < POLICY_DIRS; dir++)
		if (r->default_deny[dir])
			out_str(o, NULL, dir_name((enum policy_dir)dir));
	out_end(o);
	out_text(o, "%s (%s %s)%s%s\n", r->name, r->file, r->path,
		 r->default_deny[POLICY_INGRESS] ? ", ingress closed" : "",
		 r->default_deny[POLICY_EGRESS] ? ", egress closed" : "");
}

static void columns(struct out *o)
{
	out_text(o, "  %5s  %-7s %-5s %12s %15s  %s\n", "Rule", "Way", "Says",
		 "Packets", "Bytes", "Path");
}

static void rules_show(struct out *o, const struct policy *p)
{
	const struct policy_doc *d = p ? policy_doc_of(p) : NULL;

	out_arr(o, "rules");
	if (d && d->n_rules)
		columns(o);
	for (uint32_t i = 0; d && i < d->n_rules; i++) {
		const struct policy_rule *r = &d->rule[i];

		out_obj(o, NULL);
		rule_head(o, r);
		out_arr(o, "members");
		for (uint32_t k = r->first; k < r->first + r->n; k++)
			clause_show(o, d, k);
		out_end(o);
		out_end(o);
	}
	out_end(o);
}

static void source_show(const struct engine *e, struct out *o)
{
	static const char *const words[] = {
		[POLICY_NONE] = "No policy is configured: everything is allowed",
		[POLICY_FILES] = "Policy as its files say",
		[POLICY_KEPT] =
			"Policy of the last run: its files cannot be loaded now",
		[POLICY_CLOSED] = "Policy cannot be loaded: NOTHING is allowed",
	};
	const struct policy_view *v = &e->policy;
	const struct cfg_policy_file *f;

	out_str(o, "source", policy_source_name(v->source));
	out_bool(o, "ok", v->ok);
	if (v->error[0])
		out_str(o, "error", v->error);
	if (v->epoch_s)
		out_int(o, "loadedEpochSec", v->epoch_s);
	out_arr(o, "files");
	TAILQ_FOREACH (f, &e->cfg->policy_files, link)
		out_str(o, NULL, f->path);
	out_end(o);
	out_text(o, "%s\n", words[v->source]);
	if (v->error[0])
		out_text(o, "Last attempt refused: %s\n", v->error);
}

/* ---- policies ------------------------------------------------------------------ */

static const char *subject_text(struct bytes labels, char buf[LABELS_STR])
{
	if (!labels.p)
		return "(not known)";
	return labels.len ? labels_format(labels, buf, LABELS_STR) : "(none)";
}

static void policy_show(void *arg, const struct enforce_policy_info *i)
{
	char text[LABELS_STR];
	const char *labels = subject_text(i->labels, text);
	struct out *o = arg;

	out_obj(o, NULL);
	out_uint(o, "number", i->number);
	if (i->labels.p)
		out_str(o, "labels", i->labels.len ? labels : "");
	out_str(o, "state", enforce_what_name(i->what));
	out_bool(o, "open", i->rule == ENFORCE_OPEN);
	out_uint(o, "endpoints", i->endpoints);
	out_uint(o, "verdicts", i->verdicts);
	if (i->why[0])
		out_str(o, "why", i->why);
	out_end(o);
	out_text(o, "  %6u  %-9s %9u %9u  %s%s%s\n", i->number,
		 i->rule == ENFORCE_OPEN ? "open" : enforce_what_name(i->what),
		 i->endpoints, i->verdicts, labels, i->why[0] ? ": " : "", i->why);
}

static void policies_show(const struct engine *e, struct out *o)
{
	out_text(o, "\n  %6s  %-9s %9s %9s  %s\n", "Policy", "State", "Endpoints",
		 "Verdicts", "Labels");
	out_arr(o, "policies");
	enforce_policy_foreach(e->policy.enforce, policy_show, o);
	out_end(o);
}

static void drops_show(const struct engine *e, struct out *o)
{
	const struct intent_drop_counters *c = &e->policy.drops;
	bool any = false;

	out_obj(o, "drops");
	for (unsigned i = DROP_NONE + 1; i < DROP_REASONS; i++) {
		out_uint(o, drop_name(i), c->n[i]);
		if (c->n[i])
			out_text(o, "%s%s %llu",
				 any ? ", " : "\nDropped: ", drop_name(i),
				 (unsigned long long)c->n[i]);
		any |= c->n[i] != 0;
	}
	out_end(o);
	out_text(o, "%s", any ? "\n" : "");
	out_uint(o, "connections", c->connections);
	out_uint(o, "connectionsRoom", c->room);
	if (c->room)
		out_text(o, "%sConnections: %u, room for %u\n", any ? "" : "\n",
			 c->connections, c->room);
}

struct find {
	uint32_t number;
	struct enforce_policy_info info;
	bool found;
};

static void find_number(void *arg, const struct enforce_policy_info *i)
{
	struct find *f = arg;

	if (i->number != f->number)
		return;
	f->info = *i;
	f->found = true;
}

static void clauses_show(struct out *o, const struct enforce_policy_info *i)
{
	const struct policy_doc *d = i->policy ? policy_doc_of(i->policy) : NULL;
	size_t n = 0;
	const uint32_t *v = d ? policy_subject_clauses(i->subject, &n) : NULL;

	for (int dir = 0; d && dir < POLICY_DIRS; dir++) {
		const struct policy_rule *r =
			policy_subject_closed_by(i->subject, (enum policy_dir)dir);

		if (r)
			out_str(o,
				dir == POLICY_EGRESS ? "egressClosedBy"
						     : "ingressClosedBy",
				r->name);
		out_text(o, "%s is %s%s\n", dir_name((enum policy_dir)dir),
			 r ? "closed by " : "open", r ? r->name : "");
	}
	out_arr(o, "members");
	if (n)
		columns(o);
	for (size_t k = 0; k < n; k++)
		clause_show(o, d, v[k]);
	out_end(o);
}

static void endpoint_policy(const struct engine *e, const char *name, struct out *o)
{
	struct tenants_endpoint_info t;
	struct enforce_load_info l;
	struct find f = { 0 };
	char text[LABELS_STR];

	if (!tenants_endpoint_get(e->tenants, name, &t))
		return; /* it has gone meanwhile */
	out_str(o, "endpoint", name);
	if (!enforce_load_get(e->policy.enforce, t.e->ifname, &l)) {
		out_text(o, "%s: no programs, nothing is enforced\n", name);
		return;
	}
	out_uint(o, "identity", l.ep.identity);
	out_uint(o, "policy", l.policy);
	out_str(o, "state", enforce_wait_name(l.wait));
	if (l.ep.labels.p)
		out_str(o, "labels",
			l.ep.labels.len ? subject_text(l.ep.labels, text) : "");
	out_text(o, "%s: identity %u, labels %s, policy %u, %s%s%s\n", name,
		 l.ep.identity, subject_text(l.ep.labels, text), l.policy,
		 enforce_wait_name(l.wait), l.why[0] ? ": " : "", l.why);
	f.number = l.policy;
	enforce_policy_foreach(e->policy.enforce, find_number, &f);
	if (f.found)
		clauses_show(o, &f.info);
}

/* ---- show policy ---------------------------------------------------------------- */

static void answer(struct engine *e, const char *endpoint, struct out *o)
{
	out_obj(o, NULL);
	if (endpoint[0]) {
		endpoint_policy(e, endpoint, o);
	} else {
		source_show(e, o);
		rules_show(o, enforce_policy_now(e->policy.enforce));
		policies_show(e, o);
		policy_closed_show(e, o);
		drops_show(e, o);
	}
	out_end(o);
}

static void counts_forget(void)
{
	counts_fini(&pending.counts);
	pending.job = NULL;
}

static void query_gone(void *arg)
{
	(void)arg;
	counts_forget();
}

void policy_query_record(struct engine *e, const struct intent_hdr *h, const void *body)
{
	const struct intent_query *end = body;
	struct intent_rule_count c;

	if (h->type == INTENT_RULE_COUNT) {
		memcpy(&c, body, sizeof(c)); /* aligned to 4 only */
		if (c.id == ID_BEFORE)
			count_add(&before, &c);
		else if (pending.job && c.id == pending.id)
			count_add(&pending.counts, &c);
	} else if (pending.job && h->type == INTENT_QUERY_END &&
		   end->id == pending.id) {
		struct vty_job *job = pending.job;

		answer(e, pending.endpoint, pending.o);
		counts_forget();
		vty_resume(job, CMD_OK);
	}
}

static int show_policy(void *ctx, const struct cmd_args *args, struct out *o)
{
	const char *endpoint = cmd_has(args, "endpoint") ? cmd_arg(args, "name") : "";
	struct engine *e = ctx;
	struct intent_query q = { .table = QUERY_RULES };

	if (endpoint[0] && !tenants_endpoint_find(e->tenants, endpoint)) {
		out_line(o, "%% No such endpoint\n");
		return CMD_WARNING;
	}
	if (pending.job) {
		out_line(o, "%% Another query is under way\n");
		return CMD_WARNING;
	}
	if (e->fib.hello)
		pending.job = vty_defer(args, query_gone, NULL);
	if (!pending.job) { /* no counters without fib */
		answer(e, endpoint, o);
		return CMD_OK;
	}
	pending.id = IDS_FROM | ((pending.id + 1) & 0xffff);
	q.id = pending.id;
	pending.o = o;
	str_copy(pending.endpoint, sizeof(pending.endpoint), endpoint);
	fibc_put(e->fibc, INTENT_QUERY, 0, &q);
	return CMD_DEFERRED;
}

/* ---- policy check ---------------------------------------------------------------- */

static int check(void *ctx, const struct cmd_args *args, struct out *o)
{
	const char *path = cmd_arg(args, "file");
	struct policy_err err = { "" };
	struct policy_doc *d;

	(void)ctx;
	if (policy_load(&path, 1, &d, &err)) {
		out_line(o, "%% %s\n", err.text);
		return CMD_WARNING;
	}
	out_obj(o, NULL);
	out_uint(o, "rules", d->n_rules);
	out_uint(o, "members", d->n_clauses);
	out_end(o);
	out_text(o, "%s: %u rules, %u members\n", path, d->n_rules, d->n_clauses);
	policy_doc_free(d);
	return CMD_OK;
}

static const struct cmd_row rows[] = {
	{ CMD_EXEC, "show policy [json]",
	  "Documents, what their rules have counted, and the policies of endpoints",
	  show_policy, 0 },
	{ CMD_EXEC, "show policy endpoint WORD$name [json]",
	  "What is enforced at an endpoint", show_policy, 0 },
	{ CMD_EXEC, "policy check WORD$file [json]",
	  "Is a file of policy documents good?", check, 0 },
};

static const struct cmd_word words[] = {
	{ "policy", "Who may speak with whom" },
	{ "endpoint", "A declared endpoint" },
	{ "monitor", "Watch" },
};

void show_policy_register(struct engine *e)
{
	cmd_register(e->cmds, rows, ARRAY_SIZE(rows), e);
	cmd_words(e->cmds, words, ARRAY_SIZE(words));
	policy_trace_register(e);
}
