/*
 * The shim: parent of one container process. It outlives the daemon.
 *
 *                     3 control (operations, until released)
 *   daemon ---------- 6 listening socket: the tap ----------+
 *                                                           |
 *   process  stdout, stderr or pty master  --> log (7) --> tap frames
 *            stdin pipe or pty master      <-- tap frames
 *            exit                          --> file "exit" in directory 8, tap frame
 *
 * Descriptors at the start: 3 control, 4 the stage's end of its socket, 5 the
 * stage's sealed memfd, 6 listening stream socket, 7 log, 8 run directory, and
 * 9 the directory of the log if the log has limits (shim-log.h).
 */
#include <signal.h>
#include <poll.h>
#include <time.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include "reap.h"
#include "shim-child.h"
#include "shim-streams.h"

/* For how long output is awaited after the process has ended: without any, and at most. */
enum { QUIET_MS = 100, LATEST_MS = 1000 };
static uint64_t reaped_at;

static uint64_t now_ms(void)
{
	struct timespec now;
	sys(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

static int bytes_in(int fd)
{
	int count = 0;
	return fd >= 0 && sys(SYS_ioctl, fd, FIONREAD, &count) >= 0 ? count : 0;
}

static void reap(void)
{
	struct signalfd_siginfo info;
	while (sys(SYS_read, SIGNALS, &info, sizeof info) > 0)
		;
	if (!reap_children(child, &child_status))
		return;
	child_reaped = 1;
	reaped_at = now_ms();
	out_due = bytes_in(out_fd);
	err_due = bytes_in(err_fd);
}

/* Writes "<wait status> <nanoseconds since 1970>\n" to the file "exit". It appears whole, because it is renamed. */
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

/* A child of the process may hold its output open, and write for ever. What the process itself wrote comes first. */
static int output_finished(int idle)
{
	if (tap_len)
		return 0;
	if ((out_fd < 0 && err_fd < 0) || idle)
		return 1;
	int all = (out_fd < 0 || out_due <= 0) && (err_fd < 0 || err_due <= 0);
	return all && now_ms() - reaped_at >= LATEST_MS;
}

/*
 * Sends FIN and discards input until the daemon's FIN. If the shim closed the tap at once, the daemon's next write
 * (stdin, or the end of stdin) would fail with EPIPE, and Node destroys a socket on which a write has failed together
 * with the output that was not read yet. The daemon's FIN comes when it has read everything, or when it dies.
 */
static void linger(void)
{
	sys(SYS_shutdown, tap, SHUT_WR);
	while (tap >= 0 && sys(SYS_read, tap, to_stdin, CHUNK) > 0)
		;
}

__attribute__((noreturn)) static void finish(void)
{
	finish_syslog();
	write_exit_file();
	if (tap >= 0) {
		unsigned char *payload = to_tap + HEADER;
		copy_bytes(payload, &child_status, 4);
		sys(SYS_fcntl, tap, F_SETFL, 0);
		frame_tap(EXITED, payload, 4);
		linger();
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
	for (int i = CONTROL; i <= LOG_DIR; i++)
		sys(SYS_fcntl, i, F_SETFD, FD_CLOEXEC);
}

static void turn(void)
{
	struct timespec quiet = { 0, QUIET_MS * 1000 * 1000 };
	int readable = tap_len ? 0 : POLLIN;
	struct pollfd p[] = {
		{ control, POLLIN, 0 },
		{ SIGNALS, POLLIN, 0 },
		{ LISTEN, POLLIN, 0 },
		{ tap, (stdin_len ? 0 : POLLIN) | (tap_len ? POLLOUT : 0), 0 },
		{ !readable   ? -1
		  : hung >= 0 ? hung
		              : out_fd,
		  POLLIN, 0 },
		{ readable ? err_fd : -1, POLLIN, 0 },
		{ stdin_len && hung < 0 ? in_fd : -1, POLLOUT, 0 },
	};
	long n = sys(SYS_ppoll, p, 7, child_reaped ? &quiet : NULL, 0, 8);
	if (p[1].revents)
		reap();
	if (child_reaped) /* no process can open the pty again: read the rest until EIO */
		close_fd(&hung);
	if (p[2].revents)
		accept_tap();
	if (p[3].revents & POLLOUT)
		flush_tap();
	if (p[3].revents & ~POLLOUT)
		read_tap();
	if (p[4].revents) {
		take_change();
		pump_output(&out_fd, STDOUT);
	}
	if (p[5].revents)
		pump_output(&err_fd, STDERR);
	if (p[6].revents)
		flush_stdin();
	if (p[0].revents && serve_one(control, 0) < 0) {
		close_fd(&control);
		if (!released) { /* the daemon died before the container was complete: kill the process and exit */
			if (child)
				sys(SYS_kill, child, SIGKILL);
			sys(SYS_exit_group, 1);
		}
	}
	if (released && child_reaped && output_finished(n == 0))
		finish();
}

static long number(const char *text)
{
	long value = 0;
	while (*text >= '0' && *text <= '9')
		value = value * 10 + (*text++ - '0');
	return value;
}

/* argv: "drydock-shim", the container's id, and if the log has limits its bytes and number of files (limit_log). */
__attribute__((noreturn, used)) void shim_main(long *stack)
{
	char **argv = (char **)(stack + 1);
	if (stack[0] == 4)
		limit_log(number(argv[2]), number(argv[3]));
	block_signals();
	sys(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1);
	sys(SYS_prctl, PR_SET_NAME, "drydock-shim");
	for (;;)
		turn();
}
ENTRY(shim_main);
