/*
 * `show fib`: what we want of the kernel, what it has, and the difference. The
 * summary comes from the counters that fib sends; the entries are asked for.
 */
#include "bgpd/engine_int.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/vty.h"
#include "lib/clock.h"
#include "lib/cmd.h"
#include "lib/out.h"
#include "lib/util.h"

static const char *const table_names[TABLES] = {
	[TABLE_L2DOM] = "l2-domain",       [TABLE_VXLAN_FDB] = "vxlan-fdb",
	[TABLE_BRIDGE_FDB] = "bridge-fdb", [TABLE_NEIGH] = "neighbour",
	[TABLE_FLOOD] = "flood",           [TABLE_ILA_DOMAIN] = "ila-domain",
	[TABLE_ILA_MAP] = "ila-map",       [TABLE_ILA_LOCAL] = "ila-local",
	[TABLE_POLICY] = "policy",         [TABLE_IDENT] = "identity",
	[TABLE_WORKLOAD] = "workload",     [TABLE_NET_FDB] = "fast-fdb",
	[TABLE_NET_NEIGH] = "fast-neighb",
};

/* ---- summary --------------------------------------------------------------- */

static void table_row(struct out *o, const char *name,
		      const struct intent_table_counters *c)
{
	out_obj(o, name);
	out_uint(o, "wanted", c->wanted);
	out_uint(o, "seen", c->seen);
	out_uint(o, "missing", c->missing);
	out_uint(o, "extra", c->extra);
	out_uint(o, "foreign", c->foreign);
	out_uint(o, "failed", c->failed);
	out_uint(o, "operations", c->ops_ok);
	out_uint(o, "operationsFailed", c->ops_failed);
	out_uint(o, "repaired", c->repaired);
	out_uint(o, "swept", c->swept);
	out_end(o);
	out_text(o, "%-11s %8u %8u %8u %6u %8u %7u %11llu %9llu %7llu\n", name,
		 c->wanted, c->seen, c->missing, c->extra, c->foreign, c->failed,
		 (unsigned long long)c->ops_ok, (unsigned long long)c->repaired,
		 (unsigned long long)c->swept);
}

static void fib_summary(const struct engine *e, struct out *o)
{
	const struct intent_counters *c = &e->fib.c;
	int64_t sync_ms =
		c->in_sync_since_ms ? clock_ms() - (int64_t)c->in_sync_since_ms : -1;

	out_bool(o, "connected", e->fib.hello);
	out_bool(o, "inSync", sync_ms >= 0);
	if (sync_ms >= 0)
		out_int(o, "inSyncMsec", sync_ms);
	out_bool(o, "swept", e->swept);
	out_text(o, "Kernel %s what BGP says%s\n\n",
		 sync_ms >= 0 ? "holds exactly" : "does not yet hold",
		 e->swept ? "" : "; entries of an earlier run wait for End-of-RIB");
	out_text(o, "Table         wanted     seen  missing  extra  foreign  failed  "
		    "operations  repaired   swept\n");
	out_obj(o, "tables");
	for (int i = 0; i < TABLES; i++)
		table_row(o, table_names[i], &c->table[i]);
	out_end(o);
	out_obj(o, "counters");
	out_uint(o, "batches", c->batches);
	out_uint(o, "messages", c->messages);
	out_uint(o, "resyncs", c->resyncs);
	out_uint(o, "enobufs", c->enobufs);
	out_uint(o, "audits", c->audits);
	out_uint(o, "retries", c->retries);
	out_uint(o, "queue", c->queue);
	out_end(o);
	out_text(o,
		 "\nbatches %llu, messages %llu, resyncs %llu (%llu overruns), audits "
		 "%llu, "
		 "retries %llu, queue %u\n",
		 (unsigned long long)c->batches, (unsigned long long)c->messages,
		 (unsigned long long)c->resyncs, (unsigned long long)c->enobufs,
		 (unsigned long long)c->audits, (unsigned long long)c->retries,
		 c->queue);
}

static int show_fib(void *ctx, const struct cmd_args *args, struct out *o)
{
	(void)args;
	out_obj(o, NULL);
	fib_summary(ctx, o);
	out_end(o);
	return CMD_OK;
}

/* ---- entries, asked across the pair ---------------------------------------- */

struct query {
	uint32_t id;
	struct vty_job *job;
	struct out *o;
	bool one_state;
};

/* One at a time: the answer is long, and operators are few. */
static struct query pending;

static const char *entry_state(const struct intent_entry *n)
{
	if (n->state & ENTRY_FOREIGN)
		return "foreign";
	if (n->state & ENTRY_HELD)
		return "held";
	switch (n->state & (ENTRY_WANTED | ENTRY_SEEN)) {
	case ENTRY_WANTED | ENTRY_SEEN:
		return n->err ? "differs" : "ok";
	case ENTRY_WANTED:
		return n->err && n->err != -EINPROGRESS ? "refused" : "missing";
	default:
		return "extra";
	}
}

/* What ILA entries have instead of VNI and MAC. */
static void entry_ila(struct out *o, const struct intent_entry *n, char *locator)
{
	if (n->plane == ILA_PLANE_KERNEL || n->plane == ILA_PLANE_EBPF)
		out_str(o, "dataPlane",
			n->plane == ILA_PLANE_KERNEL ? "kernel" : "ebpf");
	if (ila64_is_zero(&n->locator))
		return;
	ila64_format(&n->locator, locator);
	out_str(o, "locator", locator);
}

static bool is_ila(const struct intent_entry *n)
{
	return n->table >= TABLE_ILA_DOMAIN && n->table <= TABLE_ILA_LOCAL;
}

/* What those of policy say beside that. */
static void entry_policy(struct out *o, const struct intent_entry *n)
{
	if (n->table == TABLE_IDENT || n->table == TABLE_WORKLOAD)
		out_uint(o, "identity", n->number);
	if (n->table == TABLE_IDENT)
		out_uint(o, "prefixLen", n->bits);
	if (n->table == TABLE_POLICY)
		out_uint(o, "verdicts", n->number);
	if (n->table == TABLE_POLICY || n->table == TABLE_WORKLOAD)
		out_uint(o, "policy", n->policy);
}

static const char *receive_name(const struct intent_entry *n)
{
	static const char *const names[] = { "", "direct", "aggregated", "mixed" };

	return n->table == TABLE_L2DOM && n->receive < ARRAY_SIZE(names)
		       ? names[n->receive]
		       : "";
}

/* In the columns of text: where a MAC would be. */
static const char *entry_number(const struct intent_entry *n, char *buf)
{
	if (n->table == TABLE_IDENT)
		snprintf(buf, ADDR_STR, "identity %u", n->number);
	else if (n->table == TABLE_POLICY)
		snprintf(buf, ADDR_STR, "%u verdicts", n->number);
	else if (*receive_name(n))
		snprintf(buf, ADDR_STR, "receive %s", receive_name(n));
	return buf;
}

static void entry_show(struct out *o, const struct intent_entry *n)
{
	char mac[ADDR_STR] = "", ip[ADDR_STR];
	const char *table = n->table < TABLES ? table_names[n->table] : "?";

	ip_format(&n->ip, ip);
	out_obj(o, NULL);
	out_str(o, "table", table);
	out_str(o, "state", entry_state(n));
	if (is_ila(n))
		entry_ila(o, n, mac);
	else
		out_uint(o, "vni", n->vni);
	if (!mac_is_zero(&n->mac))
		out_str(o, "mac", mac_format(&n->mac, mac));
	if (!ip_is_none(&n->ip))
		out_str(o, "ip", ip);
	entry_policy(o, n);
	if (*receive_name(n))
		out_str(o, "receive", receive_name(n));
	out_strn(o, "device", n->dev, strnlen(n->dev, sizeof(n->dev)));
	if (n->err)
		out_str(o, "error", strerror(-n->err));
	if (n->age_ms)
		out_uint(o, "differsMsec", n->age_ms);
	out_end(o);
	out_text(o, "%-11s %-8s %8u %-19s %-39s %-15.*s%s%s\n", table, entry_state(n),
		 n->vni, entry_number(n, mac), ip_is_none(&n->ip) ? "" : ip,
		 (int)sizeof(n->dev), n->dev, n->err ? " " : "",
		 n->err ? strerror(-n->err) : "");
}

void fib_query_record(struct engine *e, const struct intent_hdr *h, const void *body)
{
	const struct intent_entry *entry = body;
	const struct intent_query *end = body;

	(void)e;
	if (!pending.job)
		return;
	if (h->type == INTENT_ENTRY && entry->id == pending.id) {
		entry_show(pending.o, entry);
	} else if (h->type == INTENT_QUERY_END && end->id == pending.id) {
		out_end(pending.o);
		out_end(pending.o);
		vty_resume(pending.job, CMD_OK);
		pending.job = NULL;
	}
}

static void query_gone(void *arg)
{
	(void)arg;
	pending.job = NULL; /* the client left: the rest of the answer is dropped */
}

static int show_fib_entries(void *ctx, const struct cmd_args *args, struct out *o)
{
	struct engine *e = ctx;
	struct intent_query q = {
		.id = pending.id + 1,
		.diff_only = cmd_has(args, "differences"),
		.table = TABLES,
	};

	if (!e->fib.hello) {
		out_line(o, "%% No fib process\n");
		return CMD_WARNING;
	}
	if (pending.job) {
		out_line(o, "%% Another query is under way\n");
		return CMD_WARNING;
	}
	pending.id = q.id;
	pending.job = vty_defer(args, query_gone, NULL);
	if (!pending.job) {
		out_line(o, "%% Only for a shell client\n");
		return CMD_WARNING;
	}
	pending.o = o;
	out_obj(o, NULL);
	fib_summary(e, o);
	out_text(o, "\nTable       State         VNI MAC or locator      Address"
		    "                                 Device\n");
	out_arr(o, "entries");
	fibc_put(e->fibc, INTENT_QUERY, 0, &q);
	return CMD_DEFERRED;
}

static const struct cmd_row rows[] = {
	{ CMD_EXEC, "show fib [json]", "Kernel state: wanted, seen, difference",
	  show_fib, 0 },
	{ CMD_EXEC, "show fib (entries|differences) [json]",
	  "Every entry, or those where kernel and BGP differ", show_fib_entries, 0 },
};

void show_fib_register(struct engine *e)
{
	cmd_register(e->cmds, rows, ARRAY_SIZE(rows), e);
}
