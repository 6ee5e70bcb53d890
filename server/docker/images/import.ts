/** POST /images/create?fromSrc=…: an image from an archive of files. Engine API, "Create an image". */
import type { Readable } from 'node:stream';
import { badParameter } from '../../../runtime/errors/api-error.ts';
import { parsePlatform } from '../../../runtime/image/manifest/platform.ts';
import { request, withoutPassword } from '../../../runtime/kernel/http.ts';
import { messageOf } from '../http/failures.ts';
import { passBody, passStream } from '../http/pass-body.ts';
import type { Exchange } from '../http/route.ts';
import { walkedBy } from '../http/walked.ts';

const MOST_REDIRECTS = 5;

/** Follows redirects; none leads from https to http. Throws ApiError 400. */
async function fetched(text: string, signal: AbortSignal): Promise<Readable> {
  let url = URL.canParse(text) ? text : `http://${text}`;
  for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw badParameter(`${JSON.stringify(text.slice(0, 200))} is no URL of an archive`);
    const response = await request(url, { signal });
    const location = response.headers.get('location');
    if (response.status < 300) return response.body;
    response.body.destroy();
    if (response.status >= 400 || !location || !URL.canParse(location, url))
      throw badParameter(`failed to GET ${withoutPassword(url)} with status ${response.status}`);
    const next = new URL(location, url).href;
    if (url.startsWith('https:') && !next.startsWith('https:'))
      throw badParameter(`${new URL(url).host} redirects to an address without TLS, which is not followed`);
    url = next;
  }
  throw badParameter(`${text.slice(0, 200)} redirects more than ${MOST_REDIRECTS} times`);
}

export async function importImage(x: Exchange, source: string): Promise<void> {
  const { res, query } = x;
  const [repository, tag, platform] = [query.text('repo'), query.text('tag'), query.text('platform')];
  const begin = () => void (res.headersSent || res.writeHead(200, { 'Content-Type': 'application/json' }));
  const line = (value: object) => {
    if (res.destroyed) return;
    begin();
    res.write(`${JSON.stringify(value)}\r\n`);
  };
  try {
    const image = await x.engine.import({
      pass: async (fd, signal) => {
        if (source === '-') return passBody(x.req, fd, signal);
        line({ status: `Downloading from ${source}` });
        return passStream(fetched(source, signal), fd, signal);
      },
      name: repository && (tag ? `${repository}:${tag}` : repository),
      changes: query.list('changes'),
      message: query.text('message') ?? `Imported from ${source}`,
      platform: platform ? parsePlatform(platform) : undefined,
      ...walkedBy(x, begin),
    });
    line({ status: image.id });
  } catch (error) {
    if (!res.headersSent) throw error;
    line({ errorDetail: { message: messageOf(error) }, error: messageOf(error) });
  }
  res.end();
}
