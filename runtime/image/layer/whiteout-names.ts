/** Names by which a layer's archive takes something away: OCI image spec, "Whiteouts", "Opaque Whiteout". */

/** Before the name that is taken away. */
export const WHITEOUT = '.wh.';
/** In a directory: nothing of the layers below is in it. */
export const OPAQUE_MARK = '.wh..wh..opq';
