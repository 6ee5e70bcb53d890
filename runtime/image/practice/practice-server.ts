/** The interface of the practice registry. server/ starts it, because runtime/ must not import server/. */
export interface PracticeRegistry {
  url: string;
  close(): Promise<void>;
}
export type PracticeServer = (options: { root: string; port: number; readOnly?: boolean }) => Promise<PracticeRegistry>;
