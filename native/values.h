/* Conversions between JavaScript and C values. */
#ifndef DRYDOCK_VALUES_H
#define DRYDOCK_VALUES_H
#include <node_api.h>

static inline napi_value number(napi_env env, int64_t v)
{
	napi_value out;
	napi_create_int64(env, v, &out);
	return out;
}

static inline void take(napi_env env, napi_callback_info info, size_t want, napi_value *argv)
{
	size_t argc = want;
	napi_get_cb_info(env, info, &argc, argv, NULL, NULL);
}

static inline int32_t integer(napi_env env, napi_value v)
{
	int32_t i = -1;
	napi_get_value_int32(env, v, &i);
	return i;
}
#endif
