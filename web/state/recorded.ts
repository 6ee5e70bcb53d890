/**
 * The other end of the page when it shows a recording: it delivers the file's content and refuses all requests that
 * need a kernel.
 */
import type { Asks, Topic } from '../../server/live/protocol.ts';
import type { Recording } from '../../server/recording/format.ts';
import { speech } from '../words/language.svelte.ts';
import { Refused, type Listener, type Wire } from './connection.ts';

export class Recorded implements Wire {
  constructor(
    private readonly recording: Recording,
    private readonly listener: Listener,
  ) {}

  open(): void {
    const { drydock: version, phases, row, events } = this.recording;
    this.listener.told({ type: 'hello', version, phases, calls: [] });
    this.listener.told({ type: 'containers', list: [row] });
    this.listener.link('open');
    this.listener.told({ type: 'events', id: row.id, events: [...events] });
  }

  /** The terminal's output is not sent here, because it follows the cursor (tape.ts). */
  ask<T extends Topic>(topic: T): Promise<Asks[T]['answer']> {
    if (topic === 'follow' || topic === 'detach' || topic === 'resize') return Promise.resolve({} as Asks[T]['answer']);
    return Promise.reject(new Refused(409, speech.words.app.refused.recording));
  }

  type(): void {
    // A recorded terminal takes no input.
  }
}
