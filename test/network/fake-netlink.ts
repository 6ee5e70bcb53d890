/**
 * A network in memory for the recording kernel: it decodes the netlink messages, changes its links, and answers as the
 * kernel would. Pass `answers` to recordingKernel(); its final content shows what was left behind.
 */
import { constants } from 'node:os';
import { NETLINK_NETFILTER, NETLINK_ROUTE } from '../../runtime/syscalls/constants.ts';
import { SyscallError } from '../../runtime/kernel/errors.ts';
import type { Call } from '../../runtime/syscalls/calls.ts';
import { isFields, type Fields } from '../../runtime/kernel/netlink/attribute.ts';
import { decodeDatagram } from '../../runtime/kernel/netlink/decode/decode.ts';
import {
  encodeMessage,
  messagesIn,
  NLM_F,
  NLMSG_DONE,
  NLMSG_ERROR,
  type Decoded,
} from '../../runtime/kernel/netlink/message.ts';
import { getGeneration } from '../../runtime/kernel/netlink/nftables/batch.ts';
import { IFF, newLink } from '../../runtime/kernel/netlink/route/link.ts';
import type { RecordingOptions } from '../../runtime/kernel/recording.ts';

type Errno = 'EEXIST' | 'ENODEV' | 'ENOENT' | 'EINVAL' | 'EPERM' | 'ENFILE';
interface FakeLink {
  where: 'host' | 'container';
  index: number;
  kind: string;
  up: boolean;
}
export interface FakeNetwork {
  /** by '<where>/<name>' */
  links: Map<string, FakeLink>;
  /** path or name in the leases' directory → symlink target or content */
  files: Map<string, string>;
  /** descriptors, '<actor> <number>', that were opened and not closed */
  open: Set<string>;
  answers: NonNullable<RecordingOptions['answers']>;
}
/** The n-th netlink message (from 0) fails. */
export interface FakeOptions {
  refuse?: { at: number; errno: Errno };
}

function header(type: number, seq: number, body: Buffer, flags = 0): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32LE(16 + body.length, 0);
  bytes.writeUInt16LE(type, 4);
  bytes.writeUInt16LE(flags, 6);
  bytes.writeUInt32LE(seq, 8);
  return Buffer.concat([bytes, body]);
}
function acknowledgement(seq: number, errno: Errno | undefined): Buffer {
  const body = Buffer.alloc(20);
  body.writeInt32LE(errno ? -constants.errno[errno as keyof typeof constants.errno] : 0, 0);
  body.writeUInt32LE(16, 4);
  return header(NLMSG_ERROR, seq, body);
}
/** Encodes struct linux_dirent64. */
function dirent(name: string): Buffer {
  const bytes = Buffer.alloc((19 + name.length + 1 + 7) & ~7);
  bytes.writeUInt16LE(bytes.length, 16);
  bytes.write(name, 19);
  return bytes;
}
const fail = (call: Call, code: 'ENOENT' | 'EEXIST'): never => {
  throw new SyscallError(call.name, constants.errno[code], call.name, call.actor);
};

export function fakeNetwork({ refuse }: FakeOptions = {}): FakeNetwork {
  const links = new Map<string, FakeLink>([
    ['host/lo', { where: 'host', index: 1, kind: '', up: true }],
    ['container/lo', { where: 'container', index: 1, kind: '', up: false }],
  ]);
  const files = new Map<string, string>();
  /** descriptor → its namespace and protocol, and the queued answers */
  const sockets = new Map<number, { where: FakeLink['where']; protocol: number; queue: Buffer[] }>();
  const open = new Set<string>();
  /** directories that were read to their end */
  const read = new Set<number>();
  let descriptor = 20;
  let generation = 1;
  let count = 0;

  const find = (where: FakeLink['where'], { header: head, attributes }: Decoded) =>
    [...links].find(
      ([key, link]) =>
        link.where === where &&
        (head['index'] ? link.index === head['index'] : key === `${where}/${String(attributes['ifname'])}`),
    );
  const add = (where: FakeLink['where'], name: string, kind: string) =>
    links.set(`${where}/${name}`, { where, index: links.size + 1, kind, up: false });

  function create(where: FakeLink['where'], attributes: Fields): Errno | undefined {
    const info = isFields(attributes['linkinfo']) ? attributes['linkinfo'] : {};
    const name = String(attributes['ifname']);
    if (links.has(`${where}/${name}`)) return 'EEXIST';
    add(where, name, String(info['kind']));
    const peer = isFields(info['data']) && isFields(info['data']['peer']) ? info['data']['peer'] : undefined;
    if (peer) add('container', String(peer['ifname']), 'veth');
    return undefined;
  }
  function change(where: FakeLink['where'], message: Decoded): Errno | undefined {
    const [key, link] = find(where, message) ?? [];
    if (!key || !link) return 'ENODEV';
    if (message.header['change']) link.up = message.header['flags'] === IFF.IFF_UP;
    const name = message.attributes['ifname'];
    if (message.header['index'] && name) {
      links.delete(key);
      links.set(`${where}/${String(name)}`, link);
    }
    return undefined;
  }
  function remove(where: FakeLink['where'], message: Decoded): Errno | undefined {
    const [key, link] = find(where, message) ?? [];
    if (!key || !link) return 'ENODEV';
    links.delete(key);
    // Deleting one end of a veth pair deletes the other.
    if (link.kind === 'veth')
      for (const [other, { kind, where: side }] of links)
        if (kind === 'veth' && side === 'container') links.delete(other);
    return undefined;
  }

  function replies(where: FakeLink['where'], message: Decoded, flags: number, seq: number): Buffer[] {
    const refused = refuse && count++ === refuse.at ? refuse.errno : undefined;
    const { name } = message.kind;
    if (refused) return [acknowledgement(seq, refused)];
    if ((flags & NLM_F.NLM_F_DUMP) === NLM_F.NLM_F_DUMP && name.includes('GET'))
      return [header(NLMSG_DONE, seq, Buffer.alloc(4))];
    if (name === 'RTM_GETLINK') {
      const [key, link] = find(where, message) ?? [];
      if (!key || !link) return [acknowledgement(seq, 'ENODEV')];
      const answer = {
        ...newLink({ ifname: key.split('/')[1], mtu: 1500, linkinfo: { kind: link.kind } }),
        header: { index: link.index, flags: link.up ? IFF.IFF_UP : 0 },
      };
      return [encodeMessage(answer, seq)];
    }
    const errno =
      name === 'RTM_DELLINK'
        ? remove(where, message)
        : name === 'RTM_NEWLINK'
          ? flags & NLM_F.NLM_F_CREATE
            ? create(where, message.attributes)
            : change(where, message)
          : undefined;
    if (name === 'NFNL_MSG_BATCH_END') generation++;
    return flags & NLM_F.NLM_F_ACK || errno ? [acknowledgement(seq, errno)] : [];
  }

  const generationReply = (seq: number) =>
    encodeMessage({ kind: getGeneration[1], attributes: { id: generation } }, seq);
  function sendto(call: Call): number {
    const socket = sockets.get(call.args[0] as number)!;
    const bytes = call.args[1] as Buffer;
    const raw = [...messagesIn(bytes)];
    decodeDatagram(socket.protocol, bytes).forEach((message, j) => {
      const { seq, flags } = raw[j]!;
      socket.queue.push(
        ...(message.kind.name === 'NFT_MSG_GETGEN' && refuse?.at !== count
          ? (count++, [generationReply(seq)])
          : replies(socket.where, message, flags, seq)),
      );
    });
    return bytes.length;
  }

  const opened = (actor: string, fd: number) => {
    open.add(`${actor} ${fd}`);
    return fd;
  };
  const path = (call: Call, position: number) => String(call.args[position]);
  return {
    links,
    files,
    open,
    answers: {
      'daemon.socket': ({ args }) => {
        sockets.set(++descriptor, { where: 'host', protocol: args[2] as number, queue: [] });
        return opened('daemon', descriptor);
      },
      borrowNetfilter: () => {
        sockets.set(++descriptor, { where: 'host', protocol: NETLINK_NETFILTER, queue: [] });
        return descriptor;
      },
      // the other end has said something already
      socketpair: () => {
        const ends = Buffer.alloc(8);
        sockets.set(++descriptor, { where: 'host', protocol: 0, queue: [Buffer.alloc(1)] });
        ends.writeInt32LE(opened('daemon', descriptor), 0);
        ends.writeInt32LE(opened('daemon', ++descriptor), 4);
        return ends;
      },
      fcntl: () => opened('daemon', ++descriptor),
      'stage.socket': () => opened('stage', 4),
      pidfd_getfd: () => {
        sockets.set(++descriptor, { where: 'container', protocol: NETLINK_ROUTE, queue: [] });
        return opened('daemon', descriptor);
      },
      socket_in: ({ args }) => {
        sockets.set(++descriptor, { where: 'container', protocol: args[3] as number, queue: [] });
        // a netfilter socket is not closed by a call, but given to another thread
        return args[3] === NETLINK_NETFILTER ? descriptor : opened('daemon', descriptor);
      },
      openat: ({ actor }) => opened(actor, ++descriptor),
      close: ({ actor, args }) => (open.delete(`${actor} ${String(args[0])}`), 0),
      sendto,
      recvfrom: ({ args }) => sockets.get(args[0] as number)!.queue.shift() ?? Buffer.alloc(0),
      read_file: ({ args }) =>
        Buffer.from(args[0] === '/proc/sys/net/ipv4/ip_forward' ? '0\n' : (files.get(String(args[0])) ?? '')),
      symlinkat: (call) =>
        files.has(path(call, 2)) ? fail(call, 'EEXIST') : (files.set(path(call, 2), path(call, 0)), 0),
      readlinkat: (call) => Buffer.from(files.get(path(call, 1)) ?? fail(call, 'ENOENT')),
      unlinkat: (call) => (files.delete(path(call, 1)) ? 0 : fail(call, 'ENOENT')),
      linkat: (call) => (files.set(path(call, 3), files.get(path(call, 1)) ?? fail(call, 'ENOENT')), 0),
      write_file: (call) => {
        if (!path(call, 0).startsWith('/proc/')) files.set(path(call, 0), String(call.args[3]));
        return 0;
      },
      getdents64: ({ args }) => {
        const listed = read.has(Number(args[0]));
        read.add(Number(args[0]));
        return listed
          ? Buffer.alloc(0)
          : Buffer.concat([...files.keys()].filter((name) => !name.includes('/')).map(dirent));
      },
    },
  };
}
