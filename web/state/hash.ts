/**
 * The cursor in the address: `#run/ID?k=31&sel=net:veth…`. Without `k` the newest event is selected. `t=1764517325123`
 * is a moment of the machine's past, also on the map: `#map?t=…&z=2.000,0.500,0.300`. `#map/ID?k=31&near=2` is the map
 * so close to a container that its cutaway (1) or one call (2) fills it. Two runs side by side:
 * `#compare/A/B?step=init.execve`. `#lessons` is the list of lessons, `#lesson/ID?k=…` one lesson with its own cursor;
 * the lesson determines the container, so its id is not in the address.
 */
import { drawn } from './after-paint.ts';

/**
 * Stands for the other run's id when that is a recording chosen from the disk. A browser does not reveal the path of a
 * file, so it must be chosen again after a reload.
 */
export const A_FILE = 'f11e';

/** 0: the whole machine, 1: the cutaway of one container, 2: one of its calls */
export type Near = 0 | 1 | 2;
export interface Cursor {
  id: string;
  k: number | undefined;
  /** ms since 1970 */ at?: number | undefined;
  sel: string | undefined;
  /** of the map: scale, and the middle as parts of its width and height */ view?: string | undefined;
  /** how close the map is to the container `id`; undefined: its own page, without the map */ near?: Near;
  /** the part of the cutaway that is shown alone */ part?: string | undefined;
  against?: string;
  step?: string | undefined;
  /** '' is the list of lessons */ lesson?: string | undefined;
}

export function readHash(hash: string): Cursor {
  const [, a, b, asked] = /^#compare\/([0-9a-f]+)\/([0-9a-f]+)(?:\?(.*))?$/.exec(hash) ?? [];
  if (a && b)
    return {
      id: a,
      k: undefined,
      sel: undefined,
      against: b,
      step: new URLSearchParams(asked).get('step') ?? undefined,
    };
  const [, run, onMap, query = ''] = /^#(?:run\/([0-9a-f]*)|map(?:\/([0-9a-f]+))?)(?:\?(.*))?$/.exec(hash) ?? [];
  const id = run ?? onMap ?? '';
  if (hash === '#lessons') return { id: '', k: undefined, sel: undefined, lesson: '' };
  const [, lesson, lessonQuery = ''] = /^#lesson\/([a-z0-9-]{1,64})(?:\?(.*))?$/.exec(hash) ?? [];
  if (lesson) return { ...readHash(`#run/?${lessonQuery}`), lesson };
  const search = new URLSearchParams(query);
  const [k, at, view, part] = ['k', 't', 'z', 'part'].map((name) => search.get(name) ?? '') as [
    string,
    string,
    string,
    string,
  ];
  return {
    id,
    k: /^\d{1,9}$/.test(k) ? Number(k) : undefined,
    ...(/^\d{1,14}(\.\d{1,6})?$/.test(at) && { at: Number(at) }),
    sel: search.get('sel') ?? undefined,
    ...(/^\d(\.\d{1,3})?(,[01](\.\d{1,3})?){2}$/.test(view) && { view }),
    ...(onMap && { near: search.get('near') === '2' ? 2 : 1 }),
    ...(onMap && /^[A-Z][a-z]{1,20}$/.test(part) && { part }),
  };
}

export function writeHash({ id, k, at, sel, view, near, part, against, step, lesson }: Cursor): string {
  if (lesson === '') return '#lessons';
  if (against && lesson === undefined)
    return `#compare/${id}/${against}${step ? `?${new URLSearchParams({ step }).toString()}` : ''}`;
  const search = new URLSearchParams({
    ...(k !== undefined && { k: String(k) }),
    ...(at !== undefined && { t: String(at) }),
    ...(sel && { sel }),
    ...(view && (near || !id) && !lesson && { z: view }),
    ...(near === 2 && { near: '2' }),
    ...(near && part && { part }),
  }).toString();
  if (id && near) return `#map/${id}${search && `?${search}`}`;
  if (!id && !lesson) return search ? `#map?${search}` : '#';
  return `#${lesson ? `lesson/${lesson}` : `run/${id}`}${search && `?${search}`}`;
}

const AT_ONCE = 20;
const FILL_MS = 250;

/**
 * The address bar. It is updated at once for single steps and a few times a second while the cursor is dragged, because
 * a browser refuses more than about 200 changes in ten seconds, and each costs as much as a picture. An address that
 * the user has just entered is not overwritten: the browser reports it a moment later.
 */
export class Address {
  #allowance = AT_ONCE;
  #filled = performance.now();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #entry: string | undefined;
  /** the address when it was last read or written here */
  #known = '';

  /**
   * Adds a history entry, for the Back button. `later`: after the next picture was painted, because the entry would
   * delay it by milliseconds.
   */
  add(hash: string, later = false): void {
    this.#enter();
    clearTimeout(this.#timer);
    this.#entry = hash;
    if (later) drawn(() => this.#enter());
    else this.#enter();
  }
  /** The current address. A pending write is dropped. */
  read(): string {
    clearTimeout(this.#timer);
    this.#entry = undefined;
    return (this.#known = location.hash);
  }
  #enter(): void {
    const entry = this.#entry;
    this.#entry = undefined;
    if (entry === undefined || location.hash !== this.#known) return;
    history.pushState(null, '', entry);
    this.#known = location.hash;
  }

  show(hash: string): void {
    this.#enter();
    const now = performance.now();
    this.#allowance = Math.min(AT_ONCE, this.#allowance + (now - this.#filled) / FILL_MS);
    this.#filled = now;
    clearTimeout(this.#timer);
    if (this.#allowance < 1) return void (this.#timer = setTimeout(() => this.#write(hash), FILL_MS));
    this.#allowance--;
    this.#write(hash);
  }

  #write(hash: string): void {
    if (location.hash !== this.#known) return;
    if (hash !== this.#known) history.replaceState(null, '', hash);
    this.#known = location.hash;
  }
}
