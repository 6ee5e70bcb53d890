/*
 * How the daemon talks to a stage or a shim: one SOCK_SEQPACKET message a way.
 *
 *   daemon                         stage (in the namespaces)
 *     | -- request ------------------> |   the kernel does it
 *     | <-- reply {ret, ns, out} ----- |   ret as the kernel gave it, -errno on failure; how long it took
 *     | -- request request request --> |   one after another, as if each had come alone;
 *     | <-- reply reply -------------- |   the first that fails is the last that is made
 *     | -- ... --> |
 *     | -- execve -->|
 *     | <-- EOF  (descriptor 3 is close-on-exec: it worked)
 *     | <-- reply with -errno (it did not)
 *     X  EOF from the daemon: the stage ends itself
 *
 * A string or bytes argument is an offset into the request's data, -1 for NULL. A vector is the
 * offset of {u64 count, u64 offset..., u64 0}. sock_fprog is the offset of {u32 bytes, u32 0, filter...}.
 *
 * Data that are too long for one message (the arguments of execve(2) may be six megabytes) go ahead in
 * pieces, each a request `store`; the request itself then comes alone, without data, and with STORED in `later`.
 *
 * Several requests in one message save the way there and back, and nothing else: a run that somebody
 * steps through gets the same requests one by one (runtime/kernel/batch.ts). What a call returned is
 * not known yet when a later one of the same message is written, so bit j of `later` says that arg[j] is
 * the position of an earlier request: an integer then is what that returned, a string is
 * "/proc/self/fd/" and that. An errno in `tolerated` is answered like any other and does not end the
 * message; requests that want what such a call returned are passed over, and answered -ECANCELED.
 */
#ifndef DRYDOCK_WIRE_H
#define DRYDOCK_WIRE_H
#include "sys.h"

enum { WIRE_MAX = 192 * 1024, OUT_MAX = 128 * 1024, TOGETHER_MAX = 256, TOLERATED_MAX = 4 };
/* More than the kernel takes: three quarters of 8 MB for strings and their pointers, execve(2). */
enum { STORED_MAX = 8 * 1024 * 1024, STORED = 1 << 15 };

struct request {
	uint32_t seq;
	uint16_t op;
	uint16_t later;
	uint32_t size; /* of this and its data, a multiple of 8; 0: to the end of the message */
	uint8_t tolerated[TOLERATED_MAX];
	int64_t arg[6];
};
struct reply { /* and out, filled up to a multiple of 8 */
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
	short nr; /* -1: special */
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
