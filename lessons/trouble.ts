/** All errors in the lessons, each with its place, so that an author can correct all of them at once. */
export interface Trouble {
  file: string;
  line: number;
  message: string;
}

export class LessonsError extends Error {
  constructor(readonly troubles: readonly Trouble[]) {
    super(troubles.map(({ file, line, message }) => `${file}:${line}: ${message}`).join('\n'));
    this.name = 'LessonsError';
  }
}

/** Collects the errors of one file, so that reading continues after an error. */
export class Place {
  constructor(
    readonly file: string,
    readonly troubles: Trouble[],
  ) {}
  at(line: number, message: string): void {
    this.troubles.push({ file: this.file, line, message });
  }
}
