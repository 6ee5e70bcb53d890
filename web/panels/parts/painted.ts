/**
 * Marks as SVG elements, all children of one group. A picture has hundreds of marks, and one Svelte component for each
 * took more time than the rest of a frame. So the elements are made here; an unchanged mark, or one of the same kind at
 * the same index, keeps its element.
 */
import type { Mark } from '../../draw/marks.ts';

const SVG = 'http://www.w3.org/2000/svg';
type Attributes = Readonly<Record<string, string | number | undefined>>;
interface Shape {
  tag: 'rect' | 'path' | 'text' | 'g';
  attributes: Attributes;
  text?: string;
  inside?: readonly Shape[];
  fill?: string;
}

const classes = (...names: (string | false | undefined)[]) => names.filter(Boolean).join(' ');

/** `id`: prefix of the drawing whose arrowhead and hatching are used. */
function shapeOf(mark: Mark, id: string): Shape {
  const tone = `tone-${mark.tone}`;
  if (mark.shape === 'path') {
    const { d, width, dashed, filled, arrow } = mark;
    return {
      tag: 'path',
      attributes: {
        class: classes(tone, dashed && 'dashed', filled && 'filled', filled && width !== undefined && 'soft'),
        d,
        'stroke-width': width ?? 1.5,
        'marker-end': arrow ? `url(#${id}arrow)` : undefined,
      },
    };
  }
  if (mark.shape === 'text') {
    const { x, y, size = 12, anchor = 'start', mono, bold, text } = mark;
    return {
      tag: 'text',
      attributes: {
        class: classes(tone, mono && 'mono', bold && 'bold'),
        x,
        y,
        'font-size': size,
        'text-anchor': anchor,
      },
      text,
    };
  }
  const { x, y, w, h, r, look } = mark;
  const rect = (name: string | undefined, fill?: string): Shape => ({
    tag: 'rect',
    attributes: { class: classes(tone, name), x, y, width: Math.max(0, w), height: h, rx: r },
    ...(fill && { fill }),
  });
  return look === 'hatched'
    ? { tag: 'g', attributes: {}, inside: [rect('soft'), rect(undefined, `url(#${id}hatch)`)] }
    : rect(look);
}

function make({ tag, attributes, text, inside = [], fill }: Shape): SVGElement {
  const made = document.createElementNS(SVG, tag);
  for (const name in attributes) if (attributes[name] !== undefined) made.setAttribute(name, String(attributes[name]));
  if (text !== undefined) made.textContent = text;
  // Set as a property, because the page's CSP allows no style attributes.
  if (fill) made.style.fill = fill;
  made.append(...inside.map(make));
  return made;
}

function change(it: SVGElement, was: Shape, now: Shape): void {
  for (const name in now.attributes) {
    const value = now.attributes[name];
    if (value === was.attributes[name]) continue;
    if (value === undefined) it.removeAttribute(name);
    else it.setAttribute(name, String(value));
  }
  if (now.text !== was.text) it.textContent = now.text ?? '';
}

interface Painted {
  mark: Mark;
  shape: Shape;
  it: SVGElement;
}
interface Given {
  marks: readonly Mark[];
  id: string;
}

/** A Svelte action: the group shows the given marks. */
export function painted(group: SVGGElement, given: Given): { update(given: Given): void } {
  let before: readonly Painted[] = [];
  const paint = ({ marks, id }: Given) => {
    const now = marks.map((mark, j): Painted => {
      const old = before[j];
      if (old?.mark === mark) return old;
      const shape = shapeOf(mark, id);
      if (old && old.shape.tag === shape.tag && shape.tag !== 'g') {
        change(old.it, old.shape, shape);
        return { mark, shape, it: old.it };
      }
      const it = make(shape);
      if (old) old.it.replaceWith(it);
      else group.append(it);
      return { mark, shape, it };
    });
    for (const { it } of before.slice(now.length)) it.remove();
    before = now;
  };
  paint(given);
  return { update: paint };
}
