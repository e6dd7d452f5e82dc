/* fib/pol.h - identities, workloads and their policies. */
#ifndef FIB_POL_H
#define FIB_POL_H

struct fib;

/*
 * Records, with fields that fib/check.h found possible. Return: 0; or -errno when they
 * contradict what was said before, with static text in *why.
 */
int pol_ident_set(struct fib *f, const void *body, const char **why);
int pol_ident_del(struct fib *f, const void *body, const char **why);
int pol_group_set(struct fib *f, const void *body, const char **why);
int pol_group_del(struct fib *f, const void *body, const char **why);
int pol_overlay(struct fib *f, const void *body, const char **why);
int pol_workload_set(struct fib *f, const void *body, const char **why);
int pol_workload_del(struct fib *f, const void *body, const char **why);
int pol_policy_begin(struct fib *f, const void *body, const char **why);
int pol_verdict_set(struct fib *f, const void *body, const char **why);
int pol_verdict_del(struct fib *f, const void *body, const char **why);
int pol_policy_commit(struct fib *f, const void *body, const char **why);
int pol_policy_del(struct fib *f, const void *body, const char **why);
int pol_monitor(struct fib *f, const void *body, const char **why);

#endif
