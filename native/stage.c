/*
 * The stage: the first process inside a container's namespaces.
 *
 * It decides nothing. It does one operation at a time for the daemon, until the
 * last one, execve(2), makes it the user's program. While no operation comes, the
 * container stands still at that very point and everything about it can be read
 * from /proc: that is how a run is paused.
 */
#include <signal.h>
#include <sys/prctl.h>
#include <linux/sched.h>
#include "serve.h"

static int left_to_sibling;

static long clone_sibling(void)
{
	/* CLONE_PARENT: the child's parent is the shim, which reaps it; clone(2).
	 * After setns(2) into a pid namespace only children live in it. */
	struct clone_args args = { .flags = CLONE_PARENT, .exit_signal = 0 };
	long pid = sys(SYS_clone3, &args, sizeof args);
	if (pid == 0) {
		sys(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
		silent = 1; /* the caller answers, with our pid as it sees it */
	}
	left_to_sibling = pid > 0;
	return pid;
}

/* Of a static array only the pages that are written to take memory, and writing to them is no system call. */
static char stored_bytes[STORED_MAX + 1] __attribute__((aligned(16)));

static long store(long place, const char *bytes, size_t size)
{
	if (place < 0 || place > STORED_MAX || size > (size_t)(STORED_MAX - place))
		return -E2BIG;
	copy_bytes(stored_bytes + place, bytes, size);
	stored_size = place + size;
	stored_bytes[stored_size] = 0;
	return size;
}

static long special(int op, long a[6])
{
	switch (op) {
	case OP_clone_sibling:
		return clone_sibling();
	case OP_store:
		return store(a[0], (char *)a[1], a[2]);
	}
	return -ENOSYS;
}

static void reset_inherited(void)
{
	/* Ignored signals survive execve(2), and so would stray descriptors. */
	struct { void *handler; unsigned long flags, restorer, mask; } dfl = { 0 };
	unsigned long none = 0;
	for (int sig = 1; sig <= 64; sig++)
		sys(SYS_rt_sigaction, sig, &dfl, 0, 8);
	sys(SYS_rt_sigprocmask, SIG_SETMASK, &none, 0, 8);
	sys(SYS_close_range, 4, ~0U, 0);
	sys(SYS_fcntl, 3, F_SETFD, FD_CLOEXEC);
	/* nobody inside may ptrace(2) us or open our /proc files: CVE-2016-9962 */
	sys(SYS_prctl, PR_SET_DUMPABLE, 0);
	sys(SYS_prctl, PR_SET_NAME, "drydock-stage");
	sys(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
}

/* about a tenth of a millisecond */
enum { LOOKS = 400 };

__attribute__((noreturn, used)) void stage_main(void)
{
	stored = stored_bytes;
	reset_inherited();
	for (;;) {
		if (serve_one(3, LOOKS) < 0)
			break;
		if (left_to_sibling)
			break;
	}
	sys(SYS_exit_group, 0);
	__builtin_unreachable();
}
ENTRY(stage_main);
