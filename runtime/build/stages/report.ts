/** What a client is told of a build. */
export interface BegunInstruction {
  /** its number as it is shown: '3', and '3.1' for a trigger */
  number: string;
  /** of all instructions up to the target stage */
  total: number;
  /** the stage's name, or its number from 0 */
  stage: string;
  /** 'RUN make' */
  text: string;
}

export interface Report {
  /** a line for the client */
  tell(text: string): void;
  /** An instruction begins, and the one before has ended. */
  begins?(one: BegunInstruction): void;
  /** The result of the instruction that has begun was found in the cache. */
  cached?(): void;
  /** Output of a RUN: stream 1 is stdout, 2 is stderr. Resolves when the client takes more. */
  output(text: string, stream: 1 | 2): Promise<void>;
  /** the id of a finished stage's image */
  made(id: string): void;
  /** The stage has ended. */
  ended?(error?: Error): void;
}

/** The reports of all stages of a build. */
export interface Reports {
  /** the numbers of the stages that are built */
  expect(indexes: readonly number[]): void;
  of(index: number): Report;
  /** Resolves when all is told. */
  close(): Promise<void>;
}
