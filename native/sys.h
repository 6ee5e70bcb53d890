/* The system call instruction, and helpers: stage, shim and init are built without a C library. */
#ifndef DRYDOCK_SYS_H
#define DRYDOCK_SYS_H
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <sys/syscall.h>

static inline long sys6(long nr, long a, long b, long c, long d, long e, long f)
{
#if defined(__x86_64__)
	long ret;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	__asm__ volatile("syscall"
	                 : "=a"(ret)
	                 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
	                 : "rcx", "r11", "memory");
	return ret;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;
	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
	return x0;
#else
#error "drydock knows x86_64 and aarch64"
#endif
}
#define sys(...) SYS_PAD(__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define SYS_PAD(nr, a, b, c, d, e, f, ...) sys6(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

/* Passes the initial stack (argc, argv, envp as execve(2) lays them out) to `fn`. */
#if defined(__x86_64__)
#define ENTRY(fn)                                                                                                      \
	__asm__(".globl _start\n_start:\n xor %ebp,%ebp\n mov %rsp,%rdi\n and $-16,%rsp\n call " #fn "\n hlt\n")
#else
#define ENTRY(fn) __asm__(".globl _start\n_start:\n mov x29,#0\n mov x0,sp\n bl " #fn "\n brk #0\n")
#endif

static inline void *copy_bytes(void *to, const void *from, size_t n)
{
	char *t = to;
	const char *f = from;
	while (n--)
		*t++ = *f++;
	return to;
}
static inline void zero_bytes(void *to, size_t n)
{
	char *t = to;
	while (n--)
		*t++ = 0;
}
/* Writes v in decimal digits, without a NUL. Returns the position behind the last digit. */
static inline char *decimal(char *p, uint64_t v)
{
	char digits[20];
	int n = 0;
	do
		digits[n++] = '0' + v % 10;
	while (v /= 10);
	while (n)
		*p++ = digits[--n];
	return p;
}
#endif
