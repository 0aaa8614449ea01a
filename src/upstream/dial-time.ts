// How long a connection to one upstream may take to stand: by what others took (FWD-8), and so that a second try fits into the time that a
// question has left (FWD-18). Knows milliseconds only.

/** FWD-8: bounds of the time to connect, and the weight of the newest in the average. */
const LEAST = 1000, LONGEST = 30000, WEIGHT = 4;
/** No connection is waited for longer than this, since a query has five seconds in all; a handshake takes half of that. */
const PATIENCE = 5000, HANDSHAKE = PATIENCE / 2;

/** The times of one upstream, milliseconds. */
export class DialTime {
  readonly #handshake: boolean;
  #average = LONGEST / 2;

  /** `handshake`: more than TCP's own has to happen before a question can be sent. */
  constructor(handshake: boolean) {
    this.#handshake = handshake;
  }

  /** How long the next connection may take, for a question that has so much time left. */
  most(left: number): number {
    const usual = this.#average < LEAST ? LEAST : Math.min(2 * this.#average, LONGEST, PATIENCE);
    return this.#handshake ? Math.max(1, Math.min(usual, HANDSHAKE, left / 2)) : usual;
  }
  /** One took so long, or it took so long to find out that none can be had. */
  took(milliseconds: number): void {
    this.#average += (milliseconds - this.#average) / WEIGHT;
  }
}
