/** Names that mark removals in a layer's archive: OCI image spec, "Whiteouts", "Opaque Whiteout". */

/** The prefix of a removed name. */
export const WHITEOUT = '.wh.';
/** In a directory: entries of the layers below are hidden. */
export const OPAQUE_MARK = '.wh..wh..opq';
