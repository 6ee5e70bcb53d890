/*
 * Writes the answer to a query: what the table knows, or a code. Nothing here makes a system call, so the fuzzer runs it
 * too. A record's name is a pointer to the question's.
 */
#ifndef DRYDOCK_NAME_ANSWER_H
#define DRYDOCK_NAME_ANSWER_H
#include "name-query.h"

static uint8_t *put16(uint8_t *p, unsigned v)
{
	p[0] = v >> 8;
	p[1] = v;
	return p + 2;
}

/* The header with the flags QR and RA; opcode and RD are the query's. */
static void put_header(uint8_t *out, const uint8_t *query, int code, int questions)
{
	out[0] = query[0];
	out[1] = query[1];
	out[2] = 0x80 | (query[2] & 0x79);
	out[3] = 0x80 | (code & 15);
	for (int k = 4; k < HEADER; k++)
		out[k] = 0;
	out[5] = questions;
}

static uint8_t *put_opt(uint8_t *p, int code)
{
	*p++ = 0;
	p = put16(p, TYPE_OPT);
	p = put16(p, OFFERED_SIZE);
	*p++ = code >> 4;
	for (int k = 0; k < 5; k++)
		*p++ = 0;
	return p;
}

/* Header and question. Returns where the answers go. */
static uint8_t *begin_answer(uint8_t *out, const struct query *q, int code)
{
	put_header(out, q->bytes, code, 1);
	for (size_t k = HEADER; k < q->question_end; k++)
		out[k] = q->bytes[k];
	return out + q->question_end;
}

static long end_answer(uint8_t *out, uint8_t *p, const struct query *q, int code, int answers)
{
	put16(out + 6, answers);
	if (q->extended) {
		p = put_opt(p, code);
		out[11] = 1;
	}
	return p - out;
}

/* An answer without records. `bytes` need not be a query that can be read. */
static long refuse_query(const uint8_t *bytes, size_t length, int code, uint8_t *out)
{
	struct query q;
	if (length < HEADER)
		return IGNORED;
	if (read_query(&q, bytes, length))
		return end_answer(out, begin_answer(out, &q, code), &q, code, 0);
	put_header(out, bytes, code, 0);
	return HEADER;
}

static uint8_t *put_record(uint8_t *p, int type, unsigned length)
{
	p = put16(p, QUESTION_NAME);
	p = put16(p, type);
	p = put16(p, CLASS_IN);
	p = put16(p, 0);
	p = put16(p, TTL);
	return put16(p, length);
}

/* xorshift: for the order of addresses, where it need not be secret */
static uint32_t next_random(uint32_t *state)
{
	uint32_t x = *state ? *state : 1;
	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return *state = x;
}

static void shuffle(struct found *found, uint32_t *state)
{
	for (int k = found->count - 1; k > 0; k--) {
		int other = next_random(state) % (k + 1);
		struct address one = found->addresses[k];
		found->addresses[k] = found->addresses[other];
		found->addresses[other] = one;
	}
}

static long put_addresses(uint8_t *out, size_t room, const struct query *q, const struct found *found)
{
	uint8_t *p = begin_answer(out, q, NOERROR);
	uint8_t *end = out + room - (q->extended ? OPT_RECORD : 0);
	int k = 0;
	for (; k < found->count; k++) {
		const struct address *a = &found->addresses[k];
		if (end - p < 12 + a->length)
			break;
		p = put_record(p, q->type, a->length);
		for (int j = 0; j < a->length; j++)
			*p++ = a->bytes[j];
	}
	if (k < found->count)
		out[2] |= 2; /* TC */
	return end_answer(out, p, q, NOERROR, k);
}

/* Writes a name in labels. Returns NULL when it is no possible name. */
static uint8_t *put_name(uint8_t *p, const uint8_t *end, struct text name)
{
	size_t label = 0;
	for (size_t k = 0; k <= name.length; k++) {
		if (k < name.length && name.at[k] != '.')
			continue;
		size_t n = k - label;
		if (!n || n > 63 || (size_t)(end - p) < n + 1)
			return NULL;
		*p++ = n;
		for (size_t j = label; j < k; j++)
			*p++ = name.at[j];
		label = k + 1;
	}
	return p;
}

/* 2.0.18.172.in-addr.arpa, or 32 hexadecimal digits and ip6.arpa: RFC 1035, section 3.5, RFC 3596, section 2.5. */
static int read_reverse(const struct query *q, struct address *to)
{
	struct text rest = { q->name, q->name_length };
	struct text v4 = { ".in-addr.arpa", 13 }, v6 = { ".ip6.arpa", 9 };
	for (int k = 0; k < 2; k++) {
		struct text suffix = k ? v6 : v4;
		if (rest.length <= suffix.length)
			continue;
		struct text tail = { rest.at + rest.length - suffix.length, suffix.length };
		if (!same_text(tail, suffix))
			continue;
		rest.length -= suffix.length;
		if (k) {
			if (rest.length != 63)
				return 0;
			to->length = V6;
			for (int j = 0; j < 32; j++) {
				int digit = digit_of(rest.at[2 * j]), byte = 15 - j / 2;
				if (digit > 15 || (j < 31 && rest.at[2 * j + 1] != '.'))
					return 0;
				to->bytes[byte] = j % 2 ? to->bytes[byte] | digit << 4 : digit;
			}
			return 1;
		}
		struct address turned;
		if (!read_address(rest, &turned) || turned.length != V4)
			return 0;
		to->length = V4;
		for (int j = 0; j < V4; j++)
			to->bytes[j] = turned.bytes[V4 - 1 - j];
		return 1;
	}
	return 0;
}

static long answer_reverse(const struct table *t, const struct query *q, uint8_t *out, size_t room)
{
	struct address address;
	struct text name, network;
	if (!read_reverse(q, &address) || !find_address(t, &address, &name, &network))
		return FORWARDED;
	uint8_t *record = begin_answer(out, q, NOERROR), *end = out + room - OPT_RECORD;
	uint8_t *p = record + 12, *first = p;
	if (end - p < MAX_NAME || !(p = put_name(p, first + MAX_NAME - 1, name)) ||
	    !(p = put_name(p, first + MAX_NAME - 1, network)))
		return FORWARDED;
	*p++ = 0;
	put_record(record, TYPE_PTR, p - first);
	return end_answer(out, p, q, NOERROR, 1);
}

/*
 * Answers what the table knows. Returns the answer's length, IGNORED, or FORWARDED when the servers are to be asked.
 * `stream`: the answer may have 65535 bytes. `out` has room for STREAM_ANSWER bytes, or for DATAGRAM_ANSWER.
 */
static long answer_query(const struct table *t, const uint8_t *bytes, size_t length, int stream, uint32_t *random,
                         uint8_t *out)
{
	static struct found found;
	struct query q;
	if (length < HEADER || bytes[2] & 0x80)
		return IGNORED;
	if (bytes[2] & 0x78)
		return refuse_query(bytes, length, NOTIMP, out);
	if (!read_query(&q, bytes, length))
		return refuse_query(bytes, length, FORMERR, out);
	if (q.version)
		return end_answer(out, begin_answer(out, &q, BADVERS), &q, BADVERS, 0);
	if (q.class == CLASS_IN && q.labels && !q.unusual) {
		size_t room = stream ? STREAM_ANSWER : q.room;
		struct text name = { q.name, q.name_length };
		if (q.type == TYPE_PTR) {
			long n = answer_reverse(t, &q, out, room);
			if (n != FORWARDED)
				return n;
		}
		find_name(t, name, q.type == TYPE_A ? V4 : q.type == TYPE_AAAA ? V6 : 0, &found);
		if (found.known) {
			shuffle(&found, random);
			return put_addresses(out, room, &q, &found);
		}
	}
	if (!t->forward || !t->server_count)
		return refuse_query(bytes, length, SERVFAIL, out);
	/* with ndots above 0 the resolver inside tries the search domains next, so a single label is not forwarded */
	if (t->ndots && q.labels == 1 && (q.type == TYPE_A || q.type == TYPE_AAAA))
		return refuse_query(bytes, length, NOERROR, out);
	return FORWARDED;
}

/* Whether these bytes can be a server's answer to the query: the id, and the question if it has one. */
static int is_answer(const uint8_t *answer, size_t length, const uint8_t *query, size_t query_length)
{
	struct query q;
	if (length < HEADER || !(answer[2] & 0x80) || answer[0] != query[0] || answer[1] != query[1])
		return 0;
	if (!get16(answer + 4))
		return 1;
	if (!read_query(&q, query, query_length) || length < q.question_end)
		return 0;
	for (size_t k = HEADER; k < q.question_end; k++)
		if (lower(answer[k]) != lower(query[k]))
			return 0;
	return 1;
}

/*
 * Whether no other server need be asked: any answer but that of a server that failed or may not answer. NXDOMAIN of any
 * server is final, because a recursive server never sets AA.
 */
static int is_final(const uint8_t *answer)
{
	int code = answer[3] & 15;
	return code != SERVFAIL && code != REFUSED;
}
#endif
