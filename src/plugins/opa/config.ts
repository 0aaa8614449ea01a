// The lines of *opa* as data (ecosystem 5.2): one engine each. Knows words; asks nobody.
import { join } from 'node:path/posix';
import type { Directive } from '../../corefile/directive.ts';
import type { Lines, ParseContext } from '../../kernel/site/plugin.ts';
import { ACTIONS } from '../../policy/engine.ts';
import type { Action } from '../../policy/engine.ts';
import { readClientPem } from '../../upstream/client-tls.ts';
import { readPlace } from '../../web-api/api-request.ts';
import type { ApiPlace } from '../../web-api/api-request.ts';
import { quoted } from '../../wording/quote.ts';

/** One engine. */
export interface OpaLine {
  readonly name: string;
  /** The URL of a rule, or a bundle that is run here. */
  endpoint: ApiPlace;
  bundle: { readonly path: string; readonly entrypoint: string | undefined } | undefined;
  /** The files of `tls`: certificate, key, CA. */
  tls: readonly string[] | undefined;
  fields: readonly string[];
  /** Milliseconds. */
  timeout: number;
  /** Milliseconds that decisions are kept; 0: none are. */
  cache: number;
  /** What is done where no decision can be had; undefined: the question fails. */
  onError: Action | undefined;
}

/** What is told where `fields` says nothing. */
const FIELDS = ['client_ip', 'name', 'rcode', 'response_ip'];
const NOWHERE: ApiPlace = { secure: false, host: '', port: 0, authority: '', prefix: '' };
const LONGEST_TIMEOUT = 60_000;

/** Reads all lines of a block. Throws CorefileError. */
export function readOpa(lines: Lines, context: ParseContext): readonly OpaLine[] {
  const seen = new Set<string>();
  return lines.map((line) => {
    const name = line.arg();
    if (seen.has(name)) line.fail(`there are two engines of the name ${quoted(name)}`);
    seen.add(name);
    return readLine(line, name, context);
  });
}
function readLine(line: Directive, name: string, { machine, root = '' }: ParseContext): OpaLine {
  const opa: OpaLine = {
    name, endpoint: NOWHERE, bundle: undefined, tls: undefined, fields: FIELDS, timeout: 200, cache: 0, onError: undefined,
  };
  line.end();
  const pathOf = (file: string): string => (file.startsWith('/') ? file : join(root, file));
  line.properties({
    endpoint(property) {
      const text = property.only();
      opa.endpoint = readPlace(text) ?? property.fail(`endpoint: ${quoted(text)} is no URL of a rule`,
        'endpoint http://127.0.0.1:8181/v1/data/dns/action');
    },
    tls(property) {
      const paths = property.words(0, 3).map(pathOf);
      property.attempt(() => readClientPem(paths, machine.readFile));
      opa.tls = paths;
    },
    bundle(property) {
      const [file = '', entrypoint] = property.words(1, 2);
      property.mentions({ what: 'file', path: pathOf(file) });
      opa.bundle = { path: pathOf(file), entrypoint };
    },
    fields(property) {
      opa.fields = property.words(1);
    },
    timeout(property) {
      opa.timeout = property.duration(property.only(), (why) => property.fail(`timeout: ${why}`, 'such as timeout 200ms'));
      if (opa.timeout < 1 || opa.timeout > LONGEST_TIMEOUT) property.fail('timeout: between 1ms and 1m');
    },
    cache(property) {
      const [text = '10s'] = property.words(0, 1);
      opa.cache = property.duration(text, (why) => property.fail(`cache: ${why}`, 'such as cache 10s'));
      if (opa.cache < 0) property.fail('cache: it cannot be negative');
    },
    on_error(property) {
      const word = property.only();
      if (!(ACTIONS as readonly string[]).includes(word) || word === 'redirect') {
        property.fail(`on_error: ${quoted(word)} is not one of 'allow', 'refuse', 'block', 'drop'`);
      }
      opa.onError = word as Action;
    },
  });
  if ((opa.endpoint === NOWHERE) === (opa.bundle === undefined)) {
    line.fail('opa needs an endpoint or a bundle', 'endpoint http://127.0.0.1:8181/v1/data/dns/action');
  }
  return opa;
}
