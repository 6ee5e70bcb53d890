/*
 * Queries over streams (TCP): RFC 1035, section 4.2.2. Each message has its length, two bytes, before it. A connection
 * carries one query after the other, and is closed after IDLE_MS without one.
 *
 *   READING ── a whole query ──> answered from the table ──────────────> WRITING ──> READING
 *                           └──> SENDING to a server ──> RECEIVING ──────┘
 */
#ifndef DRYDOCK_NAME_STREAM_H
#define DRYDOCK_NAME_STREAM_H
#include "name-datagram.h"

enum { MAX_STREAMS = 32, IDLE_MS = 10000, PREFIX = 2 };
enum step { UNUSED, READING, SENDING, RECEIVING, WRITING };

struct stream {
	enum step step;
	int client, upstream, server; /* server: its number */
	uint64_t deadline;
	size_t query_length, query_done; /* with their prefixes */
	size_t answer_length, answer_done;
	uint8_t query[PREFIX + MAX_QUERY];
	uint8_t answer[PREFIX + STREAM_ANSWER + 1];
};

static struct stream streams[MAX_STREAMS];
static int stream_count;
static uint64_t clients_rest_until; /* 0: new connections are watched for */

static void end_stream(struct stream *s)
{
	close_fd(&s->client);
	close_fd(&s->upstream);
	s->step = UNUSED;
	stream_count--;
}

static void read_next(struct stream *s)
{
	s->step = READING;
	s->query_done = 0;
	s->query_length = PREFIX;
	s->deadline = now_ms() + IDLE_MS;
	watch_for(s->client, EPOLLIN, STREAM_CLIENT, s - streams);
}

/* Goes on with sending the answer; what does not fit now waits for its event. */
static void write_answer(struct stream *s)
{
	while (s->answer_done < s->answer_length) {
		long n = sys(SYS_sendto, s->client, s->answer + s->answer_done, s->answer_length - s->answer_done,
		             MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0);
		if (n == -EAGAIN)
			return watch_for(s->client, EPOLLOUT, STREAM_CLIENT, s - streams);
		if (n <= 0)
			return end_stream(s);
		s->answer_done += n;
	}
	read_next(s);
}

static void begin_writing(struct stream *s, size_t length)
{
	close_fd(&s->upstream);
	put16(s->answer, length);
	s->answer_length = PREFIX + length;
	s->answer_done = 0;
	s->step = WRITING;
	s->deadline = now_ms() + IDLE_MS;
	write_answer(s);
}

static void ask_next_stream(struct stream *s)
{
	close_fd(&s->upstream);
	/* what the client sends now waits; EPOLLHUP is told in any case */
	watch_for(s->client, 0, STREAM_CLIENT, s - streams);
	while (++s->server < table.server_count) {
		s->upstream = ask_server(s->server, SOCK_STREAM);
		if (s->upstream < 0)
			continue;
		if (watch(s->upstream, EPOLLOUT, STREAM_SERVER, s - streams) == 0) {
			s->step = SENDING;
			s->query_done = 0;
			s->deadline = now_ms() + SERVER_MS;
			return;
		}
		close_fd(&s->upstream);
	}
	begin_writing(s, refuse_query(s->query + PREFIX, s->query_length - PREFIX, SERVFAIL, s->answer + PREFIX));
}

static void take_whole_query(struct stream *s)
{
	refresh_table();
	long n =
		answer_query(&table, s->query + PREFIX, s->query_length - PREFIX, 1, &random_state, s->answer + PREFIX);
	if (n == FORWARDED) {
		s->server = -1;
		return ask_next_stream(s);
	}
	if (n == IGNORED)
		return end_stream(s);
	begin_writing(s, n);
}

static void read_query_part(struct stream *s)
{
	long n = sys(SYS_recvfrom, s->client, s->query + s->query_done, s->query_length - s->query_done, MSG_DONTWAIT,
	             0, 0);
	if (n == -EAGAIN)
		return;
	if (n <= 0)
		return end_stream(s);
	s->query_done += n;
	if (s->query_done < s->query_length)
		return;
	if (s->query_length > PREFIX)
		return take_whole_query(s);
	size_t length = get16(s->query);
	if (length < HEADER || length > MAX_QUERY)
		return end_stream(s);
	s->query_length = PREFIX + length;
}

static void client_event(struct stream *s, uint32_t events)
{
	if (s->step == UNUSED)
		return;
	if (s->step == READING)
		return read_query_part(s);
	if (s->step == WRITING && events & EPOLLOUT)
		return write_answer(s);
	if (events & (EPOLLHUP | EPOLLERR))
		end_stream(s);
}

static void send_part(struct stream *s)
{
	long n = sys(SYS_sendto, s->upstream, s->query + s->query_done, s->query_length - s->query_done,
	             MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0);
	if (n == -EAGAIN)
		return;
	if (n <= 0)
		return ask_next_stream(s);
	s->query_done += n;
	if (s->query_done < s->query_length)
		return;
	s->step = RECEIVING;
	s->answer_done = 0;
	s->answer_length = PREFIX;
	watch_for(s->upstream, EPOLLIN, STREAM_SERVER, s - streams);
}

static void receive_part(struct stream *s)
{
	long n = sys(SYS_recvfrom, s->upstream, s->answer + s->answer_done, s->answer_length - s->answer_done,
	             MSG_DONTWAIT, 0, 0);
	if (n == -EAGAIN)
		return;
	if (n <= 0)
		return ask_next_stream(s);
	s->answer_done += n;
	if (s->answer_done < s->answer_length)
		return;
	size_t length = get16(s->answer);
	if (s->answer_length == PREFIX && length >= HEADER) {
		s->answer_length = PREFIX + length;
		return;
	}
	if (!is_answer(s->answer + PREFIX, length, s->query + PREFIX, s->query_length - PREFIX))
		return ask_next_stream(s);
	if (!is_final(s->answer + PREFIX) && s->server + 1 < table.server_count)
		return ask_next_stream(s);
	begin_writing(s, length);
}

static void server_event(struct stream *s)
{
	if (s->step == SENDING)
		send_part(s);
	else if (s->step == RECEIVING)
		receive_part(s);
}

/* What would be lost with a connection: nothing, a part of a query, an answer that is not taken, a query under way. */
static int loss_of(const struct stream *s)
{
	if (s->step == READING)
		return s->query_done > 0;
	return s->step == WRITING ? 2 : 3;
}

/*
 * A program inside may hold them all. Then one ends for the new one: of those with the least to lose the one that is
 * nearest to its deadline.
 */
static struct stream *free_stream(void)
{
	struct stream *least = &streams[0];
	for (int k = 0; k < MAX_STREAMS; k++) {
		struct stream *s = &streams[k];
		if (s->step == UNUSED)
			return s;
		int more = loss_of(s) - loss_of(least);
		if (more < 0 || (!more && s->deadline < least->deadline))
			least = s;
	}
	end_stream(least);
	return least;
}

/* Without a descriptor the connection stays in the queue, and its event would come again and again: wait for a tick. */
static void rest_clients(void)
{
	clients_rest_until = now_ms() + TICK_MS;
	watch_for(STREAMS, 0, CLIENTS, 0);
}

static void wake_clients(uint64_t now)
{
	if (!clients_rest_until || now < clients_rest_until)
		return;
	clients_rest_until = 0;
	watch_for(STREAMS, EPOLLIN, CLIENTS, 0);
}

static void accept_clients(void)
{
	for (int k = 0; k < MAX_STREAMS; k++) {
		long fd = sys(SYS_accept4, STREAMS, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd == -EMFILE || fd == -ENFILE || fd == -ENOBUFS || fd == -ENOMEM)
			return rest_clients();
		if (fd < 0)
			return;
		struct stream *s = free_stream();
		if (watch(fd, 0, STREAM_CLIENT, s - streams) < 0) {
			sys(SYS_close, fd);
			continue;
		}
		s->client = fd;
		s->upstream = -1;
		stream_count++;
		read_next(s);
	}
}

static void end_late_streams(uint64_t now)
{
	for (int k = 0; k < MAX_STREAMS && stream_count; k++) {
		struct stream *s = &streams[k];
		if (s->step == UNUSED || now < s->deadline)
			continue;
		if (s->step == SENDING || s->step == RECEIVING)
			ask_next_stream(s);
		else
			end_stream(s);
	}
}
#endif
