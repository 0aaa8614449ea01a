// What whoever asks for the sake of many notes of the way that a question takes: whether anybody looked at who asks, and whether the
// answer is somebody else's, of whose changes nobody here hears. Knows two facts; knows nothing of parts.

/** Of one question and all that is asked because of it. */
export class Witness {
  /** Something looked at the client: its address, its certificate, its request. */
  looked = false;
  /** Somebody else was asked, or what he said was kept. */
  foreign = false;
}
