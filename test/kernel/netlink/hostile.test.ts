import * as assert from 'uvu/assert';
import { NETLINK_NETFILTER, NETLINK_ROUTE } from '../../../runtime/syscalls/constants.ts';
import { encodeAttribute } from '../../../runtime/kernel/netlink/attribute.ts';
import { decodeDatagram, showDatagram } from '../../../runtime/kernel/netlink/decode/decode.ts';
import { MalformedMessage } from '../../../runtime/kernel/netlink/malformed.ts';
import { encodeMessage } from '../../../runtime/kernel/netlink/message.ts';
import { dumpLinks, getLink, newLink } from '../../../runtime/kernel/netlink/route/link.ts';
import { NetlinkSocket, withNetlink } from '../../../runtime/kernel/netlink/socket.ts';
import { recordingKernel } from '../../../runtime/kernel/recording.ts';
import { suite } from '../../harness.ts';
import * as captured from './captured.ts';

const test = suite('netlink, hostile bytes');

/** A small generator with a seed, so that a failure can be reproduced. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}
function onlyOwnErrors(bytes: Buffer, what: string): void {
  for (const protocol of [NETLINK_ROUTE, NETLINK_NETFILTER]) {
    try {
      showDatagram(protocol, bytes);
    } catch (error) {
      assert.instance(error, MalformedMessage, `${what}: ${String(error)} for ${bytes.toString('hex')}`);
    }
  }
}

test('random bytes never make anything but MalformedMessage', () => {
  const next = random(7);
  for (let round = 0; round < 5000; round++) {
    const bytes = Buffer.from(Array.from({ length: Math.floor(next() * 200) }, () => Math.floor(next() * 256)));
    onlyOwnErrors(bytes, `round ${round}`);
    // With a valid header, so that the attributes are parsed.
    if (bytes.length >= 16) {
      bytes.writeUInt32LE(bytes.length, 0);
      bytes.writeUInt16LE([2, 16, 20, 24, 28, 0xa00, 0xa03, 0xa06][round % 8]!, 4);
      onlyOwnErrors(bytes, `round ${round} with a header`);
    }
  }
});

test('real messages with bytes changed or cut never make anything but MalformedMessage', () => {
  const next = random(11);
  for (const original of Object.values(captured)) {
    for (let round = 0; round < 600; round++) {
      const bytes = Buffer.from(
        original.subarray(0, round % 3 ? original.length : Math.floor(next() * original.length)),
      );
      for (let change = 0; change < 3 && bytes.length; change++)
        bytes[Math.floor(next() * bytes.length)] = Math.floor(next() * 256);
      onlyOwnErrors(bytes, `round ${round}`);
    }
  }
});

test('attributes nested without end are refused', () => {
  let peer: Buffer = Buffer.alloc(0);
  for (let depth = 0; depth < 1000; depth++) {
    const data = encodeAttribute(2, encodeAttribute(1, Buffer.concat([Buffer.alloc(16), peer])));
    peer = encodeAttribute(18, Buffer.concat([encodeAttribute(1, Buffer.from('veth\0')), data]));
  }
  const head = encodeMessage(newLink({}), 1);
  const bytes = Buffer.concat([head, peer]);
  bytes.writeUInt32LE(bytes.length, 0);
  assert.throws(() => decodeDatagram(NETLINK_ROUTE, bytes), /nested deeper/);
});

const answering = (recvfrom: Buffer | ((seq: number) => Buffer)) => {
  let seq = 0;
  return recordingKernel({
    answers: {
      sendto: (call) => {
        seq = (call.args[1] as Buffer).readUInt32LE(8);
        return 0;
      },
      recvfrom: () => (typeof recvfrom === 'function' ? recvfrom(seq) : recvfrom),
    },
  });
};
const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

test('a kernel that never answers ours is not waited for without end', async () => {
  const foreign = encodeMessage(newLink({ ifname: 'x' }), 0xffffffff);
  const k = answering(foreign);
  const error = await rejection(new NetlinkSocket(k, 5).dump(...dumpLinks));
  assert.match(String(error), 'more than 4096 datagrams and no end');
});

test('an empty or a cut datagram is an error, and the socket is closed', async () => {
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(7)]) {
    const k = answering(bytes);
    const error = await rejection(withNetlink(k, NETLINK_ROUTE, (socket) => socket.get(...getLink('eth0'))));
    assert.instance(error, MalformedMessage);
    assert.match(k.calls.at(-1)!, /^daemon.close\(/);
  }
});

/** NLMSG_ERROR as the kernel sends it: errno, the request's header and, with NLM_F_ACK_TLVS, a message. */
function refusal(seq: number, errno: number, words: string): Buffer {
  const body = Buffer.alloc(4 + 16);
  body.writeInt32LE(-errno, 0);
  body.writeUInt32LE(16, 4);
  const tlv = encodeAttribute(1, Buffer.from(`${words}\0`));
  const head = Buffer.alloc(16);
  head.writeUInt32LE(16 + body.length + tlv.length, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(0x200, 6);
  head.writeUInt32LE(seq, 8);
  return Buffer.concat([head, body, tlv]);
}

test("a refusal carries the errno, the kernel's own words and the message that was refused", async () => {
  const k = answering((seq) => refusal(seq, 22, 'Link type is odd'));
  const error = await rejection(new NetlinkSocket(k, 5).request(newLink({ ifname: 'v0' })));
  assert.is(
    String(error),
    'NetlinkError: RTM_NEWLINK {ifname "v0"}: invalid argument (EINVAL, in the daemon); the kernel says: Link type is odd',
  );
  assert.is((error as { code?: string }).code, 'EINVAL');
});

test('an acknowledgement whose lengths lie is refused', async () => {
  const k = answering((seq) => {
    const bytes = refusal(seq, 22, 'x');
    bytes.writeUInt32LE(0xfffffff0, 20);
    return bytes;
  });
  const error = await rejection(new NetlinkSocket(k, 5).request(newLink({ ifname: 'v0' })));
  assert.is((error as { code?: string }).code, 'EINVAL');
});

test.run();
