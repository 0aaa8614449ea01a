// One text of `answer`, `additional` or `authority`: a record, or what makes one for a query (TPL-5). Knows templates and records; knows
// no section and no query.
import type { Name } from '../../dns/name.ts';
import { parseRR, record } from '../../dns/rr.ts';
import type { RR } from '../../dns/rr.ts';
import { TYPE, typeName } from '../../dns/type-name.ts';
import { compile } from '../../gotemplate/index.ts';
import type { TemplateData } from './data.ts';
import { parseUint } from '../../wording/unsigned.ts';

/** A template whose only action is the owner's name, at the beginning. */
const OWNED = /^\{\{-? *\.Name *\}\}([ \t](?:(?!\{\{)[\s\S])*)$/;

/** Types whose data may have no octets (RFC 1035 section 3.3.10, RFC 3123). */
const MAY_BE_EMPTY: ReadonlySet<number> = new Set([TYPE.NULL, TYPE.APL]);

/** What the text made is no record. */
export class RecordError extends Error {
  override readonly name = 'RecordError';
}

/** A compiled text. */
export interface RecordTemplate {
  /** The text as metrics have it: in Go's own spelling. */
  readonly text: string;
  /** The record for a query. `owner` is its name in lower case. Throws TemplateError or RecordError. */
  make(data: TemplateData, owner: Name): RR;
}

/** The first record of a text. */
function read(text: string): RR {
  let found: RR | undefined;
  try {
    found = parseRR(text);
  } catch (error) {
    throw new RecordError((error as Error).message, { cause: error });
  }
  if (found === undefined) throw new RecordError('there is no record in the text');
  // The text of an UPDATE may leave the data out; a reply with such a record cannot be read.
  if (found.rdata.length === 0 && !MAY_BE_EMPTY.has(found.type)) throw new RecordError(`bad ${typeName(found.type)}: its data is missing`);
  return found;
}
/** The record of a text that is always the same, or undefined where it is none: then each query finds that out. */
function constant(text: string): RR | undefined {
  try {
    return read(text);
  } catch {
    return undefined;
  }
}

/**
 * Compiles a text; `section` is its name in errors. A text without actions is read once, and so is one whose only action is `{{ .Name }}`
 * at its beginning. Throws TemplateError.
 */
export function compileRecord(section: string, source: string): RecordTemplate {
  const parameters = ['string', 'int', 'int'] as const;
  const template = compile(source, { name: section, functions: { parseInt: { minimum: 3, maximum: 3, parameters, call: parseUint } } });
  const { text } = template;
  const fixed = source.includes('{{') ? undefined : constant(source);
  if (fixed !== undefined) return { text, make: () => fixed };
  const rest = OWNED.exec(source)?.[1];
  const owned = rest === undefined ? undefined : constant(`.${rest}`);
  if (owned !== undefined) {
    const { type, class: klass, ttl, rdata } = owned;
    return { text, make: (_, owner) => record(owner, type, klass, ttl, rdata) };
  }
  return { text, make: (data) => read(template.execute(data)) };
}
