// What is done about the digest of a zone (ZONEMD, RFC 8976), and how `zonemd` says it in a Corefile. Knows words; knows no digest.

/** One that is there has to be right; there has to be one; it is made; it is not looked at. */
export type DigestRule = 'check' | 'require' | 'make' | 'ignore';

/** The rule of a line `zonemd require|make`. */
export function readDigestRule(line: Line): DigestRule {
  const word = line.arg();
  line.end();
  return word === 'require' || word === 'make' ? word : line.fail(`zonemd knows no ${word}`, 'zonemd require|make');
}
/** Throws where a digest would be made before the zone is signed, and be wrong then. */
export function refuseMade(rule: DigestRule, zone: string, isSigned: boolean): void {
  if (rule === 'make' && isSigned) throw new Error(`zonemd make is for zones that are not signed here, and ${zone} is`);
}
/** Of a line of a Corefile what it takes. */
interface Line {
  arg(): string;
  end(): void;
  fail(message: string, help?: string): never;
}
