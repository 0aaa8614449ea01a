// How numbers, times and names are written on the page. Knows texts alone.

/** Characters that show nothing, end a line, or turn the direction of what stands behind them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that are looked for
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** A text of others, with what cannot be seen as its number. */
export const plain = (text: string): string => text.replace(UNSEEN, (letter) => `\\u{${letter.charCodeAt(0).toString(16)}}`);

/** `1,234`. */
export const count = (number: number): string => Math.round(number).toLocaleString('en');
/** `1,234`, `56.7 k`, `8.9 M`. */
export const short = (number: number): string => (number < 10_000 ? count(number)
  : number < 1e6 ? `${(number / 1000).toFixed(1)} k` : `${(number / 1e6).toFixed(1)} M`);

/** A time of seconds: `41 µs`, `6.2 ms`, `1.4 s`. */
export function took(seconds: number): string {
  const us = seconds * 1e6;
  if (us < 1000) return `${Math.round(us)} µs`;
  const [value, unit] = us < 1e6 ? [us / 1000, 'ms'] : [seconds, 's'];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}
/** How long something lasts, in its two largest units: `6 d 4 h`. */
export function lasting(seconds: number): string {
  const units = [['d', 86_400], ['h', 3600], ['min', 60], ['s', 1]] as const;
  const at = units.findIndex(([, size]) => seconds >= size);
  if (at < 0) return '0 s';
  let left = Math.floor(seconds);
  return units.slice(at, at + 2).map(([unit, size]) => {
    const many = Math.floor(left / size);
    left -= many * size;
    return many === 0 ? '' : `${many} ${unit}`;
  }).join(' ').trim();
}
const two = (number: number): string => String(number).padStart(2, '0');
/** Hours, minutes and seconds where the reader is. */
export const clock = (at: number): string => {
  const date = new Date(at);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
};
/** The same with thousandths. */
export const moment = (at: number): string => `${clock(at)}.${String(new Date(at).getMilliseconds()).padStart(3, '0')}`;

/** A word as a shell takes it. */
export const shell = (text: string): string => (/^[\w.:/@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** The name of an address for a question of type PTR (RFC 1035 section 3.5, RFC 3596 section 2.5). */
export function reverseOf(address: string): string {
  if (!address.includes(':')) return `${address.split('.').toReversed().join('.')}.in-addr.arpa.`;
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const hex = (high: string, low: string): string => ((Number(high) << 8) | Number(low)).toString(16);
  const text = dotted === null ? address : `${dotted[1]}${hex(dotted[2]!, dotted[3]!)}:${hex(dotted[4]!, dotted[5]!)}`;
  const [front = '', back] = text.split('::', 2);
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const left = groups(front), right = groups(back ?? '');
  const all = back === undefined ? left : [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return `${[...all.map((group) => group.padStart(4, '0')).join('')].toReversed().join('.')}.ip6.arpa.`;
}
