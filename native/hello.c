/* The only program of the practice image hello-world: prints a greeting that names what had to work before. */
#include "sys.h"

static const char text[] =
	"\n"
	"Hello from Drydock!\n"
	"This message shows that pull, unpack, overlay, namespaces and execve work here.\n"
	"\n"
	"It comes from the practice registry: docker.io could not be reached.\n"
	"For more than a greeting, try:\n"
	"  drydock run -it ubuntu /bin/bash\n"
	"\n";

__attribute__((noreturn, used)) void hello_main(long *stack)
{
	(void)stack;
	long left = sizeof text - 1, written;
	const char *at = text;
	while (left > 0 && ((written = sys(SYS_write, 1, at, left)) > 0 || written == -EINTR)) {
		if (written > 0) {
			at += written;
			left -= written;
		}
	}
	sys(SYS_exit_group, left > 0);
	__builtin_unreachable();
}
ENTRY(hello_main);
