/**
 * Packets as a file for wireshark and tcpdump: the classic pcap format (draft-ietf-opsawg-pcap), little endian,
 * microseconds.
 *
 * | a1b2c3d4 | 2 | 4 | 0 | 0 | snaplen | LINKTYPE_ETHERNET | and for each packet | seconds | microseconds | kept | on
 * the wire | bytes… |
 */
export interface Kept {
  time: number;
  length: number;
  bytes: Uint8Array;
}

const HEADER = 24;
const RECORD = 16;
export const SNAP = 256;
const ETHERNET = 1;

export function pcapOf(packets: readonly Kept[]): Uint8Array<ArrayBuffer> {
  const file = new Uint8Array(HEADER + packets.reduce((sum, { bytes }) => sum + RECORD + bytes.length, 0));
  const view = new DataView(file.buffer);
  const words = (at: number, ...values: number[]) =>
    values.forEach((value, j) => view.setUint32(at + 4 * j, value, true));
  words(0, 0xa1b2c3d4, 2 | (4 << 16), 0, 0, SNAP, ETHERNET);
  let at = HEADER;
  for (const { time, length, bytes } of packets) {
    const micros = Math.floor(time * 1000);
    words(at, Math.floor(micros / 1e6), micros % 1e6, bytes.length, Math.max(length, bytes.length));
    file.set(bytes, at + RECORD);
    at += RECORD + bytes.length;
  }
  return file;
}
