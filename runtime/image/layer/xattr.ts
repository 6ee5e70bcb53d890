/** The extended attributes that a layer may set: xattr(7). */

/** On a directory of a layer: hides the directory's content in lower layers. overlayfs.rst, "opaque directories". */
export const OPAQUE = 'trusted.overlay.opaque';

/**
 * overlayfs stores its own state in trusted.overlay.* (redirect, metacopy, origin …). From a registry these attributes
 * would let a layer refer to files that it does not hold. security.selinux and similar ones belong to the host's
 * policy.
 */
const KEPT = [/^security\.capability$/, /^user\.(?!overlay\.)/, /^system\.posix_acl_(access|default)$/];
const MAX_VALUE = 65536;

export const keptXattrs = (xattrs: Map<string, Buffer>): [string, Buffer][] =>
  [...xattrs].filter(
    ([name, value]) => name.length < 256 && value.length <= MAX_VALUE && KEPT.some((kept) => kept.test(name)),
  );
