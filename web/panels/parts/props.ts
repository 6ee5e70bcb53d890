/** What every picture is given: the frame it shows, the journal behind it, and the page's one cursor. */
import type { Event } from '../../../runtime/journal/event.ts';
import type { Frame } from '../../../runtime/journal/frame.ts';
import type { PhaseText } from '../../../runtime/steps/phases.ts';

export interface PanelProps {
  frame: Frame;
  /** the frame that was shown before: what has changed since is marked */
  previous?: Frame | undefined;
  events: Event[];
  k: number;
  phases: PhaseText[];
  live: boolean;
  /** what there is for the picture, in pixels: it is laid out for that, not scaled */
  width: number;
  /** the selected object, such as 'ns:net' or 'link:host/eth0' */
  sel?: string | undefined;
  select(sel: string): void;
  seek(k: number): void;
}
