/*
 * The protocol between the daemon and a stage or a shim: SOCK_SEQPACKET messages.
 *
 *   daemon                         stage (in the namespaces)
 *     | -- request ------------------> |   makes the call
 *     | <-- reply {ret, ns, out} ----- |   ret: what the kernel returned, -errno on failure; ns: how long it took
 *     | -- request request request --> |   made one after another, as if each had come alone;
 *     | <-- reply reply -------------- |   after the first that fails no more are made
 *     | -- ... --> |
 *     | -- execve -->|
 *     | <-- EOF  (descriptor 3 is close-on-exec: execve succeeded)
 *     | <-- reply with -errno (execve failed)
 *     X  EOF from the daemon: the stage exits
 *
 * A string or bytes argument is an offset into the request's data, -1 for NULL. A vector is the
 * offset of {u64 count, u64 offset..., u64 0}. sock_fprog is the offset of {u32 bytes, u32 0, filter...}.
 *
 * Data that are too long for one message (the arguments of execve(2) may be six megabytes) are sent before in
 * pieces, each in a request `store`. The request itself then comes alone, without data, and with STORED in `later`.
 *
 * Several requests in one message save round trips and change nothing else: when a user steps through a run, the
 * same requests come one by one (runtime/kernel/batch.ts). The result of a call is not known when a later request
 * of the same message is written. So bit j of `later` says that arg[j] is the position of an earlier request: an
 * integer argument then is the result of that request, a string is "/proc/self/fd/" and that result. An errno in
 * `tolerated` is replied like any other but does not end the message. Requests that need the result of such a call
 * are not made; their reply is -ECANCELED.
 */
#ifndef DRYDOCK_WIRE_H
#define DRYDOCK_WIRE_H
#include "sys.h"

enum { WIRE_MAX = 192 * 1024, OUT_MAX = 128 * 1024, TOGETHER_MAX = 256, TOLERATED_MAX = 4 };
/* More than the kernel allows, which is three quarters of 8 MB for strings and their pointers: execve(2). */
enum { STORED_MAX = 8 * 1024 * 1024, STORED = 1 << 15 };

struct request {
	uint32_t seq;
	uint16_t op;
	uint16_t later;
	uint32_t size; /* of the request and its data, a multiple of 8; 0: to the end of the message */
	uint8_t tolerated[TOLERATED_MAX];
	int64_t arg[6];
};
struct reply { /* followed by `outlen` bytes, padded to a multiple of 8 */
	uint32_t seq;
	int32_t outlen;
	int64_t ret;
	int64_t ns;
};
static inline size_t padded(size_t bytes)
{
	return (bytes + 7) & ~(size_t)7;
}

enum op_number {
#define OP(name, nr, pattern) OP_##name,
#define SPECIAL(name, pattern) OP_##name,
#include "ops.def"
#undef OP
#undef SPECIAL
	OP_COUNT
};

struct op {
	short nr; /* -1: SPECIAL */
	char pattern[7];
};
static const struct op op_table[OP_COUNT] = {
#define OP(name, nr, pattern) { nr, pattern },
#define SPECIAL(name, pattern) { -1, pattern },
#include "ops.def"
#undef OP
#undef SPECIAL
};
#endif
