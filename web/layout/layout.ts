/** Where the states of the lifecycle stand and where its transitions run, in whole pixels of a picture. */
export type Point = [x: number, y: number];
/** `label`: the middle of the room that its words have, on the line; with it comes how wide that room is */
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
