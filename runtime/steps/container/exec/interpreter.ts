/**
 * Why execve(2) says ENOENT of a program that is there: what is missing is the interpreter. Of a script it stands in
 * the first line (execve(2), "Interpreter scripts"), of a dynamic program it is the loader in its ELF header (elf(5),
 * PT_INTERP).
 */
import { tolerate } from '../../../kernel/errors.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import { CannotStart } from '../../../oci/program.ts';

/** As much of the first line as the kernel looks at: BINPRM_BUF_SIZE. */
const HEAD = 256;
const UNREADABLE = ['EACCES', 'EPERM', 'ENOENT', 'ENOTDIR', 'ELOOP', 'EMFILE', 'ENOSYS'];

/**
 * What the first line names, with whatever belongs to the name, as a carriage return; undefined for no script, '' for
 * an ELF program.
 */
export async function interpreterOf(k: Kernel, path: string): Promise<string | undefined> {
  const head = (await tolerate(UNREADABLE, k.stage.read_file(path, HEAD)))?.toString('latin1') ?? '';
  if (head.startsWith('\x7fELF')) return '';
  return /^#![ \t]*([^ \t\n]+)/.exec(head)?.[1];
}

/** Throws what docker takes the exit code 127 from. */
export function interpreterMissing(program: string, interpreter: string, cause?: unknown): never {
  const named = interpreter
    ? `the interpreter ${JSON.stringify(interpreter)} in its first line`
    : 'the loader that this dynamic program needs';
  const dos = interpreter.endsWith('\r')
    ? ' (the line ends in a carriage return, as editors on Windows write it: remove it, for example with dos2unix)'
    : '';
  throw new CannotStart(
    `exec: "${program}": ${named} is missing in the container${dos}: no such file or directory`,
    127,
    { cause },
  );
}
