/** Asks the name server of a container with real packets from its network namespace, and stands for servers outside. */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { answerTo, nameOf, parseAnswer, query, type Answer, type Type } from '../network/dns-message.ts';
import { run } from './ran.ts';

/** Sends the bytes of argv to 127.0.0.11:53 and prints what comes back, in hexadecimal digits. */
const ASK = `
const [how, hex, wait] = process.argv.slice(1);
const bytes = Buffer.from(hex, 'hex');
setTimeout(() => { console.log('none'); process.exit() }, Number(wait));
if (how === 'udp') {
  const socket = require('node:dgram').createSocket('udp4');
  socket.on('message', (answer, from) => { console.log(from.address + ':' + from.port + ' ' + answer.toString('hex')); process.exit() });
  socket.connect(53, '127.0.0.11', () => socket.send(bytes));
} else {
  const all = [];
  const socket = require('node:net').connect(53, '127.0.0.11', () => {
    const length = Buffer.from([bytes.length >> 8, bytes.length & 255]);
    socket.write(length); socket.write(bytes);
  });
  socket.on('data', (part) => {
    all.push(part);
    const whole = Buffer.concat(all);
    if (whole.length > 1 && whole.length === 2 + whole.readUInt16BE(0)) { console.log('tcp ' + whole.subarray(2).toString('hex')); process.exit() }
  });
  socket.on('error', (error) => { console.log(error.code); process.exit() });
  socket.on('close', () => { console.log('closed'); process.exit() });
}`;

/** What came back for these bytes: '127.0.0.11:53 …', 'none' after `wait` ms, 'closed'. */
export async function send(pid: number, how: 'udp' | 'tcp', bytes: Buffer, wait = 2000): Promise<string> {
  const { out, err } = await run('nsenter', [
    '-n',
    '-t',
    String(pid),
    process.execPath,
    '-e',
    ASK,
    how,
    bytes.toString('hex'),
    String(wait),
  ]);
  return out.trim() || err;
}

export interface Asking {
  how?: 'udp' | 'tcp';
  edns?: number;
  wait?: number;
}
export async function lookUp(
  pid: number,
  name: string,
  type: Type = 'A',
  { how = 'udp', edns = 0, wait = 2000 }: Asking = {},
): Promise<Answer> {
  const said = await send(pid, how, query(name, type, { edns }), wait);
  const [from, hex] = said.split(' ');
  if (!hex || (how === 'udp' && from !== '127.0.0.11:53')) throw new Error(`${name} ${type}: ${said}`);
  return parseAnswer(Buffer.from(hex, 'hex'));
}

export interface FakeServer {
  asked: string[];
  end(): void;
}

/**
 * A name server in the test's own namespace, which is the host's for the daemon. `answers`: name → addresses, or a
 * code; a name that is not there is not answered at all. `delays`: name → ms that a stream waits for its answer.
 */
export async function nameServer(
  address: string,
  answers: Record<string, readonly string[] | number>,
  delays: Record<string, number> = {},
): Promise<FakeServer> {
  const asked: string[] = [];
  const reply = (bytes: Buffer): Buffer | undefined => {
    asked.push(nameOf(bytes));
    const answer = answers[nameOf(bytes)];
    if (answer === undefined) return undefined;
    return typeof answer === 'number' ? answerTo(bytes, [], answer) : answerTo(bytes, answer);
  };
  const udp = createSocket('udp4', (bytes, from) => {
    const answer = reply(bytes);
    if (answer) udp.send(answer, from.port, from.address);
  });
  const tcp = createServer((socket) => {
    let held = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (part) => {
      held = Buffer.concat([held, part]);
      if (held.length < 2 || held.length < 2 + held.readUInt16BE(0)) return;
      const answer = reply(held.subarray(2));
      const delay = delays[nameOf(held.subarray(2))] ?? 0;
      held = Buffer.alloc(0);
      const write = (bytes: Buffer) =>
        void socket.write(Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]));
      if (answer) setTimeout(write, delay, answer);
    });
  });
  await new Promise<void>((resolve) => udp.bind(53, address, resolve));
  await new Promise<void>((resolve) => tcp.listen(53, address, resolve));
  return {
    asked,
    end() {
      udp.close();
      tcp.close();
    },
  };
}
