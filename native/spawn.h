#ifndef DRYDOCK_SPAWN_H
#define DRYDOCK_SPAWN_H
#include <errno.h>

/* Starts `path` in a session of its own, signals blocked, with exactly fds[0..count) as 0..count-1.
 * Returns the pid, or -errno. */
int spawn_program(const char *path, char *const argv[], const int *fds, int count);

/* A sealed memfd with the bytes of `path`: memfd_create(2). Returns the descriptor, or -errno. */
int sealed_copy(const char *path, const char *name);
#endif
