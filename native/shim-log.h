/*
 * The log file. A record is written whole or not at all. A full file is replaced by a new one.
 *
 *   1 byte   stream: 1 stdout, 2 stderr      4 bytes  length of the data
 *   3 bytes  mark: 'd' 'd' 2                 8 bytes  nanoseconds since 1970
 *   data
 *   4 bytes  length of the whole record, so that the file can be read backwards
 *
 * All integers are little-endian. With limits (`--log-opt max-size`, `max-file`) the directory of the log is
 * descriptor 9, and the files are output.log, output.log.1, output.log.2 …; the highest number is the oldest.
 * The daemon may replace a numbered file by a compressed one while it holds flock(2) of the directory: compress-log.ts.
 */
#ifndef DRYDOCK_SHIM_LOG_H
#define DRYDOCK_SHIM_LOG_H
#include <sys/file.h>
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
static const char LOG_NAME[] = "output.log", LOG_NEW[] = "output.log.new", LOG_FULL[] = "output.log.full";

/* the limits: bytes of one file (0: no limit), and the number of files, the newest included */
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
	/* O_APPEND: one write, one record. On a full disk the record is lost and the container's process continues. */
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

/* Frees the name output.log.1: renames each file to the next higher number; the oldest is lost. */
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
 * Gives the full file a second name, LOG_FULL, before any other file is renamed, because this is what may fail. A log
 * that another process has removed has no name to keep.
 */
static long keep_full(void)
{
	sys(SYS_unlinkat, LOG_DIR, LOG_FULL, 0); /* of a shim that was killed */
	return sys(SYS_linkat, LOG_DIR, LOG_NAME, LOG_DIR, LOG_FULL, 0);
}

/*
 * Starts a new log file. Returns -1 when that fails; the caller then goes on writing to the full one, and the older
 * ones are all there. The name output.log exists at every moment (link(2) first, then rename(2) over it), and a reader
 * that has the old file open can read it to its end.
 */
static int rename_logs(void)
{
	char first[NAME_MAX_LOG];
	long fd = sys(SYS_openat, LOG_DIR, LOG_NEW, O_WRONLY | O_APPEND | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	long kept = log_files > 1 ? keep_full() : -ENOENT;
	if ((kept < 0 && kept != -ENOENT) || (kept == 0 && shift_older() < 0) ||
	    (kept == 0 && sys(SYS_renameat2, LOG_DIR, LOG_FULL, LOG_DIR, older_name(first, 1), 0) < 0) ||
	    sys(SYS_renameat2, LOG_DIR, LOG_NEW, LOG_DIR, LOG_NAME, 0) < 0) {
		sys(SYS_unlinkat, LOG_DIR, LOG_NEW, 0);
		sys(SYS_unlinkat, LOG_DIR, LOG_FULL, 0);
		sys(SYS_close, fd);
		return -1;
	}
	sys(SYS_dup3, fd, LOG, O_CLOEXEC);
	sys(SYS_close, fd);
	log_size = within_line = 0;
	return 0;
}

/*
 * The daemon holds the lock only to look at a name and to rename one file. The shim does not wait for that: it goes on
 * writing to the full file and tries again with the next output. A file system without locks has no compressed files.
 */
static int rotate_log(void)
{
	if (sys(SYS_flock, LOG_DIR, LOCK_EX | LOCK_NB) == -EWOULDBLOCK)
		return -1;
	int done = rename_logs();
	sys(SYS_flock, LOG_DIR, LOCK_UN);
	return done;
}

static uint32_t through_newline(const unsigned char *data, uint32_t from, uint32_t to, int step)
{
	for (uint32_t n = from; n != to; n += step)
		if (data[n - 1] == '\n')
			return n;
	return 0;
}

/*
 * How many bytes of `data` go into the current file: whole lines, or 0. A line that was begun in this file ends in
 * it, if its newline is already in `data`. Of a line that is longer than a whole file, as much as one file takes.
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
			if (now < log_size) { /* another process truncated the file */
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
