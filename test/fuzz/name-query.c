/*
 * Hostile queries for the name server's parser (native/name-answer.h): queries that are damaged a little, and bytes at
 * random, against tables that are damaged too. argv: how many, the seed. The sanitizers end the process at a wrong access;
 * what an answer must be is checked here. Prints the input of a failure in hexadecimal digits.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "name-answer.h"

static uint64_t seed;
static uint32_t any(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 16) % below;
}

static const char own[] =
	"server 127.0.0.53\nserver 2001:db8:0:0:0:0:0:1\nndots\nforward\n"
	"network aa front\nnetwork bb back.net\nlink aa store web\nlink bb \nserver\nnetwork\n";
static const char members[] =
	"172.18.0.2 web www 3f2a91c07be4\n172.18.0.3 db www\n"
	"2001:db8:0:0:0:0:0:2 web www\nnonsense\n1.2.3 x\n1.2.3.4.5 web\n\n 172.18.0.4 web";
static const char *const names[] = { "web",
	                             "www.front",
	                             "store",
	                             "db.back.net",
	                             "x",
	                             "outside.example",
	                             "",
	                             "2.0.18.172.in-addr.arpa",
	                             "a.b.c.d.in-addr.arpa",
	                             "2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa" };
static const int types[] = { 1, 12, 15, 28, 41, 65, 255 };

static uint8_t *put_text(uint8_t *p, const char *name)
{
	while (*name) {
		size_t n = strcspn(name, ".");
		*p++ = n;
		memcpy(p, name, n);
		p += n;
		name += n + (name[n] == '.');
	}
	*p++ = 0;
	return p;
}

static size_t make_query(uint8_t *bytes)
{
	uint8_t *p = bytes + HEADER;
	memset(bytes, 0, HEADER);
	bytes[0] = any(256);
	bytes[2] = 1;
	bytes[5] = 1;
	p = put_text(p, names[any(sizeof names / sizeof *names)]);
	p = put16(p, types[any(sizeof types / sizeof *types)]);
	p = put16(p, 1);
	if (any(2)) {
		bytes[11] = 1;
		p = put_opt(p, 0);
		put16(p - 8, any(65536));
	}
	return p - bytes;
}

static size_t damage(uint8_t *bytes, size_t length, size_t room)
{
	for (uint32_t changes = any(6); changes; changes--) {
		size_t at = length ? any(length) : 0;
		switch (any(5)) {
		case 0:
			length = at;
			break;
		case 1:
			if (length < room)
				bytes[length++] = any(256);
			break;
		case 2:
			if (length)
				bytes[at] = (uint8_t[]){ 0, 0xc0, 63, 64, 255, '.', ' ', 12 }[any(8)];
			break;
		default:
			if (length)
				bytes[at] = any(256);
		}
	}
	return length;
}

static void fail(const char *what, const uint8_t *bytes, size_t length)
{
	printf("%s: ", what);
	for (size_t k = 0; k < length; k++)
		printf("%02x", bytes[k]);
	printf("\n");
	exit(1);
}

/* Walks over the records of an answer, which has no pointers but those to the question. */
static int is_whole(const uint8_t *bytes, size_t length, size_t question_end)
{
	size_t at = question_end;
	for (int records = get16(bytes + 6) + get16(bytes + 8) + get16(bytes + 10); records; records--) {
		at += at < length && bytes[at] >= 0xc0 ? 2 : 1;
		if (at + 10 > length)
			return 0;
		at += 10 + get16(bytes + at + 8);
	}
	return at == length;
}

static void check(const struct table *t, const uint8_t *bytes, size_t length, int stream)
{
	static uint32_t order = 1;
	size_t room = stream ? STREAM_ANSWER : DATAGRAM_ANSWER;
	/* of exactly this size, so that the sanitizer sees each byte beyond */
	uint8_t *in = malloc(length ? length : 1), *out = malloc(room);
	memcpy(in, bytes, length);
	long n = answer_query(t, in, length, stream, &order, out);
	if (n < FORWARDED || n > (long)room)
		fail("length", bytes, length);
	if (n == FORWARDED) {
		struct query q;
		if (!read_query(&q, in, length))
			fail("forwarded what cannot be read", bytes, length);
	}
	if (n > 0) {
		struct query q;
		int readable = read_query(&q, in, length);
		if (n < HEADER || out[0] != in[0] || out[1] != in[1] || !(out[2] & 0x80))
			fail("header", bytes, length);
		if (out[5] != readable && !(in[2] & 0x78))
			fail("question", bytes, length);
		if (readable && memcmp(out + HEADER, in + HEADER, q.question_end - HEADER))
			fail("another question", bytes, length);
		if (!is_whole(out, n, readable ? q.question_end : HEADER))
			fail("records", bytes, length);
		if (!stream && readable && n > (long)q.room)
			fail("longer than the client takes", bytes, length);
		if (readable && !is_answer(out, n, in, length))
			fail("no answer to its own query", bytes, length);
	}
	/* what a server sends may be anything, too */
	if (is_answer(in, length, out, n > 0 ? n : 0))
		is_final(in);
	free(in);
	free(out);
}

/* Text of exactly its size, so that the sanitizer sees each byte beyond. */
static struct text damaged_copy(const char *from, size_t length, int whole)
{
	char *copy = malloc(length);
	memcpy(copy, from, length);
	size_t left = whole ? length : damage((uint8_t *)copy, length, length);
	char *exact = malloc(left ? left : 1);
	memcpy(exact, copy, left);
	free(copy);
	return (struct text){ exact, left };
}

int main(int argc, char **argv)
{
	long count = argc > 1 ? atol(argv[1]) : 1000;
	seed = argc > 2 ? strtoull(argv[2], 0, 10) * 2 + 1 : 1;
	static uint8_t bytes[MAX_QUERY];
	static struct network networks[8];
	static struct table table = { .networks = networks, .network_room = 8 };
	for (long k = 0; k < count; k++) {
		int whole = any(8) != 0;
		struct text mine = damaged_copy(own, sizeof own - 1, whole);
		struct text theirs = damaged_copy(members, sizeof members - 1, whole);
		read_own(&table, mine);
		for (int j = 0; j < table.network_count; j++)
			table.networks[j].members = theirs;
		size_t length = make_query(bytes);
		if (any(16))
			length = damage(bytes, length, sizeof bytes);
		else
			for (size_t j = length = any(sizeof bytes); j; j--)
				bytes[j - 1] = any(256);
		check(&table, bytes, length, any(2));
		free((char *)mine.at);
		free((char *)theirs.at);
	}
	printf("%ld\n", count);
	return 0;
}
