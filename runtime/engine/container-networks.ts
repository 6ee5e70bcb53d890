/** Connecting a container to networks and disconnecting it, before its start and while it runs. */
import { newId } from '../data-root/identity.ts';
import { saveRecord } from '../container/record.ts';
import { badParameter, notFound, ApiError } from '../errors/api-error.ts';
import { connecting, disconnecting } from '../network/phase/connect.ts';
import { predefined } from '../network/phase/networks.ts';
import { followLinks, forgetLink } from '../network/names/linked-hosts.ts';
import { defaultEndpoint, parseLink } from '../network/request/legacy-links.ts';
import { checkEndpoint, endpointOf } from '../network/request/endpoints.ts';
import { checkTogether, type Wanted } from '../network/request/wanted.ts';
import type { Endpoint } from '../network/endpoint.ts';
import { newRun } from '../operation/create-run.ts';
import { startFailure, withRest } from '../operation/failure.ts';
import { Gate } from '../operation/gate.ts';
import { restOf } from '../operation/rollback.ts';
import { runPhase, unwind, type Run } from '../operation/run-phase.ts';
import type { Phase } from '../operation/step.ts';
import type { Container } from '../container/container.ts';
import type { NetworkConnections } from './engine.ts';
import type { Lifecycle } from './lifecycle.ts';
import { HelperWatch, nameServer, portProxy } from './helper-watch.ts';
import type { Walking } from '../operation/walking.ts';

export class ContainerNetworks implements NetworkConnections {
  /** one change after the other: a link has the same name inside until it is renamed */
  #turn: Promise<unknown> = Promise.resolve();

  readonly #helpers: readonly HelperWatch[];

  constructor(private readonly life: Lifecycle) {
    this.#helpers = [nameServer, portProxy].map((helper) => new HelperWatch(life, helper, (act) => this.#inTurn(act)));
  }

  async #revive(): Promise<void> {
    for (const helper of this.#helpers) await helper.revive();
  }

  /** the gate of the change that is under way */
  #gate: Gate | undefined;
  /** A command for the container's gate goes to this one when only this one holds. */
  get heldGate(): Gate | undefined {
    return this.#gate?.paused ? this.#gate : undefined;
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(act);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  get #endpoints(): Endpoint[] {
    return this.life.container.endpoints;
  }
  #save(): void {
    saveRecord(this.life.container.settings, this.life.record);
  }

  /** Throws ApiError 400 and 403 in dockerd's words, and what a step throws, after it was undone. */
  connect(wanted: Wanted, walk: Walking = {}): Promise<void> {
    return this.#inTurn(() => this.#connect(wanted, walk));
  }

  async #connect(wanted: Wanted, walk: Walking): Promise<void> {
    const { container } = this.life;
    await this.life.settled();
    checkTogether([...this.#endpoints, wanted], wanted);
    if (this.#endpoints.some(({ network }) => network === wanted.network))
      throw new ApiError(403, `endpoint with name ${container.name} already exists in network ${wanted.network}`);
    checkEndpoint(wanted);
    const endpoint = endpointOf(container.id, wanted, this.#endpoints);
    // it may have been removed while this waited for its turn
    this.life.checkNetwork(endpoint);
    if (!this.life.running) {
      this.#endpoints.push(endpoint);
      return this.#save();
    }
    endpoint.moving = 'connecting';
    this.#endpoints.push(endpoint);
    this.#save();
    try {
      await this.#perform('network-connect', walk, (run) => this.#plug(run, endpoint));
      await this.#revive();
    } finally {
      // also after a failure: what an earlier change wrote of this endpoint must not stay
      this.life.around.networks().changed();
    }
    this.life.around.endpoint(container, endpoint, 'connect');
  }

  async #plug(run: Run<Container>, endpoint: Endpoint): Promise<void> {
    const phase = connecting(endpoint) as Phase<Container>;
    const known = new Set(run.container.warnings);
    try {
      await runPhase(run, phase);
      for (const text of run.container.warnings.filter((one) => !known.has(one)))
        run.journal.append({ type: 'note', text: `warning: ${text}` });
      delete endpoint.moving;
      // it ended meanwhile, and its end may have come before what was made here
      if (!this.life.running) await unwind(run, [phase]);
    } catch (error) {
      run.gate.oneWay = true;
      throw await this.#unplug(run, endpoint, phase, error);
    } finally {
      this.#save();
    }
  }

  /** Undoes a connection. An endpoint of which something could not be removed stays, and disconnect tries again. */
  async #unplug(run: Run<Container>, endpoint: Endpoint, phase: Phase<Container>, error: unknown): Promise<ApiError> {
    const left = restOf(await unwind(run, [phase]));
    if (left.length) endpoint.moving = 'disconnecting';
    else this.#forget(endpoint);
    return withRest(startFailure(error), left).refusal;
  }

  #forget(endpoint: Endpoint): void {
    const at = this.#endpoints.indexOf(endpoint);
    if (at >= 0) this.#endpoints.splice(at, 1);
  }

  /** `ref`: the network's name or id. Throws ApiError 404 and 400 in dockerd's words. */
  disconnect(ref: string, walk: Walking = {}): Promise<void> {
    return this.#inTurn(() => this.#disconnect(ref, walk));
  }

  async #disconnect(ref: string, walk: Walking): Promise<void> {
    const { container } = this.life;
    await this.life.settled();
    const endpoint = this.#endpoints.find(({ network, networkID }) => network === ref || networkID === ref);
    const known = this.life.around.networks().find(ref)?.name ?? predefined.find((name) => name === ref);
    if (!endpoint && known === undefined) throw notFound(`network ${ref} not found`);
    if (!endpoint) throw new ApiError(403, `container ${container.id} is not connected to network ${known}`);
    if (endpoint.driver === 'host' || endpoint.driver === 'container')
      throw badParameter('container cannot be disconnected from host network or connected to host network');
    if (this.life.running && endpoint.driver !== 'none') {
      endpoint.moving = 'disconnecting';
      this.#save();
      // the name goes before the address does
      this.life.around.networks().changed();
      try {
        await this.#perform('network-disconnect', walk, (run) => this.#leave(run, endpoint));
      } finally {
        this.life.around.networks().changed();
      }
    } else {
      this.#forget(endpoint);
      return this.#save();
    }
    this.life.around.endpoint(container, endpoint, 'disconnect');
  }

  /**
   * A step that fails does not stop the others, because half a connection is of no use: they are all taken once more.
   * An abort before the first step changes nothing.
   */
  async #leave(run: Run<Container>, endpoint: Endpoint): Promise<void> {
    const phase = disconnecting(endpoint) as Phase<Container>;
    try {
      await runPhase(run, phase);
      this.#forget(endpoint);
    } catch (error) {
      run.gate.oneWay = true;
      if (!run.begun?.size) delete endpoint.moving;
      else if (await this.#finish(run, phase)) this.#forget(endpoint);
      throw startFailure(error).refusal;
    } finally {
      this.#save();
    }
  }

  async #finish(run: Run<Container>, phase: Phase<Container>): Promise<boolean> {
    run.gate.arm({ mode: 'run', breakpoints: [] });
    return runPhase(run, phase).then(
      () => true,
      () => false,
    );
  }

  /** Makes it an operation of the container, with a gate of its own, so its steps go on beside those of others. */
  async #perform(
    kind: 'network-connect' | 'network-disconnect',
    { gate: options, begun }: Walking,
    work: (run: Run<Container>) => Promise<void>,
  ): Promise<void> {
    const { container, log, operations } = this.life;
    const id = newId();
    const label = `network-${id.slice(0, 12)}`;
    const gate = new Gate((event) => void run.journal.append(event));
    const run = newRun(container, log, gate, label);
    run.begun = new Set();
    const phase = kind === 'network-connect' ? 'network' : 'disconnect';
    gate.arm(options ?? { mode: 'run', breakpoints: this.life.gateKeeper.breakpointsOf(phase) });
    this.#gate = gate;
    const ending = this.life.actor.subscribe(({ value }) => void (value === 'exiting' && gate.release()));
    try {
      await operations.run(
        kind,
        async () => {
          const handle = begun && operations.list().find((one) => one.id === id);
          if (handle) begun(handle);
          await work(run);
        },
        { id, run: label, gate: (command) => gate.command(command) },
      );
    } finally {
      ending.unsubscribe();
      this.#gate = undefined;
    }
  }

  /** Another container may have another address now. Called after each change of any network. */
  follow(): void {
    const { container, run, log } = this.life;
    if (!this.life.running || !container.names.links?.length) return;
    const warn = ({ message }: Error) =>
      void log.append({ type: 'note', text: `warning: the links in /etc/hosts are out of date, because ${message}` });
    void this.#inTurn(async () => this.life.running && (await followLinks(run.kernel, container))).catch(warn);
  }

  /** Takes a link of the default bridge away, at once and for later starts. Throws ApiError 404 when there is none. */
  removeLink(alias: string): Promise<void> {
    return this.#inTurn(async () => {
      const { container, run } = this.life;
      const links = container.names.links ?? [];
      const left = links.filter((text) => parseLink(text).alias !== alias);
      if (left.length === links.length || !defaultEndpoint(container))
        throw notFound(`No such container: ${container.name}/${alias}`);
      container.names.links = container.request.HostConfig.Links = left;
      this.#save();
      if (this.life.running) await forgetLink(run.kernel, container, alias);
    });
  }

  /**
   * What a dead daemon was connecting is taken back, and what it was disconnecting is finished. A name server or
   * port proxy that was killed meanwhile is started again.
   */
  async recover(): Promise<void> {
    for (const endpoint of this.#endpoints.filter(({ moving }) => moving)) {
      const run = newRun(
        this.life.container,
        this.life.log,
        new Gate(() => undefined),
        `network-${newId().slice(0, 12)}`,
      );
      if (endpoint.moving === 'connecting') {
        const left = await unwind(run, [connecting(endpoint) as Phase<Container>]);
        if (!left.length) this.#forget(endpoint);
      } else if (await this.#finish(run, disconnecting(endpoint) as Phase<Container>)) this.#forget(endpoint);
    }
    this.#save();
    await this.#revive();
  }
}
