#ifndef DRYDOCK_SPAWN_H
#define DRYDOCK_SPAWN_H
#include <errno.h>

/* Starts `path` in a new session, with signals blocked, an empty environment and only fds[0..count) as 0..count-1.
 * Returns the pid, or -errno. */
int spawn_program(const char *path, char *const argv[], const int *fds, int count);

/* Copies `path` into a sealed memfd named `name`: memfd_create(2). Returns the descriptor, or -errno. */
int sealed_copy(const char *path, const char *name);
#endif
