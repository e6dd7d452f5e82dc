/*
 * What /metrics says of ILA. No label is an identifier or a locator: of domains there
 * are few, of those there may be a million.
 */
#include "bgpd/engine_int.h"
#include "bgpd/metrics.h"
#include "lib/metric.h"
#include "lib/util.h"

enum {
	M_MAPPINGS,
	M_LOCATORS,
	M_REFUSED,
	M_REFUSED_NOW,
	M_DUPLICATES,
	M_DUPLICATES_FOUND,
	M_OUTBID,
	M_MISMATCHES,
	M_MOVES,
	M_PLANE,
	M_PACKETS,
	M_BYTES,
};

static struct metric rows[] = {
	[M_MAPPINGS] = { "selvage_ila_mappings",
			 METRIC_GAUGE,
			 NULL,
			 "Identifiers of this host, and behind locators of others.",
			 { "domain", "origin" },
			 .fresh = true },
	[M_LOCATORS] = { "selvage_ila_locators", METRIC_GAUGE, NULL,
			 "Locators of others in use." },
	[M_REFUSED] = { "selvage_ila_refused_total",
			METRIC_COUNTER,
			NULL,
			"Paths that are no mapping, by what is wrong with them.",
			{ "reason" } },
	[M_REFUSED_NOW] = { "selvage_ila_refused_identifiers",
			    METRIC_GAUGE,
			    NULL,
			    "Identifiers that have such a path now.",
			    { "reason" } },
	[M_DUPLICATES] = { "selvage_ila_duplicate_identifiers", METRIC_GAUGE, NULL,
			   "Identifiers that several announce as theirs alone." },
	[M_DUPLICATES_FOUND] = { "selvage_ila_duplicate_identifiers_found_total",
				 METRIC_COUNTER, NULL, "How often one became such." },
	[M_OUTBID] = { "selvage_ila_outbid_identifiers", METRIC_GAUGE, NULL,
		       "Identifiers of this host that are newer elsewhere." },
	[M_MISMATCHES] = { "selvage_ila_csum_mode_mismatches", METRIC_GAUGE, NULL,
			   "Mappings whose checksum mode is not that of the domain." },
	[M_MOVES] = { "selvage_ila_moves_total", METRIC_COUNTER, NULL,
		      "Mappings replaced by one to another locator." },
	[M_PLANE] = { "selvage_ila_dataplane",
		      METRIC_GAUGE,
		      NULL,
		      "1 for the data plane in force.",
		      { "domain", "plane" },
		      .fresh = true },
	[M_PACKETS] = { "selvage_ila_packets_total",
			METRIC_COUNTER,
			NULL,
			"Packets that the eBPF programs have seen, by what became of "
			"them.",
			{ "domain", "outcome" },
			.fresh = true },
	[M_BYTES] = { "selvage_ila_memory_bytes", METRIC_GAUGE, "bytes",
		      "Memory of mappings besides the tables of routes." },
};

static const char *const outcomes[ILA_COUNTS] = {
	[ILA_N_OUT] = "out",
	[ILA_N_IN] = "in",
	[ILA_N_LOCAL] = "local",
	[ILA_N_NO_MAPPING] = "no_mapping",
	[ILA_N_NOT_HERE] = "not_here",
	[ILA_N_ISOLATED_OUT] = "isolated_out",
	[ILA_N_ISOLATED_IN] = "isolated_in",
	[ILA_N_SPOOFED] = "spoofed",
	[ILA_N_MALFORMED] = "malformed",
	[ILA_N_ERROR] = "error",
	[ILA_N_ERROR_BAD] = "error_passed",
};

static void collect_domain(void *arg, const struct ila_domain_info *d)
{
	(void)arg;
	metric_set(&rows[M_MAPPINGS], d->local, d->name, "local");
	metric_set(&rows[M_MAPPINGS], d->remote, d->name, "bgp");
	for (unsigned p = ILA_PLANE_KERNEL; d->state && p <= ILA_PLANE_EBPF; p++)
		metric_set(&rows[M_PLANE], d->state->plane == p, d->name,
			   ila_plane_name(p));
	for (int i = 0; i < ILA_COUNTS; i++)
		metric_set(&rows[M_PACKETS], (double)d->counters.n[i], d->name,
			   outcomes[i]);
}

static void collect(void *ctx)
{
	const struct engine *e = ctx;
	struct ila_counts c;

	ila_counts_get(e->ila, &c);
	ila_domain_foreach(e->ila, collect_domain, NULL);
	metric_set(&rows[M_LOCATORS], c.locators);
	for (int i = 1; c.domains && i < ILA_REFUSALS; i++) {
		metric_set(&rows[M_REFUSED], (double)c.refused[i], ila_refusal_name(i));
		metric_set(&rows[M_REFUSED_NOW], c.refused_now[i], ila_refusal_name(i));
	}
	metric_set(&rows[M_DUPLICATES], c.duplicates);
	metric_set(&rows[M_DUPLICATES_FOUND], (double)c.duplicates_found);
	metric_set(&rows[M_OUTBID], c.outbid);
	metric_set(&rows[M_MISMATCHES], c.mismatches);
	metric_set(&rows[M_MOVES], (double)c.moves);
	metric_set(&rows[M_BYTES], (double)c.bytes);
}

const struct metric_table metrics_ila = { rows, ARRAY_SIZE(rows), collect };
