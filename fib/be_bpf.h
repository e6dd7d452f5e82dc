/* fib/be_bpf.h - SIR domains translated by our own programs (bpf/ila.bpf.c). */
#ifndef FIB_BE_BPF_H
#define FIB_BE_BPF_H

#include <stdint.h>

struct fib;
struct ila_backend;

extern const struct ila_backend be_bpf;

/** be_bpf_retry - what was refused is due again. Return: when it will be, on
 * clock_ms(); INT64_MAX: nothing was refused. */
int64_t be_bpf_retry(struct fib *f, int64_t now);

/** be_bpf_counters - tell the engine what the programs have counted, when it is time.
 * Return: when it will be time again, on clock_ms(); INT64_MAX: never. */
int64_t be_bpf_counters(struct fib *f);

/** be_bpf_retell - a new engine: it knows none of them. */
void be_bpf_retell(struct fib *f);

#endif
