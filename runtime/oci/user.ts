/** Resolves --user NAME|UID[:GROUP|GID] with the image's passwd(5) and group(5), as Docker does. */
export interface ResolvedUser {
  uid: number;
  gid: number;
  gids: number[];
  home: string;
  name: string;
}

/**
 * The highest number that Docker accepts from a client. Entries of the image's files may have any id of the kernel.
 */
const MAX_GIVEN = 2 ** 31 - 1;
const MAX_ID = 2 ** 32 - 2;

type Row = string[];
const rows = (text: string): Row[] =>
  text
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= 3 && !fields[0]?.startsWith('#'));

/** What strconv.Atoi in dockerd accepts as a number, also with a sign or leading zeros. It is never a name. */
const isNumber = (text: string) => /^[+-]?\d+$/.test(text);

/** The id in an entry of the image's files. Throws for an empty or malformed one, which must not become root (0). */
function idOf(text: string, what: string): number {
  const id = /^\d+$/.test(text) ? Number(text) : Infinity;
  if (id > MAX_ID) throw new Error(`${what} ${text} is outside of the range 0 to ${MAX_ID}`);
  return id;
}

function givenId(text: string): number {
  const id = Number(text);
  if (id < 0 || id > MAX_GIVEN) throw new Error(`uids and gids must be in range 0-${MAX_GIVEN}: ${text}`);
  return id === 0 ? 0 : id; // '-0'
}

/** The first entry with this number, if the text is a number, else with this name: an entry may be named `1000`. */
function find(text: string, entries: readonly Row[]): Row | undefined {
  if (!isNumber(text)) return entries.find(([name]) => name === text);
  return entries.find(([, , id = '']) => /^\d+$/.test(id) && Number(id) === Number(text));
}

/** The home directory of a uid; / when passwd(5) has no row for it. */
export const homeOf = (uid: number, passwd: string): string =>
  rows(passwd).find(([, , id = '']) => /^\d+$/.test(id) && Number(id) === uid)?.[5] || '/';

function groupId(wanted: string, groups: readonly Row[]): number {
  const row = find(wanted, groups);
  if (row) return idOf(row[2] ?? '', 'gid');
  if (isNumber(wanted)) return givenId(wanted);
  throw new Error(`unable to find group ${wanted}: no matching entries in group file`);
}

/** Throws with Docker's message when a name is in neither file. A number needs no entry. */
export function resolveUser(
  spec: string,
  passwd: string,
  group: string,
  groupAdd: readonly string[] = [],
): ResolvedUser {
  const [user = '', groupPart] = spec.split(':', 2);
  const groups = rows(group);
  const wanted = user || '0';
  const row = find(wanted, rows(passwd));
  if (!row && !isNumber(wanted)) throw new Error(`unable to find user ${wanted}: no matching entries in passwd file`);
  const uid = row ? idOf(row[2] ?? '', 'uid') : givenId(wanted);
  const gid = groupPart ? groupId(groupPart, groups) : row ? idOf(row[3] ?? '0', 'gid') : 0;
  const name = row?.[0] ?? '';
  const member = groupPart || !name ? [] : groups.filter(([, , , members = '']) => members.split(',').includes(name));
  const gids = [gid, ...member.map(([, , id = '']) => idOf(id, 'gid')), ...groupAdd.map((g) => groupId(g, groups))];
  return { uid, gid, gids: [...new Set(gids)], home: row?.[5] || '/', name };
}
