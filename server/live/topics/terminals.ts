/** Topics of terminals: a container's own streams, and those of an exec. Their bytes travel in binary frames. */
import { parseDetachKeys } from '../../../runtime/container/io/detach-keys.ts';
import { conflict } from '../../../runtime/errors/api-error.ts';
import { text, texts, whole } from '../ask/checks.ts';
import type { Terminal } from '../ask/terminal.ts';
import type { Answerers } from '../ask/topic.ts';

export interface TerminalAsks {
  attach: { ask: { id: string; terminal: number }; answer: { tty: boolean } };
  exec: {
    ask: { id: string; terminal: number; command: string[]; rows: number; columns: number };
    answer: { id: string };
  };
  resize: { ask: { terminal: number; rows: number; columns: number }; answer: object };
  detach: { ask: { terminal: number }; answer: object };
}

const streams = { stdin: true, stdout: true, stderr: true, stream: true };
/** The page has tabs, so no key sequence needs to detach. This one cannot be typed by accident. */
const noDetach = 'ctrl-^,ctrl-^,ctrl-^,ctrl-^';
parseDetachKeys(noDetach);

/** Ends the stream in every case, so that the viewer gets `ended`: a start that fails leaves it open. */
async function couple(stream: Terminal, attach: () => Promise<unknown>): Promise<void> {
  try {
    await attach();
  } catch {
    // the error is in the journal, or in the answer to the ask
  } finally {
    stream.end();
  }
}

export const terminalTopics: Answerers<TerminalAsks> = {
  attach: {
    shape: { id: text, terminal: whole(255) },
    answer: (asker, { id, terminal }) => {
      const handle = asker.engine.container(id);
      if (handle.state.status === 'removing') throw conflict(`container ${id} is being removed`);
      const tty = handle.container.request.Tty ?? false;
      const stream = asker.terminal(terminal, tty);
      void couple(stream, () => handle.attach(stream, { ...streams, logs: true, detachKeys: noDetach }));
      // a pipe has no size: the shim holds no pty master then, and each attempt would be a failed call in the journal
      if (tty) asker.resizing(terminal, (rows, columns) => handle.resize(rows, columns));
      return { tty };
    },
  },
  exec: {
    shape: { id: text, terminal: whole(255), command: texts, rows: whole(1000), columns: whole(1000) },
    answer: async (asker, { id, terminal, command, rows, columns }) => {
      const exec = await asker.engine
        .container(id)
        .exec({ AttachStdin: true, AttachStdout: true, AttachStderr: true, Tty: true, Cmd: command });
      const stream = asker.terminal(terminal, true);
      void couple(stream, () => exec.attach(stream, { ...streams, logs: false, detachKeys: noDetach }));
      asker.resizing(terminal, (h, w) => exec.resize(h, w));
      await exec.start({ Tty: true, ConsoleSize: [rows, columns] });
      return { id: exec.id };
    },
  },
  resize: {
    shape: { terminal: whole(255), rows: whole(1000), columns: whole(1000) },
    answer: async (asker, { terminal, rows, columns }) => {
      await asker.resize(terminal, rows, columns);
      return {};
    },
  },
  detach: { shape: { terminal: whole(255) }, answer: (asker, { terminal }) => (asker.detach(terminal), {}) },
};
