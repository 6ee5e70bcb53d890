/** The props of every picture: the frame to show, the journal behind it, and the page's cursor. */
import type { Event } from '../../../runtime/journal/event.ts';
import type { Frame } from '../../../runtime/journal/frame.ts';
import type { PhaseText } from '../../../runtime/steps/phases.ts';

export interface PanelProps {
  frame: Frame;
  /** the frame that was shown before; what has changed since is highlighted */
  previous?: Frame | undefined;
  events: Event[];
  k: number;
  phases: PhaseText[];
  live: boolean;
  /** the available width in pixels; the picture is laid out for it, not scaled */
  width: number;
  /** the selected object, such as 'ns:net' or 'link:host/eth0' */
  sel?: string | undefined;
  select(sel: string): void;
  seek(k: number): void;
}
