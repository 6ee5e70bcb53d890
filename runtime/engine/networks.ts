/** The networks that users make: create, rm, prune, and what containers and clients find out about them. */
import { daemonKernel } from '../kernel/linux/linux.ts';
import { newId } from '../data-root/identity.ts';
import type { Aside } from '../data-root/set-aside.ts';
import type { Settings } from '../data-root/settings.ts';
import { badParameter, conflict, notFound, ApiError } from '../errors/api-error.ts';
import { subnetNow } from '../network/bridge/bridge.ts';
import { hasTable } from '../network/bridge/rules.ts';
import { defaultSubnet6 } from '../network/ipam/default-subnet6.ts';
import { holds, overlaps, parseSubnet } from '../network/ipam/family.ts';
import { type Cidr } from '../network/ipam/ipv4.ts';
import { parseBip } from '../network/ipam/subnet.ts';
import type { Network } from '../network/driver.ts';
import { membersOf, type Named, type NetworkMembers } from '../network/members.ts';
import { networkNamed, removeNetworks } from '../network/phase/networks.ts';
import type { NetworkAsked } from '../network/request/create-network.ts';
import type { KnownNetwork } from '../network/request/wanted.ts';
import { BRIDGE_NAME, bridgeOf, networkOf, type NetworkRecord } from '../network/store/network-record.ts';
import { NetworkStore } from '../network/store/store.ts';
import type { Endpoint } from '../network/endpoint.ts';
import type { Operations } from '../operation/operations.ts';
import type { Walking } from '../operation/walking.ts';
import { networkCreate, type NetworkSubject } from '../steps/network/create.ts';
import { networkRemove } from '../steps/network/remove.ts';
import type { EventBus } from './events.ts';

/** The running containers, and the ids of networks that are not removed because a container is on them. */
export interface NetworkUsers {
  up(): readonly Named[];
}

/** Docker's event for a container that came to a network, or left it. */
export function endpointEvent(
  events: EventBus,
  { id: container }: { readonly id: string },
  { driver, network: name, networkID = name }: Endpoint,
  action: 'connect' | 'disconnect',
): void {
  if (!['none', 'host', 'container'].includes(driver))
    events.emit('network', action, networkID, { container, name, type: driver });
}

const poolsOf = ({ ipam }: NetworkRecord): Cidr[] => ipam.pools.flatMap(({ Subnet }) => parseSubnet(Subnet) ?? []);

/** The networks' interface for the server and for the resolver of names. */
export interface EngineNetworks {
  list(): NetworkRecord[];
  find(ref: string): NetworkRecord | undefined;
  known(ref: string): KnownNetwork | undefined;
  members(): NetworkMembers[];
  /** Calls `listener` after an endpoint came up or went, a container was renamed, a network was made or removed. */
  onChange(listener: () => void): () => void;
  create(asked: NetworkAsked, walk?: Walking): Promise<NetworkRecord>;
  remove(ref: string, walk?: Walking): Promise<void>;
  prune(wanted: (record: NetworkRecord) => boolean): Promise<string[]>;
}

export class Networks implements EngineNetworks {
  readonly #store: NetworkStore;
  readonly #listeners = new Set<() => void>();
  #pruning = false;

  constructor(
    private readonly settings: Settings,
    private readonly operations: Operations,
    private readonly events: EventBus,
    private readonly users: NetworkUsers,
    aside: Aside,
  ) {
    this.#store = NetworkStore.open(settings.root, aside);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Those that users made, the oldest first. */
  list(): NetworkRecord[] {
    return this.#store.list().filter(({ state }) => state !== 'making');
  }

  members(): NetworkMembers[] {
    const up = this.users.up();
    return this.list().map(({ id, name, driver, internal }) => ({
      id,
      name,
      driver,
      internal,
      members: membersOf(id, up),
    }));
  }

  /** By id, name, or the unambiguous beginning of an id. Throws ApiError 400 for an ambiguous one. */
  find(ref: string): NetworkRecord | undefined {
    const all = this.list();
    const exact = all.find(({ id, name }) => id === ref || name === ref);
    if (exact || !/^[0-9a-f]+$/.test(ref)) return exact;
    const byPrefix = all.filter(({ id }) => id.startsWith(ref));
    if (byPrefix.length > 1) throw badParameter(`network ${ref} is ambiguous (${byPrefix.length} matches found on ID)`);
    return byPrefix[0];
  }

  /** What a request needs to know of a network: request/wanted.ts. Throws ApiError 409 while it is being removed. */
  readonly known = (ref: string): KnownNetwork | undefined => {
    const record = this.find(ref);
    if (!record) return undefined;
    const { id, name, driver, internal, ipam, ipv4, ipv6 } = record;
    if (record.state === 'removing') throw conflict(`network ${name} is being removed`);
    const subnets = poolsOf(record);
    return {
      id,
      name,
      driver,
      internal,
      ipv6,
      ...(ipv4 === false && { ipv4 }),
      configured: ipam.asked === true,
      has: (address) => subnets.some((subnet) => holds(subnet, address)),
    };
  };

  /** The network of an endpoint: undefined when it is gone. */
  readonly of = ({ networkID, driver, network }: Endpoint): Network | undefined => {
    if (networkID === undefined)
      return networkNamed(this.settings, { driver, network }, () => this.#store.list().flatMap(poolsOf));
    const record = this.#store.get(networkID);
    return record && networkOf(record, this.settings);
  };

  #subject(record: NetworkRecord): NetworkSubject {
    return { settings: this.settings, record, others: () => this.#subnets(record.id) };
  }

  /** The subnets of all networks but one. That of the default network is known once it was requested or is in use. */
  #subnets(but?: string): Cidr[] {
    const { bridge, bip } = this.settings;
    const own = [bip ? parseBip(bip) : subnetNow(bridge), defaultSubnet6(this.settings)];
    const made = this.#store.list().filter(({ id }) => id !== but);
    return [
      ...own.flatMap((subnet) => (subnet ? [{ address: subnet.gateway, prefix: subnet.prefix }] : [])),
      ...made.flatMap(poolsOf),
    ];
  }

  /** Throws ApiError: 409 for a name in use, 403 and 400 for subnets that cannot be had. */
  async create(asked: NetworkAsked, walking: Walking = {}): Promise<NetworkRecord> {
    await this.#checkBridge(asked);
    if (this.#store.list().some(({ name }) => name === asked.name))
      throw conflict(`network with name ${asked.name} already exists`);
    this.#checkOverlap(asked);
    const operation = this.operations.begin({ kind: 'network-create', subject: { kind: 'network', name: asked.name } });
    const record: NetworkRecord = {
      id: newId(),
      created: Date.now(),
      ...asked,
      ipam: { ...asked.ipam, ...(asked.ipam.pools.length && { asked: true }) },
      state: 'making',
      operation: operation.id,
    };
    const done = () => {
      record.state = 'made';
      delete record.operation;
      this.#store.save(record);
      operation.record.subject = { kind: 'network', name: record.name, id: record.id };
    };
    this.#store.add(record);
    try {
      await this.operations.perform(
        operation,
        { context: this.#subject(record), phases: [networkCreate], done },
        walking,
      );
    } catch (error) {
      this.#store.forget(record.id);
      throw error;
    }
    this.events.emit('network', 'create', record.id, { name: record.name, type: record.driver });
    this.changed();
    return record;
  }

  /**
   * Two networks with one bridge would have one table of rules. And a table of another program that has the bridge's
   * name, such as `filter`, would be deleted with the network, or when its making is undone.
   */
  async #checkBridge({ options }: NetworkAsked): Promise<void> {
    const bridge = options[BRIDGE_NAME];
    if (!bridge) return;
    if ([this.settings.bridge, ...this.#store.list().map(bridgeOf)].includes(bridge))
      throw new ApiError(403, `cannot create network with bridge ${bridge}: networks have same bridge name`);
    if (await hasTable(daemonKernel(), bridge))
      throw conflict(`there is an nf_tables table ip ${bridge} already: choose another name for the bridge`);
  }

  /** Checked again by the step that chooses, but a request that cannot be has no operation. */
  #checkOverlap({ ipam }: NetworkAsked): void {
    const taken = this.#subnets();
    if (ipam.pools.some(({ Subnet }) => taken.some((other) => overlaps(other, parseSubnet(Subnet)!))))
      throw new ApiError(403, 'invalid pool request: Pool overlaps with other one on this address space');
  }

  /** Throws ApiError: 404, 403 for a predefined network and for one that a running container uses. */
  async remove(ref: string, walk: Walking = {}): Promise<void> {
    const record = this.find(ref);
    if (!record) throw notFound(`network ${ref} not found`);
    const { id, name, driver } = record;
    const used = this.users.up().filter(({ endpoints }) => endpoints.some(({ networkID }) => networkID === id));
    if (used.length)
      throw new ApiError(403, `error while removing network: network ${name} id ${id} has active endpoints`);
    if (record.state === 'removing' && this.operations.underWay.some(({ record: { subject } }) => subject.id === id))
      throw conflict(`removal of network ${name} is already in progress`);
    await this.#remove(record, walk);
    this.events.emit('network', 'destroy', id, { name, type: driver });
    this.changed();
  }

  async #remove(record: NetworkRecord, walk: Walking): Promise<void> {
    const { id, name } = record;
    const operation = this.operations.begin({ kind: 'network-remove', subject: { kind: 'network', name, id } });
    const done = () => this.#store.forget(id);
    record.state = 'removing';
    this.#store.save(record);
    try {
      await this.operations.perform(operation, { context: this.#subject(record), phases: [networkRemove], done }, walk);
    } catch (error) {
      // what was removed already is made again when a container needs it
      record.state = 'made';
      this.#store.save(record);
      throw error;
    }
    // the journals of its operations go with it; that of its removal is bounded like those without a subject
    delete operation.record.subject.id;
    this.operations.subjectGone(id);
  }

  /** Removes those for which `wanted` holds, and returns their names. Throws ApiError 409 while another prune runs. */
  async prune(wanted: (record: NetworkRecord) => boolean): Promise<string[]> {
    if (this.#pruning) throw conflict('a prune operation is already running');
    this.#pruning = true;
    const names: string[] = [];
    try {
      for (const record of this.list()) {
        if (!wanted(record)) continue;
        // a container that came to it meanwhile keeps its network
        const removed = await this.remove(record.id).then(
          () => true,
          (error: unknown) => {
            if (error instanceof ApiError && [403, 404, 409].includes(error.status)) return false;
            throw error;
          },
        );
        if (removed) names.push(record.name);
      }
    } finally {
      this.#pruning = false;
    }
    this.events.emit('network', 'prune', '', { reclaimed: '0' });
    return names;
  }

  /** Takes back what a dead daemon was making, and goes on with what it was removing. */
  async recover(): Promise<void> {
    for (const operation of this.operations.interrupted()) {
      const { kind } = operation.record;
      if (kind === 'network-create') {
        const record = this.#store.list().find((one) => one.operation === operation.id);
        await operation.recover({ context: this.#subject(record ?? this.#nothing()), phases: [networkCreate] });
        if (record) this.#store.forget(record.id);
      }
      if (kind === 'network-remove')
        await operation.recover({ context: this.#subject(this.#nothing()), phases: [networkRemove] });
    }
    for (const record of this.#store.list().filter(({ state }) => state === 'removing')) await this.#remove(record, {});
  }

  /** An operation that had not made anything: its record was not written. */
  #nothing(): NetworkRecord {
    return {
      id: newId(),
      name: '',
      created: 0,
      driver: 'none',
      internal: false,
      attachable: false,
      ipv6: false,
      ipam: { driver: 'default', options: null, pools: [] },
      options: {},
      labels: {},
      state: 'making',
    };
  }

  exists(id: string): boolean {
    return this.#store.get(id) !== undefined;
  }

  /** For a daemon that ends without containers: nothing stays on the host. The records stay. */
  removeFromHost(): Promise<void> {
    return removeNetworks(
      daemonKernel(),
      this.settings,
      this.list().map((record) => networkOf(record, this.settings)),
    );
  }
}
