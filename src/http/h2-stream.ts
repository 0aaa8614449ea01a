// One stream of HTTP/2: what came of a message so far, and what of ours waits. Knows no connection.
import type { Outgoing } from './h2-sender.ts';
import { Incoming } from './incoming.ts';

/** A stream and the message that comes on it. */
export class H2Stream extends Incoming implements Outgoing {
  window: number;
  rest: Buffer | undefined = undefined;
  trailers: Buffer | undefined = undefined;
  open = false;
  /** Bytes that came and for which the other side was given no room yet. */
  taken = 0;

  constructor(id: number, window: number) {
    super(id);
    this.window = window;
  }
}
