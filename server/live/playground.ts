/**
 * The playground. On loopback it is opened by the first request for it and closed with the daemon; for other machines
 * it uses TLS.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { WebSocket } from 'ws';
import type { Lessons } from '../../lessons/engine/lessons.ts';
import type { Engine } from '../../runtime/engine/engine.ts';
import { conflict, ApiError } from '../../runtime/errors/api-error.ts';
import { syscalls } from '../../runtime/syscalls/syscalls.ts';
import { phaseTexts } from '../../runtime/steps/phase-texts.ts';
import pkg from '../../package.json' with { type: 'json' };
import { recordingOf } from '../recording/write.ts';
import { find } from '../../runtime/engine/find-walkable.ts';
import { Door } from './door.ts';
import { SessionTokens } from './session-tokens.ts';
import { list, listedOf } from '../messages/listed.ts';
import { originOf, type Tls } from '../sockets/origin.ts';
import { LIMITS } from './ask/limits.ts';
import { Viewer } from './viewer.ts';

/** How often the list is checked while a viewer is connected. It is in memory, and it is sent only after a change. */
const LOOK_MS = 150;

export class Playground {
  readonly #keys = new SessionTokens();
  readonly #viewers = new Map<WebSocket, Viewer>();
  /** by the address that they listen on; without TLS the key is 'loopback' */
  readonly #doors = new Map<string, Promise<Door>>();
  #look: NodeJS.Timeout | undefined;

  /** `files`: dist/web */
  constructor(
    private readonly engine: Engine,
    private readonly files: string,
    private readonly lessons?: Lessons,
  ) {}

  /** An address with a token for one use. Port 0 means any free port. */
  async address(port = 0, tls?: Tls): Promise<{ url: string }> {
    if (!existsSync(join(this.files, 'index.html')))
      throw new ApiError(501, `the page is missing from ${this.files}; build it with npm ci`);
    const door = await this.#door(port, tls);
    if (tls) door.renew(tls);
    const { place } = door;
    if (port && port !== place.port) throw conflict(`the playground already listens on port ${place.port}`);
    return { url: `${originOf(place, place.hosts[0]!)}/open?token=${this.#keys.token()}` };
  }

  #door(port: number, tls: Tls | undefined): Promise<Door> {
    const where = tls?.address ?? 'loopback';
    const known = this.#doors.get(where);
    if (known) return known;
    const opening = Door.open(
      { port, tls },
      {
        keys: this.#keys,
        files: this.files,
        recording: (id) => this.#recording(id),
        room: () => this.#viewers.size < LIMITS.viewers,
        welcome: (ws) => this.#welcome(ws),
      },
    );
    this.#doors.set(where, opening);
    opening.catch(() => this.#doors.delete(where));
    return opening;
  }

  #recording(id: string): { name: string; html: AsyncIterable<string> } {
    const walked = find(this.engine, id);
    return { name: listedOf(this.engine, walked).name, html: recordingOf(this.engine, walked, this.files) };
  }

  /** True while a viewer is connected, or a token waits to be used. */
  busy = (): boolean => this.#viewers.size > 0 || this.#keys.expected();

  #welcome(ws: WebSocket): void {
    const viewer = new Viewer(this.engine, ws, this.lessons);
    this.#viewers.set(ws, viewer);
    ws.on('close', () => {
      this.#viewers.delete(ws);
      if (this.#viewers.size) return;
      clearInterval(this.#look);
      this.#look = undefined;
    });
    const phases = phaseTexts(this.engine.storage);
    viewer.tell({ type: 'hello', version: pkg.version, phases, calls: Object.keys(syscalls) });
    this.#tellList();
    this.#look ??= setInterval(() => this.#tellList(), LOOK_MS);
  }

  #tellList(): void {
    const rows = list(this.engine);
    for (const viewer of this.#viewers.values()) viewer.list({ type: 'containers', list: rows });
  }

  async close(): Promise<void> {
    clearInterval(this.#look);
    for (const opening of this.#doors.values()) (await opening.catch(() => undefined))?.close();
  }
}
