/*
 * The name server of a container: answers at 127.0.0.11 in the container's network namespace, and outlives the daemon.
 *
 *   program in the container ── 127.0.0.11:53 ── name server ── the table: web is 172.18.0.2
 *                                                            └─ servers of the host, or those of --dns
 *
 * What it knows is written by the daemon into files (name-table.h), so it goes on answering while no daemon runs. It
 * ends by itself when the container's first process ends. name-state.h lists its descriptors.
 *
 * The process stays in the host's network namespace, so that servers on the host's loopback can be asked, or enters the
 * container's when the servers were requested with --dns. It takes input from programs of the container: before the
 * first query it locks itself into the directory of the tables, and gives up all rights.
 */
#include <linux/capability.h>
#include <signal.h>
#include <sched.h>
#include <sys/prctl.h>
#include "name-stream.h"

enum { NOBODY = 65534 };

static void drop_rights(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct none[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
	must(sys(SYS_fchdir, TABLES), RIGHTS_LEFT);
	must(sys(SYS_chroot, "."), RIGHTS_LEFT);
	must(sys(SYS_setgroups, 0, 0), RIGHTS_LEFT);
	must(sys(SYS_setresgid, NOBODY, NOBODY, NOBODY), RIGHTS_LEFT);
	must(sys(SYS_setresuid, NOBODY, NOBODY, NOBODY), RIGHTS_LEFT);
	must(sys(SYS_capset, &head, none), RIGHTS_LEFT);
	must(sys(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), RIGHTS_LEFT);
}

static void begin(const char *id)
{
	unsigned long all = ~0ul;
	struct text name = { id, 0 };
	while (id[name.length])
		name.length++;
	name_file(&own_file, name);
	sys(SYS_rt_sigprocmask, SIG_SETMASK, &all, 0, 8);
	sys(SYS_prctl, PR_SET_NAME, "drydock-names");
	sys(SYS_getrandom, &random_state, sizeof random_state, 0);
	refresh_table();
	must(own_file.length ? 0 : -ENOENT, NO_TABLE);
	/* servers of --dns must never be asked from the host's namespace */
	if (table.inside)
		must(sys(SYS_setns, CONTAINER, CLONE_NEWNET), NO_NAMESPACE);
	for (int k = 0; k < MAX_STREAMS; k++)
		streams[k].client = streams[k].upstream = -1;
	epoll = sys(SYS_epoll_create1, EPOLL_CLOEXEC);
	must(epoll, NO_EVENTS);
	must(watch(CONTAINER, EPOLLIN, CONTAINER_ENDED, 0), NO_EVENTS);
	must(watch(DATAGRAMS, EPOLLIN, QUERIES, 0), NO_EVENTS);
	must(sys(SYS_fcntl, STREAMS, F_SETFL, sys(SYS_fcntl, STREAMS, F_GETFL) | O_NONBLOCK), NO_EVENTS);
	must(watch(STREAMS, EPOLLIN, CLIENTS, 0), NO_EVENTS);
	drop_rights();
	sys(SYS_write, READY, "", 1);
	sys(SYS_close, READY);
}

static void take_event(const struct epoll_event *event)
{
	uint32_t index = event->data.u64;
	switch ((enum kind)(event->data.u64 >> 32)) {
	case CONTAINER_ENDED:
		sys(SYS_exit_group, 0);
		break;
	case QUERIES:
		take_queries();
		break;
	case CLIENTS:
		accept_clients();
		break;
	case SERVER_DATAGRAM:
		take_datagram(&pending[index]);
		break;
	case STREAM_CLIENT:
		client_event(&streams[index], event->events);
		break;
	case STREAM_SERVER:
		server_event(&streams[index]);
		break;
	}
}

__attribute__((noreturn, used)) void server_main(const uintptr_t *stack)
{
	static struct epoll_event events[EVENTS];
	const char *const *argv = (const char *const *)(stack + 1);
	if (stack[0] < 2)
		sys(SYS_exit_group, NO_NAME);
	begin(argv[1]);
	for (;;) {
		int patience = pending_count || stream_count || clients_rest_until ? TICK_MS : -1;
		long n = sys(SYS_epoll_pwait, epoll, events, EVENTS, patience, 0, 8);
		must(n == -EINTR ? 0 : n, NO_EVENTS);
		for (long k = 0; k < n; k++)
			take_event(&events[k]);
		if (!pending_count && !stream_count && !clients_rest_until)
			continue;
		uint64_t now = now_ms();
		wake_clients(now);
		end_late_datagrams(now);
		end_late_streams(now);
	}
}
ENTRY(server_main);
