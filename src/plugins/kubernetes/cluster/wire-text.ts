// Labels as wire text, and stored bytes as text. Knows lengths; knows nothing of what the labels are.
import { latin1 as octetsAsText } from '../../../dns/latin1.ts';

/** Labels one after the other, each behind its length, without the root. */
export const rawName = (...labels: readonly string[]): string => labels.map((label) => String.fromCharCode(label.length) + label).join('');
/** So many bytes as text. */
export const latin1 = (bytes: Uint8Array, at: number, size: number): string =>
  octetsAsText(bytes, at, at + size);
