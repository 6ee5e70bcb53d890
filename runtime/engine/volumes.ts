/** Volumes: each is created and removed by an operation, so that it can be stepped, held and taken back. */
import type { EventBus } from './events.ts';
import type { Operations } from '../operation/operations.ts';
import type { Walking } from '../operation/walking.ts';
import type { Pruned, VolumeRequest } from './volume-request.ts';
import type { VolumeList } from './engine.ts';
import { newId } from '../data-root/identity.ts';
import { driverNamed } from '../drivers/volume.ts';
import { ApiError, conflict } from '../errors/api-error.ts';
import { runJob } from '../kernel/jobs.ts';
import type { Phase } from '../operation/step.ts';
import { createOf } from '../steps/volume/create.ts';
import { removeOf } from '../steps/volume/remove.ts';
import type { VolumeWork } from '../volume/driver.ts';
import type { VolumeStore } from '../volume/store/store.ts';
import { ANONYMOUS_LABEL, checkVolumeName, type Volume } from '../volume/volume.ts';

export class Volumes implements VolumeList {
  #pruning = false;

  constructor(
    readonly store: VolumeStore,
    private readonly operations: Operations,
    private readonly events: EventBus,
  ) {
    store.changed = (action, volume) => {
      events.emit('volume', action, volume.name, { driver: volume.driver });
      if (action === 'destroy') operations.subjectGone(subjectID(volume));
    };
  }

  list = (): Volume[] => this.store.list();
  /** Throws ApiError 404. */
  get = (name: string): Volume => this.store.get(name);
  find = (name: string): Volume | undefined => this.store.find(name);
  mountpoint = ({ name }: Volume): string => this.store.paths(name).data;
  usersOf = ({ name }: Volume): string[] => this.store.users(name);
  /** bytes of its files */
  size = (volume: Volume): Promise<number> => runJob('volume-size', this.mountpoint(volume)) as Promise<number>;

  /** Returns the existing volume of that name, as dockerd does. Throws ApiError 400, 404 or 409. */
  async create(asked: VolumeRequest, walking: Walking = {}): Promise<Volume> {
    const volume = volumeOf(asked);
    return this.store.inTurn(volume.name, async () => {
      const there = this.store.find(volume.name);
      if (there) return same(there, volume, asked);
      const { driver } = volume;
      await this.#perform('volume-create', volume, [createOf(driverNamed(driver))], walking);
      return volume;
    });
  }

  /** Throws ApiError 404, and 409 while a container has the volume. With `force` an absent volume is no error. */
  async remove(name: string, force = false, walking: Walking = {}): Promise<void> {
    if (force && !this.store.find(name)) return;
    await this.store.inTurn(name, async () => {
      const volume = this.store.get(name);
      const phases = [removeOf(driverNamed(volume.driver))];
      await this.#perform('volume-remove', volume, phases, walking, true);
    });
  }

  /** Removes a volume that was made for a container that does not come to be, unless a process has written to it. */
  async removeEmpty(name: string): Promise<void> {
    const volume = this.store.find(name);
    if (volume && !(await this.size(volume))) await this.remove(name).catch(() => undefined);
  }

  /** Removes those of the volumes that no container has. Throws ApiError 409 while another prune runs. */
  async prune(wanted: (volume: Volume) => boolean): Promise<Pruned> {
    if (this.#pruning) throw conflict('a prune operation is already running');
    this.#pruning = true;
    const pruned: Pruned = { names: [], bytes: 0 };
    try {
      for (const volume of this.list().filter((one) => wanted(one) && !this.usersOf(one).length)) {
        const bytes = await this.size(volume);
        // a container that was created meanwhile keeps its volume
        const removed = await this.remove(volume.name).then(
          () => true,
          (error: unknown) => {
            if (error instanceof ApiError && [404, 409].includes(error.status)) return false;
            throw error;
          },
        );
        if (!removed) continue;
        pruned.names.push(volume.name);
        pruned.bytes += bytes;
      }
    } finally {
      this.#pruning = false;
    }
    this.events.emit('volume', 'prune', '', { reclaimed: String(pruned.bytes) });
    return pruned;
  }

  async #perform(
    kind: 'volume-create' | 'volume-remove',
    volume: Volume,
    phases: readonly Phase<VolumeWork>[],
    walking: Walking,
    oneWay = false,
  ): Promise<void> {
    const operation = this.operations.begin({
      kind,
      subject: { kind: 'volume', name: volume.name },
    });
    // from then on the journal stays until the volume is removed
    const done = () =>
      void (oneWay || (operation.record.subject = { ...operation.record.subject, id: subjectID(volume) }));
    await this.operations.perform(operation, { context: this.#work(volume), phases, oneWay, done }, walking);
  }

  #work = (volume: Volume): VolumeWork => ({ volume, volumes: this.store });

  /** Undoes what a daemon left unfinished when it died. */
  async recover(): Promise<void> {
    for (const operation of this.operations.interrupted()) {
      const { kind, subject } = operation.record;
      if (kind !== 'volume-create' && kind !== 'volume-remove') continue;
      const volume: Volume = { name: subject.name, driver: 'local', options: null, labels: null, created: 0 };
      const phases = kind === 'volume-create' ? [createOf(driverNamed('local'))] : [];
      await operation.recover({ context: this.#work(volume), phases });
    }
  }

  /** Whether a volume that exists is the subject of this id: operations of other volumes are removed. */
  isSubject = (id: string): boolean => this.list().some((volume) => subjectID(volume) === id);
}

/** A volume has no id of its own, and a later one may have the same name. */
const subjectID = ({ name, created }: Volume): string => `${name}@${created}`;

function volumeOf({ name, anonymous = !name, driver, options, labels }: VolumeRequest): Volume {
  const own = name || newId();
  const found = driverNamed(driver || 'local', own);
  checkVolumeName(own);
  found.check(own, options ?? {});
  return {
    name: own,
    driver: found.name,
    options: options ?? null,
    labels: anonymous ? { ...labels, [ANONYMOUS_LABEL]: '' } : (labels ?? null),
    created: Date.now(),
  };
}

/** The existing volume; throws ApiError 409 when the request names another driver. */
function same(there: Volume, volume: Volume, asked: VolumeRequest): Volume {
  if (asked.driver && there.driver !== volume.driver)
    throw conflict(`create ${there.name}: conflict: volume name must be unique`);
  return there;
}
