#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "arguments.h"

static int refuse(napi_env env, const struct arguments *a, int j, const char *why)
{
	char text[160];
	snprintf(text, sizeof text, "operation %d, argument %d (pattern \"%s\"): %s", a->op, j, a->pattern, why);
	napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", text);
	return 0;
}

/*
 * Reserves `size` bytes in a->data. Returns their offset, or -1 when they would exceed DATA_MAX or realloc(3) fails.
 * a->data may move, so pointers into it are valid only until the next call of reserve().
 */
static int64_t reserve(struct arguments *a, size_t size, size_t alignment)
{
	size_t from = (a->length + alignment - 1) & ~(alignment - 1);
	size_t wanted = a->capacity ? a->capacity : WIRE_MAX;
	if (size > DATA_MAX || from + size > DATA_MAX)
		return -1;
	while (wanted < from + size)
		wanted *= 2;
	if (wanted != a->capacity) {
		char *moved = realloc(a->data, wanted);
		if (!moved)
			return -1;
		a->data = moved;
		a->capacity = wanted;
	}
	a->length = from + size;
	return from;
}

void arguments_shrink(struct arguments *a)
{
	if (a->capacity <= WIRE_MAX)
		return;
	free(a->data);
	a->data = NULL;
	a->capacity = 0;
}

/*
 * Copies a string (with a NUL at its end) or a buffer into a->data. Returns its length; -1 if it is neither,
 * -2 if it is too long, -3 if the string contains a NUL.
 */
static int64_t copy_in(napi_env env, napi_value v, struct arguments *a, int64_t *offset)
{
	bool is_buffer;
	napi_valuetype type;
	size_t len;
	int64_t place;
	napi_typeof(env, v, &type);
	if (type == napi_string) {
		napi_get_value_string_utf8(env, v, NULL, 0, &len);
		if ((place = reserve(a, len + 1, 1)) < 0)
			return -2;
		napi_get_value_string_utf8(env, v, a->data + place, len + 1, &len);
		if (memchr(a->data + place, 0, len))
			return -3;
	} else if (napi_is_buffer(env, v, &is_buffer) == napi_ok && is_buffer) {
		void *from;
		napi_get_buffer_info(env, v, &from, &len);
		if ((place = reserve(a, len + 1, 8)) < 0)
			return -2;
		memcpy(a->data + place, from, len);
		a->data[place + len] = 0;
	} else {
		return -1;
	}
	*offset = place;
	return len;
}

static int64_t copy_vector(napi_env env, napi_value list, struct arguments *a)
{
	uint32_t count;
	bool is_array;
	if (napi_is_array(env, list, &is_array) != napi_ok || !is_array)
		return -1;
	napi_get_array_length(env, list, &count);
	int64_t table = reserve(a, 8 * ((size_t)count + 2), 8);
	if (table < 0)
		return -2;
	for (uint32_t k = 0; k < count; k++) {
		napi_value item;
		napi_handle_scope scope;
		int64_t offset, len;
		napi_open_handle_scope(env, &scope);
		napi_get_element(env, list, k, &item);
		len = copy_in(env, item, a, &offset);
		napi_close_handle_scope(env, scope);
		if (len < 0)
			return len;
		((uint64_t *)(a->data + table))[k + 1] = offset;
	}
	((uint64_t *)(a->data + table))[0] = count;
	((uint64_t *)(a->data + table))[count + 1] = 0;
	return table;
}

static int64_t copy_program(napi_env env, napi_value v, struct arguments *a)
{
	int64_t head = reserve(a, 8, 8);
	int64_t offset, len = head < 0 ? -2 : copy_in(env, v, a, &offset);
	if (len < 0)
		return len;
	((uint32_t *)(a->data + head))[0] = len;
	((uint32_t *)(a->data + head))[1] = 0;
	return head;
}

/* {later: position} stands for the result of an earlier call of the same message: runtime/kernel/batch.ts. */
static int is_later(napi_env env, napi_value v, napi_valuetype type, int64_t *position)
{
	napi_value of;
	bool has = false;
	if (type != napi_object || napi_has_named_property(env, v, "later", &has) != napi_ok || !has)
		return 0;
	napi_get_named_property(env, v, "later", &of);
	return napi_get_value_int64(env, of, position) == napi_ok;
}

static const char *trouble(int64_t code)
{
	return code == -2 ? "too long" : code == -3 ? "a NUL byte inside a string" : "wrong type";
}

int arguments_read(napi_env env, napi_value op, napi_value list, struct arguments *a)
{
	uint32_t number, next = 0;
	napi_get_value_uint32(env, op, &number);
	a->op = number;
	a->pattern = number < OP_COUNT ? op_table[number].pattern : "";
	a->length = 0;
	a->outbuf = NULL;
	a->room = 0;
	a->later = 0;
	int64_t last = 0;
	for (int j = 0; j < 6 && a->pattern[j]; j++) {
		napi_value v;
		napi_valuetype type;
		int64_t got = 0;
		a->value[j] = 0;
		if (a->pattern[j] == 'n') {
			a->value[j] = last;
			continue;
		}
		if (a->pattern[j] == 'z')
			continue;
		napi_get_element(env, list, next++, &v);
		napi_typeof(env, v, &type);
		if ((a->pattern[j] == 'i' || a->pattern[j] == 's') && is_later(env, v, type, &a->value[j])) {
			a->later |= 1 << j;
			continue;
		}
		switch (a->pattern[j]) {
		case 's':
		case 'b':
			a->value[j] = -1;
			got = last = type == napi_null ? 0 : copy_in(env, v, a, &a->value[j]);
			if (got > 0 && a->pattern[j] == 's' && memchr(a->data + a->value[j], 0, got))
				got = -3;
			break;
		case 'v':
			got = a->value[j] = copy_vector(env, v, a);
			break;
		case 'p':
			got = a->value[j] = copy_program(env, v, a);
			break;
		default:
			if (type != napi_number)
				return refuse(env, a, j, "not a number");
			napi_get_value_int64(env, v, &a->value[j]);
			if (a->pattern[j] == 'o' || a->pattern[j] == 'O') {
				if (a->value[j] < 0 || a->value[j] > OUT_MAX)
					return refuse(env, a, j, "more room than OUT_MAX");
				a->room = last = a->value[j];
			}
		}
		if (got < 0)
			return refuse(env, a, j, trouble(got));
	}
	return 1;
}

static void *pointer(struct arguments *a, int64_t offset)
{
	return offset < 0 ? NULL : a->data + offset;
}

/* The operations of special.h that the daemon itself may make are all in run_op(); it adds none. */
static long special(int op, long a[6])
{
	(void)op, (void)a;
	return -ENOSYS;
}
#include "special.h"

long arguments_run(struct arguments *a)
{
	static __thread struct {
		unsigned short len;
		void *filter;
	} program;
	long arg[6] = { 0 };
	for (int j = 0; j < 6 && a->pattern[j]; j++) {
		int64_t v = a->value[j];
		switch (a->pattern[j]) {
		case 's':
		case 'b':
			arg[j] = (long)pointer(a, v);
			break;
		case 'o':
		case 'O':
			arg[j] = (long)a->outbuf;
			break;
		case 'v': {
			uint64_t *table = pointer(a, v);
			for (uint64_t k = 1; k <= table[0]; k++)
				table[k] = (uint64_t)(a->data + table[k]);
			arg[j] = (long)(table + 1);
			break;
		}
		case 'p': {
			uint32_t *head = pointer(a, v);
			program.len = head[0] / 8;
			program.filter = head + 2;
			arg[j] = (long)&program;
			break;
		}
		default:
			arg[j] = v;
		}
	}
	return run_op(a->op, arg);
}
