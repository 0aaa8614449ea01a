// Names as people write them in configurations: letters in any case and script, with a last dot or without. Knows text alone.
import { domainToASCII } from 'node:url';

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,62})$/;

/** The name in lower case without its last dot, in ASCII; undefined where it is none. The root is none. */
export function plainName(text: string): string | undefined {
  let name = (text.endsWith('.') ? text.slice(0, -1) : text).toLowerCase();
  // A name of another script; what is no letter there would end it.
  if (/^[a-z0-9_.\u00a1-\uffff-]+$/.test(name) && /[\u00a1-\uffff]/.test(name)) name = domainToASCII(name);
  return name.length <= 253 && name.split('.').every((label) => LABEL.test(label)) ? name : undefined;
}
/** A pattern that fits this name alone, as parts of a Corefile see it: with its last dot. */
export const patternOf = (name: string): string => `^${name.replaceAll('.', '\\.')}\\.$`;

/** The nearest of a name and those above it that this holds for; the root is ''. */
export function nearest(name: string, holds: (above: string) => boolean): string | undefined {
  for (let at = name; ; at = at.slice(at.indexOf('.') + 1)) {
    if (holds(at)) return at;
    if (at === '') return undefined;
    if (!at.includes('.')) return holds('') ? '' : undefined;
  }
}
/** How many labels it has. */
export const depthOf = (name: string): number => (name === '' ? 0 : name.split('.').length);
