/*
 * Queries in datagrams. What the table does not know is passed on to the servers, one after the other, SERVER_MS each:
 *
 *   program ──> 127.0.0.11 ──> a socket of its own for this query ──> server
 *           <──            <──                                    <──
 *
 * A connected socket takes datagrams of its server only, and has a port that cannot be guessed.
 */
#ifndef DRYDOCK_NAME_DATAGRAM_H
#define DRYDOCK_NAME_DATAGRAM_H
#include "name-files.h"

enum { MAX_PENDING = 512, BATCH = 64 };

struct pending {
	int fd, server, next; /* next: in the list of unused, index + 1 */
	uint64_t deadline;
	uint32_t client_length;
	union place client;
	uint16_t length;
	uint8_t query[MAX_QUERY];
};

static struct pending pending[MAX_PENDING];
static int pending_count, pending_used, unused_pending;
static uint8_t datagram[STREAM_ANSWER + 1], answer[STREAM_ANSWER + 1];

static void reply(const struct pending *p, const uint8_t *bytes, size_t length)
{
	sys(SYS_sendto, DATAGRAMS, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL, &p->client, p->client_length);
}

static void end_pending(struct pending *p)
{
	close_fd(&p->fd);
	p->next = unused_pending;
	unused_pending = p - pending + 1;
	pending_count--;
}

static void fail_pending(struct pending *p)
{
	long n = refuse_query(p->query, p->length, SERVFAIL, answer);
	if (n > 0)
		reply(p, answer, n);
	end_pending(p);
}

/* Asks the next server that can be asked. */
static void ask_next(struct pending *p)
{
	close_fd(&p->fd);
	while (++p->server < table.server_count) {
		p->fd = ask_server(p->server, SOCK_DGRAM);
		if (p->fd < 0)
			continue;
		if (watch(p->fd, EPOLLIN, SERVER_DATAGRAM, p - pending) == 0 &&
		    sys(SYS_sendto, p->fd, p->query, p->length, MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0) == p->length) {
			p->deadline = now_ms() + SERVER_MS;
			return;
		}
		close_fd(&p->fd);
	}
	fail_pending(p);
}

static void forward(const struct pending *from, const uint8_t *bytes, size_t length)
{
	if (length > MAX_QUERY || (!unused_pending && pending_used == MAX_PENDING)) {
		long n = refuse_query(bytes, length, SERVFAIL, answer);
		if (n > 0)
			reply(from, answer, n);
		return;
	}
	struct pending *p = &pending[unused_pending ? unused_pending - 1 : pending_used];
	if (unused_pending)
		unused_pending = p->next;
	else
		pending_used++;
	pending_count++;
	p->client = from->client;
	p->client_length = from->client_length;
	p->length = length;
	p->server = p->fd = -1;
	copy_bytes(p->query, bytes, length);
	ask_next(p);
}

static void take_queries(void)
{
	for (int k = 0; k < BATCH; k++) {
		static struct pending from;
		from.client_length = sizeof from.client;
		long n = sys(SYS_recvfrom, DATAGRAMS, datagram, sizeof datagram, MSG_DONTWAIT, &from.client,
		             &from.client_length);
		if (n < 0)
			return;
		if (!k)
			refresh_table();
		long length = answer_query(&table, datagram, n, 0, &random_state, answer);
		if (length == FORWARDED)
			forward(&from, datagram, n);
		else if (length > 0)
			reply(&from, answer, length);
	}
}

/* Takes a server's answer. One that is not final counts when no other server is left. */
static void take_datagram(struct pending *p)
{
	if (p->fd < 0)
		return;
	long n = sys(SYS_recvfrom, p->fd, answer, sizeof answer, MSG_DONTWAIT, 0, 0);
	if (n == -EAGAIN || n == -EINTR)
		return;
	if (n >= 0 && !is_answer(answer, n, p->query, p->length))
		return;
	if (n >= 0 && (is_final(answer) || p->server + 1 >= table.server_count)) {
		reply(p, answer, n);
		return end_pending(p);
	}
	/* ECONNREFUSED: no server listens there */
	ask_next(p);
}

static void end_late_datagrams(uint64_t now)
{
	for (int k = 0; k < pending_used && pending_count; k++)
		if (pending[k].fd >= 0 && now >= pending[k].deadline)
			ask_next(&pending[k]);
}
#endif
