/*
 * The state of a name server: what it was given, its epoll instance, its clock.
 *
 * Descriptors at the start:
 *
 *   3     the directory with the tables
 *   4     pidfd of the container's first process
 *   5, 6  sockets in the container's network namespace, at 127.0.0.11: datagrams, streams (it listens already)
 *   7     gets one byte when the server is ready, and is closed then
 *
 * argv[1] is the container's id, and the name of its table.
 */
#ifndef DRYDOCK_NAME_STATE_H
#define DRYDOCK_NAME_STATE_H
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include "name-answer.h"
#include "sys.h"

enum { TABLES = 3, CONTAINER, DATAGRAMS, STREAMS, READY };
/* Statuses of a server that cannot do its work; runtime/network/names/server-process.ts has words for them. */
enum failure { NO_NAME = 64, NO_TABLE, NO_NAMESPACE, NO_EVENTS, RIGHTS_LEFT };
enum { EVENTS = 64, SERVER_MS = 4000, TICK_MS = 200, PORT = 53 };

/* What an event is about: the kind in the upper half of its data, an index in the lower half. */
enum kind { CONTAINER_ENDED, QUERIES, CLIENTS, SERVER_DATAGRAM, STREAM_CLIENT, STREAM_SERVER };

/* An address of a socket: of a client inside, or of a server. */
union place {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static int epoll;
static uint32_t random_state;
static struct table table;

/* Ends the server when a call without which it may not go on has failed. */
static void must(long result, enum failure status)
{
	if (result < 0)
		sys(SYS_exit_group, status);
}

static long watch(int fd, uint32_t events, enum kind kind, uint32_t index)
{
	struct epoll_event event = { events, { .u64 = (uint64_t)kind << 32 | index } };
	return sys(SYS_epoll_ctl, epoll, EPOLL_CTL_ADD, fd, &event);
}

static void watch_for(int fd, uint32_t events, enum kind kind, uint32_t index)
{
	struct epoll_event event = { events, { .u64 = (uint64_t)kind << 32 | index } };
	sys(SYS_epoll_ctl, epoll, EPOLL_CTL_MOD, fd, &event);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		sys(SYS_close, *fd);
	*fd = -1;
}

/* Milliseconds of a clock that is never set back. */
static uint64_t now_ms(void)
{
	struct {
		int64_t sec, nsec;
	} now;
	sys(SYS_clock_gettime, 1 /* CLOCK_MONOTONIC */, &now);
	return now.sec * 1000 + now.nsec / 1000000;
}

/* A socket that is connected to this server. Returns -errno; a stream may still be under way. */
static long ask_server(int number, int type)
{
	const struct address *server = &table.servers[number];
	union place to;
	zero_bytes(&to, sizeof to);
	int v6 = server->length == V6;
	if (v6) {
		to.in6.sin6_family = AF_INET6;
		to.in6.sin6_port = __builtin_bswap16(PORT);
		copy_bytes(&to.in6.sin6_addr, server->bytes, V6);
	} else {
		to.in.sin_family = AF_INET;
		to.in.sin_port = __builtin_bswap16(PORT);
		copy_bytes(&to.in.sin_addr, server->bytes, V4);
	}
	long fd = sys(SYS_socket, to.any.sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	long ret = sys(SYS_connect, fd, &to, v6 ? sizeof to.in6 : sizeof to.in);
	if (ret < 0 && ret != -EINPROGRESS) {
		sys(SYS_close, fd);
		return ret;
	}
	return fd;
}
#endif
