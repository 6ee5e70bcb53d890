/** Options of netlink sockets: netlink(7), linux/netlink.h. */
export const SOL_NETLINK = 270;
/** The kernel adds a text to the errno with which it rejects a message. */
export const NETLINK_EXT_ACK = 11;
/** The kernel obeys the filter in a dump's request. */
export const NETLINK_GET_STRICT_CHK = 12;
