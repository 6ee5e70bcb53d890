/* The daemon's end of the protocol with a stage or a shim: native/wire.h. */
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include "arguments.h"
#include "rpc-client.h"
#include "values.h"

/*
 * LOOKS: how often receive() tries before it sleeps; together well under half a millisecond.
 * ELSEWHERE_NS: a sched_yield(2) that takes longer than this let another process run, so the machine is crowded.
 * ASLEEP: how many answers are then waited for in poll(2) at once.
 */
enum { LOOKS = 800, ELSEWHERE_NS = 1000 * 1000, ASLEEP = 64 };
static __thread struct arguments current;

static napi_value read_reply(napi_env env, int fd)
{
	static __thread char bytes[sizeof(struct reply) + OUT_MAX];
	ssize_t left;
	do
		left = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
	while (left < 0 && errno == EINTR);
	if (left < 0 && errno == EAGAIN)
		return NULL;
	napi_value list, out;
	napi_create_array(env, &list);
	uint32_t at = 0;
	char *from = bytes;
	do {
		struct reply *r = (struct reply *)from;
		/* the sender may be a process inside a container: check every length that it sends */
		if (left < (ssize_t)sizeof *r || r->outlen < 0 || padded(r->outlen) > left - sizeof *r)
			return number(env, -EPIPE);
		napi_set_element(env, list, at++, number(env, r->ret));
		napi_set_element(env, list, at++, number(env, r->ns));
		if (r->outlen)
			napi_create_buffer_copy(env, r->outlen, from + sizeof *r, NULL, &out);
		else
			napi_get_undefined(env, &out);
		napi_set_element(env, list, at++, out);
		from += sizeof *r + padded(r->outlen);
		left -= sizeof *r + padded(r->outlen);
	} while (left);
	return list;
}

/*
 * Writes the requests of `calls` one after another into `message`. Returns their length in bytes; 0 with a pending
 * exception; -E2BIG when they are too many or too long for one message. With `stored` their data are left out.
 */
static int64_t write_requests(napi_env env, napi_value calls, char *message, int stored)
{
	static __thread uint32_t seq;
	uint32_t count, tolerated = 0;
	size_t used = 0;
	napi_get_array_length(env, calls, &count);
	for (uint32_t k = 0; k + 2 < count; k += 3) {
		napi_value op, args, errnos;
		napi_get_element(env, calls, k, &op);
		napi_get_element(env, calls, k + 1, &args);
		napi_get_element(env, calls, k + 2, &errnos);
		napi_get_value_uint32(env, errnos, &tolerated);
		if (!arguments_read(env, op, args, &current))
			return 0;
		size_t length = stored ? 0 : current.length;
		size_t size = sizeof(struct request) + padded(length);
		if (k / 3 >= TOGETHER_MAX || used + size > WIRE_MAX)
			return -E2BIG;
		struct request head = {
			.seq = ++seq, .op = current.op, .later = current.later | (stored ? STORED : 0), .size = size
		};
		memcpy(head.tolerated, &tolerated, sizeof head.tolerated);
		memcpy(head.arg, current.value, sizeof head.arg);
		memcpy(message + used, &head, sizeof head);
		memcpy(message + used + sizeof head, current.data, length);
		used += size;
	}
	return used;
}

napi_value send_requests(napi_env env, napi_callback_info info)
{
	static __thread char message[WIRE_MAX];
	napi_value argv[3];
	bool stored = false;
	take(env, info, 3, argv);
	napi_get_value_bool(env, argv[2], &stored);
	int64_t size = write_requests(env, argv[1], message, stored);
	arguments_shrink(&current);
	if (size <= 0)
		return size ? number(env, size) : NULL;
	if (send(integer(env, argv[0]), message, size, MSG_NOSIGNAL) < 0)
		return number(env, errno == EPIPE || errno == ECONNRESET ? -EPIPE : -errno);
	return number(env, 0);
}

napi_value pack(napi_env env, napi_callback_info info)
{
	napi_value argv[2], bytes = NULL;
	take(env, info, 2, argv);
	if (arguments_read(env, argv[0], argv[1], &current))
		napi_create_buffer_copy(env, current.length, current.data, NULL, &bytes);
	arguments_shrink(&current);
	return bytes;
}

static int64_t monotonic(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

napi_value receive(napi_env env, napi_callback_info info)
{
	napi_value argv[2], reply;
	take(env, info, 2, argv);
	int fd = integer(env, argv[0]), ms = integer(env, argv[1]);
	/* Most answers arrive before a sleeping thread could be woken, so try a while without sleeping. On a crowded
	 * machine sched_yield(2) returns only after all others have run, but a process that sleeps is woken before them. */
	static __thread int crowded;
	for (int looks = 0; looks < (ms && !crowded ? LOOKS : 1); looks++) {
		if ((reply = read_reply(env, fd)))
			return reply;
		if (!ms || crowded)
			break;
		int64_t before = monotonic();
		sched_yield();
		if (monotonic() - before > ELSEWHERE_NS)
			crowded = ASLEEP;
	}
	crowded -= ms && crowded;
	struct pollfd p = { fd, POLLIN, 0 };
	return ms && poll(&p, 1, ms) > 0 ? read_reply(env, fd) : NULL;
}
