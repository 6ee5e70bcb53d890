/* Watches a descriptor on Node's event loop. libuv's uv_poll_t takes SOCK_SEQPACKET sockets and pidfds; net.Socket
 * does not. */
#include <stdlib.h>
#include <uv.h>
#include "values.h"
#include "watch.h"

struct watch {
	uv_poll_t poll;
	napi_env env;
	napi_ref callback;
	napi_async_context context;
};

static void watch_freed(uv_handle_t *handle)
{
	free(handle->data);
}

static void watch_stop(struct watch *w)
{
	if (!w->callback)
		return;
	napi_delete_reference(w->env, w->callback);
	napi_async_destroy(w->env, w->context);
	w->callback = NULL;
	uv_poll_stop(&w->poll);
	uv_close((uv_handle_t *)&w->poll, watch_freed);
}

static void watch_ready(uv_poll_t *poll, int status, int events)
{
	struct watch *w = poll->data;
	napi_handle_scope scope;
	napi_value callback, self;
	if (!w->callback)
		return;
	napi_open_handle_scope(w->env, &scope);
	napi_get_reference_value(w->env, w->callback, &callback);
	napi_get_global(w->env, &self);
	napi_make_callback(w->env, w->context, self, callback, 0, NULL, NULL);
	napi_close_handle_scope(w->env, scope);
}

static napi_value watch_close(napi_env env, napi_callback_info info)
{
	void *data;
	size_t none = 0;
	napi_get_cb_info(env, info, &none, NULL, NULL, &data);
	struct watch **w = data;
	if (*w)
		watch_stop(*w);
	*w = NULL;
	return NULL;
}

static void forget(napi_env env, void *data, void *hint)
{
	free(data);
}

napi_value watch(napi_env env, napi_callback_info info)
{
	napi_value argv[2], name, close;
	uv_loop_t *loop;
	take(env, info, 2, argv);
	napi_get_uv_event_loop(env, &loop);
	struct watch *w = calloc(1, sizeof *w), **slot = malloc(sizeof *slot);
	*slot = w;
	w->env = env;
	w->poll.data = w;
	if (uv_poll_init(loop, &w->poll, integer(env, argv[0])) < 0) {
		free(w);
		free(slot);
		napi_throw_error(env, "EBADF", "watch: not a descriptor that can be polled");
		return NULL;
	}
	napi_create_reference(env, argv[1], 1, &w->callback);
	napi_create_string_utf8(env, "drydock:watch", NAPI_AUTO_LENGTH, &name);
	napi_async_init(env, NULL, name, &w->context);
	uv_poll_start(&w->poll, UV_READABLE | UV_DISCONNECT, watch_ready);
	napi_create_function(env, "close", NAPI_AUTO_LENGTH, watch_close, slot, &close);
	napi_add_finalizer(env, close, slot, forget, NULL, NULL);
	return close;
}
