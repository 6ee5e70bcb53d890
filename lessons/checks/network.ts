/** The content of the container's network namespace, and the host's rules for its bridge: proc_pid_net(5). */
import { addressesOf, linkCounters, listenersOf, routesOf, tcpOf } from '../../runtime/watch/process.ts';
import { kind, type Family } from './check.ts';
import { number, object, oneOf, optional, pattern, text, truth } from './shape.ts';

/** As /proc/net has them: 127.0.0.0/8 in the byte order of the machine, ::1, and 127.0.0.0/8 as IPv6. */
const isLoopback = (address: string) => /^[0-9A-F]{6}7F$|^0{24}01000000$|^0{16}FFFF0000[0-9A-F]{6}7F$/.test(address);
const tcpStates = { established: '01', listen: '0A' } as const;

export const network: Family = {
  'net.link': kind({
    live: true,
    arg: text('name'),
    says: (name) => ({ en: `inside there is a link ${name}`, ru: `внутри есть интерфейс ${name}` }),
    holds: (name, { state: { pid } }) => linkCounters(pid).has(name),
  }),
  'net.address': kind({
    live: true,
    arg: pattern('address'),
    says: (address) => ({ en: `inside there is an address ${address}`, ru: `внутри есть адрес ${address}` }),
    holds: (address, { state: { pid } }) => addressesOf(pid).some((one) => new RegExp(address).test(one)),
  }),
  'net.route': kind({
    live: true,
    arg: object({ to: text('to'), via: optional(text('via')) }, 'to'),
    says: ({ to, via }) => ({
      en: `inside there is a route to ${to}${via ? ` via ${via}` : ''}`,
      ru: `внутри есть маршрут ${to}${via ? ` через ${via}` : ''}`,
    }),
    holds: ({ to, via }, { state: { pid } }) => routesOf(pid).some((one) => one.to === to && (!via || one.via === via)),
  }),
  'net.gateway': kind({
    live: true,
    arg: truth,
    says: () => ({
      en: "the default route leads to the network's gateway",
      ru: 'маршрут по умолчанию ведёт на шлюз сети',
    }),
    holds: (_, { state: { pid }, frame }) => {
      const gateway = /^via (\S+)/.exec(frame().facts.route?.['container/default'] ?? '')?.[1];
      return gateway !== undefined && routesOf(pid).some(({ to, via }) => to === 'default' && via === gateway);
    },
  }),
  'net.nameserver': kind({
    live: true,
    arg: text('address'),
    says: (address) => ({ en: `it asks the name server ${address}`, ru: `имена узнают у сервера ${address}` }),
    holds: (address, subject) => subject.nameservers().includes(address),
  }),
  'net.traffic': kind({
    live: true,
    arg: object({ link: text('link'), sent: optional(number), received: optional(number) }, 'link'),
    says: ({ link, sent = 1, received = 0 }) => ({
      en: `${link} has sent ${sent} packets${received ? ` and received ${received}` : ''}`,
      ru: `через ${link} ушло пакетов: ${sent}${received ? `, пришло: ${received}` : ''}`,
    }),
    holds: ({ link, sent = 1, received = 0 }, { state: { pid } }) => {
      const seen = linkCounters(pid).get(link);
      return seen !== undefined && seen.tx >= sent && seen.rx >= received;
    },
  }),
  'net.tcp': kind({
    live: true,
    arg: object(
      { state: oneOf<keyof typeof tcpStates>('state', ['established', 'listen']), port: optional(number) },
      'state',
    ),
    says: ({ state, port }) => ({
      en:
        state === 'listen'
          ? `inside a program listens${port ? ` on port ${port}` : ''}`
          : `inside there is a TCP connection${port ? ` with port ${port}` : ''}`,
      ru:
        state === 'listen'
          ? `внутри слушают порт${port ? ` ${port}` : ''}`
          : `внутри есть соединение TCP${port ? ` с портом ${port}` : ''}`,
    }),
    holds: ({ state, port }, { state: { pid } }) =>
      pid > 0 &&
      tcpOf(pid).some(
        (one) => one.state === tcpStates[state] && (!port || one.port === port || one.remotePort === port),
      ),
  }),
  'net.open': kind({
    live: true,
    arg: number,
    says: (port) => ({
      en: `inside a program listens on port ${port} at an address that others can reach`,
      ru: `внутри слушают порт ${port} на адресе, доступном другим`,
    }),
    holds: (port, { state: { pid } }) =>
      pid > 0 && listenersOf(pid).some((one) => one.port === port && !isLoopback(one.address)),
  }),
  'net.rule': kind({
    live: true,
    host: true,
    arg: pattern('rule'),
    says: (rule) => ({
      en: `the bridge's table of nf_tables has a rule ${rule}`,
      ru: `в таблице nf_tables моста есть правило ${rule}`,
    }),
    holds: async (rule, _, look) => new RegExp(rule, 'm').test(await look.rules()),
  }),
};
