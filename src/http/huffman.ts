// The Huffman code of HPACK and QPACK (RFC 7541, appendix B), decoding alone: nothing of ours is worth being encoded. Knows bytes.

/**
 * How long each symbol's code is, one digit of base 36 a symbol, the end's last. The code is canonical, so that this is the whole table.
 */
const LENGTHS = 'dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6cad67777777777777777777777878djde6f565'
  + '65666577666567655677777fbedskmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmnlmnnkmmmnmmnqqkjmnmpqqqrrqopjlqrrqrollqq'
  + 'srrrkoklmllnmmppooqnqrqqrrrrrsrrrrrqu';
const SYMBOLS = 256;

type Node = [side: Node | number | undefined, side: Node | number | undefined];
/** States of the decoder, four bits a step: next state << 16 | symbol written << 1 | wrote one; -1 where the code does not go on. */
const steps = new Int32Array(SYMBOLS * 16).fill(-1);
/** 1 where the bits since the last symbol may be the padding: all ones, fewer than eight. */
const mayEnd = new Uint8Array(SYMBOLS);

function tree(): Node[] {
  const root: Node = [undefined, undefined];
  const inner = [root];
  const order = [...LENGTHS].map((digit, symbol) => ({ length: Number.parseInt(digit, 36), symbol }))
    .sort((a, b) => a.length - b.length || a.symbol - b.symbol);
  let code = 0;
  let width = 0;
  for (const { length, symbol } of order) {
    code *= 2 ** (length - width);
    width = length;
    let at = root;
    for (let bit = length - 1; bit > 0; bit--) {
      const side = Math.floor(code / 2 ** bit) & 1;
      let next = at[side] as Node | undefined;
      if (next === undefined) inner.push((at[side] = next = [undefined, undefined]));
      at = next;
    }
    at[code & 1] = symbol;
    code++;
  }
  return inner;
}
function prepare(): void {
  prepared = true;
  const inner = tree();
  const state = new Map(inner.map((node, i) => [node, i]));
  for (const [node, from] of state) for (let bits = 0; bits < 16; bits++) steps[from * 16 + bits] = step(node, bits, inner[0]!, state);
  let at: Node | number | undefined = inner[0];
  for (let i = 0; i < 8; i++) {
    mayEnd[state.get(at as Node)!] = 1;
    at = (at as Node)[1];
  }
}
function step(node: Node, bits: number, root: Node, state: ReadonlyMap<Node, number>): number {
  let at: Node | undefined = node;
  let written = 0;
  for (let bit = 3; bit >= 0 && at !== undefined; bit--) {
    const next: Node | number | undefined = at[(bits >> bit) & 1];
    if (typeof next === 'number') {
      written = (next << 1) | 1;
      at = next === SYMBOLS ? undefined : root;                 // the end's own code never stands in a string
    } else at = next;
  }
  return at === undefined ? -1 : (state.get(at)! << 16) | written;
}

let prepared = false;
const room = Buffer.allocUnsafeSlow(65536);
/** The text (one character a byte) of what stands from `at` to `end`; undefined where the code is broken or it is longer than 64 KiB. */
export function unfold(bytes: Uint8Array, at: number, end: number): string | undefined {
  if (!prepared) prepare();
  // Five bits are the shortest code.
  if ((end - at) * 8 > room.length * 5) return undefined;
  let state = 0;
  let to = 0;
  for (; at < end; at++) {
    const byte = bytes[at]!;
    const first = steps[(state << 4) | (byte >> 4)]!;
    if (first < 0) return undefined;
    if (first & 1) room[to++] = first >> 1;
    const second = steps[((first >> 16) << 4) | (byte & 15)]!;
    if (second < 0) return undefined;
    if (second & 1) room[to++] = second >> 1;
    state = second >> 16;
  }
  return mayEnd[state] === 1 ? room.toString('latin1', 0, to) : undefined;
}
