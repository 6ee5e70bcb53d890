{
  "targets": [
    {
      "target_name": "drydock",
      "sources": ["addon.c", "arguments.c", "spawn.c", "rpc-client.c", "watch.c"],
      "include_dirs": ["build"],
      "cflags": ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Wno-unused-parameter"],
      "defines": ["NAPI_VERSION=8", "_GNU_SOURCE"]
    }
  ]
}
