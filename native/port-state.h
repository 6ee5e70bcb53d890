/*
 * The state of a port proxy: what it was given, its epoll instance, and what is to be done after a batch of events.
 *
 * Descriptors at the start:
 *
 *   3     one end of a pair: a byte is written to it when the proxy is ready; its end without one: it has failed
 *   4     the targets: one struct target for each socket, in their order
 *   5     pidfd of the container's first process
 *   6 …   sockets that the daemon has bound to ports of the host; those of streams listen already
 */
#ifndef DRYDOCK_PORT_STATE_H
#define DRYDOCK_PORT_STATE_H
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include "sys.h"

enum { READY = 3, TARGETS, CONTAINER, FIRST_SOCKET };
enum { MAX_SOCKETS = 8192, MAX_CONNECTIONS = 16384, MAX_FLOWS = 8192, EVENTS = 128 };

/* Where the packets of one socket go. runtime/network/ports/proxy.ts writes it. */
struct target {
	uint8_t protocol; /* IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP */
	uint8_t hold;     /* 1: the socket only keeps the port taken, nothing is proxied */
	uint8_t length;   /* of the address */
	uint8_t zero;
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} address;
};
_Static_assert(sizeof(struct target) == 32, "the daemon writes 32 bytes for each socket");

/* What an event is about: the kind in the upper half of its data, an index in the lower half. */
enum kind { CONTAINER_ENDED, STREAM_LISTENER, OUTER, INNER, DATAGRAM_SOCKET, FLOW };

static struct target targets[MAX_SOCKETS];
static int socket_count, epoll;

static long set_option(int fd, int level, int name, int value)
{
	return sys(SYS_setsockopt, fd, level, name, &value, sizeof value);
}

static long watch(int fd, uint32_t events, enum kind kind, uint32_t index)
{
	struct epoll_event event = { events, { .u64 = (uint64_t)kind << 32 | index } };
	return sys(SYS_epoll_ctl, epoll, EPOLL_CTL_ADD, fd, &event);
}

/* Seconds of a clock that is never set back. */
static uint32_t seconds(void)
{
	struct {
		int64_t sec, nsec;
	} now;
	sys(SYS_clock_gettime, 1 /* CLOCK_MONOTONIC */, &now);
	return now.sec;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		sys(SYS_close, *fd);
	*fd = -1;
}
#endif
