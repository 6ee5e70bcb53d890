/*
 * The process of `docker run --init`: pid 1, which reaps orphans and forwards signals.
 *
 * The kernel gives pid 1 no default signal actions and makes it the parent of
 * every orphan: pid_namespaces(7). This program starts the user's program as its child, sends
 * each signal on to the child's process group, reaps all children, and exits with the child's
 * status (128 + the signal's number if a signal ended it).
 */
#include <signal.h>
#include <sys/ioctl.h>
#include "reap.h"

static const unsigned long all = ~0ul, none = 0;

/* execve(2) takes a path, not a name. The daemon has looked argv[1] up in PATH before. */
static void start(char **argv, char **envp)
{
	sys(SYS_setpgid, 0, 0);
	sys(SYS_ioctl, 0, TIOCSPGRP, &(int){ (int)sys(SYS_getpid) });
	sys(SYS_rt_sigprocmask, SIG_SETMASK, &none, 0, 8);
	long err = sys(SYS_execve, argv[0], argv, envp);
	sys(SYS_exit_group, err == -EACCES || err == -ENOEXEC ? 126 : 127);
}

__attribute__((noreturn, used)) void init_main(long *stack)
{
	long argc = stack[0];
	char **argv = (char **)(stack + 1), **envp = argv + argc + 1;
	int status = 0, info[32];
	if (argc < 2)
		sys(SYS_exit_group, 2);
	/* Block all signals; the loop below takes them. SIGTTOU, for writing to the terminal from the background,
	 * must not stop pid 1. */
	sys(SYS_rt_sigprocmask, SIG_SETMASK, &all, 0, 8);
	/* clone(2), because the container's seccomp filter answers clone3(2) with ENOSYS: its flags are in memory. */
	long child = sys(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (child < 0)
		sys(SYS_exit_group, 125);
	if (child == 0) {
		char *second = argv[1]; /* skip the "--" of `docker-init -- program` */
		start(argv + (second[0] == '-' && second[1] == '-' && !second[2] && argc > 2 ? 2 : 1), envp);
	}
	for (;;) {
		long sig = sys(SYS_rt_sigtimedwait, &all, info, 0, 8);
		if (sig == SIGCHLD) {
			if (reap_children(child, &status))
				break;
		} else if (sig > 0) {
			sys(SYS_kill, -child, sig);
		}
	}
	sys(SYS_exit_group, status & 0x7f ? 128 + (status & 0x7f) : (status >> 8) & 0xff);
	__builtin_unreachable();
}
ENTRY(init_main);
