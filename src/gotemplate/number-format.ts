// Numbers as Go's fmt prints them: digits, signs, bases, precision. Padding to a width is left to whoever asks.

/** How a verb of a format was adorned: `%-08.3d`. */
export interface Flags {
  width: number | undefined;
  precision: number | undefined;
  minus: boolean;
  plus: boolean;
  sharp: boolean;
  space: boolean;
  zero: boolean;
}

/** A verb without adornments. */
export function plainFlags(): Flags {
  return { width: undefined, precision: undefined, minus: false, plus: false, sharp: false, space: false, zero: false };
}

/** Fills `text` up to the width: with spaces, or with zeros where the flags say so. */
export function pad(text: string, flags: Flags): string {
  const missing = (flags.width ?? 0) - characters(text);
  if (missing <= 0) return text;
  if (flags.minus) return text + ' '.repeat(missing);
  return (flags.zero ? '0' : ' ').repeat(missing) + text;
}

function characters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

const PREFIXES: Readonly<Record<string, string>> = { b: '0b', o: '0', x: '0x', X: '0X' };
const BASES: Readonly<Record<string, number>> = { b: 2, o: 8, O: 8, x: 16, X: 16 };

/** An integer by the verb d, b, o, O, x or X, padded. */
export function formatInteger(value: bigint, verb: string, flags: Flags): string {
  const negative = value < 0n;
  let digits = (negative ? -value : value).toString(BASES[verb] ?? 10);
  if (verb === 'X') digits = digits.toUpperCase();
  if (flags.precision === 0 && value === 0n) return ' '.repeat(flags.width ?? 0);
  let prefix = verb === 'O' ? '0o' : flags.sharp ? (PREFIXES[verb] ?? '') : '';
  if (verb === 'o' && digits.startsWith('0')) prefix = '';
  const sign = negative ? '-' : flags.plus ? '+' : flags.space ? ' ' : '';
  const zeros = flags.zero && !flags.minus && flags.precision === undefined;
  const least = flags.precision ?? (zeros ? (flags.width ?? 0) - sign.length : 0);
  return pad(sign + prefix + digits.padStart(least, '0'), { ...flags, zero: false });
}

/** A float by the verb e, E, f, F, g, G or v, padded. */
export function formatFloat(value: number, verb: string, flags: Flags): string {
  const negative = value < 0 || Object.is(value, -0);
  const sign = negative ? '-' : flags.plus ? '+' : flags.space ? ' ' : '';
  const size = Math.abs(value);
  if (!Number.isFinite(size)) {
    const infinite = verb === 'v' || sign !== '' ? sign : '+';
    const text = Number.isNaN(size) ? `${flags.plus ? '+' : sign}NaN` : `${infinite === '' ? '+' : infinite}Inf`;
    return pad(text, { ...flags, zero: false });
  }
  const body = floatBody(size, verb, flags.precision);
  const zeros = flags.zero && !flags.minus ? (flags.width ?? 0) - sign.length : 0;
  return pad(sign + body.padStart(zeros, '0'), { ...flags, zero: false });
}

function floatBody(size: number, verb: string, precision: number | undefined): string {
  const lower = verb.toLowerCase();
  if (lower === 'e') return upper(exponential(size, precision ?? 6), verb);
  if (lower === 'f') return fixed(size, precision ?? 6);
  return upper(general(size, precision), verb);
}

function upper(text: string, verb: string): string {
  return verb === 'E' || verb === 'G' ? text.toUpperCase() : text;
}

/** With an exponent of two digits at least. */
function exponential(size: number, precision: number): string {
  const text = size.toExponential(Math.min(precision, 100));
  const [mantissa = '', exponent = ''] = text.split('e');
  const zeros = '0'.repeat(Math.max(precision - 100, 0));
  return `${mantissa}${zeros}e${exponent.replace(/^([+-])(\d)$/, '$10$2')}`;
}

/** With this many digits behind the point; a half goes to the even neighbour. */
function fixed(size: number, precision: number): string {
  // No float has more digits than these behind its point.
  if (precision > 1_100) return fixed(size, 1_100) + '0'.repeat(precision - 1_100);
  const digits = scaled(size, precision)
    .toString()
    .padStart(precision + 1, '0');
  if (precision === 0) return digits;
  return `${digits.slice(0, digits.length - precision)}.${digits.slice(digits.length - precision)}`;
}

/** The float times a power of ten, rounded exactly. */
function scaled(size: number, precision: number): bigint {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, size);
  const raw = bits.getBigUint64(0);
  const exponent = Number((raw >> 52n) & 0x7ffn);
  const fraction = raw & 0xfffffffffffffn;
  const mantissa = exponent === 0 ? fraction : fraction | 0x10000000000000n;
  const power = Math.max(exponent, 1) - 1075;
  const product = mantissa * 10n ** BigInt(precision);
  if (power >= 0) return product << BigInt(power);
  const shift = BigInt(-power);
  const whole = product >> shift;
  const rest = product - (whole << shift);
  const half = 1n << (shift - 1n);
  return rest > half || (rest === half && (whole & 1n) === 1n) ? whole + 1n : whole;
}

/** The shortest form, or one of so many digits, with an exponent where that is needed. */
function general(size: number, precision: number | undefined): string {
  if (size === 0) return '0';
  const text = precision === undefined ? size.toExponential() : size.toExponential(Math.min(Math.max(precision, 1), 100) - 1);
  const [mantissa = '', exponentText = '0'] = text.split('e');
  const digits = mantissa.replace('.', '').replace(/0+$/, '');
  const exponent = Number(exponentText);
  let limit = Math.max(precision ?? 6, 1);
  if (precision !== undefined && limit > digits.length && digits.length >= exponent + 1) limit = digits.length;
  if (exponent < -4 || exponent >= limit) {
    const sign = exponent < 0 ? '-' : '+';
    const tail = digits.length > 1 ? `.${digits.slice(1)}` : '';
    return `${digits[0] ?? '0'}${tail}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return digits.length > exponent + 1 ? `${whole}.${digits.slice(exponent + 1)}` : whole;
}
