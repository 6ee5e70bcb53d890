/** Protects from collection the blobs and layers that a pull needs and that no image refers to yet. */
export class Leases {
  readonly #held = new Map<string, number>();

  open(): Lease {
    return new Lease(this.#held);
  }
  has(key: string): boolean {
    return this.#held.has(key);
  }
}

export class Lease {
  readonly #keys = new Set<string>();
  constructor(private readonly held: Map<string, number>) {}

  /** A key is the digest of a blob or the chainID of a layer. */
  hold(...keys: string[]): void {
    for (const key of keys) {
      if (this.#keys.has(key)) continue;
      this.#keys.add(key);
      this.held.set(key, (this.held.get(key) ?? 0) + 1);
    }
  }
  release(): void {
    for (const key of this.#keys) {
      const left = (this.held.get(key) ?? 1) - 1;
      if (left) this.held.set(key, left);
      else this.held.delete(key);
    }
    this.#keys.clear();
  }
}
