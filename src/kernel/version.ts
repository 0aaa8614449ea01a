// Which server this is. Knows two numbers.

/** The version of CoreDNS whose behaviour this is. */
export const COREDNS_VERSION = '1.15.0';
/** Our own version, as in package.json. */
export const VERSION = '0.1.0';
