/** Loads the addon and finds the static executables beside it. Works from the sources and from a bundle in dist/. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What the kernel returned, -errno on failure; for calls that return bytes [number, Buffer]. */
export type NativeAnswer = number | [number, Buffer];
/** ret, ns and bytes of each call that was made, in turn; -EPIPE when the other side has closed the socket. */
export type NativeAnswers = (number | Buffer | undefined)[] | number;
export interface Addon {
  operations(): [name: string, pattern: string][];
  local(op: number, args: readonly unknown[]): NativeAnswer;
  /**
   * `calls`: op, arguments and tolerated errnos (one a byte) of each call, in turn. Returns 0, -errno (-EPIPE when the
   * other side has closed the socket), or -E2BIG when they do not fit into one message; then nothing was sent.
   */
  send(fd: number, calls: readonly unknown[], stored?: boolean): number;
  /** the data of a call that are too long for one message; they are sent before it in pieces (native/wire.h) */
  pack(op: number, args: readonly unknown[]): Buffer;
  /** undefined: no reply came within `ms`; watch(fd) and call again */
  receive(fd: number, ms: number): NativeAnswers | undefined;
  watch(fd: number, callback: () => void): () => void;
  spawn(path: string, argv: string[], fds: readonly number[]): number;
  sealedCopy(path: string, name: string): number;
  syscallNumbers(): Record<string, number>;
  /** malloc_trim(3) */
  trim(): number;
}

function findRoot(): string {
  for (let dir = dirname(fileURLToPath(import.meta.url)); dir !== '/'; dir = dirname(dir)) {
    const manifest = join(dir, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'drydock') return dir;
  }
  throw new Error('the folder of drydock was not found above its own code; reinstall it with npm ci');
}

/** The folder that holds package.json, dist/ and native/. */
export const packageRoot = findRoot();
/** The programs that the daemon starts from a sealed copy. */
export type Program = 'stage' | 'shim' | HelperProgram;
/** Those that stand beside a container and outlive the daemon. */
export type HelperProgram = 'port-proxy' | 'name-server';
export const executablePath = (name: Program | 'init'): string => join(packageRoot, 'native/build/Release', name);

let loaded: Addon | undefined;
/** The addon, which is loaded at the first call. */
export function addon(): Addon {
  if (!loaded) {
    const path = join(packageRoot, 'native/build/Release/drydock.node');
    if (!existsSync(path)) throw new Error(`${path} is missing; build it with npm ci`);
    loaded = createRequire(import.meta.url)(path) as Addon;
  }
  return loaded;
}
