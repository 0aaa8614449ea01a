// What an endpoint is called in names. Knows the layout of one; knows no question.
import { addressLabel } from './facts.ts';
import { SIZE } from './layout.ts';
import { latin1 } from './wire-text.ts';

/** K8S-7: the label of an endpoint as wire text. */
export function endpointLabel(bytes: Uint8Array, endpoint: number): string {
  const size = bytes[endpoint]! & SIZE;
  const label = endpoint + 1 + size;
  if (bytes[label] !== 0) return latin1(bytes, label, bytes[label]! + 1);
  if (size === 4) {
    const text = `${bytes[endpoint + 1]}-${bytes[endpoint + 2]}-${bytes[endpoint + 3]}-${bytes[endpoint + 4]}`;
    return String.fromCharCode(text.length) + text;
  }
  const text = addressLabel(bytes.slice(endpoint + 1, endpoint + 1 + size));
  return String.fromCharCode(text.length) + text;
}
