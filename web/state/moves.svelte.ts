/** Where the page goes: lessons, the map, closer to a container of the map, a moment of the past, a comparison. */
import { Knowledge } from './knowledge.svelte.ts';
import { writeHash, type Near } from './hash.ts';

export class Moves extends Knowledge {
  /** Opens the list of lessons (''), one lesson, or (undefined) the current container without a lesson. */
  toLesson(lesson: string | undefined): void {
    location.hash = writeHash({ id: this.id, k: this.k, sel: undefined, lesson });
  }

  /** Shows the first page, with the map of the machine as it is, or as it was at the cursor. */
  toMap(): void {
    const at = this.at ?? (this.k === undefined || this.recording ? undefined : this.event?.time);
    location.hash = writeHash({ id: '', k: undefined, at, sel: undefined });
  }

  /** Goes so close to a container or an operation of the map that its cutaway fills it. */
  enter(id: string): void {
    if (id === this.id && this.near) return;
    const { at, view } = this;
    this.show(id);
    Object.assign(this, { at, near: 1, part: undefined });
    this.address.add(writeHash({ id, k: undefined, at, sel: undefined, view, near: 1 }));
  }
  /** Goes closer to one call, back to the cutaway, or (0) back to the whole machine. */
  approach(near: Near): void {
    if (near === this.near) return;
    this.near = near;
    if (near) return this.toHash();
    // the map shows the same moment
    const at = this.at ?? (this.k === undefined ? undefined : this.event?.time);
    const { view } = this;
    this.show('');
    this.at = at;
    this.address.add(writeHash({ id: '', k: undefined, at, sel: undefined, view }));
  }
  /** Shows one part of the cutaway alone, or (undefined) all. */
  single(part: string | undefined): void {
    this.part = part;
    this.toHash();
  }

  /** Moves the cursor to a moment of the machine. */
  lookBack(time: number): void {
    const from = this.shown;
    this.k = undefined;
    this.at = time;
    this.hurry.seek(from, this.shown);
    this.toHash();
  }

  /** The camera of the map has moved. */
  look(view: string | undefined): void {
    if ((this.id && !this.near) || this.lesson !== undefined || view === this.view) return;
    this.view = view;
    this.toHash();
  }

  select(sel: string | undefined): void {
    this.sel = this.sel === sel ? undefined : sel;
    this.toHash();
  }

  /** Compares with another run; '' ends the comparison. */
  compare(id: string): void {
    this.against = id === this.id ? '' : id;
    if (!id) this.files = {};
    this.comparedStep = undefined;
    if (this.id) this.address.add(writeHash({ id: this.id, k: this.k, sel: this.sel, against: this.against }));
  }

  chooseCompared(step: string): void {
    this.comparedStep = step;
    this.toHash();
  }
}
