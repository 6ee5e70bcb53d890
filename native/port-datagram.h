/*
 * Datagrams (UDP): each client of a socket gets a socket of its own to the container, a flow, so that the answers can
 * be told apart. A flow ends after FLOW_SECONDS without a datagram, or when its slot is needed and it is the one that
 * was used longest ago.
 *
 *   client ──> bound socket ──> flow's socket ──> container
 *          <──              <──               <──
 *
 * An answer leaves from the address that the client had sent to (IP_PKTINFO, ip(7)): with several addresses on the host
 * the kernel would choose another one, and the client would not recognise the answer.
 */
#ifndef DRYDOCK_PORT_DATAGRAM_H
#define DRYDOCK_PORT_DATAGRAM_H
#include <sys/uio.h>
#include "port-state.h"

/* As long as docker-proxy keeps a flow. */
enum { FLOW_SECONDS = 90, BUCKETS = 1024, DATAGRAMS = 64, DATAGRAM = 65536 };

struct flow {
	int fd, socket; /* index of the bound socket */
	int next;       /* in its bucket, or in the list of unused */
	int older, newer;
	uint32_t last;
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} client;
	union {
		struct in_pktinfo in;
		struct in6_pktinfo in6;
	} local;
};

static struct flow flows[MAX_FLOWS];
static int buckets[BUCKETS];                                    /* index + 1; 0 is the end */
static int flow_count, flows_used, unused_flow, oldest, newest; /* index + 1 */
static unsigned char datagram[DATAGRAM];

static uint32_t hash(const struct flow *f)
{
	const unsigned char *p = (const unsigned char *)&f->client;
	uint32_t value = 2166136261u ^ f->socket;
	for (size_t k = 0; k < sizeof f->client; k++)
		value = (value ^ p[k]) * 16777619u;
	p = (const unsigned char *)&f->local;
	for (size_t k = 0; k < sizeof f->local; k++)
		value = (value ^ p[k]) * 16777619u;
	return value % BUCKETS;
}

static int same_bytes(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;
	while (n--)
		if (*x++ != *y++)
			return 0;
	return 1;
}

static void unlink_age(struct flow *f)
{
	if (f->older)
		flows[f->older - 1].newer = f->newer;
	else
		oldest = f->newer;
	if (f->newer)
		flows[f->newer - 1].older = f->older;
	else
		newest = f->older;
}

static void make_newest(struct flow *f)
{
	f->older = newest;
	f->newer = 0;
	if (newest)
		flows[newest - 1].newer = f - flows + 1;
	else
		oldest = f - flows + 1;
	newest = f - flows + 1;
}

static void end_flow(struct flow *f)
{
	int *link = &buckets[hash(f)], own = f - flows + 1;
	while (*link && *link != own)
		link = &flows[*link - 1].next;
	*link = f->next;
	unlink_age(f);
	close_fd(&f->fd);
	f->next = unused_flow;
	unused_flow = own;
	flow_count--;
}

static void end_old_flows(void)
{
	uint32_t now = flow_count ? seconds() : 0;
	while (oldest && now - flows[oldest - 1].last >= FLOW_SECONDS)
		end_flow(&flows[oldest - 1]);
}

static struct flow *open_flow(const struct flow *wanted)
{
	const struct target *to = &targets[wanted->socket];
	if (!unused_flow && flows_used == MAX_FLOWS)
		end_flow(&flows[oldest - 1]);
	long fd = sys(SYS_socket, to->address.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return NULL;
	int index = unused_flow ? unused_flow - 1 : flows_used;
	if (sys(SYS_connect, fd, &to->address, to->length) < 0 || watch(fd, EPOLLIN, FLOW, index) < 0) {
		sys(SYS_close, fd);
		return NULL;
	}
	struct flow *f = &flows[index];
	if (unused_flow)
		unused_flow = f->next;
	else
		flows_used++;
	copy_bytes(f, wanted, sizeof *f);
	f->fd = fd;
	int *bucket = &buckets[hash(f)];
	f->next = *bucket;
	*bucket = index + 1;
	make_newest(f);
	flow_count++;
	return f;
}

static struct flow *flow_of(const struct flow *wanted)
{
	for (int at = buckets[hash(wanted)]; at; at = flows[at - 1].next) {
		struct flow *f = &flows[at - 1];
		if (f->socket == wanted->socket && same_bytes(&f->client, &wanted->client, sizeof f->client) &&
		    same_bytes(&f->local, &wanted->local, sizeof f->local)) {
			unlink_age(f);
			make_newest(f);
			return f;
		}
	}
	return open_flow(wanted);
}

/* The control message with the local address, for recvmsg(2) and sendmsg(2). */
union control {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

static void take_local(struct flow *f, const union control *control, size_t length)
{
	const struct cmsghdr *c = &control->head;
	const void *data = (const char *)control + CMSG_LEN(0);
	if (length < sizeof *c)
		return;
	if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO && c->cmsg_len >= CMSG_LEN(sizeof f->local.in)) {
		copy_bytes(&f->local.in, data, sizeof f->local.in);
		f->local.in.ipi_ifindex = 0;
		f->local.in.ipi_addr.s_addr = 0;
	}
	if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO &&
	    c->cmsg_len >= CMSG_LEN(sizeof f->local.in6))
		copy_bytes(&f->local.in6, data, sizeof f->local.in6);
}

static void take_datagrams(int index)
{
	for (int k = 0; k < DATAGRAMS; k++) {
		struct flow from;
		union control control;
		zero_bytes(&from, sizeof from);
		struct iovec part = { datagram, DATAGRAM };
		struct msghdr message = { &from.client, sizeof from.client, &part, 1, &control, sizeof control, 0 };
		long n = sys(SYS_recvmsg, FIRST_SOCKET + index, &message, MSG_DONTWAIT);
		if (n < 0)
			return;
		from.socket = index;
		from.last = seconds();
		take_local(&from, &control, message.msg_controllen);
		struct flow *f = flow_of(&from);
		if (!f)
			continue;
		f->last = from.last;
		/* a datagram that does not fit is lost, as on every link */
		sys(SYS_sendto, f->fd, datagram, n, MSG_DONTWAIT, 0, 0);
	}
}

static void send_answer(const struct flow *f, size_t length)
{
	union control control;
	int v6 = f->client.any.sa_family == AF_INET6;
	size_t size = v6 ? sizeof f->local.in6 : sizeof f->local.in;
	zero_bytes(&control, sizeof control);
	control.head.cmsg_len = CMSG_LEN(size);
	control.head.cmsg_level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
	control.head.cmsg_type = v6 ? IPV6_PKTINFO : IP_PKTINFO;
	copy_bytes((char *)&control + CMSG_LEN(0), &f->local, size);
	struct iovec part = { datagram, length };
	struct msghdr message = { (void *)&f->client,
		                  v6 ? sizeof f->client.in6 : sizeof f->client.in,
		                  &part,
		                  1,
		                  &control,
		                  CMSG_SPACE(size),
		                  0 };
	sys(SYS_sendmsg, FIRST_SOCKET + f->socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void take_answers(struct flow *f)
{
	if (f->fd < 0)
		return;
	for (int k = 0; k < DATAGRAMS; k++) {
		/* ECONNREFUSED: no program in the container has the port now; one may come */
		long n = sys(SYS_recvfrom, f->fd, datagram, DATAGRAM, MSG_DONTWAIT, 0, 0);
		if (n < 0)
			return;
		f->last = seconds();
		unlink_age(f);
		make_newest(f);
		send_answer(f, n);
	}
}
#endif
