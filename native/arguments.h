/* Converts JavaScript values to the six longs of a system call, by the pattern of the operation (ops.def). */
#ifndef DRYDOCK_ARGUMENTS_H
#define DRYDOCK_ARGUMENTS_H
#include <node_api.h>
#include "wire.h"

/* The values of one call; valid until the next arguments_read() into the same struct. */
struct arguments {
	int op;
	const char *pattern;
	int64_t value[6]; /* integers; for s, b, v and p an offset into data, -1 for NULL */
	uint16_t later;   /* bit j: value[j] is the position of an earlier call of the same message (wire.h) */
	size_t length;    /* bytes used in data */
	size_t capacity;
	char *data;   /* strings, bytes and vectors, in the layout of wire.h */
	char *outbuf; /* where o and O arguments point when the call is made in this process */
	int64_t room;
};

/* The largest data of a call that is made in this process. A config.json with the longest arguments, escaped, fits. */
enum { DATA_MAX = 64 * 1024 * 1024 };

/* Fills `a` from (op, args[]). Throws a TypeError and returns 0 when the arguments do not fit the pattern. */
int arguments_read(napi_env env, napi_value op, napi_value list, struct arguments *a);

/* Frees the data of a call that needed more than WIRE_MAX. */
void arguments_shrink(struct arguments *a);

/* Turns offsets into pointers, as relocate() in rpc-server.h does on the other side, and makes the call. */
long arguments_run(struct arguments *a);
#endif
