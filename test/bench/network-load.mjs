// Traffic for `npm run bench:network`, run by nsenter in a network namespace:
//   serve PORT               answers each connection with BYTES zeros
//   fetch HOST PORT BYTES    prints the milliseconds until all of them were there
//   ask NAME COUNT           asks 127.0.0.11 for a name's A record, 32 at once; prints the milliseconds, and the 99th
//                            percentile of one question
import dgram from 'node:dgram';
import net from 'node:net';

const [what, ...words] = process.argv.slice(2);
const PIECE = Buffer.alloc(1 << 20);

if (what === 'serve') {
  net
    .createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', async (wanted) => {
        for (let left = Number(wanted); left > 0; left -= PIECE.length)
          if (!socket.write(left < PIECE.length ? PIECE.subarray(0, left) : PIECE))
            await new Promise((resolve) => socket.once('drain', resolve));
        socket.end();
      });
    })
    .listen(Number(words[0]), '0.0.0.0', () => console.log('ready'));
} else if (what === 'fetch') {
  const [host, port, bytes] = words;
  const begun = performance.now();
  let come = 0;
  const onread = { buffer: Buffer.alloc(1 << 20), callback: (length) => ((come += length), true) };
  const socket = net.connect({ host, port: Number(port), onread }, () => socket.write(bytes));
  socket.on('close', () => {
    if (come !== Number(bytes)) throw new Error(`${come} of ${bytes} bytes`);
    console.log(performance.now() - begun);
  });
} else {
  const [name, count] = words;
  const question = (id) => {
    const head = Buffer.from([id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    const labels = name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
    return Buffer.concat([head, ...labels, Buffer.from([0, 0, 1, 0, 1])]);
  };
  const socket = dgram.createSocket('udp4');
  const asked = new Map();
  const times = [];
  let next = 0;
  const begun = performance.now();
  const ask = () => {
    if (next >= Number(count)) return;
    const id = next++ & 0xffff;
    asked.set(id, performance.now());
    socket.send(question(id), 53, '127.0.0.11');
  };
  socket.on('message', (answer) => {
    const id = answer.readUInt16BE(0);
    if (answer.readUInt16BE(6) !== 1) throw new Error('no answer in the answer');
    times.push(performance.now() - asked.get(id));
    if (times.length === Number(count)) {
      times.sort((a, b) => a - b);
      console.log(performance.now() - begun, times[Math.floor(times.length * 0.99)]);
      socket.close();
    } else ask();
  });
  for (let j = 0; j < 32; j++) ask();
}
