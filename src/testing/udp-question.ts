// One question over UDP from a port of its own, again until a reply comes. Knows packets; knows neither names nor servers.
import { createSocket } from 'node:dgram';

/** Milliseconds after which it is asked again: a busy machine is not asked twice for nothing. */
const AGAIN = 2000;

/** The first reply to this packet. */
export function overUdp(port: number, packet: Uint8Array, address = '127.0.0.1'): Promise<Buffer> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const ask = (): void => socket.send(packet, port, address);
    const again = setInterval(ask, AGAIN);
    socket.on('message', (reply) => {
      clearInterval(again);
      socket.close();
      resolve(reply);
    });
    ask();
  });
}
