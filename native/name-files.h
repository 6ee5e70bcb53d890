/*
 * The tables as files. The daemon replaces a file by rename(2), so what is mapped here stays whole, and a change shows
 * in the file's inode. Each query asks for the inodes, and maps what has changed.
 */
#ifndef DRYDOCK_NAME_FILES_H
#define DRYDOCK_NAME_FILES_H
#include <sys/mman.h>
#include <sys/stat.h>
#include "name-state.h"

enum { ID = 64 };
/* A network of a thousand containers with a dozen names each has 200 kB. */
#define MAX_FILE ((size_t)16 << 20)

struct file {
	char name[ID + 1];
	uint64_t inode, size;
	int64_t sec, nsec; /* of its last change */
	void *map;
	size_t length;
};

static struct file own_file, *member_files;

static void unmap(struct file *f)
{
	if (f->length)
		sys(SYS_munmap, f->map, f->length);
	f->length = 0;
	f->inode = 0;
}

static void map(struct file *f)
{
	struct stat st;
	unmap(f);
	long fd = sys(SYS_openat, TABLES, f->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return;
	if (sys(SYS_fstat, fd, &st) == 0 && S_ISREG(st.st_mode)) {
		f->inode = st.st_ino;
		f->size = st.st_size;
		f->sec = st.st_ctim.tv_sec;
		f->nsec = st.st_ctim.tv_nsec;
		size_t length = f->size > MAX_FILE ? 0 : f->size;
		long at = length ? sys(SYS_mmap, 0, length, PROT_READ, MAP_PRIVATE, fd, 0) : 0;
		if (length && (at > 0 || at < -4095)) {
			f->map = (void *)at;
			f->length = length;
		}
	}
	sys(SYS_close, fd);
}

/* Maps the file anew if it was replaced. Returns whether it was. */
static int refresh(struct file *f)
{
	struct stat st;
	if (sys(SYS_newfstatat, TABLES, f->name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		int was = f->inode != 0;
		unmap(f);
		return was;
	}
	if (f->inode == st.st_ino && f->size == (uint64_t)st.st_size && f->sec == st.st_ctim.tv_sec &&
	    f->nsec == (int64_t)st.st_ctim.tv_nsec)
		return 0;
	map(f);
	return 1;
}

static void name_file(struct file *f, struct text id)
{
	size_t n = 0;
	for (; n < id.length && n < ID && id.at[n] != '/'; n++)
		f->name[n] = id.at[n];
	f->name[n] = 0;
}

static struct text text_of(const struct file *f)
{
	struct text text = { f->map, f->length };
	return text;
}

/* Each network of the table, and its file. A container is on a few networks, or on hundreds. */
struct room {
	struct network network;
	struct file file;
};
enum { ROOM_STEP = 32 };

/* Without memory for more, the networks that do not fit have no names. Call it while no member file is mapped. */
static void make_room(int wanted)
{
	if (wanted <= table.network_room)
		return;
	size_t room = (wanted + ROOM_STEP - 1) / ROOM_STEP * ROOM_STEP;
	long at = sys(SYS_mmap, 0, room * sizeof(struct room), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	              0);
	if (at < 0 && at >= -4095)
		return;
	if (table.networks)
		sys(SYS_munmap, table.networks, table.network_room * sizeof(struct room));
	table.networks = (void *)at;
	table.network_room = room;
	member_files = (void *)(at + room * sizeof(struct network));
}

/* Brings `table` up to date. A network whose file is gone has no members. */
static void refresh_table(void)
{
	if (refresh(&own_file)) {
		for (int k = 0; k < table.network_count; k++)
			unmap(&member_files[k]);
		make_room(count_networks(text_of(&own_file)));
		read_own(&table, text_of(&own_file));
		for (int k = 0; k < table.network_count; k++)
			name_file(&member_files[k], table.networks[k].id);
	}
	for (int k = 0; k < table.network_count; k++) {
		refresh(&member_files[k]);
		table.networks[k].members = text_of(&member_files[k]);
	}
}
#endif
