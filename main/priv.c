/*
 * Who may do what. fib keeps what netlink and bpf() need, and, not effective, what
 * it takes to start and signal the engine. The engine keeps nothing.
 */
#include "main/priv.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lib/util.h"

static const unsigned kept[] = { CAP_NET_ADMIN, CAP_BPF, CAP_PERFMON };
static const unsigned to_start[] = { CAP_SETUID, CAP_SETGID };

int priv_user_find(const char *name, struct priv_user *out)
{
	const struct passwd *p = getpwnam(name);

	if (!p)
		return -ENOENT;
	if (p->pw_uid == 0)
		return -EPERM;
	*out = (struct priv_user) { .uid = p->pw_uid, .gid = p->pw_gid };
	return 0;
}

static void add(capng_type_t sets, const unsigned *caps, size_t n, const bool *have)
{
	for (size_t i = 0; i < n; i++)
		if (have[i])
			capng_update(CAPNG_ADD, sets, caps[i]);
}

static void have_now(const unsigned *caps, size_t n, bool *have)
{
	for (size_t i = 0; i < n; i++)
		have[i] = capng_have_capability(CAPNG_PERMITTED, caps[i]) == 1;
}

int priv_fib(void)
{
	const unsigned moment[] = { CAP_SETUID, CAP_SETGID, CAP_KILL };
	bool have_kept[ARRAY_SIZE(kept)], have_moment[ARRAY_SIZE(moment)];

	capng_get_caps_process();
	have_now(kept, ARRAY_SIZE(kept), have_kept);
	have_now(moment, ARRAY_SIZE(moment), have_moment);
	if (!have_kept[0])
		return -EPERM;
	/* The bounding set first: dropping from it needs SETPCAP. Engines inherit it.
	 */
	capng_clear(CAPNG_SELECT_BOUNDS);
	if (capng_apply(CAPNG_SELECT_BOUNDS))
		return -EPERM;
	capng_clear(CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT);
	add(CAPNG_EFFECTIVE | CAPNG_PERMITTED, kept, ARRAY_SIZE(kept), have_kept);
	add(CAPNG_PERMITTED, moment, ARRAY_SIZE(moment), have_moment);
	return capng_apply(CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT) ? -EPERM : 0;
}

static int effective(const unsigned *caps, size_t n, int on)
{
	capng_get_caps_process();
	for (size_t i = 0; i < n; i++)
		capng_update(on ? CAPNG_ADD : CAPNG_DROP, CAPNG_EFFECTIVE, caps[i]);
	return capng_apply(CAPNG_SELECT_CAPS) ? -EPERM : 0;
}

int priv_raise(int on)
{
	return effective(to_start, ARRAY_SIZE(to_start), on);
}

int priv_kill(pid_t pid, int signo)
{
	const unsigned cap = CAP_KILL;
	int err;

	effective(&cap, 1, 1);
	err = kill(pid, signo) ? -errno : 0;
	effective(&cap, 1, 0);
	return err;
}

int priv_engine(const struct priv_user *u)
{
	if (setgroups(0, NULL) || setresgid(u->gid, u->gid, u->gid) ||
	    setresuid(u->uid, u->uid, u->uid))
		return -errno;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	capng_clear(CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT);
	return capng_apply(CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT) ? -EPERM : 0;
}
