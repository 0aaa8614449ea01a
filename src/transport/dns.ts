// *dns://*: one address over UDP and TCP at once (TR-1). Knows the two transports; knows no bytes.
import type { Endpoint, Listener, Service, Transport } from '../kernel/transport.ts';

/** Composes the two ways in. Where the TCP half cannot be had, the UDP half is closed again. With port 0 they differ (KEY-8). */
export function dnsTransport(udp: Transport, tcp: Transport): Transport {
  return {
    scheme: 'dns',
    async listen(at: Endpoint, service: Service, sockets = 1): Promise<Listener> {
      const first = await udp.listen(at, service, sockets);
      let second: Listener;
      try {
        second = await tcp.listen(at, service, sockets);
      } catch (error) {
        await first.close(0);
        throw error;
      }
      return {
        at: first.at,
        handTo(next) {
          first.handTo(next);
          second.handTo(next);
        },
        async close(graceMs) {
          await Promise.all([first.close(graceMs), second.close(graceMs)]);
        },
      };
    },
  };
}
