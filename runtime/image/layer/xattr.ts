/** Extended attributes that a layer may bring: xattr(7). */

/** On a directory of a layer: nothing of the lower layers shows through. overlayfs.rst, "opaque directories". */
export const OPAQUE = 'trusted.overlay.opaque';

/**
 * trusted.overlay.* (redirect, metacopy, origin …) are overlayfs' own notes to itself: from a registry they would let a
 * layer point at files that it does not hold. security.selinux and the like belong to the host's policy.
 */
const KEPT = [/^security\.capability$/, /^user\.(?!overlay\.)/, /^system\.posix_acl_(access|default)$/];
const MAX_VALUE = 65536;

export const keptXattrs = (xattrs: Map<string, Buffer>): [string, Buffer][] =>
  [...xattrs].filter(
    ([name, value]) => name.length < 256 && value.length <= MAX_VALUE && KEPT.some((kept) => kept.test(name)),
  );
