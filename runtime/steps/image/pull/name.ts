/** The steps that parse the name and look in the store. */
import { normalize, canonicalName, familiarName } from '../../../image/manifest/reference.ts';
import { hostPlatform, matches, parsePlatform, showPlatform } from '../../../image/manifest/platform.ts';
import { mayPractise, practiceNotice } from '../../../image/practice.ts';
import type { Image } from '../../../image/manifest/image.ts';
import type { PullContext } from '../../../image/pull.ts';
import { notFound } from '../../../errors/api-error.ts';
import type { Step } from '../../../container/step.ts';

const FULL_ID = /^(sha256:)?[a-f0-9]{64}$/;

export const resolveStep: Step<PullContext> = {
  id: 'pull.resolve-reference',
  title: 'Resolve the reference',
  explain: `Turn the short name into a full one: \`ubuntu\` is \`docker.io/library/ubuntu:latest\`.

A reference is \`[domain[:port]/]path[:tag][@digest]\`. What stands before the first slash is a host only if it holds a dot or a colon, or is \`localhost\`;
otherwise the name belongs to docker.io, and without a slash to its \`library\`. A tag may point to something else tomorrow; a digest is the
sha256 of the content and cannot. Without this step it would not be known which registry to ask.

Grammar: the distribution project's \`reference\`.`,
  async do(k, c) {
    c.pull.signal?.throwIfAborted();
    if (c.pull.platform) parsePlatform(c.pull.platform);
    if (FULL_ID.test(c.pull.reference)) return;
    c.pull.state.ref = normalize(c.pull.reference);
    k.fact({ kind: 'image', key: 'reference', value: canonicalName(c.pull.state.ref) });
  },
  async inspect(_, c) {
    const { ref } = c.pull.state;
    return ref
      ? [
          {
            title: 'reference',
            lines: [`domain ${ref.domain}`, `path ${ref.path}`, `tag ${ref.tag ?? '-'}`, `digest ${ref.digest ?? '-'}`],
          },
        ]
      : [];
  },
};

const fits = (c: PullContext, image: Image): boolean =>
  !c.pull.platform || matches(parsePlatform(c.pull.platform), image.config);

/**
 * Whether the found image is enough. A practice image is enough only while the real registry is unreachable, which is
 * checked again after some minutes.
 */
function counts(c: PullContext, image: Image): boolean {
  if (!image.practice || !mayPractise(c)) return !image.practice || c.settings.practice || c.pull.policy === 'never';
  if (Date.now() > c.images.unreachableUntil && c.pull.policy === 'missing') {
    c.pull.state.practice = image;
    return false;
  }
  c.pull.notice = practiceNotice(c);
  return true;
}

function absent(c: PullContext): void {
  const { ref } = c.pull.state;
  if (!ref || c.pull.policy === 'never') throw notFound(`No such image: ${ref ? familiarName(ref) : c.pull.reference}`);
}

export const lookStep: Step<PullContext> = {
  id: 'pull.look-in-store',
  title: 'Look in the store',
  explain: `See whether this machine has the image: then no registry is asked and the rest of this phase is passed over.

The store keeps \`images.json\` (names and ids), \`blobs/sha256\` (configs, manifests and compressed layers under their digests) and
\`layers\` (unpacked trees). An image's id is the sha256 of its config. \`docker pull\` asks the registry all the same, because a tag may have moved.
Without the store each run would download everything again.

OCI image spec, "Image Configuration", ImageID.`,
  async do(k, c) {
    const { reference } = c.pull;
    // a stopped container may use an image that is removed for all other clients
    const found = c.images.find(reference) ?? (c.image?.id === reference ? c.images.ofContainer(reference) : undefined);
    if (!found || !fits(c, found)) return absent(c);
    if (c.pull.policy === 'always' && c.pull.state.ref) return;
    if (!counts(c, found)) return absent(c);
    c.image = c.pull.state.found = found;
    c.pull.state.fresh = false;
    k.fact({ kind: 'image', key: 'id', value: found.id });
  },
  async inspect(_, c) {
    const wanted = c.pull.platform ? parsePlatform(c.pull.platform) : hostPlatform();
    const rows = c.images
      .list()
      .map((image) => `${image.id.slice(7, 19)} ${image.tags.join(' ') || '<none>'} ${showPlatform(image.config)}`);
    return [{ title: `images of this machine (wanted: ${showPlatform(wanted)})`, lines: rows }];
  },
};
