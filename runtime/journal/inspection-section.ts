/** Evidence read back from the kernel at this moment, not from our own memory. */
export interface Evidence {
  title: string;
  lines: string[];
}
