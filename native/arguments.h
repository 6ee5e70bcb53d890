/* JavaScript values → the six longs of a system call, by an operation's pattern. */
#ifndef DRYDOCK_ARGUMENTS_H
#define DRYDOCK_ARGUMENTS_H
#include <node_api.h>
#include "wire.h"

/* Values of one call, kept until it is over. */
struct arguments {
	int op;
	const char *pattern;
	int64_t value[6]; /* integers; for s, b, v and p an offset into data, -1 for NULL */
	uint16_t later;   /* bit j: value[j] is the position of an earlier call of the same message (wire.h) */
	size_t length;    /* bytes used in data */
	size_t capacity;
	char *data;   /* strings, bytes, vectors: as on the wire */
	char *outbuf; /* where o and O go when the call is made in this process */
	int64_t room;
};

/* Fills `a` from (op, args[]); throws a TypeError and returns 0 when they do not fit the pattern. */
/* What a call made here may hold at most: a config.json of the longest arguments, escaped. */
enum { DATA_MAX = 64 * 1024 * 1024 };

int arguments_read(napi_env env, napi_value op, napi_value list, struct arguments *a);

/* Gives back the room that an unusually long call has taken. */
void arguments_shrink(struct arguments *a);

/* The same relocation as rpc-server.h does on the other side. */
long arguments_run(struct arguments *a);
#endif
