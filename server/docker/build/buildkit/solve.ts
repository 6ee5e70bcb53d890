/**
 * One build of a client, from Control.Solve to its answer.
 *
 *   Control.Solve ───────────────────────────────────────────────▶ answer: what the exporter made
 *       LLBBridge.Ping, Solve (the build itself), Return ──────────▲
 *   Control.Status ◀─── vertexes, logs …
 */
import { Code, ConnectError } from '@connectrpc/connect';
import type { Image } from '../../../../runtime/image/manifest/image.ts';
import { Arrivals } from './arrivals.ts';
import { Progress } from './progress.ts';

export interface Exporter {
  type: string;
  attributes: Readonly<Record<string, string>>;
}
/** --cache-to */
export type CacheExport = Exporter;
/** The image of each result by its reference, '' for a result without files. */
type Results = readonly string[];

export class Solve {
  readonly progress = new Progress();
  /** the images that LLBBridge.Solve has built, by the references that the client got */
  readonly images = new Map<string, Image>();
  /** the descriptor of a cache in a directory of the client */
  cacheManifest: string | undefined;
  readonly #returned: Promise<Results>;
  #settle: { resolve(results: Results): void; reject(error: Error): void } | undefined;
  #exported = false;

  /** `signal` is aborted when the client has gone. */
  constructor(
    readonly session: string,
    readonly exporters: readonly Exporter[],
    /** the caches that are to be written */
    readonly cacheExports: readonly CacheExport[],
    /** what the user allows the build: 'network.host', 'security.insecure' */
    readonly entitlements: readonly string[],
    readonly signal: AbortSignal,
  ) {
    this.#returned = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    // nothing awaits it when LLBBridge.Solve ends the call
    this.#returned.catch(() => undefined);
    signal.addEventListener('abort', () => this.fail(new ConnectError('the client has gone', Code.Canceled)));
  }

  /** The client has its results. */
  give(results: Results): void {
    if (this.#exported) throw new ConnectError('the results of this build were returned already', Code.AlreadyExists);
    this.#exported = true;
    this.#settle?.resolve(results);
  }
  fail(error: Error): void {
    this.#settle?.reject(error);
  }

  /** The images of the results. Rejects with the error that the client returned. */
  async results(): Promise<Image[]> {
    return (await this.#returned).flatMap((reference) => {
      if (!reference) return [];
      const image = this.images.get(reference);
      if (!image) throw new ConnectError(`no such result: ${reference}`, Code.InvalidArgument);
      return [image];
    });
  }
}

/** By the reference that the client gives to each of its builds. */
export class Solves extends Arrivals<Solve> {}
