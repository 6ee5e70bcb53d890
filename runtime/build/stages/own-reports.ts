/** A report for each stage, for a client that can show several at once. */
import type { Report, Reports } from './report.ts';

export class OwnReports implements Reports {
  constructor(readonly of: () => Report) {}

  expect(): void {
    // each is told as it comes
  }
  close = (): Promise<void> => Promise.resolve();
}
