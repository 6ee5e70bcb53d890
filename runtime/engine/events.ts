/** Docker's event stream: actions on objects. Engine API, "Monitor events". */
export interface DockerEvent {
  Type: 'container' | 'image' | 'network' | 'volume' | 'daemon';
  Action: string;
  Actor: { ID: string; Attributes: Record<string, string> };
  scope: 'local';
  /** in seconds; timeNano is in nanoseconds, as a number */
  time: number;
  timeNano: number;
}

const KEPT = 1000;

export class EventBus {
  readonly history: DockerEvent[] = [];
  readonly #listeners = new Set<(event: DockerEvent) => void>();

  emit(Type: DockerEvent['Type'], Action: string, ID: string, Attributes: Record<string, string>): void {
    const now = Date.now();
    const event: DockerEvent = {
      Type,
      Action,
      Actor: { ID, Attributes },
      scope: 'local',
      time: Math.floor(now / 1000),
      timeNano: now * 1e6,
    };
    this.history.push(event);
    if (this.history.length > KEPT) this.history.shift();
    for (const listener of this.#listeners) listener(event);
  }

  /** Calls `listener` for each event. Returns the function that ends it. */
  listen(listener: (event: DockerEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
