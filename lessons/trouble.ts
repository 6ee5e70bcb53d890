/** Everything that is wrong with the lessons, each with its place: an author mends all of it at once. */
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

/** A file's side of it: collects, so that reading goes on. */
export class Place {
  constructor(
    readonly file: string,
    readonly troubles: Trouble[],
  ) {}
  at(line: number, message: string): void {
    this.troubles.push({ file: this.file, line, message });
  }
}
