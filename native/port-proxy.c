/*
 * The port proxy: one process for all published ports of a container. It passes on what comes from the host itself and
 * from containers to a published port; what comes from outside is rewritten by nf_tables and does not come here.
 *
 *   program on the host ── 127.0.0.1:8080 ── proxy ── 172.30.0.2:80 ── container
 *
 * The daemon has bound the sockets, so a port that is taken is an error of the daemon's step. The proxy outlives the
 * daemon. It ends by itself when the container's first process ends. port-state.h lists its descriptors.
 *
 * It stays in the host's network namespace: a program in the container then sees the bridge's address as the peer,
 * never its own address or 127.0.0.1, which servers often trust. The packets pass the container's eth0 and its rules
 * there.
 */
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include "port-datagram.h"
#include "port-stream.h"

/* After the container's end: until nothing has moved for this long, and no longer than that many times. */
enum { QUIET_MS = 50, QUIET_TIMES = 20, FLOW_TICK_MS = 10000, REST_MS = 250 };
enum { NOBODY = 65534, RIGHTS_LEFT = 68 };

static void read_targets(void)
{
	char *to = (char *)targets;
	size_t done = 0;
	long n;
	while (done < sizeof targets && (n = sys(SYS_pread64, TARGETS, to + done, sizeof targets - done, done)) > 0)
		done += n;
	socket_count = done / sizeof(struct target);
	sys(SYS_close, TARGETS);
}

/* A program that takes bytes from strangers must not go on as root. */
static void must(long result)
{
	if (result < 0)
		sys(SYS_exit_group, RIGHTS_LEFT);
}

/*
 * The ports are bound, so nothing of root's power is needed any more, except pipes beyond a user's usual number: a
 * daemon that lacks this capability itself does without.
 */
static void drop_rights(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	uint32_t kept = 1u << CAP_SYS_RESOURCE;
	struct __user_cap_data_struct data[2] = { { kept, kept, 0 }, { 0, 0, 0 } };
	must(sys(SYS_chdir, "/"));
	must(sys(SYS_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0));
	must(sys(SYS_setgroups, 0, 0));
	must(sys(SYS_setresgid, NOBODY, NOBODY, NOBODY));
	must(sys(SYS_setresuid, NOBODY, NOBODY, NOBODY));
	if (sys(SYS_capset, &head, data) < 0) {
		zero_bytes(data, sizeof data);
		must(sys(SYS_capset, &head, data));
	}
	must(sys(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

static void begin(void)
{
	unsigned long all = ~0ul;
	sys(SYS_rt_sigprocmask, SIG_SETMASK, &all, 0, 8);
	sys(SYS_prctl, PR_SET_NAME, "drydock-ports");
	read_targets();
	epoll = sys(SYS_epoll_create1, EPOLL_CLOEXEC);
	watch(CONTAINER, EPOLLIN, CONTAINER_ENDED, 0);
	for (int k = 0; k < socket_count; k++) {
		int fd = FIRST_SOCKET + k;
		sys(SYS_fcntl, fd, F_SETFL, sys(SYS_fcntl, fd, F_GETFL) | O_NONBLOCK);
		if (targets[k].hold)
			continue;
		if (targets[k].protocol != IPPROTO_UDP) {
			watch(fd, EPOLLIN, STREAM_LISTENER, k);
			continue;
		}
		if (set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) < 0)
			set_option(fd, IPPROTO_IP, IP_PKTINFO, 1);
		watch(fd, EPOLLIN, DATAGRAM_SOCKET, k);
	}
	drop_rights();
	sys(SYS_write, READY, "", 1);
	sys(SYS_close, READY);
}

/* Closes the ports at once, so that the container can be started again. Connections may still be emptied. */
static void close_ports(void)
{
	sys(SYS_close_range, CONTAINER, FIRST_SOCKET + socket_count - 1, 0);
	socket_count = 0;
}

/* Returns whether the event was the container's end. */
static int take_event(const struct epoll_event *event)
{
	uint32_t index = event->data.u64;
	switch ((enum kind)(event->data.u64 >> 32)) {
	case CONTAINER_ENDED:
		return 1;
	case STREAM_LISTENER:
		accept_clients(index);
		break;
	case OUTER:
		stream_event(&connections[index], OUTSIDE, event->events);
		break;
	case INNER:
		stream_event(&connections[index], INSIDE, event->events);
		break;
	case DATAGRAM_SOCKET:
		take_datagrams(index);
		break;
	case FLOW:
		take_answers(&flows[index]);
		break;
	}
	return 0;
}

__attribute__((noreturn, used)) void proxy_main(void)
{
	static struct epoll_event events[EVENTS];
	int ended = 0, turns = 0;
	begin();
	for (;;) {
		int patience = waiting != NONE ? 0
		               : ended         ? QUIET_MS
		               : resting       ? REST_MS
		               : flow_count    ? FLOW_TICK_MS
		                               : -1;
		long n = sys(SYS_epoll_pwait, epoll, events, EVENTS, patience, 0, 8);
		int last = 0;
		for (long k = 0; k < n; k++)
			last |= take_event(&events[k]);
		finish_streams();
		end_old_flows();
		wake_listeners();
		if (last && !ended) {
			ended = 1;
			close_ports();
		}
		if (ended && (n <= 0 || ++turns > QUIET_TIMES) && waiting == NONE)
			sys(SYS_exit_group, 0);
	}
}
ENTRY(proxy_main);
