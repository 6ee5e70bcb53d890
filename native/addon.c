/*
 * The daemon's door to the kernel (runtime/kernel/linux.ts is its only user).
 *
 *   operations() → [[name, pattern], …]       the list in ops.def
 *   local(op, args) → answer                  do it here
 *   send(fd, calls) → 0|-errno                ask a stage or shim to do them: [op, args, tolerated, …]
 *                                             (errnos, one a byte)
 *   receive(fd, ms) → answers|undefined       what it answered; undefined: nothing yet
 *   watch(fd, callback) → close()             callback when fd can be read
 *   spawn(path, argv, fds) → pid · sealedCopy(path, name) → fd · syscallNumbers() → {name: number}
 *   trim()                                    gives back what malloc(3) keeps and nobody uses: malloc_trim(3)
 *
 * An answer is the number the kernel returned (-errno on failure), or for operations that
 * give bytes [number, Buffer]. Answers are [ret, ns, Buffer|undefined, …], one three for each call
 * that was made, or -EPIPE when the other side has gone. send() says -E2BIG when they are too much
 * for one message.
 */
#include <malloc.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "arguments.h"
#include "spawn.h"
#include "values.h"
#include "watch.h"

/* looks: well under a tenth of a millisecond; a yield that takes so long let somebody else run; so many answers are then slept for */
enum { LOOKS = 200, ELSEWHERE_NS = 100 * 1000, ASLEEP = 64 };
static __thread struct arguments current;

static napi_value answer(napi_env env, int64_t ret, const char *bytes, int64_t len, int has_out)
{
	napi_value pair, buffer;
	if (!has_out || ret < 0)
		return number(env, ret);
	napi_create_array_with_length(env, 2, &pair);
	napi_create_buffer_copy(env, len, bytes, NULL, &buffer);
	napi_set_element(env, pair, 0, number(env, ret));
	napi_set_element(env, pair, 1, buffer);
	return pair;
}

static const char *out_kind(const char *pattern)
{
	return pattern + strcspn(pattern, "oO");
}

static napi_value local(napi_env env, napi_callback_info info)
{
	napi_value argv[2];
	take(env, info, 2, argv);
	if (!arguments_read(env, argv[0], argv[1], &current))
		return NULL;
	if (current.later) {
		napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "what an earlier call returned is known here: give the value");
		return NULL;
	}
	const char *kind = out_kind(current.pattern);
	current.outbuf = *kind ? calloc(1, current.room + 1) : NULL;
	int64_t ret = arguments_run(&current);
	int64_t len = *kind == 'O' || ret > current.room ? current.room : ret;
	napi_value result = answer(env, ret, current.outbuf, len, *kind);
	free(current.outbuf);
	return result;
}

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
		/* what answers may be a process inside a container: believe no length of its */
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

/* The requests of `calls` one behind the other; their length, 0 with an exception, -E2BIG when there are too many. */
static int64_t write_requests(napi_env env, napi_value calls, char *message)
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
		size_t size = sizeof(struct request) + padded(current.length);
		if (k / 3 >= TOGETHER_MAX || used + size > WIRE_MAX)
			return -E2BIG;
		struct request head = { .seq = ++seq, .op = current.op, .later = current.later, .size = size };
		memcpy(head.tolerated, &tolerated, sizeof head.tolerated);
		memcpy(head.arg, current.value, sizeof head.arg);
		memcpy(message + used, &head, sizeof head);
		memcpy(message + used + sizeof head, current.data, current.length);
		used += size;
	}
	return used;
}

static napi_value send_requests(napi_env env, napi_callback_info info)
{
	static __thread char message[WIRE_MAX];
	napi_value argv[2];
	take(env, info, 2, argv);
	int64_t size = write_requests(env, argv[1], message);
	if (size <= 0)
		return size ? number(env, size) : NULL;
	if (send(integer(env, argv[0]), message, size, MSG_NOSIGNAL) < 0)
		return number(env, errno == EPIPE || errno == ECONNRESET ? -EPIPE : -errno);
	return number(env, 0);
}

static int64_t monotonic(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

static napi_value receive(napi_env env, napi_callback_info info)
{
	napi_value argv[2], reply;
	take(env, info, 2, argv);
	int fd = integer(env, argv[0]), ms = integer(env, argv[1]);
	/* Most answers are there before a sleeping thread would be woken. On a crowded machine whoever yields waits
	 * for all others to have their turn, and whoever sleeps is woken before them. */
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

static napi_value operations(napi_env env, napi_callback_info info)
{
	static const char *names[] = {
#define OP(name, nr, pattern) #name,
#define SPECIAL(name, pattern) #name,
#include "ops.def"
	};
	napi_value list;
	napi_create_array(env, &list);
	for (int k = 0; k < OP_COUNT; k++) {
		napi_value pair, text;
		napi_create_array(env, &pair);
		napi_create_string_utf8(env, names[k], NAPI_AUTO_LENGTH, &text);
		napi_set_element(env, pair, 0, text);
		napi_create_string_utf8(env, op_table[k].pattern, NAPI_AUTO_LENGTH, &text);
		napi_set_element(env, pair, 1, text);
		napi_set_element(env, list, k, pair);
	}
	return list;
}

static napi_value syscall_numbers(napi_env env, napi_callback_info info)
{
	napi_value map;
	napi_create_object(env, &map);
#define X(name) napi_set_named_property(env, map, #name, number(env, __NR_##name));
#include "syscall_names.h"
#undef X
	return map;
}

/* ---- programs ---- */

static napi_value spawn(napi_env env, napi_callback_info info)
{
	napi_value argv[3], item;
	char path[4096], words[8][256], *list[9] = { 0 };
	int fds[16];
	uint32_t words_count, count;
	take(env, info, 3, argv);
	napi_get_value_string_utf8(env, argv[0], path, sizeof path, NULL);
	napi_get_array_length(env, argv[1], &words_count);
	napi_get_array_length(env, argv[2], &count);
	for (uint32_t k = 0; k < words_count && k < 8; k++) {
		napi_get_element(env, argv[1], k, &item);
		napi_get_value_string_utf8(env, item, words[k], sizeof words[k], NULL);
		list[k] = words[k];
	}
	for (uint32_t k = 0; k < count && k < 16; k++) {
		napi_get_element(env, argv[2], k, &item);
		fds[k] = integer(env, item);
	}
	return number(env, spawn_program(path, list, fds, count < 16 ? count : 16));
}

static napi_value copy(napi_env env, napi_callback_info info)
{
	napi_value argv[2];
	char path[4096], name[64];
	take(env, info, 2, argv);
	napi_get_value_string_utf8(env, argv[0], path, sizeof path, NULL);
	napi_get_value_string_utf8(env, argv[1], name, sizeof name, NULL);
	return number(env, sealed_copy(path, name));
}

static napi_value trim(napi_env env, napi_callback_info info)
{
	(void)info;
#ifdef __GLIBC__
	return number(env, malloc_trim(0));
#else
	return number(env, 0);
#endif
}

NAPI_MODULE_INIT()
{
	const struct { const char *name; napi_callback fn; } exported[] = {
		{ "operations", operations }, { "local", local }, { "send", send_requests }, { "receive", receive },
		{ "watch", watch }, { "spawn", spawn }, { "sealedCopy", copy }, { "syscallNumbers", syscall_numbers }, { "trim", trim },
	};
	for (size_t k = 0; k < sizeof exported / sizeof *exported; k++) {
		napi_value fn;
		napi_create_function(env, exported[k].name, NAPI_AUTO_LENGTH, exported[k].fn, NULL, &fn);
		napi_set_named_property(env, exports, exported[k].name, fn);
	}
	return exports;
}
