/*
 * The log: a record is written whole or not at all, and a file that is full is exchanged for a new one.
 *
 *   1 byte   stream: 1 stdout, 2 stderr      4 bytes  length of the data
 *   3 bytes  mark: 'd' 'd' 2                 8 bytes  nanoseconds since 1970
 *   data
 *   4 bytes  length of all of it, so that the file can be read backwards
 *
 * in little-endian order. With limits (`--log-opt max-size`, `max-file`) the directory of the log is
 * descriptor 9, and the files are output.log, output.log.1, output.log.2 …, the oldest last.
 */
#ifndef DRYDOCK_SHIM_LOG_H
#define DRYDOCK_SHIM_LOG_H
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include "shim-state.h"

struct log_head {
	uint8_t stream, mark[3];
	uint32_t length;
	uint64_t when;
};
enum { RECORD_EXTRA = sizeof(struct log_head) + sizeof(uint32_t), NAME_MAX_LOG = 40 };
static const char LOG_NAME[] = "output.log", LOG_NEW[] = "output.log.new";

/* limits: bytes of a file, 0 for none; files with the newest */
static uint64_t log_most, log_size;
static int log_files, within_line;

static uint64_t size_of_log(void)
{
	struct stat st;
	return sys(SYS_fstat, LOG, &st) < 0 ? log_size : (uint64_t)st.st_size;
}

static long limit_log(long most, long files)
{
	if (most < 0 || files < 1)
		return -EINVAL;
	log_size = size_of_log();
	log_files = files;
	log_most = most;
	return 0;
}

static void append_record(int stream, const unsigned char *data, uint32_t length)
{
	struct timespec now;
	uint32_t whole = RECORD_EXTRA + length;
	sys(SYS_clock_gettime, CLOCK_REALTIME, &now);
	struct log_head head = { stream, { 'd', 'd', 2 }, length, now.tv_sec * 1000000000ull + now.tv_nsec };
	struct iovec parts[] = { { &head, sizeof head }, { (void *)data, length }, { &whole, sizeof whole } };
	/* O_APPEND: one write, one record; on a full disk the record is lost, the process goes on */
	long n = sys(SYS_writev, LOG, parts, 3);
	within_line = data[length - 1] != '\n';
	if (n == whole)
		log_size += n;
	else if (n > 0)
		sys(SYS_ftruncate, LOG, size_of_log() - n);
}

static const char *older_name(char *name, int n)
{
	char *end = decimal(copy_bytes(name, "output.log.", 11) + 11, n);
	*end = 0;
	return name;
}

/* Frees the name output.log.1: each file gets the next higher number, and the last is lost. */
static int shift_older(void)
{
	char from[NAME_MAX_LOG], to[NAME_MAX_LOG];
	for (int n = log_files - 1; n > 1; n--) {
		long err = sys(SYS_renameat2, LOG_DIR, older_name(from, n - 1), LOG_DIR, older_name(to, n), 0);
		if (err < 0 && err != -ENOENT)
			return -1;
	}
	if (log_files == 2)
		sys(SYS_unlinkat, LOG_DIR, older_name(from, 1), 0);
	return 0;
}

/*
 * -1 when there can be no other file now: then the full one is written on. The name output.log is never
 * missing (a link first, then the new file over it), and a reader that holds the old file reads it to its end.
 */
static int rotate_log(void)
{
	char first[NAME_MAX_LOG];
	long fd = sys(SYS_openat, LOG_DIR, LOG_NEW, O_WRONLY | O_APPEND | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	if (shift_older() < 0 ||
	    (log_files > 1 && sys(SYS_linkat, LOG_DIR, LOG_NAME, LOG_DIR, older_name(first, 1), 0) < 0) ||
	    sys(SYS_renameat2, LOG_DIR, LOG_NEW, LOG_DIR, LOG_NAME, 0) < 0) {
		sys(SYS_unlinkat, LOG_DIR, LOG_NEW, 0);
		sys(SYS_close, fd);
		return -1;
	}
	sys(SYS_dup3, fd, LOG, O_CLOEXEC);
	sys(SYS_close, fd);
	log_size = within_line = 0;
	return 0;
}

static uint32_t through_newline(const unsigned char *data, uint32_t from, uint32_t to, int step)
{
	for (uint32_t n = from; n != to; n += step)
		if (data[n - 1] == '\n')
			return n;
	return 0;
}

/*
 * How much of it the file has room for: whole lines, or nothing. A line that was begun in it is ended in it,
 * as far as the rest has come already; of a line that is longer than a file, a file full.
 */
static uint32_t fitting(const unsigned char *data, uint32_t length)
{
	uint64_t room = log_most > log_size + RECORD_EXTRA ? log_most - log_size - RECORD_EXTRA : 0;
	if (!log_most || length <= room)
		return length;
	uint32_t lines = through_newline(data, room, 0, -1);
	if (!lines && within_line)
		lines = through_newline(data, 1, length + 1, 1);
	if (lines || log_size)
		return lines;
	return room ? room : length;
}

static void write_log(int stream, const unsigned char *data, uint32_t length)
{
	while (length) {
		uint32_t part = fitting(data, length);
		if (!part) {
			uint64_t now = size_of_log();
			if (now < log_size) { /* it was truncated, not by us */
				log_size = now;
				continue;
			}
			if (rotate_log() == 0)
				continue;
			part = length;
		}
		append_record(stream, data, part);
		data += part;
		length -= part;
	}
}
#endif
