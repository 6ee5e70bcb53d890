#ifndef DRYDOCK_WATCH_H
#define DRYDOCK_WATCH_H
#include <node_api.h>

/* watch(fd, callback) → close(): the callback runs on the event loop each time that fd can be read. */
napi_value watch(napi_env env, napi_callback_info info);
#endif
