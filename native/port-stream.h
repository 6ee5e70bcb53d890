/*
 * Streams (TCP, SCTP): each accepted connection gets a second one to the container.
 *
 *   client ── fd[OUTSIDE] ── pipe[OUTSIDE] ──> fd[INSIDE] ── container
 *                        <── pipe[INSIDE]  ──
 *
 * splice(2) moves pages from one socket into a pipe and from there into the other socket, so no byte is copied here. A
 * direction has a pipe only while bytes are on their way. A pipe that is empty again goes back to a pool.
 *
 * The epoll instance reports changes (EPOLLET), so a direction is pumped until one of its ends blocks. After BUDGET
 * bytes it waits for its next turn, so that one fast connection does not stop the others.
 */
#ifndef DRYDOCK_PORT_STREAM_H
#define DRYDOCK_PORT_STREAM_H
#include <netinet/tcp.h>
#include "port-state.h"

enum { OUTSIDE, INSIDE };
enum { PIPE_BYTES = 1 << 20, BUDGET = 2 << 20, POOL = 32, ACCEPTS = 64, NONE = -1 };
enum state { UNUSED, CONNECTING, OPEN, CLOSED };
/* splice(2) */
enum { MOVE = 1, NONBLOCK = 2 };
/* Like Go's net package, and so like docker-proxy: the first probe after 15 seconds. */
enum { KEEPALIVE_SECONDS = 15 };

struct connection {
	int fd[2];
	int pipe[2][2];
	uint32_t held[2]; /* bytes in the pipe */
	uint8_t ended[2]; /* this end has sent its last byte */
	uint8_t shut[2];  /* that was passed on */
	uint8_t state, queued;
	int next; /* in the list of unused, of closed, or of those that wait for a turn */
};

static struct connection connections[MAX_CONNECTIONS];
static int used, unused = NONE, closed = NONE, waiting = NONE, accepting = 1, resting;
static uint32_t rested_at; /* in seconds */
static int pool[POOL][2], pooled;

static int take_pipe(int *pipe)
{
	if (pooled) {
		pooled--;
		pipe[0] = pool[pooled][0], pipe[1] = pool[pooled][1];
		return 0;
	}
	long ret = sys(SYS_pipe2, pipe, O_NONBLOCK | O_CLOEXEC);
	if (ret < 0) {
		pipe[0] = pipe[1] = -1;
		return ret;
	}
	/* a smaller pipe does as well */
	sys(SYS_fcntl, pipe[0], F_SETPIPE_SZ, PIPE_BYTES);
	return 0;
}

static void give_pipe(int *pipe, int empty)
{
	if (pipe[0] >= 0 && empty && pooled < POOL) {
		pool[pooled][0] = pipe[0], pool[pooled][1] = pipe[1];
		pooled++;
		pipe[0] = pipe[1] = -1;
	}
	close_fd(&pipe[0]);
	close_fd(&pipe[1]);
}

/* Lets the listening sockets report connections, or not: while all slots or descriptors are in use. */
static void accept_more(int on)
{
	if (accepting == on)
		return;
	accepting = on;
	for (int k = 0; k < socket_count; k++) {
		if (targets[k].protocol == IPPROTO_UDP || targets[k].hold)
			continue;
		struct epoll_event event = { on ? EPOLLIN : 0, { .u64 = (uint64_t)STREAM_LISTENER << 32 | k } };
		sys(SYS_epoll_ctl, epoll, EPOLL_CTL_MOD, FIRST_SOCKET + k, &event);
	}
}

/*
 * Without a descriptor a connection stays in the queue, and its event would come again and again. No connection need be
 * open whose end would free one, because the host or the flows may have them all: wait for a moment.
 */
static void rest_listeners(void)
{
	accept_more(0);
	resting = 1;
	rested_at = seconds();
}

static void wake_listeners(void)
{
	if (!resting || seconds() == rested_at)
		return;
	resting = 0;
	accept_more(1);
}

/*
 * Ends a connection. `reset`: both ends learn that it was cut off (SO_LINGER of 0 sends RST, tcp(7)). The slot is used
 * again only after the batch, because a later event of the batch may name it.
 */
static void end_connection(struct connection *c, int reset)
{
	if (c->state == CLOSED)
		return;
	for (int side = 0; side < 2; side++) {
		struct linger now = { 1, 0 };
		if (reset && c->fd[side] >= 0)
			sys(SYS_setsockopt, c->fd[side], SOL_SOCKET, SO_LINGER, &now, sizeof now);
		close_fd(&c->fd[side]);
		give_pipe(c->pipe[side], !c->held[side]);
	}
	c->state = CLOSED;
	if (!c->queued) {
		c->next = closed;
		closed = c - connections;
	}
	accept_more(1);
}

static struct connection *new_connection(void)
{
	int index = unused;
	if (index != NONE)
		unused = connections[index].next;
	else if (used < MAX_CONNECTIONS)
		index = used++;
	else
		return NULL;
	struct connection *c = &connections[index];
	zero_bytes(c, sizeof *c);
	c->fd[0] = c->fd[1] = c->pipe[0][0] = c->pipe[0][1] = c->pipe[1][0] = c->pipe[1][1] = -1;
	c->state = CONNECTING;
	c->next = NONE;
	return c;
}

/* Moves bytes from fd[from] to the other end. Returns 0 when an end blocks, 1 after BUDGET bytes, -1 on failure. */
static int pump(struct connection *c, int from)
{
	int to = !from, *pipe = c->pipe[from];
	uint32_t moved = 0;
	while (moved < BUDGET) {
		long in = 0, out;
		if (!c->ended[from] && c->held[from] < PIPE_BYTES) {
			if (pipe[0] < 0 && take_pipe(pipe) < 0)
				return -1;
			in = sys(SYS_splice, c->fd[from], 0, pipe[1], 0, PIPE_BYTES, MOVE | NONBLOCK);
			if (in > 0)
				c->held[from] += in;
			else if (in == 0)
				c->ended[from] = 1;
			else if (in != -EAGAIN)
				return -1;
		}
		if (!c->held[from]) {
			give_pipe(pipe, 1);
			if (c->ended[from] && !c->shut[from]) {
				c->shut[from] = 1;
				sys(SYS_shutdown, c->fd[to], 1 /* SHUT_WR */);
			}
			return 0;
		}
		out = sys(SYS_splice, pipe[0], 0, c->fd[to], 0, c->held[from], MOVE | NONBLOCK);
		if (out == -EAGAIN)
			return 0;
		if (out <= 0)
			return -1;
		c->held[from] -= out;
		moved += out;
	}
	return 1;
}

static void pump_both(struct connection *c, int outward, int inward)
{
	int more = 0;
	if (inward && !c->shut[OUTSIDE])
		more |= pump(c, OUTSIDE);
	if (outward && more >= 0 && !c->shut[INSIDE])
		more |= pump(c, INSIDE);
	if (more < 0)
		end_connection(c, 1);
	else if (c->shut[OUTSIDE] && c->shut[INSIDE])
		end_connection(c, 0);
	else if (more && !c->queued) {
		c->queued = 1;
		c->next = waiting;
		waiting = c - connections;
	}
}

static void stream_event(struct connection *c, int side, uint32_t events)
{
	if (c->state == CONNECTING && side == INSIDE && events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) {
		int error = 0, length = sizeof error;
		sys(SYS_getsockopt, c->fd[INSIDE], SOL_SOCKET, SO_ERROR, &error, &length);
		if (error)
			return end_connection(c, 1);
		c->state = OPEN;
		return pump_both(c, 1, 1);
	}
	if (c->state != OPEN)
		return;
	int in = !!(events & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP)), out = !!(events & (EPOLLOUT | EPOLLERR));
	pump_both(c, side == OUTSIDE ? out : in, side == OUTSIDE ? in : out);
	if (events & EPOLLERR)
		end_connection(c, 1);
}

static void tune(int fd, int protocol)
{
	if (protocol != IPPROTO_TCP)
		return;
	set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_SECONDS);
	set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_SECONDS);
}

/* Connects to the container for a client that was accepted. */
static void connect_inside(struct connection *c, const struct target *to)
{
	enum { CHANGES = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET };
	int index = c - connections, protocol = to->protocol == IPPROTO_SCTP ? IPPROTO_SCTP : 0;
	long ret = sys(SYS_socket, to->address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
	if (ret < 0)
		return end_connection(c, 1);
	c->fd[INSIDE] = ret;
	tune(c->fd[OUTSIDE], to->protocol);
	tune(c->fd[INSIDE], to->protocol);
	ret = sys(SYS_connect, c->fd[INSIDE], &to->address, to->length);
	if ((ret < 0 && ret != -EINPROGRESS) || watch(c->fd[INSIDE], CHANGES, INNER, index) < 0 ||
	    watch(c->fd[OUTSIDE], CHANGES, OUTER, index) < 0)
		end_connection(c, 1);
}

static void accept_clients(int index)
{
	for (int k = 0; k < ACCEPTS; k++) {
		struct connection *c = new_connection();
		if (!c)
			return accept_more(0);
		long fd = sys(SYS_accept4, FIRST_SOCKET + index, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			c->fd[OUTSIDE] = fd;
			connect_inside(c, &targets[index]);
			continue;
		}
		c->state = UNUSED;
		c->next = unused;
		unused = c - connections;
		if (fd == -EMFILE || fd == -ENFILE || fd == -ENOBUFS || fd == -ENOMEM)
			rest_listeners();
		if (fd != -ECONNABORTED && fd != -EINTR)
			return;
	}
}

/* After a batch: those that wait get their turn, and slots of closed connections can be used again. */
static void finish_streams(void)
{
	int index = waiting, next;
	waiting = NONE;
	for (; index != NONE; index = next) {
		struct connection *c = &connections[index];
		next = c->next;
		c->queued = 0;
		if (c->state == OPEN) {
			pump_both(c, 1, 1);
		} else {
			c->next = closed;
			closed = index;
		}
	}
	for (index = closed, closed = NONE; index != NONE; index = next) {
		next = connections[index].next;
		connections[index].state = UNUSED;
		connections[index].next = unused;
		unused = index;
	}
}
#endif
