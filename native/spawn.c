/*
 * Starts a shim from a Node process with much memory, and makes sealed copies of Drydock's executables.
 *
 * posix_spawn(3) clones with CLONE_VM|CLONE_VFORK. So the 45 MB of the daemon are neither
 * copied nor touched, and no code of ours runs between clone and exec.
 */
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "spawn.h"

/* The first number above all descriptors and above their final numbers 0..count-1. Descriptors are moved there first:
 * with many containers their own numbers are high, and a move must not overwrite one that is yet to be moved. */
static int above(const int *fds, int count)
{
	int base = count;
	for (int k = 0; k < count; k++)
		if (fds[k] >= base)
			base = fds[k] + 1;
	return base;
}

int spawn_program(const char *path, char *const argv[], const int *fds, int count)
{
	static char *no_environment[] = { NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t all;
	pid_t pid;
	const int moved = above(fds, count);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	sigfillset(&all);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setsigmask(&attributes, &all);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
	for (int k = 0; k < count; k++)
		posix_spawn_file_actions_adddup2(&actions, fds[k], moved + k);
	for (int k = 0; k < count; k++)
		posix_spawn_file_actions_adddup2(&actions, moved + k, k);
	posix_spawn_file_actions_addclosefrom_np(&actions, count);
	int err = posix_spawn(&pid, path, &actions, &attributes, argv, no_environment);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return err ? -err : pid;
}

/* A container that opens its own /proc/self/exe for writing could overwrite the host's
 * executable (CVE-2019-5736). So containers run a copy in memory that is sealed against writing. */
int sealed_copy(const char *path, const char *name)
{
	char bytes[65536];
	ssize_t n;
	int from = open(path, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return -errno;
	int to = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	while (to >= 0 && (n = read(from, bytes, sizeof bytes)) > 0)
		if (write(to, bytes, n) != n)
			n = -1;
	close(from);
	if (to < 0 || fcntl(to, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return -errno;
	return to;
}
