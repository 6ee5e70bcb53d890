/*
 * The shim: parent of one container process, and all that must outlive the daemon.
 *
 *                     3 control (operations, until released)
 *   daemon ---------- 6 listening socket: the tap ----------+
 *                                                           |
 *   process  stdout, stderr or pty master  --> log (7) --> tap frames
 *            stdin pipe or pty master      <-- tap frames
 *            exit                          --> file "exit" in directory 8, tap frame
 *
 * Descriptors given at start: 3 control, 4 the stage's end of its socket, 5 the
 * stage's sealed memfd, 6 listening stream socket, 7 log, 8 container directory.
 *
 * A log record is {u8 stream, u8 0[3], u32 length, u64 nanoseconds since 1970} in
 * little-endian order, then the bytes. A tap frame is {u8 type, u8 0[3], u32 length
 * big-endian} and the bytes: the header of Docker's multiplexed streams.
 */
#include <signal.h>
#include <poll.h>
#include <time.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <linux/sched.h>
#include "serve.h"

enum { CONTROL = 3, STAGE_END, STAGE_EXE, LISTEN, LOG, DIRECTORY, MASTER = 10, SIGNALS };
enum frame_type { TO_STDIN = 0, STDOUT = 1, STDERR = 2, EXITED = 3, SUBSCRIBE = 4, CLOSE_STDIN = 5 };
enum { CHUNK = 32 * 1024, HEADER = 8, LOG_HEADER = 16 };

static int control = CONTROL, tap = -1, subscribed, released;
static int child, child_status, child_reaped;
static int in_fd = -1, out_fd = -1, err_fd = -1, tty;

/* what waits for the tap, and what waits for stdin: while either waits, its source is not read */
static unsigned char to_tap[LOG_HEADER + CHUNK], to_stdin[CHUNK];
static int tap_from, tap_len, stdin_from, stdin_len, close_stdin_after;
static unsigned char tap_head[HEADER];
static int tap_head_len;
static uint32_t tap_body;

static void close_fd(int *fd)
{
	if (*fd >= 0)
		sys(SYS_close, *fd);
	*fd = -1;
}

static void drop_tap(void)
{
	close_fd(&tap);
	subscribed = tap_len = tap_head_len = tap_body = 0;
}

static int set_nonblocking(int fd)
{
	return sys(SYS_fcntl, fd, F_SETFL, sys(SYS_fcntl, fd, F_GETFL) | O_NONBLOCK);
}

/* ---- operations on request ---- */

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

/* The pty's master, opened by the stage inside the container's devpts: pidfd_getfd(2). */
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
	case OP_watch_child:
		child_reaped = 0;
		return child = a[0];
	case OP_release:
		return released = 1;
	}
	return -ENOSYS;
}

/* ---- output: process → log → tap ---- */

static void write_log(int stream, unsigned char *record, int len)
{
	struct timespec now;
	uint64_t *when = (uint64_t *)(record + 8);
	uint32_t *size = (uint32_t *)(record + 4);
	sys(SYS_clock_gettime, CLOCK_REALTIME, &now);
	zero_bytes(record, LOG_HEADER);
	record[0] = stream;
	*size = len;
	*when = now.tv_sec * 1000000000ull + now.tv_nsec;
	/* O_APPEND: one write, one record; on a full disk the record is lost, the process goes on */
	sys(SYS_write, LOG, record, LOG_HEADER + len);
}

static void flush_tap(void)
{
	while (tap >= 0 && tap_len) {
		long n = sys(SYS_sendto, tap, to_tap + tap_from, tap_len, MSG_NOSIGNAL | MSG_DONTWAIT, 0, 0);
		if (n == -EAGAIN)
			return;
		if (n <= 0) {
			drop_tap();
			return;
		}
		tap_from += n;
		tap_len -= n;
	}
}

/* The 8 bytes before the payload are free once the log has its 16-byte header. */
static void frame_tap(int type, unsigned char *payload, uint32_t len)
{
	unsigned char *h = payload - HEADER;
	zero_bytes(h, HEADER);
	h[0] = type;
	h[4] = len >> 24, h[5] = len >> 16, h[6] = len >> 8, h[7] = len;
	tap_from = h - to_tap;
	tap_len = HEADER + len;
	flush_tap();
}

/* 1 if something was read, 0 if nothing is there now; closes at the end of the stream. */
static int pump_output(int *fd, int stream)
{
	if (*fd < 0 || tap_len)
		return 0;
	unsigned char *payload = to_tap + LOG_HEADER;
	long n = sys(SYS_read, *fd, payload, CHUNK);
	if (n == -EAGAIN || n == -EINTR)
		return 0;
	if (n <= 0) { /* a pty whose last slave is closed says EIO */
		if (*fd == in_fd)
			in_fd = -1;
		close_fd(fd);
		return 0;
	}
	write_log(stream, to_tap, n);
	if (subscribed)
		frame_tap(stream, payload, n);
	return 1;
}

/* ---- input: tap → process ---- */

static void flush_stdin(void)
{
	while (in_fd >= 0 && stdin_len) {
		long n = sys(SYS_write, in_fd, to_stdin + stdin_from, stdin_len);
		if (n == -EAGAIN)
			return;
		if (n <= 0)
			break;
		stdin_from += n;
		stdin_len -= n;
	}
	stdin_len = 0; /* nobody reads it any more */
	if (close_stdin_after && !tty)
		close_fd(&in_fd);
}

static void read_tap(void)
{
	if (!tap_body) {
		long n = sys(SYS_read, tap, tap_head + tap_head_len, HEADER - tap_head_len);
		if (n <= 0 && n != -EAGAIN)
			drop_tap();
		if (n <= 0 || (tap_head_len += n) < HEADER)
			return;
		tap_head_len = 0;
		tap_body = (uint32_t)tap_head[4] << 24 | tap_head[5] << 16 | tap_head[6] << 8 | tap_head[7];
		if (tap_head[0] == SUBSCRIBE)
			subscribed = 1;
		if (tap_head[0] == CLOSE_STDIN) {
			close_stdin_after = 1;
			flush_stdin();
		}
		return;
	}
	long n = sys(SYS_read, tap, to_stdin, tap_body < CHUNK ? tap_body : CHUNK);
	if (n <= 0) {
		if (n != -EAGAIN)
			drop_tap();
		return;
	}
	tap_body -= n;
	stdin_from = 0;
	stdin_len = n;
	flush_stdin();
}

static void accept_tap(void)
{
	long fd = sys(SYS_accept4, LISTEN, 0, 0, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	drop_tap(); /* the newest daemon is the right one */
	tap = fd;
}

/* ---- the end ---- */

static void reap(void)
{
	struct signalfd_siginfo info;
	int status;
	long pid;
	while (sys(SYS_read, SIGNALS, &info, sizeof info) > 0)
		;
	while ((pid = sys(SYS_wait4, -1, &status, WNOHANG, 0)) > 0)
		if (pid == child) {
			child_status = status;
			child_reaped = 1;
		}
}

static char *decimal(char *p, uint64_t v)
{
	char digits[20];
	int n = 0;
	do
		digits[n++] = '0' + v % 10;
	while (v /= 10);
	while (n)
		*p++ = digits[--n];
	return p;
}

/* "exit" appears whole or not at all: written beside it, then renamed. */
static void write_exit_file(void)
{
	struct timespec now;
	char text[64], *p = text;
	sys(SYS_clock_gettime, CLOCK_REALTIME, &now);
	p = decimal(p, child_status);
	*p++ = ' ';
	p = decimal(p, now.tv_sec * 1000000000ull + now.tv_nsec);
	*p++ = '\n';
	long fd = sys(SYS_openat, DIRECTORY, "exit.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	sys(SYS_write, fd, text, p - text);
	sys(SYS_close, fd);
	sys(SYS_renameat2, DIRECTORY, "exit.new", DIRECTORY, "exit", 0);
}

static int output_finished(int idle)
{
	if (tap_len)
		return 0;
	return (out_fd < 0 && err_fd < 0) || idle;
}

__attribute__((noreturn)) static void finish(void)
{
	write_exit_file();
	if (tap >= 0) {
		unsigned char *payload = to_tap + LOG_HEADER;
		copy_bytes(payload, &child_status, 4);
		sys(SYS_fcntl, tap, F_SETFL, 0);
		frame_tap(EXITED, payload, 4);
	}
	sys(SYS_exit_group, 0);
	__builtin_unreachable();
}

static void block_signals(void)
{
	unsigned long all = ~0ul;
	sys(SYS_rt_sigprocmask, SIG_SETMASK, &all, 0, 8);
	long fd = sys(SYS_signalfd4, -1, &(unsigned long){ 1ul << (SIGCHLD - 1) }, 8, SFD_CLOEXEC | SFD_NONBLOCK);
	sys(SYS_dup3, fd, SIGNALS, O_CLOEXEC);
	sys(SYS_close, fd);
	for (int i = CONTROL; i <= DIRECTORY; i++)
		sys(SYS_fcntl, i, F_SETFD, FD_CLOEXEC);
}

static void turn(void)
{
	/* A process that left children holding its output is over when nothing has come for 100 ms. */
	struct timespec quiet = { 0, 100 * 1000 * 1000 };
	int readable = tap_len ? 0 : POLLIN;
	struct pollfd p[] = {
		{ control, POLLIN, 0 },
		{ SIGNALS, POLLIN, 0 },
		{ LISTEN, POLLIN, 0 },
		{ tap, (stdin_len ? 0 : POLLIN) | (tap_len ? POLLOUT : 0), 0 },
		{ readable ? out_fd : -1, POLLIN, 0 },
		{ readable ? err_fd : -1, POLLIN, 0 },
		{ stdin_len ? in_fd : -1, POLLOUT, 0 },
	};
	long n = sys(SYS_ppoll, p, 7, child_reaped ? &quiet : NULL, 0, 8);
	if (p[1].revents)
		reap();
	if (p[2].revents)
		accept_tap();
	if (p[3].revents & POLLOUT)
		flush_tap();
	if (p[3].revents & ~POLLOUT)
		read_tap();
	if (p[4].revents)
		pump_output(&out_fd, STDOUT);
	if (p[5].revents)
		pump_output(&err_fd, STDERR);
	if (p[6].revents)
		flush_stdin();
	if (p[0].revents && serve_one(control, 0) < 0) {
		close_fd(&control);
		if (!released) { /* the daemon died in the middle: so does the half container */
			if (child)
				sys(SYS_kill, child, SIGKILL);
			sys(SYS_exit_group, 1);
		}
	}
	if (released && child_reaped && output_finished(n == 0))
		finish();
}

__attribute__((noreturn, used)) void shim_main(void)
{
	block_signals();
	sys(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1);
	sys(SYS_prctl, PR_SET_NAME, "drydock-shim");
	for (;;)
		turn();
}
ENTRY(shim_main);
