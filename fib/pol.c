/*
 * Identities, workloads and their policies. The programs are not there yet: no workload
 * becomes ready, and its state says so.
 */
#include "fib/pol.h"

#include <errno.h>
#include <string.h>

#include "fib/run.h"
#include "fib/state.h"
#include "lib/chan.h"
#include "lib/util.h"

static const char not_yet[] = "policy in the data plane is not supported yet";

int pol_ident_set(struct fib *f UNUSED, const void *body UNUSED,
		  const char **why UNUSED)
{
	return 0;
}

int pol_ident_del(struct fib *f UNUSED, const void *body UNUSED,
		  const char **why UNUSED)
{
	return 0;
}

int pol_workload_set(struct fib *f, const void *body, const char **why UNUSED)
{
	const struct intent_workload *w = body;
	struct intent_workload_state s = { .err = -EOPNOTSUPP, .policy = w->policy };

	memcpy(s.ifname, w->ifname, sizeof(s.ifname));
	str_copy(s.why, sizeof(s.why), not_yet);
	if (f->chan)
		chan_put(f->chan, INTENT_WORKLOAD_STATE, 0, &s, sizeof(s));
	fib_turn_soon(f);
	return 0;
}

int pol_workload_del(struct fib *f UNUSED, const void *body UNUSED,
		     const char **why UNUSED)
{
	return 0;
}

int pol_policy_begin(struct fib *f UNUSED, const void *body UNUSED,
		     const char **why UNUSED)
{
	return 0;
}

int pol_verdict_set(struct fib *f UNUSED, const void *body UNUSED,
		    const char **why UNUSED)
{
	return 0;
}

int pol_verdict_del(struct fib *f UNUSED, const void *body UNUSED,
		    const char **why UNUSED)
{
	return 0;
}

int pol_policy_commit(struct fib *f, const void *body, const char **why UNUSED)
{
	const struct intent_policy *p = body;
	struct intent_policy_state s = { .err = -EOPNOTSUPP, .policy = p->policy };

	str_copy(s.why, sizeof(s.why), not_yet);
	if (f->chan)
		chan_put(f->chan, INTENT_POLICY_STATE, 0, &s, sizeof(s));
	fib_turn_soon(f);
	return 0;
}

int pol_policy_del(struct fib *f UNUSED, const void *body UNUSED,
		   const char **why UNUSED)
{
	return 0;
}

int pol_monitor(struct fib *f UNUSED, const void *body UNUSED, const char **why UNUSED)
{
	return 0;
}

int pol_group_set(struct fib *f UNUSED, const void *body UNUSED,
		  const char **why UNUSED)
{
	return 0;
}

int pol_group_del(struct fib *f UNUSED, const void *body UNUSED,
		  const char **why UNUSED)
{
	return 0;
}

int pol_overlay(struct fib *f UNUSED, const void *body UNUSED, const char **why UNUSED)
{
	return 0;
}
