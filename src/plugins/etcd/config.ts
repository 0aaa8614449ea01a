// What `etcd` stanzas say (ETCD-1, ETCD-10). Knows their options and texts; opens nothing.
import { join } from 'node:path';
import type { Directive } from '../../corefile/directive.ts';
import { NEVER, readFallthrough } from '../../kernel/site/fallthrough.ts';
import type { Fallthrough } from '../../kernel/site/fallthrough.ts';
import type { Lines, ParseContext } from '../../kernel/site/plugin.ts';
import { zonesOf } from '../../kernel/site/zones.ts';
import type { Zones } from '../../kernel/site/zones.ts';
import { readClientPem } from '../../upstream/client-tls.ts';
import { readPlace } from '../../web-api/api-request.ts';
import type { ApiPlace } from '../../web-api/api-request.ts';
import type { LeaseBounds } from '../../skydns/leases.ts';

/** One `etcd` stanza. */
export interface Settings {
  readonly zones: Zones;
  /** Without slashes around it. */
  path: string;
  endpoints: readonly ApiPlace[];
  user: { readonly name: string; readonly password: string } | undefined;
  /** Paths of `tls`; undefined without it. */
  tls: readonly string[] | undefined;
  bounds: LeaseBounds;
  fallthrough: Fallthrough;
  apexFallback: boolean;
  /** Whether names have their keys and what is directly below: `layout names`. */
  isNamed: boolean;
  direct: boolean;
  /** The file in which the index is kept; '' for none. */
  snapshot: string;
}

const DEFAULT = 'http://localhost:2379';
const FORMS = "invalid TTL format, use format like '30', '30s', '5m', '1h', or '2h30m'";

/** Reads the stanzas, each of which is a source of its own. */
export function readSettings(lines: Lines, context: ParseContext): readonly Settings[] {
  return lines.map((line) => readStanza(line, context));
}
function readStanza(line: Directive, { zones, machine, root = '' }: ParseContext): Settings {
  const settings: Settings = {
    zones: zonesOf(line.rest(), zones), path: 'skydns', endpoints: [placeOf(line, DEFAULT)], user: undefined, tls: undefined,
    bounds: { least: 30, most: 86_400 }, fallthrough: NEVER, apexFallback: true, isNamed: false, direct: false, snapshot: '',
  };
  const ignored = (property: Directive): void => void property.rest();
  line.properties({
    stubzones: ignored, debug: ignored, upstream: ignored,
    fallthrough(property) {
      settings.fallthrough = readFallthrough(property);
    },
    path(property) {
      settings.path = property.arg().replace(/^\/+|\/+$/g, '');
    },
    endpoint(property) {
      const words = property.rest();
      if (words.length === 0) property.wrongArgs();
      settings.endpoints = words.map((word) => placeOf(property, word));
    },
    credentials(property) {
      const [name, password, ...more] = property.rest();
      if (name === undefined || password === undefined || more.length > 0) {
        return property.fail('credentials requires 2 arguments, username and password');
      }
      settings.user = { name, password };
    },
    tls(property) {
      const files = property.rest();
      if (files.length > 3) property.refuse(`maximum of three arguments allowed for TLS config, found ${files.length}`);
      const paths = files.map((file) => (file.startsWith('/') ? file : join(root, file)));
      property.attempt(() => readClientPem(paths, machine.readFile));
      settings.tls = paths;
    },
    'min-lease-ttl'(property) {
      settings.bounds = { ...settings.bounds, least: secondsOf(property) };
    },
    'max-lease-ttl'(property) {
      settings.bounds = { ...settings.bounds, most: secondsOf(property) };
    },
    no_apex_fallback(property) {
      property.words(0, 0);
      settings.apexFallback = false;
    },
    layout(property) {
      const word = property.only();
      if (word !== 'skydns' && word !== 'names') {
        property.fail(`unknown layout '${word}'`, "it is skydns, or names for what external-dns writes", 'value');
      }
      settings.isNamed = word === 'names';
    },
    snapshot(property) {
      const file = property.only();
      settings.snapshot = file.startsWith('/') ? file : join(root, file);
    },
    direct(property) {
      property.words(0, 0);
      settings.direct = true;
    },
  });
  if (settings.direct && settings.snapshot !== '') line.refuse('with direct there is no index that a snapshot could keep');
  return settings;
}
/** As etcd's own client: what has no scheme is host and port. */
function placeOf(line: Directive, text: string): ApiPlace {
  const url = text.includes('://') ? text : `http://${text}`;
  const place = readPlace(/:\d+\/?$/.test(url) ? url : `${url.replace(/\/$/, '')}:2379`);
  return place ?? line.refuse(`invalid endpoint '${text}'`, 'an endpoint is a URL such as http://127.0.0.1:2379');
}
function secondsOf(property: Directive): number {
  const text = property.arg();
  const refuse = (): never => property.fail(`invalid ${property.word} value: ${FORMS}`);
  if (/^\d+$/.test(text)) return Number(text);
  const milliseconds = property.duration(text, refuse);
  return milliseconds < 0 ? refuse() : Math.floor(milliseconds / 1000);
}
