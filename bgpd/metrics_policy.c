/*
 * What /metrics says of policy. No label is an endpoint, a rule or a label of an
 * endpoint: of those there may be many; show policy has them.
 */
#include "bgpd/engine_int.h"
#include "bgpd/metrics.h"
#include "lib/metric.h"
#include "lib/util.h"
#include "rib/enforce.h"

enum {
	M_OK,
	M_LOADED,
	M_REFUSED,
	M_SOURCE,
	M_POLICIES,
	M_POLICIES_REFUSED,
	M_VERDICTS,
	M_CHANGES,
	M_ENDPOINTS,
	M_PREFIXES,
	M_GROUPS,
	M_DROPS,
	M_EVENTS_LOST,
	M_CONNECTIONS,
	M_ROOM,
};

static struct metric rows[] = {
	[M_OK] = { "selvage_policy_last_load_ok", METRIC_GAUGE, NULL,
		   "1 if the documents were good when they were read last." },
	[M_LOADED] = { "selvage_policy_last_load_timestamp_seconds", METRIC_GAUGE,
		       "seconds", "When good documents were read last." },
	[M_REFUSED] = { "selvage_policy_loads_refused_total", METRIC_COUNTER, NULL,
			"Documents that could not be read, or were not good." },
	[M_SOURCE] = { "selvage_policy_source",
		       METRIC_GAUGE,
		       NULL,
		       "1 for where policy is from: none, files, kept (of the last "
		       "run), closed (nothing is allowed).",
		       { "source" } },
	[M_POLICIES] = { "selvage_policies",
			 METRIC_GAUGE,
			 NULL,
			 "Policies, one for each label set with endpoints here.",
			 { "state" } },
	[M_POLICIES_REFUSED] = { "selvage_policies_refused_total", METRIC_COUNTER, NULL,
				 "Policies that were too long, or could not be "
				 "loaded." },
	[M_VERDICTS] = { "selvage_policy_verdicts", METRIC_GAUGE, NULL,
			 "Verdicts of all policies." },
	[M_CHANGES] = { "selvage_policy_verdict_changes_total", METRIC_COUNTER, NULL,
			"Verdicts changed in place as identities came and went." },
	[M_ENDPOINTS] = { "selvage_policy_endpoints",
			  METRIC_GAUGE,
			  NULL,
			  "Endpoints with programs, by what they wait for.",
			  { "state" } },
	[M_PREFIXES] = { "selvage_policy_prefixes", METRIC_GAUGE, NULL,
			 "Prefixes that documents name." },
	[M_GROUPS] = { "selvage_policy_groups", METRIC_GAUGE, NULL,
		       "Group policy ids of identities, in all networks." },
	[M_DROPS] = { "selvage_dropped_packets_total",
		      METRIC_COUNTER,
		      NULL,
		      "Packets dropped by policy and guards.",
		      { "reason" } },
	[M_EVENTS_LOST] = { "selvage_drop_events_lost_total", METRIC_COUNTER, NULL,
			    "Dropped packets that monitor did not show." },
	[M_CONNECTIONS] = { "selvage_policy_connections", METRIC_GAUGE, NULL,
			    "Connections of endpoints that are remembered; counted "
			    "anew every half minute or so." },
	[M_ROOM] = { "selvage_policy_connections_room", METRIC_GAUGE, NULL,
		     "How many can be." },
};

static const char *const waits[ENFORCE_WAITS] = {
	[ENFORCE_READY] = "ready",
	[ENFORCE_WAIT_POLICY] = "policy",
	[ENFORCE_WAIT_PROGRAMS] = "programs",
	[ENFORCE_REFUSED] = "refused",
};

static void collect(void *ctx)
{
	const struct engine *e = ctx;
	const struct policy_view *v = &e->policy;
	struct enforce_counts c;

	enforce_counts_get(v->enforce, &c);
	metric_set(&rows[M_OK], v->ok);
	metric_set(&rows[M_LOADED], (double)v->epoch_s);
	metric_set(&rows[M_REFUSED], (double)v->refused);
	for (unsigned i = POLICY_NONE; i <= POLICY_CLOSED; i++)
		metric_set(&rows[M_SOURCE], v->source == i,
			   policy_source_name((enum policy_source)i));
	for (unsigned i = 0; i < ENFORCE_WHATS; i++)
		metric_set(&rows[M_POLICIES], c.policies[i],
			   enforce_what_name((enum enforce_policy_what)i));
	metric_set(&rows[M_POLICIES_REFUSED], (double)c.refused);
	metric_set(&rows[M_VERDICTS], (double)c.verdicts);
	metric_set(&rows[M_CHANGES], (double)c.in_place);
	for (unsigned i = 0; i < ENFORCE_WAITS; i++)
		metric_set(&rows[M_ENDPOINTS], c.loads[i], waits[i]);
	metric_set(&rows[M_PREFIXES], c.nets);
	metric_set(&rows[M_GROUPS], c.groups);
	for (unsigned i = DROP_NONE + 1; i < DROP_REASONS; i++)
		metric_set(&rows[M_DROPS], (double)v->drops.n[i], drop_name(i));
	metric_set(&rows[M_EVENTS_LOST], (double)v->drops.events_lost);
	metric_set(&rows[M_CONNECTIONS], v->drops.connections);
	metric_set(&rows[M_ROOM], v->drops.room);
}

const struct metric_table metrics_policy = { rows, ARRAY_SIZE(rows), collect };
