/*
 * How the daemon talks to a stage or a shim: one SOCK_SEQPACKET message a way.
 *
 *   daemon                         stage (in the namespaces)
 *     | -- request {seq, op, arg[6], data} --> |   the kernel does it
 *     | <-- reply   {seq, outlen, ret, out} -- |   ret as the kernel gave it, -errno on failure
 *     | -- ... --> |
 *     | -- execve -->|
 *     | <-- EOF  (descriptor 3 is close-on-exec: it worked)
 *     | <-- reply with -errno (it did not)
 *     X  EOF from the daemon: the stage ends itself
 *
 * A string or bytes argument is an offset into data, -1 for NULL. A vector is the
 * offset of {u32 count, u32 offset...}. sock_fprog is the offset of {u32 bytes, u32 0, filter...}.
 */
#ifndef DRYDOCK_WIRE_H
#define DRYDOCK_WIRE_H
#include "sys.h"

enum { WIRE_MAX = 192 * 1024, OUT_MAX = 128 * 1024, VECTOR_MAX = 8192 };

struct request {
	uint32_t seq;
	uint16_t op;
	uint16_t reserved;
	int64_t arg[6];
};
struct reply {
	uint32_t seq;
	int32_t outlen;
	int64_t ret;
};

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
