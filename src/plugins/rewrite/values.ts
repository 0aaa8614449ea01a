// Octets as the words of EDNS rules write them, with Go's error texts. Knows nothing of options.

/** Octets in hexadecimal. Throws Error with Go's text. */
export function hexOctets(text: string): Uint8Array {
  const wrong = /[^0-9a-fA-F]/u.exec(text)?.[0];
  if (wrong !== undefined) {
    const code = wrong.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
    throw new Error(`encoding/hex: invalid byte: U+${code} '${wrong}'`);
  }
  if (text.length % 2 === 1) throw new Error('encoding/hex: odd length hex string');
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
}
