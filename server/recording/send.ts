/** A recording on its way to whoever asked for it. */
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** To be kept, not to be opened here: beside the page it would be of the page's origin. */
export async function sendRecording(
  res: ServerResponse,
  recording: AsyncIterable<string>,
  name = 'recording',
): Promise<void> {
  res.writeHead(200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Disposition': `attachment; filename="${name.replace(/[^\w.-]/g, '_')}.html"`,
    'Cache-Control': 'no-store',
  });
  // the client leaving ends the reading; a reading that fails ends the connection, and so the client knows that it is
  // not whole
  await pipeline(Readable.from(recording), res).catch(() => undefined);
}
