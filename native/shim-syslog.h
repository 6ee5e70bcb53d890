/*
 * --log-driver syslog: sends each line of the output to a server, beside the log file. The messages are dockerd's:
 *
 *   <30>Nov 30 06:40:00 TAG[PID]: line                                  without syslog-format
 *   <30>Nov 30 06:40:00 HOST TAG[PID]: line                             rfc3164
 *   <30>1 2026-11-30T06:40:00Z HOST TAG PID TAG - line                  rfc5424, and rfc5424micro with microseconds
 *
 * A server that does not take a message for SEND_SECONDS, or that cannot be reached, loses it; the next connection is
 * tried a second later. So a dead server delays a container and does not stop it.
 */
#ifndef DRYDOCK_SHIM_SYSLOG_H
#define DRYDOCK_SHIM_SYSLOG_H
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include "shim-state.h"

enum { LINE_MOST = 16 * 1024, SEND_SECONDS = 5, INFO = 6, ERROR = 3 };
enum syslog_format { UNIX_FORMAT, RFC3164, RFC5424, RFC5424_MICRO };

/* runtime/container/logs/syslog/message.ts writes it. */
static struct syslog_target {
	uint8_t format, facility, type, address_length; /* type: SOCK_STREAM, SOCK_DGRAM; 0: no syslog */
	int32_t zone;                                   /* minutes east of UTC */
	char address[112];                              /* struct sockaddr */
	char hostname[64], tag[256];                    /* with a final NUL */
} target;
_Static_assert(sizeof target == 440, "the daemon writes 440 bytes");

static struct line {
	int length;
	char bytes[LINE_MOST];
} lines[2];
static int server = -1;
static time_t try_again_at;

static long connect_syslog(void)
{
	struct timeval patience = { SEND_SECONDS, 0 };
	struct timespec now;
	uint16_t family;
	copy_bytes(&family, target.address, sizeof family);
	sys(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	if (now.tv_sec < try_again_at)
		return -EAGAIN;
	long fd = sys(SYS_socket, family, target.type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	sys(SYS_setsockopt, fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	long err = sys(SYS_connect, fd, target.address, target.address_length);
	if (err < 0) {
		sys(SYS_close, fd);
		sys(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
		try_again_at = now.tv_sec + 1;
		return err;
	}
	server = fd;
	return 0;
}

/* Takes the target and connects to it, so that a start fails when there is no server. */
static long log_syslog(const char *bytes, long length)
{
	if (length != sizeof target)
		return -EINVAL;
	copy_bytes(&target, bytes, length);
	target.hostname[sizeof target.hostname - 1] = target.tag[sizeof target.tag - 1] = 0;
	if (target.address_length > sizeof target.address)
		return -EINVAL;
	try_again_at = 0;
	close_fd(&server);
	long err = connect_syslog();
	if (err < 0)
		target.type = 0;
	return err;
}

static char *append(char *p, const char *text)
{
	while (*text)
		*p++ = *text++;
	return p;
}

static char *digits(char *p, int value, int width, char fill)
{
	for (int k = width; k--; value /= 10)
		p[k] = value || k == width - 1 ? '0' + value % 10 : fill;
	return p + width;
}

struct date {
	int year, month, day, hour, minute, second;
};

/* Days since 1970 to a date of the Gregorian calendar, whose eras of 400 years have 146097 days; they begin in March. */
static struct date date_of(int64_t seconds)
{
	int64_t days = seconds / 86400 + 719468;
	int rest = seconds % 86400, era = days / 146097, day = days % 146097;
	int year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	day -= 365 * year + year / 4 - year / 100;
	int month = (5 * day + 2) / 153;
	struct date date = { year + era * 400 + (month > 9),
		             month < 10 ? month + 3 : month - 9,
		             day - (153 * month + 2) / 5 + 1,
		             rest / 3600,
		             rest / 60 % 60,
		             rest % 60 };
	return date;
}

static char *clock_time(char *p, const struct date *date)
{
	p = digits(p, date->hour, 2, '0');
	*p++ = ':';
	p = digits(p, date->minute, 2, '0');
	*p++ = ':';
	return digits(p, date->second, 2, '0');
}

static char *rfc3339(char *p, const struct date *date, int micro)
{
	int zone = target.zone < 0 ? -target.zone : target.zone;
	p = digits(p, date->year, 4, '0');
	*p++ = '-';
	p = digits(p, date->month, 2, '0');
	*p++ = '-';
	p = digits(p, date->day, 2, '0');
	*p++ = 'T';
	p = clock_time(p, date);
	if (micro >= 0) {
		*p++ = '.';
		p = digits(p, micro, 6, '0');
	}
	if (!zone)
		return append(p, "Z");
	*p++ = target.zone < 0 ? '-' : '+';
	p = digits(p, zone / 60, 2, '0');
	*p++ = ':';
	return digits(p, zone % 60, 2, '0');
}

static char *stamp(char *p, const struct date *date)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	p = (char *)copy_bytes(p, months + 3 * (date->month - 1), 3) + 3;
	*p++ = ' ';
	p = digits(p, date->day, 2, ' ');
	*p++ = ' ';
	return clock_time(p, date);
}

/* Everything before the line. Returns its length. */
static int message_head(char *head, int severity)
{
	struct timespec now;
	sys(SYS_clock_gettime, CLOCK_REALTIME, &now);
	struct date date = date_of(now.tv_sec + target.zone * 60);
	char *p = head;
	*p++ = '<';
	p = decimal(p, target.facility * 8 + severity);
	*p++ = '>';
	if (target.format >= RFC5424) {
		p = rfc3339(append(p, "1 "), &date, target.format == RFC5424_MICRO ? now.tv_nsec / 1000 : -1);
		p = append(append(append(append(append(p, " "), target.hostname), " "), target.tag), " ");
		p = append(append(append(decimal(p, sys(SYS_getpid)), " "), target.tag), " - ");
		return p - head;
	}
	p = append(stamp(p, &date), " ");
	if (target.format == RFC3164)
		p = append(append(p, target.hostname), " ");
	p = append(append(p, target.tag), "[");
	return append(decimal(p, sys(SYS_getpid)), "]: ") - head;
}

/* Sends all or closes the connection. A stream may take a part at a time. */
static int send_parts(struct iovec *parts, int count)
{
	while (count) {
		struct msghdr message = { .msg_iov = parts, .msg_iovlen = count };
		long n = sys(SYS_sendmsg, server, &message, MSG_NOSIGNAL);
		if (n < 0) {
			close_fd(&server);
			return -1;
		}
		while (count && (size_t)n >= parts->iov_len) {
			n -= parts->iov_len;
			parts++;
			count--;
		}
		if (count) {
			parts->iov_base = (char *)parts->iov_base + n;
			parts->iov_len -= n;
		}
	}
	return 0;
}

static void send_line(struct line *line)
{
	static char head[64 + sizeof target.hostname + 2 * sizeof target.tag];
	int length = message_head(head, line == &lines[0] ? INFO : ERROR);
	/* an error may be about an earlier message, so one more attempt is made with a new connection */
	for (int attempt = 0; line->length && attempt < 2; attempt++) {
		struct iovec parts[] = { { head, length }, { line->bytes, line->length }, { "\n", 1 } };
		if ((server >= 0 || connect_syslog() == 0) && send_parts(parts, 3) == 0)
			break;
	}
	line->length = 0;
}

static void write_syslog(int stream, const unsigned char *data, uint32_t length)
{
	struct line *line = &lines[stream == STDERR];
	if (!target.type)
		return;
	for (uint32_t k = 0; k < length; k++) {
		if (data[k] != '\n')
			line->bytes[line->length++] = data[k];
		if (data[k] == '\n' || line->length == LINE_MOST)
			send_line(line);
	}
}

/* The last line may have no newline. */
static void finish_syslog(void)
{
	for (int k = 0; target.type && k < 2; k++)
		send_line(&lines[k]);
}
#endif
