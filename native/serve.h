/* One request from descriptor 3: read it, relocate its pointers, do it, answer. No allocation. */
#ifndef DRYDOCK_SERVE_H
#define DRYDOCK_SERVE_H
#include <sys/socket.h>
#include "special.h"

struct sock_program {
	uint16_t len; /* instructions of 8 bytes: seccomp(2) */
	void *filter;
};
static union {
	struct request head;
	char bytes[WIRE_MAX + 1];
} in __attribute__((aligned(16)));
static union {
	struct reply head;
	char bytes[sizeof(struct reply) + OUT_MAX];
} out __attribute__((aligned(16)));
static char *vectors[2][VECTOR_MAX + 1];
static int silent; /* set by an operation that somebody else answers */

static char *at(int64_t offset, size_t size)
{
	return offset < 0 || (size_t)offset >= size ? NULL : in.bytes + sizeof(struct request) + offset;
}

static long relocate(const char *pattern, size_t size, long a[6], int *outkind, long *room)
{
	static struct sock_program program;
	int nv = 0;
	for (int j = 0; j < 6 && pattern[j]; j++) {
		int64_t v = in.head.arg[j];
		switch (pattern[j]) {
		case 's':
		case 'b':
			a[j] = (long)at(v, size);
			break;
		case 'o':
		case 'O':
			if (v < 0 || v > OUT_MAX)
				return -E2BIG;
			*outkind = pattern[j];
			*room = v;
			zero_bytes(out.bytes + sizeof(struct reply), pattern[j] == 'O' ? v : 0);
			a[j] = (long)(out.bytes + sizeof(struct reply));
			break;
		case 'v': {
			uint32_t *list = (uint32_t *)at(v, size);
			if (!list || list[0] > VECTOR_MAX || nv == 2)
				return -E2BIG;
			for (uint32_t k = 0; k < list[0]; k++)
				vectors[nv][k] = at(list[1 + k], size);
			vectors[nv][list[0]] = NULL;
			a[j] = (long)vectors[nv++];
			break;
		}
		case 'p': {
			uint32_t *bytes = (uint32_t *)at(v, size);
			if (!bytes)
				return -EINVAL;
			program.len = bytes[0] / 8;
			program.filter = bytes + 2;
			a[j] = (long)&program;
			break;
		}
		case 'z':
			a[j] = 0;
			break;
		default:
			a[j] = v;
		}
	}
	return 0;
}

/* The next request mostly comes within microseconds, sooner than a sleeping process is woken: look
 * a while before sleeping. While a run is paused this sleeps like any other read. */
static long next_request(int fd, int looks)
{
	for (;;) {
		long got = sys(SYS_recvfrom, fd, in.bytes, WIRE_MAX, MSG_TRUNC | (looks > 0 ? MSG_DONTWAIT : 0), 0, 0);
		if (got != -EAGAIN && got != -EINTR)
			return got;
		looks--;
		sys(SYS_sched_yield); /* on a busy machine it is the daemon that should run */
	}
}

/* 0 when served, -1 when the daemon has gone. `looks`: how often to look before sleeping. */
static int serve_one(int fd, int looks)
{
	long got = next_request(fd, looks);
	if (got <= 0)
		return -1;
	long a[6] = { 0 }, ret, room = 0;
	int outkind = 0;
	uint32_t seq = in.head.seq;
	if (got < (long)sizeof(struct request) || in.head.op >= OP_COUNT) {
		ret = -EPROTO;
	} else if (got > WIRE_MAX) {
		ret = -E2BIG;
	} else {
		in.bytes[got] = 0;
		ret = relocate(op_table[in.head.op].pattern, got - sizeof(struct request), a, &outkind, &room);
		if (!ret)
			ret = run_op(in.head.op, a);
	}
	if (silent)
		return silent = 0;
	out.head.seq = seq;
	out.head.ret = ret;
	out.head.outlen = ret < 0 || !outkind ? 0 : outkind == 'O' ? room : ret > room ? room : ret;
	do
		got = sys(SYS_sendto, fd, out.bytes, sizeof(struct reply) + out.head.outlen, MSG_NOSIGNAL, 0, 0);
	while (got == -EINTR);
	return got < 0 ? -1 : 0;
}
#endif
