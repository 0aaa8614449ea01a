// The port of each way to speak DNS, where a configuration names none. Knows schemes and numbers, nothing of sockets.

/** Default ports by scheme (RFC 1035 section 4.2, RFC 7858, RFC 9250, RFC 8484; gRPC goes the way of HTTPS; KEY-1). */
export const PORT = { dns: 53, tls: 853, quic: 853, https: 443, https3: 443, grpc: 443 } as const;

/** What clients of an encrypted one ask for in their handshakes (RFC 7858, RFC 9250, RFC 8484; RFC 9461 section 4.1). */
export const ALPN: Readonly<Partial<Record<keyof typeof PORT, string>>> = { tls: 'dot', quic: 'doq', https: 'h2', https3: 'h3' };

/** How a server speaks, as the key of a block says it. */
export type Scheme = keyof typeof PORT;
