/* The operations that only the shim has: start the stage, take the pty master, continue alone. */
#ifndef DRYDOCK_SHIM_CHILD_H
#define DRYDOCK_SHIM_CHILD_H
#include <signal.h>
#include <linux/sched.h>
#include "rpc-server.h"
#include "shim-log.h"
#include "shim-syslog.h"

static void child_side(int *in_pipe, int *out_pipe, int *err_pipe)
{
	if (in_pipe[0] >= 0)
		sys(SYS_dup3, in_pipe[0], 0, 0);
	if (out_pipe[1] >= 0) {
		sys(SYS_dup3, out_pipe[1], 1, 0);
		sys(SYS_dup3, err_pipe[1], 2, 0);
	}
	sys(SYS_dup3, STAGE_END, 3, 0);
	static char *argv[] = { "stage", NULL }, *envp[] = { NULL };
	sys(SYS_execveat, STAGE_EXE, "", argv, envp, AT_EMPTY_PATH);
	sys(SYS_exit_group, 127);
}

static long clone3_stage(long flags, long stdio, long cgroup)
{
	int in_pipe[2] = { -1, -1 }, out_pipe[2] = { -1, -1 }, err_pipe[2] = { -1, -1 };
	long pid;
	if (child)
		return -EBUSY;
	if (stdio & 2)
		sys(SYS_pipe2, in_pipe, O_CLOEXEC);
	if (stdio & 1) {
		sys(SYS_pipe2, out_pipe, O_CLOEXEC);
		sys(SYS_pipe2, err_pipe, O_CLOEXEC);
	}
	struct clone_args args = {
		.flags = (unsigned long)flags | (cgroup >= 0 ? CLONE_INTO_CGROUP : 0),
		.exit_signal = SIGCHLD,
		.cgroup = cgroup >= 0 ? cgroup : 0,
	};
	pid = sys(SYS_clone3, &args, sizeof args);
	if (pid == 0)
		child_side(in_pipe, out_pipe, err_pipe);
	close_fd(&in_pipe[0]);
	close_fd(&out_pipe[1]);
	close_fd(&err_pipe[1]);
	if (pid < 0) {
		close_fd(&in_pipe[1]);
		close_fd(&out_pipe[0]);
		close_fd(&err_pipe[0]);
		return pid;
	}
	in_fd = in_pipe[1], out_fd = out_pipe[0], err_fd = err_pipe[0];
	for (int *fd = (int[]){ in_fd, out_fd, err_fd, -2 }; *fd != -2; fd++)
		if (*fd >= 0)
			set_nonblocking(*fd);
	sys(SYS_close, STAGE_END);
	sys(SYS_close, STAGE_EXE);
	return child = pid;
}

/* Copies the pty's master, which the stage opened inside the container's devpts, to MASTER: pidfd_getfd(2). */
static long take_master(long pid, long fd)
{
	long pidfd = sys(SYS_pidfd_open, pid, 0);
	if (pidfd < 0)
		return pidfd;
	long got = sys(SYS_pidfd_getfd, pidfd, fd, 0);
	sys(SYS_close, pidfd);
	if (got < 0)
		return got;
	if (got != MASTER) {
		sys(SYS_dup3, got, MASTER, O_CLOEXEC);
		sys(SYS_close, got);
	}
	tty = 1;
	child = pid;
	in_fd = out_fd = MASTER;
	return set_nonblocking(MASTER);
}

static long special(int op, long a[6])
{
	switch (op) {
	case OP_clone3_stage:
		return clone3_stage(a[0], a[1], a[2]);
	case OP_take_master:
		return take_master(a[0], a[1]);
	case OP_log_syslog:
		return log_syslog((const char *)a[0], a[1]);
	case OP_watch_child:
		child_reaped = 0;
		return child = a[0];
	case OP_release:
		return released = 1;
	}
	return -ENOSYS;
}
#endif
