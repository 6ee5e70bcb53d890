/*
 * The stage: the first process inside a container's namespaces.
 *
 * It makes no decisions. It makes one operation at a time for the daemon, until the
 * last one, execve(2), turns it into the user's program. While no operation comes, the
 * container does not change, and everything about it can be read from /proc:
 * this is how a run is paused.
 */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <linux/sched.h>
#include "rpc-server.h"

static int left_to_sibling;

static long clone_sibling(void)
{
	/*
	 * CLONE_PARENT: the child's parent is the shim, which reaps it; clone(2). A child is needed because after setns(2)
	 * into a pid namespace only new children are in it. clone(2), not clone3(2), because a seccomp filter may be
	 * active already, and Docker's filter allows only clone(2).
	 */
	long pid = sys6(SYS_clone, CLONE_PARENT, 0, 0, 0, 0, 0);
	if (pid == 0) {
		sys(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
		silent = 1; /* the caller replies, with the child's pid as the caller sees it */
	}
	left_to_sibling = pid > 0;
	return pid;
}

/* Pages of a static array take memory only once they are written, and writing to them needs no system call. */
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
 * Returns an fsopen(2) context of a proc file system, or -errno. A procfs shows the pid namespace of the process that
 * called fsopen(2), and after setns(2) only children are in the new pid namespace: so a child calls it. The container
 * can see that child, and a process with CAP_SYS_PTRACE can control it. So the child has no rights: it is created in
 * a user namespace of its own, its root directory is the container's already, and it does nothing but fsopen(2).
 * The stage takes the context with pidfd_getfd(2) and makes the file system with its own rights.
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
	/* Ignored signals and open descriptors would survive execve(2). */
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
	/* no process inside may ptrace(2) the stage or open its /proc files: CVE-2016-9962 */
	sys(SYS_prctl, PR_SET_DUMPABLE, 0);
	sys(SYS_prctl, PR_SET_NAME, "drydock-stage");
	sys(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
}

/* how often to try before sleeping; together about a tenth of a millisecond */
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
