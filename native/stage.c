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
#include <sys/wait.h>
#include <linux/sched.h>
#include "rpc-server.h"

static int left_to_sibling;

static long clone_sibling(void)
{
	/* CLONE_PARENT: the child's parent is the shim, which reaps it; clone(2).
	 * After setns(2) into a pid namespace only children live in it. */
	/*
	 * clone(2), not clone3(2): a system call filter may be there already, and Docker's lets only the first through
	 */
	long pid = sys6(SYS_clone, CLONE_PARENT, 0, 0, 0, 0, 0);
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

/*
 * A procfs shows the pid namespace of whoever calls fsopen(2) for it, and after setns(2) only a child is in another's.
 * There it
 * is seen, and one with CAP_SYS_PTRACE may do with it as it likes: so it has nothing. It is born into a user namespace
 * of its
 * own, the container's root is its root already, and all that it does is to open the context, from which the stage,
 * with its
 * rights, makes the file system: pidfd_getfd(2).
 */
static long children_procfs(void)
{
	int ready[2], pidfd = -1;
	struct clone_args args = { .flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_PIDFD,
		                   .pidfd = (uintptr_t)&pidfd,
		                   .exit_signal = SIGCHLD };
	long fd = -EIO, ret = sys(SYS_pipe2, ready, O_CLOEXEC), pid;
	if (ret < 0)
		return ret;
	pid = sys(SYS_clone3, &args, sizeof args);
	if (pid == 0) {
		sys(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
		fd = sys(SYS_fsopen, "proc", 1);
		sys(SYS_write, ready[1], &fd, sizeof fd);
		for (;;)
			sys(SYS_ppoll, NULL, 0, NULL, NULL, 0);
	}
	sys(SYS_close, ready[1]);
	ret = pid;
	if (pid > 0) {
		if (sys(SYS_read, ready[0], &fd, sizeof fd) != sizeof fd)
			fd = -EIO;
		ret = fd < 0 ? fd : sys(SYS_pidfd_getfd, pidfd, fd, 0);
		sys(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
		sys(SYS_wait4, pid, NULL, __WALL, 0);
		sys(SYS_close, pidfd);
	}
	sys(SYS_close, ready[0]);
	return ret;
}

static long special(int op, long a[6])
{
	switch (op) {
	case OP_clone_sibling:
		return clone_sibling();
	case OP_children_procfs:
		return children_procfs();
	case OP_store:
		return store(a[0], (char *)a[1], a[2]);
	}
	return -ENOSYS;
}

static void reset_inherited(void)
{
	/* Ignored signals survive execve(2), and so would stray descriptors. */
	struct {
		void *handler;
		unsigned long flags, restorer, mask;
	} dfl = { 0 };
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
