/** --user NAME|UID[:GROUP|GID] against the image's passwd(5) and group(5), as Docker resolves it. */
export interface ResolvedUser { uid: number; gid: number; gids: number[]; home: string; name: string }

const MAX_ID = 2 ** 32 - 2;
const rows = (text: string) => text.split('\n').map((line) => line.split(':')).filter((fields) => fields.length >= 3 && !fields[0]?.startsWith('#'));
const isNumber = (text: string) => /^\d+$/.test(text);

function number(text: string, what: string): number {
  const id = isNumber(text) ? Number(text) : Infinity;
  if (id > MAX_ID) throw new Error(`${what} ${text} is outside of the range 0 to ${MAX_ID}`);
  return id;
}

function findGroup(wanted: string, groups: string[][]): number {
  const row = groups.find((g) => g[0] === wanted) ?? groups.find((g) => g[2] === wanted);
  if (row) return number(row[2] ?? '', 'gid');
  if (isNumber(wanted)) return number(wanted, 'gid');
  throw new Error(`unable to find group ${wanted}: no matching entries in group file`);
}

/** Throws with Docker's words when a name is in neither file; a number needs no entry. */
export function resolveUser(spec: string, passwd: string, group: string, groupAdd: readonly string[] = []): ResolvedUser {
  const [user = '', groupPart] = spec.split(':', 2);
  const groups = rows(group);
  const users = rows(passwd);
  const wanted = user || '0';
  const row = users.find((u) => u[0] === wanted) ?? users.find((u) => isNumber(wanted) && isNumber(u[2] ?? '') && Number(u[2]) === Number(wanted));
  if (!row && !isNumber(wanted)) throw new Error(`unable to find user ${wanted}: no matching entries in passwd file`);
  const uid = row ? number(row[2] ?? '', 'uid') : number(wanted, 'uid');
  const gid = groupPart ? findGroup(groupPart, groups) : row ? number(row[3] ?? '0', 'gid') : 0;
  const name = row?.[0] ?? '';
  const member = groupPart ? [] : groups.filter((g) => name && (g[3] ?? '').split(',').includes(name)).map((g) => number(g[2] ?? '', 'gid'));
  const gids = [...new Set([gid, ...member, ...groupAdd.map((g) => findGroup(g, groups))])];
  return { uid, gid, gids, home: row?.[5] || '/', name };
}
