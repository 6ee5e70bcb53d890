/**
 * The steps that connect a running container to one more network, and that disconnect it from one. They are those of a
 * start, each as the instance of this network, and only for this endpoint:
 *
 *   network.ensure-bridge@back … network.open-netlink@back … network.write-hosts@back, network.close-netlink@back
 *   disconnect.unplug@back … disconnect.release-address@back
 */
import { instanceOf } from '../../journal/step-id.ts';
import type { Phase, Step } from '../../operation/step.ts';
import { drivers, driverOf } from '../../drivers/network.ts';
import type { Connected, EndpointStep } from '../driver.ts';
import type { Endpoint } from '../endpoint.ts';
import { redirect, serve } from '../names/serve-steps.ts';
import { lacksNameServer } from '../names/revive.ts';
import { servesNames } from '../names/serve.ts';
import { endServerProcess } from '../names/server-process.ts';
import { writeHostsFile, writeResolvConfFile } from '../names/steps.ts';
import { addToHosts, changeResolvConf, removeFromHosts, restoreResolvConf } from '../names/write-files.ts';
import { closeInside, openFromOutside } from '../sandbox/inside.ts';
import { stepAt, stepsAt } from './instances.ts';
import { closeNetlink, openNetlink } from './sandbox-steps.ts';

/** Whether this endpoint is the first one whose network has names. The server stays when it is disconnected again. */
const isFirst = (c: Connected, endpoint: Endpoint) =>
  servesNames({ endpoints: [endpoint] }) && !servesNames({ endpoints: c.endpoints.filter((one) => one !== endpoint) });

/** Whether a server was started for this endpoint, and its rules do not lead to it yet. */
const isBegun = ({ live }: Connected) => live.namesPort !== undefined;

type Condition = (c: Connected) => boolean;
const undoneIf = (step: Step<Connected>, condition: Condition, when = condition): Step<Connected> => ({
  ...step,
  when,
  undo: async (k, c) => {
    if (condition(c)) await step.undo?.(k, c);
  },
});

/**
 * A container without names gets a name server with its first network that has them, and one whose server was killed
 * gets another one with the next.
 */
function namesOf(endpoint: Endpoint): Step<Connected>[] {
  const first: Condition = (c) => isFirst(c, endpoint);
  const lacks: Condition = (c) => servesNames({ endpoints: [endpoint] }) && lacksNameServer(c);
  return [
    undoneIf({ ...writeResolvConfFile, do: changeResolvConf, undo: restoreResolvConf }, first),
    {
      ...serve,
      when: (c) => first(c) || lacks(c),
      undo: async (k, c) => {
        if (first(c)) await serve.undo?.(k, c);
        // the table stays for its other networks, so that the next connection tries again
        else if (isBegun(c)) await endServerProcess(k, c);
      },
    },
    undoneIf(redirect, first, (c) => first(c) || isBegun(c)),
  ];
}

/** The netlink socket is closed last, because until then an undo may need it for the default route. */
export function connecting(endpoint: Endpoint): Phase<Connected> {
  const at = (step: Step<Connected>): Step<Connected> => ({ ...step, id: instanceOf(step.id, endpoint.network) });
  const steps = [
    ...stepsAt(endpoint, 'make', 'plug'),
    at({ ...openNetlink, do: openFromOutside, undo: closeInside }),
    ...stepsAt(endpoint, 'configure', 'admit'),
    at({
      ...writeHostsFile,
      do: (k, c) => addToHosts(k, c, endpoint),
      undo: (k, c) => removeFromHosts(k, c, endpoint),
    }),
    ...namesOf(endpoint).map(at),
    at(closeNetlink),
  ];
  return { id: 'network', title: 'Connect the network', steps };
}

const forgetName: EndpointStep = {
  id: 'disconnect.forget-name',
  title: 'Take its line out of /etc/hosts',
  explain: `The line with this network's address and the container's own name is taken out; every other line stays as it is.

The file is changed in place, because the running container has this inode mounted over its own file. With the line the container would connect to itself at an address that it does not have any more, and that another container may get. See hosts(5).`,
  do: (k, { container, endpoint }) => removeFromHosts(k, container, endpoint),
};

/** The steps of a driver, and before the address is given back the one for the names. */
const detachOf = (detach: readonly EndpointStep[]): EndpointStep[] => [
  ...detach.slice(0, -1),
  forgetName,
  ...detach.slice(-1),
];

export const disconnecting = (endpoint: Endpoint): Phase<Connected> => ({
  id: 'disconnect',
  title: 'Leave a network',
  steps: detachOf(driverOf(endpoint).detach ?? []).map((step) => stepAt(endpoint, step)),
});

/** The phase for readers: the steps of all drivers. */
export const disconnect: { id: string; title: string; steps: readonly EndpointStep[] } = {
  id: 'disconnect',
  title: 'Leave a network',
  steps: drivers
    .flatMap(({ detach }) => (detach ? detachOf(detach) : []))
    .filter((step, j, all) => all.findIndex(({ id }) => id === step.id) === j),
};
