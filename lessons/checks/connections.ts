/** Networks that users make, and how containers are connected to them, as the engine has it: names, aliases, ports. */
import { kind, type Family, type Subject } from './check.ts';
import { either, number, object, optional, text, truth } from './shape.ts';

const portsOf = ({ endpoints }: Subject) => endpoints().flatMap(({ ports = [] }) => ports);

export const connections: Family = {
  'network.exists': kind({
    live: true,
    host: true,
    arg: object({ name: text('name'), driver: optional(text('driver')) }, 'name'),
    says: ({ name, driver }) => ({
      en: `there is a network ${name}${driver ? ` of the driver ${driver}` : ''}`,
      ru: `есть сеть ${name}${driver ? ` с драйвером ${driver}` : ''}`,
    }),
    holds: ({ name, driver }, _, { things }) => {
      const found = things.network(name);
      return found !== undefined && (!driver || found.driver === driver);
    },
  }),
  'network.ipv6': kind({
    live: true,
    host: true,
    arg: text('name'),
    says: (name) => ({ en: `the network ${name} has IPv6 addresses`, ru: `в сети ${name} есть адреса IPv6` }),
    holds: (name, _, { things }) => things.network(name)?.ipv6 === true,
  }),
  'container.network': kind({
    live: true,
    arg: object({ name: text('name'), alias: optional(text('alias')), ipv6: optional(truth) }, 'name'),
    says: ({ name, alias, ipv6 }) => ({
      en: `it is on the network ${name}${alias ? ` as ${alias}` : ''}${ipv6 ? ' with an IPv6 address' : ''}`,
      ru: `он в сети ${name}${alias ? ` под именем ${alias}` : ''}${ipv6 ? ' с адресом IPv6' : ''}`,
    }),
    holds: ({ name, alias, ipv6 }, { endpoints }) =>
      endpoints().some(
        (one) =>
          one.network === name &&
          !one.moving &&
          (!alias || one.aliases?.includes(alias) === true) &&
          (!ipv6 || one.address6 !== undefined),
      ),
  }),
  'container.finds': kind({
    live: true,
    arg: text('name'),
    says: (name) => ({
      en: `it is on a network of its user's, and finds ${name} there by name`,
      ru: `он в сети, созданной пользователем, и находит в ней ${name} по имени`,
    }),
    holds: (name, { endpoints }, { subjects }) => {
      const networks = new Set(endpoints().flatMap(({ networkID }) => networkID ?? []));
      return subjects.some(
        (other) =>
          other.state.status === 'running' &&
          other
            .endpoints()
            .some(
              ({ networkID, aliases = [] }) =>
                networkID !== undefined && networks.has(networkID) && [other.name, ...aliases].includes(name),
            ),
      );
    },
  }),
  'container.port': kind({
    live: true,
    arg: object({ port: number, address: optional(text('address')) }, 'port'),
    says: ({ port, address }) => ({
      en: `its port ${port} is published${address ? ` at ${address}` : ''}`,
      ru: `его порт ${port} опубликован${address ? ` на ${address}` : ''}`,
    }),
    holds: ({ port, address }, subject) =>
      subject.state.status === 'running' &&
      portsOf(subject).some((one) => one.port === port && (!address || one.hostIp === address)),
  }),
  'container.published': kind({
    live: true,
    arg: either,
    says: (some) => ({
      en: some ? 'it has published a port' : 'it has published no port',
      ru: some ? 'у него есть опубликованный порт' : 'у него нет опубликованных портов',
    }),
    holds: (some, subject) => portsOf(subject).length > 0 === some,
  }),
};
