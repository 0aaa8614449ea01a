// Datagrams to a made-up internet, for a whole server that is to resolve in it. Knows sockets of tests; what is said there others know.
import { FakeSocket } from './fake-datagrams.ts';
import type { MadeInternet } from './made-internet.ts';
import type { DatagramPeer, DatagramSocket, Datagrams, Receive } from '../upstream/datagrams.ts';

/** Each question is answered as soon as the turn is over; who is not there says nothing. */
export class MadeDatagrams implements Datagrams {
  readonly #internet: MadeInternet;
  #port = 40_000;

  constructor(internet: MadeInternet) {
    this.#internet = internet;
  }
  open(to: DatagramPeer, receive: Receive, error: (code: string) => void, begin?: () => void): DatagramSocket {
    const socket = new FakeSocket(to, this.#port++, receive, error, begin);
    setImmediate(() => {
      for (const packet of socket.sent()) {
        void this.#internet.exchange(to, packet, false, 0, () => true).then((reply) => reply && socket.deliver(reply));
      }
    });
    return socket;
  }
}
