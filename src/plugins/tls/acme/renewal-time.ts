// When a certificate is to be renewed: when its authority says so (RFC 9773), else when a third of its life is left, a little earlier by
// chance, so that not everybody comes at once. Knows times alone.
import type { CertificateNumbers } from '../../../secure/made-certificate.ts';
import { objectOf, waitOf } from './refusal.ts';
import type { AcmeReply } from './requests.ts';

/** The life of a certificate, milliseconds since 1970. */
export interface Life {
  readonly from: number;
  readonly until: number;
}
/** A span in which the authority wants it to be renewed. */
export interface RenewalWindow {
  readonly start: number;
  readonly end: number;
}

/** How much of a life is left when it is renewed, and by how much earlier at most. */
const LEFT = 1 / 3, EARLIER = 1 / 20;
/** Milliseconds between questions for the window: the least, what is usual, the most (RFC 9773 section 4.3). */
const LEAST = 60_000, USUAL = 21_600_000, MOST = 86_400_000;

/** Without an authority that says it. `chance` is from 0 to 1. */
export const usualTime = ({ from, until }: Life, chance: number): number => until - (until - from) * (LEFT + EARLIER * chance);
/** A moment of the window, the same for the same chance (section 4.2). */
export const timeIn = ({ start, end }: RenewalWindow, chance: number): number => start + (end - start) * chance;

/** By which name an authority knows a certificate (section 4.1). */
export const renewalName = ({ authorityKey, serial }: CertificateNumbers): string =>
  `${Buffer.from(authorityKey).toString('base64url')}.${Buffer.from(serial).toString('base64url')}`;

/** What an authority says of a certificate, and after how many milliseconds it may be asked again; no window where it says none. */
export function readWindow(reply: AcmeReply, now: number): { readonly window: RenewalWindow | undefined; readonly again: number } {
  const again = Math.min(MOST, Math.max(LEAST, waitOf(reply, now) ?? USUAL));
  const document = reply.status === 200 ? objectOf(reply.text) : undefined;
  const said = document?.['suggestedWindow'] as { start?: unknown; end?: unknown } | undefined;
  const [start, end] = [Date.parse(String(said?.start)), Date.parse(String(said?.end))];
  return { window: start <= end ? { start, end } : undefined, again };
}

/** Milliseconds until the next try: the first wait and the longest, after so many failures in a row. */
const FIRST = 60_000, LONGEST = 21_600_000;
/** Milliseconds to wait after so many failures in a row, not less than what the server asked for. `chance` is from 0 to 1. */
export const backOff = (failures: number, asked: number | undefined, chance: number): number =>
  Math.max(Math.min(LONGEST, FIRST * 2 ** Math.min(failures - 1, 20)), asked ?? 0) * (1 + chance / 5);
