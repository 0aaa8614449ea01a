// The words of a log line as bytes, made once. Knows names of types, classes, rcodes and flags; knows no query.
import { knownRcode } from '../../dns/rcode.ts';
import { className, typeName } from '../../dns/type-name.ts';

const encoder = new TextEncoder();
/** Text as UTF-8. */
export const bytesOf = (text: string): Uint8Array => encoder.encode(text);

/** What stands where there is no value (LOG-4). */
export const DASH = bytesOf('-');
/** What `{>do}` and `{>cd}` and their like say. */
export const TRUE = bytesOf('true'), FALSE = bytesOf('false');
/** What `{proto}` says. */
export const UDP = bytesOf('udp'), TCP = bytesOf('tcp');

/** The bytes of a number's word, made when it is first asked for. Numbers above 65535 do not come. */
function words(print: (number: number) => string): (number: number) => Uint8Array {
  const made: (Uint8Array | undefined)[] = [];
  for (let i = 0; i < 320; i++) made[i] = undefined;
  const rest = new Map<number, Uint8Array>();
  return (number) => {
    if (number < 320) return (made[number] ??= bytesOf(print(number)));
    let word = rest.get(number);
    if (word === undefined) rest.set(number, (word = bytesOf(print(number))));
    return word;
  };
}
const flagNames = ['qr', 'aa', 'tc', 'rd', 'ra', 'z', 'ad', 'cd'];

/** `A`, `TYPE65400`. */
export const typeWord = words(typeName);
/** `A IN `, for the common format. */
export const typeInWord = words((type) => `${typeName(type)} IN `);
/** `IN`, `CLASS7`. */
export const classWord = words(className);
/** `NOERROR`; a number where it has no name. */
export const rcodeWord = words((rcode) => knownRcode(rcode) ?? String(rcode));
/** `qr,rd,ra` of eight bits, qr the highest. */
export const flagsWord = words((flags) => flagNames.filter((_, i) => (flags & (0x80 >> i)) !== 0).join(','));
