/*
 * The state of a shim: its descriptors, its one child process, and the bytes that wait between them.
 *
 * A tap frame is {u8 type, u8 0[3], u32 length big-endian} and the bytes: the header
 * of Docker's multiplexed streams.
 */
#ifndef DRYDOCK_SHIM_STATE_H
#define DRYDOCK_SHIM_STATE_H
#include <fcntl.h>
#include <stdint.h>
#include "sys.h"

enum { CONTROL = 3, STAGE_END, STAGE_EXE, LISTEN, LOG, DIRECTORY, LOG_DIR, MASTER = 10, SIGNALS };
enum frame_type { TO_STDIN = 0, STDOUT = 1, STDERR = 2, EXITED = 3, SUBSCRIBE = 4, CLOSE_STDIN = 5 };
enum { CHUNK = 32 * 1024, HEADER = 8 };

static int control = CONTROL, tap = -1, subscribed, released;
static int child, child_status, child_reaped;
static int in_fd = -1, out_fd = -1, err_fd = -1, tty;

/* bytes that were in the two pipes when the process ended: its own output, which is passed on whatever happens */
static int out_due, err_due;

/* bytes that wait for the tap and for stdin; while some wait, the descriptor they came from is not read */
static unsigned char to_tap[HEADER + CHUNK], to_stdin[CHUNK];
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
#endif
