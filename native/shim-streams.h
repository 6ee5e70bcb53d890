/* Moves bytes from the process to log and tap, and from the tap to the process. While one end is full, the other is
 * not read. */
#ifndef DRYDOCK_SHIM_STREAMS_H
#define DRYDOCK_SHIM_STREAMS_H
#include <sys/epoll.h>
#include <sys/socket.h>
#include "shim-log.h"
#include "shim-syslog.h"

/* ---- output: process → log → tap ---- */

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

/* Sends a frame to the tap. The caller keeps the 8 bytes before `payload` free for the header. */
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

/*
 * read(2) of a pty master whose slaves are all closed returns EIO, and poll(2) reports POLLHUP of it again and again.
 * While the container's process lives it may open the terminal again, as getty(8) does and as systemd does with
 * /dev/console after vhangup(2). So the master stays open, and an epoll instance reports the next change once
 * (EPOLLET in epoll(7)) instead of the state.
 */
static int hung = -1;

static void wait_for_slave(void)
{
	struct epoll_event change = { EPOLLIN | EPOLLET, { 0 } };
	if (hung >= 0)
		return;
	hung = sys(SYS_epoll_create1, EPOLL_CLOEXEC);
	sys(SYS_epoll_ctl, hung, EPOLL_CTL_ADD, out_fd, &change);
}

/* Consumes the reported change, so that the epoll instance reports the next one. */
static void take_change(void)
{
	struct epoll_event change;
	if (hung >= 0)
		sys(SYS_epoll_pwait, hung, &change, 1, 0, 0, 8);
}

/* Reads once. Returns 1 if something was read, 0 if nothing is there now. Closes *fd at the end of the stream. */
static int pump_output(int *fd, int stream)
{
	if (*fd < 0 || tap_len)
		return 0;
	unsigned char *payload = to_tap + HEADER;
	long n = sys(SYS_read, *fd, payload, CHUNK);
	if (n == -EAGAIN || n == -EINTR)
		return 0;
	if (n == -EIO && tty && !child_reaped) {
		wait_for_slave();
		return 0;
	}
	if (n <= 0) {
		if (*fd == in_fd)
			in_fd = -1;
		close_fd(fd);
		return 0;
	}
	close_fd(&hung);
	*(stream == STDERR ? &err_due : &out_due) -= n;
	write_log(stream, payload, n);
	write_syslog(stream, payload, n);
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
	stdin_len = 0; /* also when the process has closed its stdin: drop the bytes */
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
	drop_tap(); /* a new connection comes from the newest daemon and replaces the old one */
	tap = fd;
	read_tap(); /* the subscription, if there is one: then the next answer on the control socket proves that it is known */
}
#endif
