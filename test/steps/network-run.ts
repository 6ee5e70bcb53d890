/** The network phase on the recording kernel, with a fake netlink: what its tests share. */
import { recordingKernel, type RecordingKernel } from '../../runtime/kernel/recording.ts';
import type { Container } from '../../runtime/container/container.ts';
import type { HostConfig } from '../../runtime/request/container-request.ts';
import { forgetBridge } from '../../runtime/network/bridge/bridge.ts';
import { networkNamed } from '../../runtime/network/phase/networks.ts';
import { network } from '../../runtime/steps/container/4-network.ts';
import { fakeNetwork, type FakeNetwork, type FakeOptions } from '../network/fake-netlink.ts';
import { containerFor, idOf, settingsFor } from '../network/namespace.ts';

export const settings = settingsFor('/d');
/** stands for a network that a user made */
export const NAMED = 'default';
export function prepare(
  HostConfig: HostConfig = {},
  fail?: { at: number; errno: string },
  options?: FakeOptions,
): { k: RecordingKernel; c: Container; fake: FakeNetwork } {
  forgetBridge(settings.bridge);
  const fake = fakeNetwork(options);
  const c = containerFor({ id: idOf(1), settings, HostConfig, other: (ref) => containerFor({ id: ref, settings }) });
  c.live = { pid: 77, pidfd: 8, stageSocket: 9 };
  if (HostConfig.NetworkMode === NAMED) {
    c.endpoints[0]!.networkID = idOf(9);
    c.networkOf = (endpoint) => networkNamed(settings, endpoint);
  }
  return { k: recordingKernel({ answers: fake.answers, readable, ...(fail && { fail }) }), c, fake };
}
/** Every descriptor can be read at once. */
export function readable(_fd: number, callback: () => void): () => void {
  setImmediate(callback);
  return () => undefined;
}
export const applicable = (c: Container) => network.steps.filter((step) => step.when?.(c) ?? true);
export async function run(k: RecordingKernel, c: Container): Promise<void> {
  for (const step of applicable(c)) await step.do(k, c);
}
export async function unwind(k: RecordingKernel, c: Container): Promise<void> {
  for (const step of [...network.steps].reverse()) await step.undo?.(k, c);
}
export const notes = (k: RecordingKernel) =>
  k.raw.filter(({ name }) => name === 'sendto').map(({ note }) => note ?? '');
