/**
 * Explains an ENOENT of execve(2) for a program that exists: its interpreter is missing. A script names it in the first
 * line (execve(2), "Interpreter scripts"); for a dynamic program it is the loader in the ELF header (elf(5),
 * PT_INTERP).
 */
import { tolerate } from '../../../kernel/errors.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import { CannotStart } from '../../../oci/program.ts';

/** How much of the first line the kernel reads: BINPRM_BUF_SIZE. */
const HEAD = 256;
const UNREADABLE = ['EACCES', 'EPERM', 'ENOENT', 'ENOTDIR', 'ELOOP', 'EMFILE', 'ENOSYS'];

/**
 * The interpreter that the first line names, including characters such as a carriage return. Undefined when it is not a
 * script, '' for an ELF program.
 */
export async function interpreterOf(k: Kernel, path: string): Promise<string | undefined> {
  const head = (await tolerate(UNREADABLE, k.stage.read_file(path, HEAD)))?.toString('latin1') ?? '';
  if (head.startsWith('\x7fELF')) return '';
  return /^#![ \t]*([^ \t\n]+)/.exec(head)?.[1];
}

/** Throws the error that gives docker's exit code 127. */
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
