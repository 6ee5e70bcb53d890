/* Reaps every child that has ended: wait4(2). The shim and the small init are parents of orphans, too. */
#ifndef DRYDOCK_REAP_H
#define DRYDOCK_REAP_H
#include <sys/wait.h>
#include "sys.h"

/* Returns whether `child` was one of them; its wait status is then in *status. */
static int reap_children(long child, int *status)
{
	int one, ended = 0;
	long pid;
	while ((pid = sys(SYS_wait4, -1, &one, WNOHANG, 0)) > 0)
		if (pid == child) {
			*status = one;
			ended = 1;
		}
	return ended;
}

#endif
