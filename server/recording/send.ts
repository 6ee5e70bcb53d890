/** Sends a recording to a browser. */
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Sends it as a download, because a recording that is opened beside the page would have the page's origin. */
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
  // When the client leaves, the reading ends. When the reading fails, the connection is cut, so the client knows that
  // the file is incomplete.
  await pipeline(Readable.from(recording), res).catch(() => undefined);
}
