/* main/priv.h - users and capabilities of the two processes. */
#ifndef MAIN_PRIV_H
#define MAIN_PRIV_H

#include <sys/types.h>

struct priv_user {
	uid_t uid;
	gid_t gid;
};

/** priv_user_find - an account by name; Return: 0, -ENOENT, -EPERM for root, which
 * would own what fib pins. */
int priv_user_find(const char *name, struct priv_user *out);

/**
 * priv_fib - be the fib process: uid 0, effective NET_ADMIN, BPF, PERFMON; permitted
 * also SETUID, SETGID, KILL; the rest, and the bounding set, empty
 *
 * Capabilities that the kernel or the container does not have are left out, but
 * NET_ADMIN must be there. Return: 0 or -EPERM.
 */
int priv_fib(void);

/** priv_engine - be the engine (a forked child of fib): another user, no capability,
 * no way to get one. Return: 0 or -errno; then the child must not go on. */
int priv_engine(const struct priv_user *u);

/** priv_raise - SETUID and SETGID (to start an engine) into the effective set, or
 * back; priv_kill() does the same with KILL. Return: 0 or -errno. */
int priv_raise(int on);
int priv_kill(pid_t pid, int signo);

#endif
