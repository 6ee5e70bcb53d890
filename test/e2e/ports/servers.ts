/** Servers and clients for published ports. They run in any network namespace: in a container's, or outside. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { readlinkSync } from 'node:fs';
import { sh } from '../../harness.ts';
import { until } from '../../until.ts';

/** Tells each client its address, then sends back what it sends. Datagrams are answered with the sender's address. */
const SERVER = `
const [port, address] = [Number(process.argv[1]), process.argv[2]];
const tcp = require('net').createServer({ allowHalfOpen: true }, (s) => {
  s.on('error', () => {});
  s.write('you are ' + s.remoteAddress.replace('::ffff:', '') + '\\n');
  s.pipe(s);
});
const udp = require('dgram').createSocket(address.includes(':') ? 'udp6' : 'udp4');
udp.on('message', (data, from) => udp.send('you are ' + from.address + ' and said ' + data, from.port, from.address));
udp.bind(port, address, () => tcp.listen(port, address, () => console.log('up')));
`;
const ASK = `
const [address, port, text] = process.argv.slice(1);
const s = require('net').connect(Number(port), address, () => text ? s.end(text) : undefined);
s.setTimeout(2000, () => process.exit(3));
s.on('error', (e) => { console.log(e.code); process.exit(2); });
s.on('data', (data) => { process.stdout.write(data); if (!text) process.exit(0); });
`;
const TELL = `
const [address, port] = process.argv.slice(1);
const s = require('dgram').createSocket('udp4');
s.on('message', (data, from) => { console.log(from.address + ': ' + data); process.exit(0); });
s.on('error', (e) => { console.log(e.code); process.exit(2); });
s.connect(Number(port), address, () => s.send('hello'));
setTimeout(() => process.exit(3), 2000);
`;

export const inNetworkOf = (pid: number): string[] => ['nsenter', '-n', '-t', String(pid)];

export async function serve(where: readonly string[], port: number, address = '0.0.0.0'): Promise<ChildProcess> {
  const [command = '', ...args] = [...where, process.execPath, '-e', SERVER, String(port), address];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return child;
}

async function ran(words: readonly string[]): Promise<string> {
  const child = spawn(words[0] ?? '', words.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (data) => (out += data));
  await new Promise((resolve) => child.once('close', resolve));
  return out.trim();
}
/** What the server says to a client that connects from `where`; an errno's name, or '' after two seconds. */
export const ask = (where: readonly string[], address: string, port: number): Promise<string> =>
  ran([...where, process.execPath, '-e', ASK, address, String(port)]);
/** The source of the answer to a datagram, and its text; '' after two seconds. */
export const tell = (where: readonly string[], address: string, port: number): Promise<string> =>
  ran([...where, process.execPath, '-e', TELL, address, String(port)]);

/**
 * Sends `length` random bytes, ends its side, and returns whether exactly these came back before the other side ended.
 */
export function echoed(address: string, port: number, length: number): Promise<boolean> {
  const sent = randomBytes(length);
  return new Promise((resolve, reject) => {
    const back = createHash('sha256');
    let head = '';
    const socket = connect({ host: address, port, allowHalfOpen: true }, () => socket.end(sent));
    socket.on('error', reject);
    socket.on('data', (data: Buffer) => {
      if (head.endsWith('\n')) return void back.update(data);
      const line = data.indexOf(10);
      head += data.subarray(0, line + 1).toString();
      back.update(data.subarray(line + 1));
    });
    socket.on('end', () => resolve(back.digest('hex') === createHash('sha256').update(sent).digest('hex')));
  });
}

/** `count` clients at the same time from different ports; returns how many got the answer to their own datagram. */
export async function answeredDatagrams(address: string, port: number, count: number): Promise<number> {
  const one = (number: number) =>
    new Promise<boolean>((resolve) => {
      const socket = createSocket('udp4');
      const end = (value: boolean) => {
        clearTimeout(timer);
        socket.close();
        resolve(value);
      };
      const timer = setTimeout(() => end(false), 3000);
      socket.on('message', (data) => end(data.toString().endsWith(`said ${number}`)));
      socket.send(String(number), port, address);
    });
  return (await Promise.all(Array.from({ length: count }, (_, j) => one(j)))).filter(Boolean).length;
}

export interface Outside {
  /** the words before a command that is to run there */
  where: string[];
  end(): void;
}
/** Another machine on a network with the host: the host is 192.0.2.1 and 192.0.2.3, it is 192.0.2.2. */
export async function outsideOf(): Promise<Outside> {
  const child = spawn('unshare', ['-n', 'sleep', '1000'], { stdio: 'ignore' });
  await until(
    'the namespace is there',
    () => readlinkSync(`/proc/${child.pid}/ns/net`) !== readlinkSync('/proc/self/ns/net'),
  );
  const where = inNetworkOf(child.pid!);
  sh('ip', 'link', 'add', 'out0', 'type', 'veth', 'peer', 'name', 'in0', 'netns', String(child.pid));
  for (const address of ['192.0.2.1/24', '192.0.2.3/24']) sh('ip', 'addr', 'add', address, 'dev', 'out0');
  sh('ip', 'link', 'set', 'out0', 'up');
  for (const command of ['addr add 192.0.2.2/24 dev in0', 'link set in0 up', 'link set lo up'])
    sh(where[0]!, ...where.slice(1), 'ip', ...command.split(' '));
  return { where, end: () => void child.kill() };
}

/** The same with IPv6: the host is also 2001:db8::1, the other machine 2001:db8::2. */
export async function outsideWithIpv6(): Promise<Outside> {
  const outside = await outsideOf();
  const [program = '', ...args] = outside.where;
  sh('ip', 'addr', 'add', '2001:db8::1/64', 'dev', 'out0', 'nodad');
  sh(program, ...args, 'ip', 'addr', 'add', '2001:db8::2/64', 'dev', 'in0', 'nodad');
  return outside;
}
