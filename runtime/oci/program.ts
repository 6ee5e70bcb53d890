/** A process that cannot start. docker derives its exit code from the message: 127 not found, 126 not allowed. */
export class CannotStart extends Error {
  constructor(
    what: string,
    /** the exit code in the container's State */
    readonly exitCode: number,
    options?: ErrorOptions & { runCode?: number | undefined },
  ) {
    super(`unable to start container process: ${what}: unknown`, options);
    this.name = 'CannotStart';
    this.runCode = options?.runCode ?? exitCode;
  }
  /** The exit code of `run` and `exec`. */
  readonly runCode: number;
}

/** A command that cannot be executed. */
export class NotExecutable extends CannotStart {
  constructor(
    readonly program: string,
    readonly why: string,
  ) {
    super(sentence(program, why), why === 'PATH' || why === 'ENOENT' || why === 'ENOTDIR' ? 127 : 126);
    this.name = 'NotExecutable';
  }
}

const reasons: Record<string, string> = {
  EISDIR: 'is a directory: permission denied',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  // docker derives 126 only from the text 'permission denied'
  ENOEXEC:
    'exec format error: permission denied (it is neither a program for this machine nor a script with a #! line)',
  ELOOP: 'too many levels of symbolic links',
  ETXTBSY: 'text file busy',
  E2BIG: 'argument list too long',
  ENAMETOOLONG: 'file name too long',
};

const SHOWN = 200;

function sentence(whole: string, why: string): string {
  const program = whole.length > SHOWN ? `${whole.slice(0, SHOWN)}…` : whole;
  if (why === 'PATH') return `exec: "${program}": executable file not found in $PATH`;
  if (why === 'ENOENT' || why === 'ENOTDIR') return `exec: "${program}": stat ${program}: no such file or directory`;
  return `exec: "${program}": ${reasons[why] ?? why}`;
}
