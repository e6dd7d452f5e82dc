/* fib/check.h - what the fields of the engine's records may be. */
#ifndef FIB_CHECK_H
#define FIB_CHECK_H

#include <stdint.h>

struct fib_opts;

/*
 * Each looks at the body of one kind of record, and at the limits of the command line.
 * _key: of a delete, which names its object only.
 * Return: 0; -EINVAL: a field is impossible; -EPERM: outside the limits; -EOPNOTSUPP;
 * then the reason, static text, in *why.
 */
typedef int check_record(const struct fib_opts *o, const void *body, const char **why);

check_record check_l2dom, check_mac, check_mac_key, check_neigh, check_neigh_key,
	check_flood, check_endpoint, check_endpoint_key;
check_record check_ila_domain, check_ila_domain_key, check_ila_map, check_ila_multi,
	check_ila_endpoint;

check_record check_ident, check_ident_key, check_workload, check_workload_key,
	check_policy, check_verdict, check_group, check_group_key, check_policy_opt;

/** check_ila_key - bodies that begin with a SIR address. */
check_record check_ila_key;

/** check_vni - is it a VNI, and allowed? */
int check_vni(const struct fib_opts *o, uint32_t vni, const char **why);

#endif
