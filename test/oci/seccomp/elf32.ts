/**
 * i386 programs made by hand: each makes one call by int 0x80 and exits with its errno, or with its result times -1.
 */

const words = (...list: number[]) => Buffer.from(Uint32Array.from(list).buffer);

/** `call`: machine code in hexadecimal that leaves the call's result in eax. */
export function elf32(call: string): Buffer {
  const negateAndExit = 'f7d8' + '93' + 'b801000000' + 'cd80';
  const code = Buffer.from(call + negateAndExit, 'hex');
  const [at, size] = [0x08048000, 84 + code.length];
  const ident = '7f454c46010101000000000000000000';
  const head = [
    Buffer.from(`${ident}02000300`, 'hex'),
    words(1, at + 84, 52, 0, 0),
    Buffer.from('3400' + '2000' + '0100' + '000000000000', 'hex'),
  ];
  return Buffer.concat([...head, words(1, 0, at, at, size, size, 5, 0x1000), code]);
}

const byte = (value: number) => value.toString(16).padStart(2, '0');
/** socketcall(SYS_SOCKET, {family, type, 0}): push 0, type, family; ecx = esp; ebx = 1; eax = 102 */
export const socketcall = (family: number, type: number): Buffer =>
  elf32(`6a00` + `6a${byte(type)}` + `6a${byte(family)}` + '89e1' + 'bb01000000' + 'b866000000' + 'cd80');
/** socket(family, type, 0): eax = 359 */
export const socket32 = (family: number, type: number): Buffer =>
  elf32(`bb${byte(family)}000000` + `b9${byte(type)}000000` + 'ba00000000' + 'b867010000' + 'cd80');
