/* fib/fib.h - the privileged process: intents in, kernel state out. */
#ifndef FIB_FIB_H
#define FIB_FIB_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Everything is borrowed and outlives fib_run(). Zeros mean the defaults. */
struct fib_opts {
	uint32_t vni_min, vni_max; /* --fib-allow-vni A-B; 0, 0: any */
	const char *allow_dev;     /* --fib-allow-dev GLOB; NULL: any */
	unsigned sweep_s;    /* sweep so long after a SYNC_END without its flag; 360 */
	unsigned audit_s;    /* seconds between comparisons with a dump; 60 */
	int rcvbuf;          /* bytes asked for the kernel's events; 16 MiB */
	unsigned stop_s;     /* how long the engine may take to leave; 10 */
	const char *bpf_dir; /* pinned maps and links; /sys/fs/bpf/selvage */
	uint32_t bpf_map_size; /* first size of the map of mappings; by memory */
	uint32_t bpf_map_max;  /* its last size; 2^24 */
	bool no_tcx;           /* attach as on kernels that have none */

	/**
	 * spawn - start an engine
	 * @chan_fd: out: our end of the channel, owned by fib
	 *
	 * Return: its pid; 0 when it is not our child (tests); or -errno.
	 */
	pid_t (*spawn)(void *arg, int *chan_fd);

	/** kill - send a signal to the engine; Return: 0 or -errno. */
	int (*kill)(void *arg, pid_t pid, int signo);

	void *arg; /* of both */
};

/**
 * fib_run - keep the kernel equal to what the engine wants, until it leaves
 *
 * Starts the engine again when it dies; relays HUP, USR1, USR2, TERM, INT to it.
 * Return: exit status for the process.
 */
int fib_run(const struct fib_opts *o);

#endif
