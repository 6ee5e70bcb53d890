/** POST /images/{name}/push: runs the push phase and sends its progress as lines. Engine API, "Push an image". */
import { badParameter } from '../../../runtime/errors/api-error.ts';
import { isTag, parseReference, type Reference } from '../../../runtime/image/manifest/reference.ts';
import { messageOf } from '../http/failures.ts';
import type { Exchange, Routes } from '../http/route.ts';
import { platformOf } from './archives.ts';
import { progressLine, throttle } from './progress.ts';
import { registryAuth } from './registry-auth.ts';

/** A tag in the query wins over one in the path. */
function referenceOf(x: Exchange): Reference {
  const reference = parseReference(x.param('name'));
  const tag = x.query.text('tag');
  if (tag && !isTag(tag)) throw badParameter(`invalid tag format: ${tag}`);
  if (reference.digest) throw badParameter('cannot push a digest reference');
  return tag ? { ...reference, tag } : reference;
}

async function push(x: Exchange): Promise<void> {
  const { res } = x;
  const reference = referenceOf(x);
  const [platform, auth] = [platformOf(x), registryAuth(x.req)];
  const line = (value: object) => void (res.destroyed || res.write(`${JSON.stringify(value)}\r\n`));
  res.writeHead(200, { 'Content-Type': 'application/json' });
  line({ status: `The push refers to repository [${reference.domain}/${reference.path}]` });
  const passes = throttle();
  try {
    await x.engine.push({
      reference,
      platform,
      auth,
      signal: x.gone(),
      progress: (told) => {
        // a client that reads slowly misses some numbers, but no change of status
        if (passes(told) && !(told.current !== undefined && res.writableNeedDrain)) line(progressLine(told));
      },
      pushed: ({ tag, digest, size }) => {
        line({ status: `${tag}: digest: ${digest} size: ${size}` });
        line({ progressDetail: {}, aux: { Tag: tag, Digest: digest, Size: size } });
      },
    });
  } catch (error) {
    line({ errorDetail: { message: messageOf(error) }, error: messageOf(error) });
  }
  res.end();
}

export const imagesPush: Routes = { 'POST /images/*name/push': push };
