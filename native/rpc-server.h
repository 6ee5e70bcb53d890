/* Serves one message: reads it, turns offsets into pointers, makes each call, replies. Allocates no memory. */
#ifndef DRYDOCK_RPC_SERVER_H
#define DRYDOCK_RPC_SERVER_H
#include <sys/socket.h>
#include <time.h>
#include "special.h"

struct sock_program {
	uint16_t len; /* number of 8-byte instructions: seccomp(2) */
	void *filter;
};
static char in[WIRE_MAX + 1] __attribute__((aligned(16)));
static char out[sizeof(struct reply) + OUT_MAX] __attribute__((aligned(16)));
static char *stored; /* the stage's buffer of STORED_MAX bytes; NULL in the shim */
static size_t stored_size;
static long results[TOGETHER_MAX];
static int silent; /* set by an operation whose reply another process sends */

/* One request of a message, and the buffer for its reply. */
struct work {
	struct request *head;
	char *data;
	size_t size; /* bytes in `data` */
	int position;
	char *answer;
	long room; /* bytes that fit behind the struct reply at `answer` */
	int outkind;
	long outroom;
};

static char *at(const struct work *w, int64_t offset)
{
	return offset < 0 || (size_t)offset >= w->size ? NULL : w->data + offset;
}

/* Turns the offsets of a vector into pointers, in place. Returns NULL when it does not lie wholly within the data. */
static char **vector_at(const struct work *w, int64_t offset)
{
	uint64_t *list = (uint64_t *)at(w, offset);
	if (!list || offset % 8 || w->size - offset < 16 || list[0] > (w->size - offset) / 8 - 2)
		return NULL;
	for (uint64_t k = 1; k <= list[0]; k++)
		list[k] = (uint64_t)at(w, list[k]);
	list[list[0] + 1] = 0;
	return (char **)(list + 1);
}

static int64_t monotonic(void)
{
	struct timespec now = { 0, 0 };
	sys(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

/*
 * Sets `value` to the result of an earlier call of this message. For a string argument that is the path
 * "/proc/self/fd/<result>": proc(5). Returns 0, -ECANCELED if that call failed, -EPROTO if the request is malformed.
 */
static long from_earlier(const struct work *w, int j, char kind, long *value)
{
	static const char prefix[] = "/proc/self/fd/";
	static char paths[6][sizeof prefix + 20];
	int64_t earlier = w->head->arg[j];
	if (earlier < 0 || earlier >= w->position || (kind != 'i' && kind != 's'))
		return -EPROTO;
	if (results[earlier] < 0)
		return -ECANCELED;
	*value = results[earlier];
	if (kind == 's') {
		copy_bytes(paths[j], prefix, sizeof prefix);
		*decimal(paths[j] + sizeof prefix - 1, results[earlier]) = 0;
		*value = (long)paths[j];
	}
	return 0;
}

static long relocate(struct work *w, const char *pattern, long a[6])
{
	static struct sock_program program;
	for (int j = 0; j < 6 && pattern[j]; j++) {
		int64_t v = w->head->arg[j];
		if (w->head->later & 1 << j) {
			long wrong = from_earlier(w, j, pattern[j], &a[j]);
			if (wrong)
				return wrong;
			continue;
		}
		switch (pattern[j]) {
		case 's':
		case 'b':
			a[j] = (long)at(w, v);
			break;
		case 'o':
		case 'O':
			if (v < 0 || v > w->room)
				return -E2BIG;
			w->outkind = pattern[j];
			w->outroom = v;
			zero_bytes(w->answer + sizeof(struct reply), pattern[j] == 'O' ? v : 0);
			a[j] = (long)(w->answer + sizeof(struct reply));
			break;
		case 'v':
			a[j] = (long)vector_at(w, v);
			if (!a[j])
				return -EPROTO;
			break;
		case 'p': {
			uint32_t *bytes = (uint32_t *)at(w, v);
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

/*
 * Receives the next message. It mostly comes within microseconds, sooner than a sleeping process could be woken, so
 * try `looks` times before sleeping. While a run is paused this sleeps like any other read. On a crowded machine
 * sched_yield(2) returns only after all others have run, but a process that sleeps is woken before them: then sleep
 * at once for the next ASLEEP messages.
 */
static long next_message(int fd, int looks)
{
	enum { ELSEWHERE_NS = 1000 * 1000, ASLEEP = 64 };
	static int crowded;
	if (crowded && looks)
		crowded--, looks = 0;
	for (;;) {
		long got = sys(SYS_recvfrom, fd, in, WIRE_MAX, MSG_TRUNC | (looks > 0 ? MSG_DONTWAIT : 0), 0, 0);
		if (got != -EAGAIN && got != -EINTR)
			return got;
		int64_t before = monotonic();
		sys(SYS_sched_yield);
		if (looks-- > 0 && monotonic() - before > ELSEWHERE_NS)
			crowded = ASLEEP, looks = 0;
	}
}

/* The length in bytes of the request at `head` with its data; 0 if it is malformed. */
static size_t extent(const struct request *head, size_t left)
{
	if (left < sizeof *head || head->op >= OP_COUNT)
		return 0;
	if (!head->size)
		return left;
	return head->size < sizeof *head || head->size > left || head->size % 8 ? 0 : head->size;
}

static int tolerated(const struct request *head, long ret)
{
	for (int k = 0; k < TOLERATED_MAX; k++)
		if (head->tolerated[k] && ret == -head->tolerated[k])
			return 1;
	return ret == -ECANCELED;
}

/* Makes the call that w->head asks for and writes the reply. Returns the length of the reply. */
static size_t serve_request(struct work *w, int64_t *clock)
{
	struct reply *reply = (struct reply *)w->answer;
	long a[6] = { 0 };
	uint32_t seq = w->head->seq;
	long ret = relocate(w, op_table[w->head->op].pattern, a);
	if (!ret)
		ret = run_op(w->head->op, a);
	int64_t now = monotonic();
	*reply = (struct reply){ .seq = seq,
		                 .ret = ret,
		                 .ns = now - *clock,
		                 .outlen = ret < 0 || !w->outkind ? 0
		                           : w->outkind == 'O'    ? w->outroom
		                           : ret > w->outroom     ? w->outroom
		                                                  : ret };
	*clock = now;
	results[w->position] = ret;
	return sizeof *reply + padded(reply->outlen);
}

/* Serves one message. Returns 0, or -1 when the daemon has closed the socket. `looks`: see next_message(). */
static int serve_one(int fd, int looks)
{
	long got = next_message(fd, looks), sent;
	if (got <= 0)
		return -1;
	size_t left = got > WIRE_MAX ? 0 : got, used = 0;
	char *from = in;
	int64_t clock = monotonic();
	in[got > WIRE_MAX ? WIRE_MAX : got] = 0;
	for (int position = 0; position == 0 || left; position++) {
		struct request *head = (struct request *)from;
		size_t size = position < TOGETHER_MAX ? extent(head, left) : 0;
		struct work w = {
			head, (char *)(head + 1), size - sizeof *head, position, out + used, OUT_MAX - used, 0, 0
		};
		if (size && head->later & STORED)
			w.data = stored, w.size = stored_size;
		if (used > OUT_MAX)
			break; /* the daemon treats a missing reply as an error */
		if (!size) {
			*(struct reply *)(out + used) =
				(struct reply){ .seq = head->seq, .ret = got > WIRE_MAX ? -E2BIG : -EPROTO };
			used += sizeof(struct reply);
			break;
		}
		used += serve_request(&w, &clock);
		if (silent)
			return silent = 0;
		if (results[position] < 0 && !tolerated(head, results[position]))
			break;
		from += size;
		left -= size;
	}
	do
		sent = sys(SYS_sendto, fd, out, used, MSG_NOSIGNAL, 0, 0);
	while (sent == -EINTR);
	return sent < 0 ? -1 : 0;
}
#endif
