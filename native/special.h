/* Operations that make more than one system call, or that only one program has. */
#ifndef DRYDOCK_SPECIAL_H
#define DRYDOCK_SPECIAL_H
#include <fcntl.h>
#include "wire.h"

/* open(2), write(2) until all is written, close(2). Files of cgroups and /proc must get their text in one write. */
static long write_file(const char *path, int flags, int mode, const char *data, size_t len)
{
	long fd = sys(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC | flags, mode);
	if (fd < 0)
		return fd;
	size_t done = 0;
	long ret = 0;
	do {
		ret = sys(SYS_write, fd, data + done, len - done);
		if (ret > 0)
			done += ret;
	} while ((ret > 0 && done < len) || ret == -EINTR);
	sys(SYS_close, fd);
	return ret < 0 ? ret : (long)done;
}

/*
 * open(2), read(2) to the end or until the buffer is full, close(2). O_NONBLOCK, because an image's /etc/passwd may
 * be a fifo.
 */
static long read_file(const char *path, char *out, size_t room)
{
	long fd = sys(SYS_openat, AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return fd;
	size_t done = 0;
	long ret;
	do {
		ret = sys(SYS_read, fd, out + done, room - done);
		if (ret > 0)
			done += ret;
	} while ((ret > 0 && done < room) || ret == -EINTR);
	sys(SYS_close, fd);
	return ret < 0 ? ret : (long)done;
}

/*
 * BPF_PROG_LOAD and BPF_PROG_ATTACH, bpf(2). An own operation, because union bpf_attr holds pointers, which a byte
 * argument cannot. The cgroup keeps the program alive until rmdir(2) of the cgroup.
 */
static long bpf_device(const char *insns, size_t len, const char *cgroup)
{
	enum { PROG_LOAD = 5, PROG_ATTACH = 8, TYPE_CGROUP_DEVICE = 15, CGROUP_DEVICE = 6, ALLOW_MULTI = 2 };
	struct {
		uint32_t prog_type, insn_cnt;
		uint64_t insns, license;
		uint32_t log_level, log_size;
		uint64_t log_buf;
		uint32_t kern_version, prog_flags;
	} load = { TYPE_CGROUP_DEVICE, len / 8, (uint64_t)insns, (uint64_t)"GPL", 0, 0, 0, 0, 0 };
	struct {
		uint32_t target_fd, attach_bpf_fd, attach_type, attach_flags;
	} attach = { 0, 0, CGROUP_DEVICE, ALLOW_MULTI };
	long dir = sys(SYS_openat, AT_FDCWD, cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return dir;
	long prog = sys(SYS_bpf, PROG_LOAD, &load, sizeof load), ret = prog;
	if (prog >= 0) {
		attach.target_fd = dir;
		attach.attach_bpf_fd = prog;
		ret = sys(SYS_bpf, PROG_ATTACH, &attach, sizeof attach);
		sys(SYS_close, prog);
	}
	sys(SYS_close, dir);
	return ret;
}

/*
 * One system call in the network namespace of another process: setns(2) with its pidfd, the call, setns(2) back. A
 * socket stays in the namespace in which it was made, and a file of /proc/sys/net in that in which it was opened. The
 * calling thread must not go on in the wrong namespace, so the process ends when the way back fails.
 */
static long call_in(int pidfd, long nr, long a, long b, long c, long d)
{
	long own = sys(SYS_openat, AT_FDCWD, "/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (own < 0)
		return own;
	long ret = sys(SYS_setns, pidfd, 0x40000000 /* CLONE_NEWNET */);
	if (ret == 0) {
		ret = sys(nr, a, b, c, d);
		if (sys(SYS_setns, own, 0x40000000) < 0)
			sys(SYS_exit_group, 70);
	}
	sys(SYS_close, own);
	return ret;
}

/* Makes the operations whose table entry is -1 and that only one program has; each program defines its own. */
static long special(int op, long a[6]);

static long run_op(int op, long a[6])
{
	switch (op) {
	case OP_write_file:
		return write_file((char *)a[0], a[1], a[2], (char *)a[3], a[4]);
	case OP_read_file:
		return read_file((char *)a[0], (char *)a[1], a[2]);
	case OP_bpf_device:
		return bpf_device((char *)a[0], a[1], (char *)a[2]);
	case OP_socket_in:
		return call_in(a[0], SYS_socket, a[1], a[2], a[3], 0);
	case OP_open_in:
		return call_in(a[0], SYS_openat, AT_FDCWD, a[1], a[2], 0);
	}
	const struct op *o = &op_table[op];
	return o->nr < 0 ? special(op, a) : sys6(o->nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}
#endif
