// Numbers and names of response codes and of opcodes (RFC 6895 sections 2.2 and 2.3). Knows nothing of messages.

/** Response codes by name; those above 15 need EDNS, or are found in a TSIG record (LIBD-3). */
export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
  DSOTYPENI: 11,
  BADSIG: 16,
  BADVERS: 16,
  BADKEY: 17,
  BADTIME: 18,
  BADMODE: 19,
  BADNAME: 20,
  BADALG: 21,
  BADTRUNC: 22,
  BADCOOKIE: 23,
} as const;

/** Opcodes by name. */
export const OPCODE = { QUERY: 0, IQUERY: 1, STATUS: 2, NOTIFY: 4, UPDATE: 5 } as const;

const rcodes = new Map<string, number>(Object.entries(RCODE));
// As CoreDNS: 16 prints as BADSIG, though BADVERS is read as well. The first of two names stays.
const rcodeNames = new Map<number, string>([...rcodes].reverse().map(([name, number]) => [number, name]));
const opcodeNames = new Map<number, string>(Object.entries(OPCODE).map(([name, number]) => [number, name]));

/** The name of a response code, or undefined where it has none. */
export function knownRcode(rcode: number): string | undefined {
  return rcodeNames.get(rcode);
}

/** The name of a response code; `RCODE` and its number where it has none. */
export function rcodeName(rcode: number): string {
  return rcodeNames.get(rcode) ?? `RCODE${rcode}`;
}

/** The number of a response code's name, in any case; undefined where there is none. */
export function rcodeByName(name: string): number | undefined {
  return rcodes.get(name.toUpperCase());
}

/** The name of an opcode; `OPCODE` and its number where it has none. */
export function opcodeName(opcode: number): string {
  return opcodeNames.get(opcode) ?? `OPCODE${opcode}`;
}

/** The number of an opcode's name, in any case; undefined where there is none. */
export function opcodeByName(name: string): number | undefined {
  const upper = name.toUpperCase();
  return upper in OPCODE ? OPCODE[upper as keyof typeof OPCODE] : undefined;
}
