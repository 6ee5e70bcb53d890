/** Text that was read from the kernel at this moment, not from the daemon's memory. */
export interface InspectionSection {
  title: string;
  lines: string[];
}
