/*
 * What a name server knows: text that the daemon writes, one file for the container and one for each of its networks.
 *
 *   the container's file                    a network's file
 *     server 192.0.2.53                       172.18.0.2 web www 3f2a91c07be4
 *     inside                                  172.18.0.3 db 0c11d0a6e2b7
 *     ndots
 *     forward
 *     network ID NAME
 *     link ID ALIAS TARGET
 *
 * `inside`: the servers are asked from the container's network namespace. `ndots`: the user has set ndots above 0.
 * `forward`: names that are not in the table are asked of the servers. The first name of a line is the container's own.
 * IPv6 addresses are written in eight groups. runtime/network/names/table.ts writes both.
 *
 * Nothing here makes a system call, so the fuzzer runs it too.
 */
#ifndef DRYDOCK_NAME_TABLE_H
#define DRYDOCK_NAME_TABLE_H
#include <stddef.h>
#include <stdint.h>

enum { MAX_SERVERS = 3, MAX_FOUND = 1024, V4 = 4, V6 = 16 };

struct text {
	const char *at;
	size_t length;
};
struct address {
	uint8_t length; /* 4 or 16 */
	uint8_t bytes[16];
};
struct network {
	struct text id, name, members;
};
struct table {
	struct text own;
	struct network *networks;
	int network_room, network_count; /* of those that fit, and of those that are there */
	struct address servers[MAX_SERVERS];
	int server_count;
	int inside, ndots, forward;
};
struct found {
	int known; /* the name is in the table, maybe with addresses of the other family */
	int count;
	struct address addresses[MAX_FOUND];
};

static int take_line(struct text *rest, struct text *line)
{
	if (!rest->length)
		return 0;
	size_t n = 0;
	while (n < rest->length && rest->at[n] != '\n')
		n++;
	line->at = rest->at;
	line->length = n;
	n += n < rest->length;
	rest->at += n;
	rest->length -= n;
	return 1;
}

/* The next word of a line; of length 0 at its end. */
static struct text take_word(struct text *line)
{
	size_t n = 0;
	while (n < line->length && line->at[n] != ' ')
		n++;
	struct text word = { line->at, n };
	n += n < line->length;
	line->at += n;
	line->length -= n;
	return word;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

static int same_text(struct text a, struct text b)
{
	if (a.length != b.length)
		return 0;
	for (size_t k = 0; k < a.length; k++)
		if (lower(a.at[k]) != lower(b.at[k]))
			return 0;
	return 1;
}

static int is_word(struct text a, const char *word)
{
	size_t n = 0;
	while (word[n])
		n++;
	struct text b = { word, n };
	return same_text(a, b);
}

/* Whether `name` is `own`, or `own`, a dot and the network's name. */
static int is_named(struct text name, struct text own, struct text network)
{
	if (!own.length || name.length < own.length)
		return 0;
	if (name.length == own.length)
		return same_text(name, own);
	if (name.at[own.length] != '.' || name.length != own.length + 1 + network.length)
		return 0;
	struct text first = { name.at, own.length }, last = { name.at + own.length + 1, network.length };
	return same_text(first, own) && same_text(last, network);
}

static int digit_of(char c)
{
	c = lower(c);
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* Four decimal numbers, or eight groups of hexadecimal digits. Returns whether it was an address. */
static int read_address(struct text word, struct address *to)
{
	unsigned value = 0, digits = 0, parts = 0, base = 10;
	char separator = '.';
	for (size_t k = 0; k < word.length; k++)
		if (word.at[k] == ':')
			base = 16, separator = ':';
	const unsigned wanted = base == 16 ? 8 : 4, limit = base == 16 ? 0xffff : 255;
	for (size_t k = 0; k <= word.length; k++) {
		if (k == word.length || word.at[k] == separator) {
			if (!digits || parts == wanted)
				return 0;
			if (base == 16)
				to->bytes[2 * parts] = value >> 8, to->bytes[2 * parts + 1] = value;
			else
				to->bytes[parts] = value;
			parts++;
			value = digits = 0;
			continue;
		}
		unsigned digit = digit_of(word.at[k]);
		if (digit >= base || ++digits > 4)
			return 0;
		value = value * base + digit;
		if (value > limit)
			return 0;
	}
	to->length = base == 16 ? V6 : V4;
	return parts == wanted;
}

/* For how many networks read_own needs room. */
static int count_networks(struct text own)
{
	struct text line;
	int count = 0;
	while (take_line(&own, &line))
		count += is_word(take_word(&line), "network");
	return count;
}

/* Reads the container's file. The members of its networks are put in afterwards. */
static void read_own(struct table *t, struct text own)
{
	struct text rest = own, line;
	t->own = own;
	t->network_count = t->server_count = t->inside = t->ndots = t->forward = 0;
	while (take_line(&rest, &line)) {
		struct text word = take_word(&line);
		if (is_word(word, "inside"))
			t->inside = 1;
		else if (is_word(word, "ndots"))
			t->ndots = 1;
		else if (is_word(word, "forward"))
			t->forward = 1;
		else if (is_word(word, "server") && t->server_count < MAX_SERVERS)
			t->server_count += read_address(take_word(&line), &t->servers[t->server_count]);
		else if (is_word(word, "network") && t->network_count < t->network_room) {
			struct network *n = &t->networks[t->network_count++];
			n->id = take_word(&line);
			n->name = line;
			n->members.at = line.at;
			n->members.length = 0;
		}
	}
}

/* The target of a link of this container that has the name; of length 0 when none has. */
static struct text linked(const struct table *t, const struct network *n, struct text name)
{
	struct text rest = t->own, line, none = { name.at, 0 };
	while (take_line(&rest, &line)) {
		if (!is_word(take_word(&line), "link") || !same_text(take_word(&line), n->id))
			continue;
		if (is_named(name, take_word(&line), n->name))
			return take_word(&line);
	}
	return none;
}

static int line_has(struct text names, struct text name, struct text network)
{
	for (struct text word = take_word(&names); word.length; word = take_word(&names))
		if (is_named(name, word, network))
			return 1;
	return 0;
}

/* Adds the addresses of this family that have the name on this network. */
static void find_on(const struct network *n, struct text name, int family, struct found *found)
{
	struct text rest = n->members, line;
	while (take_line(&rest, &line)) {
		struct text at = take_word(&line);
		struct address *to = &found->addresses[found->count];
		if (!line_has(line, name, n->name))
			continue;
		found->known = 1;
		if (found->count < MAX_FOUND && read_address(at, to) && to->length == family)
			found->count++;
		if (found->count == MAX_FOUND)
			return;
	}
}

/*
 * Links come first, then the networks in their order; the first network that has an address for the name decides.
 * `family` 0 only asks whether the name is known.
 */
static void find_name(const struct table *t, struct text name, int family, struct found *found)
{
	found->known = found->count = 0;
	for (int k = 0; k < t->network_count && !found->count; k++) {
		struct text target = linked(t, &t->networks[k], name);
		if (target.length)
			find_on(&t->networks[k], target, family, found);
	}
	for (int k = 0; k < t->network_count && !found->count; k++)
		find_on(&t->networks[k], name, family, found);
}

/* The container's own name at this address, and its network. Returns whether there is one. */
static int find_address(const struct table *t, const struct address *wanted, struct text *name, struct text *network)
{
	for (int k = 0; k < t->network_count; k++) {
		struct text rest = t->networks[k].members, line;
		while (take_line(&rest, &line)) {
			struct address at;
			if (!read_address(take_word(&line), &at) || at.length != wanted->length)
				continue;
			int same = 1;
			for (int j = 0; j < at.length; j++)
				same &= at.bytes[j] == wanted->bytes[j];
			if (!same)
				continue;
			*name = take_word(&line);
			*network = t->networks[k].name;
			return name->length > 0;
		}
	}
	return 0;
}
#endif
