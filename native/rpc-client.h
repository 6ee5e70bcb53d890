/* send(fd, calls, stored), pack(op, args) and receive(fd, ms) of the addon. addon.c documents arguments and results. */
#ifndef DRYDOCK_RPC_CLIENT_H
#define DRYDOCK_RPC_CLIENT_H
#include <node_api.h>

napi_value send_requests(napi_env env, napi_callback_info info);
napi_value pack(napi_env env, napi_callback_info info);
napi_value receive(napi_env env, napi_callback_info info);
#endif
