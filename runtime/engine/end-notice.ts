/**
 * The shim's word that a process has ended. It may come before the start is over, because a short program ends while
 * the daemon still waits for the answer to the last call. Then it is kept until the process counts as running.
 */
export class EndNotice {
  #told = false;

  /** `ended` is called once for each end, when `isRunning` is true. */
  constructor(
    private readonly isRunning: () => boolean,
    private readonly ended: () => void,
  ) {}

  readonly tell = (): void => {
    this.#told = true;
    this.settle();
  };

  /** The process counts as running now, or not any more. */
  settle(): void {
    if (!this.#told || !this.isRunning()) return;
    this.#told = false;
    this.ended();
  }

  /** Another start begins. */
  forget(): void {
    this.#told = false;
  }
}
