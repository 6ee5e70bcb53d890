/** Reads fields of front matter, each with its line, so that errors point to the place. */
import type { Front } from './front-matter.ts';
import type { Place } from './trouble.ts';

type Path = (string | number)[];

export class Fields {
  constructor(
    readonly front: Front,
    readonly place: Place,
  ) {}

  trouble(path: Path, message: string): undefined {
    this.place.at(this.front.line(...path), `${path.join('.')}: ${message}`);
    return undefined;
  }
  value(path: Path): unknown {
    return path.reduce<unknown>(
      (at, step) =>
        typeof at === 'object' && at !== null ? (at as Record<string | number, unknown>)[step] : undefined,
      this.front.data,
    );
  }
  /** `read` throws with what is wrong. */
  read<T>(path: Path, read: (value: unknown) => T): T | undefined {
    try {
      return read(this.value(path));
    } catch (error) {
      return this.trouble(path, (error as Error).message);
    }
  }
  text(path: Path): string {
    const value = this.value(path);
    return typeof value === 'string' && value.trim() ? value : (this.trouble(path, 'a text is needed'), '');
  }
  list(path: Path): unknown[] {
    const value = this.value(path);
    return value === undefined ? [] : Array.isArray(value) ? value : (this.trouble(path, 'a list is needed'), []);
  }
  names(path: Path, known?: readonly string[]): string[] {
    return this.list(path).flatMap((one, j) => {
      if (typeof one === 'string' && (!known || known.includes(one))) return [one];
      this.trouble(
        [...path, j],
        known ? `one of ${known.join(', ')} is needed, got ${JSON.stringify(one)}` : 'a name is needed',
      );
      return [];
    });
  }
  map(path: Path): Record<string, unknown> {
    const value = this.value(path) ?? {};
    return typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : (this.trouble(path, 'names with values are needed'), {});
  }
  /** Reports unknown fields, because they are usually misspelt. */
  only(path: Path, known: readonly string[]): void {
    for (const name of Object.keys(this.map(path)))
      if (!known.includes(name)) this.trouble([...path, name], `not known here; known are ${known.join(', ')}`);
  }
}
