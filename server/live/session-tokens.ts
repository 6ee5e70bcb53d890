/**
 * Who may see the page. `drydock playground` gets a token over the unix socket, which only root and the group docker
 * can open. The browser exchanges the token for a cookie once; after that the token is void. Only hashes are stored
 * here.
 */
import { createHash, randomBytes } from 'node:crypto';

const TOKEN_MS = 10 * 60_000;
const SESSION_MS = 12 * 3_600_000;
const KEPT = 32;

const secret = (): string => randomBytes(32).toString('base64url');
/** Secrets are looked up by their hash, so that the time of a comparison tells nothing about the secret. */
const hash = (text: string): string => createHash('sha256').update(text).digest('base64');

/** Secrets with an expiry time. The oldest are dropped when there are too many. */
class Secrets {
  readonly #until = new Map<string, number>();
  readonly #taken = new Set<string>();
  constructor(
    private readonly ms: number,
    private readonly now: () => number,
  ) {}

  make(): string {
    this.sweep();
    if (this.#until.size >= KEPT) this.#until.delete(this.#until.keys().next().value!);
    const text = secret();
    this.#until.set(hash(text), this.now() + this.ms);
    return text;
  }

  holds(text: string): boolean {
    return (this.#until.get(hash(text)) ?? 0) > this.now();
  }

  take(text: string): boolean {
    const good = this.holds(text);
    this.#until.delete(hash(text));
    if (good) this.#taken.add(hash(text));
    if (this.#taken.size > KEPT) this.#taken.delete(this.#taken.values().next().value!);
    return good;
  }

  /** True for a secret that was valid and has been taken since. */
  taken(text: string): boolean {
    return this.#taken.has(hash(text));
  }

  sweep(): number {
    for (const [key, until] of this.#until) if (until <= this.now()) this.#until.delete(key);
    return this.#until.size;
  }
}

export class SessionTokens {
  readonly #tokens: Secrets;
  readonly #sessions: Secrets;

  constructor(now: () => number = Date.now) {
    this.#tokens = new Secrets(TOKEN_MS, now);
    this.#sessions = new Secrets(SESSION_MS, now);
  }

  /** A new token, for the address that is printed. */
  token = (): string => this.#tokens.make();
  /** Exchanges a valid token for a session's cookie. The token is void after that. */
  exchange = (token: string): string | undefined => (this.#tokens.take(token) ? this.#sessions.make() : undefined);
  /** True for a token that was exchanged already. */
  spent = (token: string): boolean => this.#tokens.taken(token);
  knows = (session: string): boolean => this.#sessions.holds(session);
  /** True while a token waits for a browser. */
  expected = (): boolean => this.#tokens.sweep() > 0;
}
