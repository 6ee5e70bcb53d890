/**
 * Who may use the registry: an htpasswd file of user names and bcrypt hashes (`htpasswd -B`), asked for with HTTP
 * Basic. RFC 7617. The file is read again when it has changed.
 */
import { compare } from 'bcryptjs';
import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { RegistryRefusal } from './error.ts';

const BCRYPT = /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/;
/** Compared for users that do not exist, so that the time of the answer does not tell which exist. */
const NOBODY = '$2b$10$t5gL6do56kw99osiNfz6pe0mPrhJPiaC4K93FeHcDCrJd18oTepqi';
/** A comparison takes some 50 ms of a processor, so few run at a time and right passwords are remembered. */
const MOST_COMPARISONS = 4;
const MOST_WAITING = 100;
const REMEMBER_MS = 300_000;

/** Throws Error with the line that is not `user:$2y$…`. */
export function parseHtpasswd(text: string, path: string): Map<string, string> {
  const users = new Map<string, string>();
  text.split(/\r?\n/).forEach((line, n) => {
    if (!line.trim() || line.startsWith('#')) return;
    const colon = line.indexOf(':');
    const hash = line.slice(colon + 1).trim();
    if (colon < 1 || !BCRYPT.test(hash))
      throw new Error(`${path}, line ${n + 1}: not a user with a bcrypt hash; make it with: htpasswd -nB USER`);
    users.set(line.slice(0, colon), hash);
  });
  if (!users.size) throw new Error(`${path} has no users; make one with: htpasswd -nB USER`);
  return users;
}

export class Door {
  #users: Map<string, string>;
  #changed: number;
  /** HMAC of user and password, with the time until which it is known to be right */
  readonly #right = new Map<string, number>();
  readonly #key = randomBytes(32);
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(readonly path: string) {
    this.#changed = statSync(path).mtimeMs;
    this.#users = parseHtpasswd(readFileSync(path, 'utf8'), path);
  }

  /** A file that cannot be read or has a mistake changes nothing: the users that were known stay. */
  #readAgain(): void {
    try {
      const { mtimeMs } = statSync(this.path);
      if (mtimeMs === this.#changed) return;
      this.#changed = mtimeMs;
      this.#users = parseHtpasswd(readFileSync(this.path, 'utf8'), this.path);
      this.#right.clear();
    } catch (error) {
      console.error(`the users stay as they were: ${(error as Error).message}`);
    }
  }

  /** Returns the user's name. Throws RegistryRefusal UNAUTHORIZED or TOOMANYREQUESTS. */
  async check(req: IncomingMessage): Promise<string> {
    const [, encoded = ''] = /^basic +([A-Za-z0-9+/=]+) *$/i.exec(req.headers.authorization ?? '') ?? [];
    const text = Buffer.from(encoded, 'base64').toString();
    const colon = text.indexOf(':');
    if (colon < 0) throw this.#refusal();
    this.#readAgain();
    const [user, password] = [text.slice(0, colon), text.slice(colon + 1)];
    const known = createHmac('sha256', this.#key).update(text).digest('base64');
    if ((this.#right.get(known) ?? 0) > Date.now()) return user;
    const hash = this.#users.get(user);
    const same = await this.#compare(password, hash ?? NOBODY);
    if (!same || hash === undefined || this.#users.get(user) !== hash) throw this.#refusal();
    if (this.#right.size >= 1000) this.#right.clear();
    this.#right.set(known, Date.now() + REMEMBER_MS);
    return user;
  }
  #refusal(): RegistryRefusal {
    return new RegistryRefusal('UNAUTHORIZED', 'authentication required', {
      'WWW-Authenticate': 'Basic realm="Drydock registry", charset="UTF-8"',
    });
  }

  async #compare(password: string, hash: string): Promise<boolean> {
    if (this.#running >= MOST_COMPARISONS) {
      if (this.#waiting.length >= MOST_WAITING)
        throw new RegistryRefusal('TOOMANYREQUESTS', 'too many passwords are being checked');
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running++;
    try {
      return await compare(password, hash);
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}
