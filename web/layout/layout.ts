/** Positions of the lifecycle's states and transitions, in whole pixels of the picture. */
export type Point = [x: number, y: number];
/** `label`: the middle of the label's area, on the line, and the width of that area */
export interface Edge {
  from: string;
  to: string;
  on: string;
  guard?: string;
  points: Point[];
  label?: Point;
  room?: number;
}
export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}
export interface Layout {
  width: number;
  height: number;
  states: Record<string, Box>;
  edges: Edge[];
}
