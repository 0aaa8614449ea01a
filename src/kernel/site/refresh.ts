// `refresh DURATION`, as plugins of clouds read it since CoreDNS 1.15.0 (AZ-5, GCP-3). Knows its texts.
import type { Directive } from '../../corefile/directive.ts';
import { quoted } from '../../wording/quote.ts';

/** Milliseconds between two looks where a line says nothing. */
export const REFRESH = 60_000;

/** Milliseconds; a number alone is seconds. */
export function readRefresh(property: Directive): number {
  const word = property.only();
  const given = /^\d+$/.test(word) ? `${word}s` : word;
  const milliseconds = property.duration(given, (reason) => property.fail(`unable to parse duration: ${reason}`));
  if (milliseconds <= 0) property.fail(`refresh interval must be greater than 0: ${quoted(given)}`);
  return milliseconds;
}
