// Names of what questions travel over. Knows nothing of them.

/** What questions travel over. */
export type Network = 'udp' | 'tcp' | 'tls' | 'https' | 'https3' | 'grpc' | 'quic';
