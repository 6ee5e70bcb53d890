/*
 * The addon through which the daemon makes system calls; its only user is runtime/kernel/linux/linux.ts.
 *
 *   operations() → [[name, pattern], …]       the list in ops.def
 *   local(op, args) → answer                  makes the call in this process
 *   send(fd, calls, stored) → 0|-errno        asks a stage or a shim to make the calls: [op, args, tolerated, …];
 *                                             tolerated: at most four errnos, one a byte;
 *                                             stored: the data of the calls were sent before, with `store`
 *   pack(op, args) → Buffer                   the data of such a call, for sending in pieces (wire.h)
 *   receive(fd, ms) → answers|undefined       the answers to send(); undefined: none came within ms
 *   watch(fd, callback) → close()             runs the callback when fd can be read
 *   spawn(path, argv, fds) → pid · sealedCopy(path, name) → fd · syscallNumbers() → {name: number}
 *   trim()                                    malloc_trim(3): gives unused heap memory back to the kernel
 *
 * An answer is the number that the kernel returned (-errno on failure). Operations that return bytes
 * answer [number, Buffer]. Answers are [ret, ns, Buffer|undefined, …], three values for each call
 * that was made, or -EPIPE when the other side has closed the socket. send() returns -E2BIG, and sends
 * nothing, when the calls do not fit into one message.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "arguments.h"
#include "spawn.h"
#include "rpc-client.h"
#include "values.h"
#include "watch.h"

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
	if (!arguments_read(env, argv[0], argv[1], &current)) {
		arguments_shrink(&current);
		return NULL;
	}
	if (current.later) {
		napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE",
		                      "what an earlier call returned is known here: give the value");
		return NULL;
	}
	const char *kind = out_kind(current.pattern);
	/* of 'o' only the bytes that the kernel wrote are shown; clearing 64 KiB would take longer than the call */
	current.outbuf = *kind == 'O' ? calloc(1, current.room + 1) : *kind ? malloc(current.room + 1) : NULL;
	int64_t ret = arguments_run(&current);
	int64_t len = *kind == 'O' || ret > current.room ? current.room : ret;
	napi_value result = answer(env, ret, current.outbuf, len, *kind);
	free(current.outbuf);
	arguments_shrink(&current);
	return result;
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
	int *fds = calloc(count ? count : 1, sizeof *fds);
	if (!fds)
		return number(env, -ENOMEM);
	for (uint32_t k = 0; k < count; k++) {
		napi_get_element(env, argv[2], k, &item);
		fds[k] = integer(env, item);
	}
	int pid = spawn_program(path, list, fds, count);
	free(fds);
	return number(env, pid);
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

/*
 * Two arenas for all threads, and blocks of 256 KiB and more as mappings of their own: what a pull, a log or a walk has
 * freed goes back to the kernel. By default glibc makes up to eight arenas for each processor, and raises the limit for
 * mappings to 32 MiB when such a block is freed (mallopt(3)).
 */
static void keep_heap_small(void)
{
#ifdef __GLIBC__
	mallopt(M_ARENA_MAX, 2);
	mallopt(M_MMAP_THRESHOLD, 256 * 1024);
	mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
#endif
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
	keep_heap_small();
	const struct {
		const char *name;
		napi_callback fn;
	} exported[] = {
		{ "operations", operations },
		{ "local", local },
		{ "send", send_requests },
		{ "pack", pack },
		{ "receive", receive },
		{ "watch", watch },
		{ "spawn", spawn },
		{ "sealedCopy", copy },
		{ "syscallNumbers", syscall_numbers },
		{ "trim", trim },
	};
	for (size_t k = 0; k < sizeof exported / sizeof *exported; k++) {
		napi_value fn;
		napi_create_function(env, exported[k].name, NAPI_AUTO_LENGTH, exported[k].fn, NULL, &fn);
		napi_set_named_property(env, exports, exported[k].name, fn);
	}
	return exports;
}
