/* rib/policy_trace.h - which rule decides about a flow between two parties, and why. */
#ifndef RIB_POLICY_TRACE_H
#define RIB_POLICY_TRACE_H

#include "rib/policy.h"

/* One end of a flow. */
struct policy_party {
	uint32_t identity;   /* what the other side's programs take it for */
	struct bytes labels; /* canonical; p NULL: not known */
	bool endpoint;       /* its own policy has a say (labels are known) */
};

enum policy_why {
	POLICY_WHY_NOT_ASKED,    /* this party is no endpoint: no policy of its own */
	POLICY_WHY_OPEN,         /* no rule makes the direction default deny */
	POLICY_WHY_ALLOWED,      /* by `clause` */
	POLICY_WHY_DENIED,       /* by `clause` */
	POLICY_WHY_DEFAULT_DENY, /* by `rule`, and no clause allows it */
};

/* Which part of the clause fits the peer. */
enum policy_by {
	POLICY_BY_NONE,
	POLICY_BY_ANY, /* no peer part, or entity all */
	POLICY_BY_ENTITY,
	POLICY_BY_LABELS, /* selector number `which` */
	POLICY_BY_CIDR,   /* prefix number `which` */
};

struct policy_side {
	enum policy_why why;
	bool allowed;
	const struct policy_rule *rule;     /* of the clause or of the default deny */
	const struct policy_clause *clause; /* NULL without one */
	uint32_t number; /* of the clause in counters; 0 without one */
	enum policy_by by;
	uint32_t which;
};

struct policy_trace {
	struct policy_side egress;  /* the sender's */
	struct policy_side ingress; /* the receiver's */
	bool allowed;               /* both */
};

/**
 * policy_trace - what the policies of both ends say; replies need no second question
 * @flow: proto, port and no_port; identity is taken from the parties
 * @out:  borrows from the policy
 */
void policy_trace(const struct policy *p, const struct policy_party *from,
		  const struct policy_party *to, const struct policy_flow *flow,
		  struct policy_trace *out);

/** policy_why_text - "default deny" and so on. */
const char *policy_why_text(enum policy_why why);

/**
 * policy_flow_parse - "tcp/80", "udp/53", "sctp/9", "icmp/8", "icmpv6/128"
 * Return: 0; -EINVAL, nothing written. Writes proto and port only.
 */
int policy_flow_parse(const char *text, struct policy_flow *flow);

/** policy_flow_format - the same backwards into buf; Return: buf. */
const char *policy_flow_format(const struct policy_flow *flow, char buf[32]);

#endif
