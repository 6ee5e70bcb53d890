/*
 * Reads a query: RFC 1035, section 4; EDNS: RFC 6891.
 *
 *   | id 2 | flags 2 | questions 2 | answers 2 | authorities 2 | additional 2 | question …
 *                                                                              | name | type 2 | class 2 |
 *
 * Queries come from programs of the container and may be anything. Nothing here makes a system call, so the fuzzer runs
 * it too.
 */
#ifndef DRYDOCK_NAME_QUERY_H
#define DRYDOCK_NAME_QUERY_H
#include "name-table.h"

enum { HEADER = 12, MAX_NAME = 255, QUESTION_NAME = 0xc000 | HEADER };
enum { MAX_QUERY = 1280, SMALL_ANSWER = 512, DATAGRAM_ANSWER = 4096, STREAM_ANSWER = 65535, OPT_RECORD = 11 };
enum { NOERROR = 0, FORMERR = 1, SERVFAIL = 2, NXDOMAIN = 3, NOTIMP = 4, REFUSED = 5, BADVERS = 16 };
enum { TYPE_A = 1, TYPE_PTR = 12, TYPE_AAAA = 28, TYPE_OPT = 41, CLASS_IN = 1 };
enum { TTL = 600, OFFERED_SIZE = 1232 };
/* results of answer_query beside the length of an answer */
enum { IGNORED = 0, FORWARDED = -1 };

struct query {
	const uint8_t *bytes;
	size_t length, question_end;
	char name[MAX_NAME + 1]; /* without the last dot */
	size_t name_length;
	int labels, unusual; /* unusual: a label holds a dot, a blank or a control character */
	int type, class;
	int extended, version;
	size_t room; /* for a datagram that answers it */
};

static int get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static int read_question(struct query *q)
{
	size_t at = HEADER;
	for (;;) {
		if (at >= q->length)
			return 0;
		size_t n = q->bytes[at++];
		if (!n)
			break;
		/* the first name of a message has nothing before it that it could point to */
		if (n > 63 || at + n > q->length || q->name_length + n + 1 > MAX_NAME)
			return 0;
		if (q->labels++)
			q->name[q->name_length++] = '.';
		for (size_t k = 0; k < n; k++) {
			uint8_t c = q->bytes[at++];
			q->unusual |= c == '.' || c <= ' ' || c == 127;
			q->name[q->name_length++] = c;
		}
	}
	if (at + 4 > q->length)
		return 0;
	q->type = get16(q->bytes + at);
	q->class = get16(q->bytes + at + 2);
	q->question_end = at + 4;
	return 1;
}

/* Finds the OPT record among the additional ones. Returns 0 for a record that does not fit. */
static int read_additional(struct query *q)
{
	size_t at = q->question_end;
	for (int records = get16(q->bytes + 10); records > 0; records--) {
		size_t name = at;
		while (at < q->length && q->bytes[at] && q->bytes[at] < 0xc0)
			at += 1 + q->bytes[at];
		at += at < q->length && q->bytes[at] >= 0xc0 ? 2 : 1;
		if (at + 10 > q->length)
			return 0;
		const uint8_t *record = q->bytes + at;
		if (get16(record) == TYPE_OPT) {
			if (q->extended || at != name + 1)
				return 0;
			q->extended = 1;
			q->version = record[5];
			q->room = get16(record + 2);
		}
		at += 10 + get16(record + 8);
		if (at > q->length)
			return 0;
	}
	if (q->room < SMALL_ANSWER)
		q->room = SMALL_ANSWER;
	if (q->room > DATAGRAM_ANSWER)
		q->room = DATAGRAM_ANSWER;
	return 1;
}

/* Returns whether it is one question and nothing else but additional records. */
static int read_query(struct query *q, const uint8_t *bytes, size_t length)
{
	q->bytes = bytes;
	q->length = length;
	q->name_length = q->room = 0;
	q->labels = q->unusual = q->extended = q->version = 0;
	if (length < HEADER || get16(bytes + 4) != 1 || get16(bytes + 6) || get16(bytes + 8))
		return 0;
	return read_question(q) && read_additional(q);
}
#endif
