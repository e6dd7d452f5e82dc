/*
 * What /metrics says of label identity. No label is a number or a label of an
 * endpoint: of those there may be many.
 */
#include "bgpd/engine_int.h"
#include "bgpd/metrics.h"
#include "lib/metric.h"
#include "lib/util.h"

enum {
	M_SETS,
	M_ADDRESSES,
	M_INIT,
	M_INIT_TOTAL,
	M_OVERSIZED,
	M_BYTES,
};

static struct metric rows[] = {
	[M_SETS] = { "selvage_identity_labelsets",
		     METRIC_GAUGE,
		     NULL,
		     "Identities in use: with labels, by a number alone, and label "
		     "sets that derive the number of another one.",
		     { "kind" } },
	[M_ADDRESSES] = { "selvage_identity_addresses",
			  METRIC_GAUGE,
			  NULL,
			  "Addresses with an identity: of endpoints here, of routes, "
			  "of the static map.",
			  { "origin" } },
	[M_INIT] = { "selvage_identity_init_addresses",
		     METRIC_GAUGE,
		     NULL,
		     "Addresses with identity init, by why nobody knows who is there.",
		     { "reason" } },
	[M_INIT_TOTAL] = { "selvage_identity_init_total",
			   METRIC_COUNTER,
			   NULL,
			   "How often an address got identity init, by reason.",
			   { "reason" } },
	[M_OVERSIZED] = { "selvage_identity_oversized_routes_total", METRIC_COUNTER,
			  NULL, "Routes of this host not sent: too long with labels." },
	[M_BYTES] = { "selvage_identity_memory_bytes", METRIC_GAUGE, "bytes",
		      "Memory of label sets and addresses besides routes." },
};

static void collect(void *ctx)
{
	const struct engine *e = ctx;
	struct identity_counts c = { 0 };

	if (e->ids)
		identities_counts_get(e->ids, &c);
	metric_set(&rows[M_SETS], c.sets, "labels");
	metric_set(&rows[M_SETS], c.unknown, "number");
	metric_set(&rows[M_SETS], c.twins, "shared_number");
	metric_set(&rows[M_ADDRESSES], c.local, "local");
	metric_set(&rows[M_ADDRESSES], c.remote, "bgp");
	metric_set(&rows[M_ADDRESSES], c.maps, "map");
	for (unsigned i = IDSET_UNLABELLED; i < IDSET_HOST; i++) {
		const char *why = identity_reason_name((enum identity_set)i);

		metric_set(&rows[M_INIT], c.now[i], why);
		if (i != IDSET_UNLABELLED)
			metric_set(&rows[M_INIT_TOTAL], (double)c.total[i], why);
	}
	metric_set(&rows[M_OVERSIZED], (double)c.oversized);
	metric_set(&rows[M_BYTES], (double)c.bytes);
}

const struct metric_table metrics_identity = { rows, ARRAY_SIZE(rows), collect };
