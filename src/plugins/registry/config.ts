// What `registry` stanzas say. Knows their options and texts; opens nothing.
import { join } from 'node:path';
import { readTokenFile, textOfFile } from '../../admin-api/token-file.ts';
import { readRule } from '../../authority/update-rules.ts';
import type { UpdateRule } from '../../authority/update-rules.ts';
import type { Directive } from '../../corefile/directive.ts';
import { parseCIDR } from '../../dns/address.ts';
import type { CIDR } from '../../dns/address.ts';
import { splitHostPort } from '../../dns/host-port.ts';
import { NEVER, readFallthrough } from '../../kernel/site/fallthrough.ts';
import type { Fallthrough } from '../../kernel/site/fallthrough.ts';
import type { Lines, ParseContext } from '../../kernel/site/plugin.ts';
import { zonesOf } from '../../kernel/site/zones.ts';
import type { Zones } from '../../kernel/site/zones.ts';
import { cryptography } from '../../secure/node.ts';
import { ROLES, labelsFromRight } from '../../secure/tokens.ts';
import type { Grant, Role } from '../../secure/tokens.ts';
import type { PairFiles } from '../../secure/pair-files.ts';
import { readPair } from '../../secure/pair.ts';
import type { Pair } from '../../secure/pair.ts';
import { readClientPem } from '../../upstream/client-tls.ts';
import { readPlace } from '../../web-api/api-request.ts';
import type { ApiPlace } from '../../web-api/api-request.ts';

/** What a line of the file of tokens is. */
const TOKEN_FORM = 'a line is HOLDER ROLE SUBTREE HASH, such as deploy operate svc.example.org 9f86d0...';
/** Where keys are kept. */
export type KeyPlace =
  | { readonly folder: string }
  | { readonly etcd: readonly ApiPlace[]; user: EtcdUser | undefined; tls: readonly string[] | undefined }
  | Followed;
/** Operations of a transaction that etcd takes unless it is told otherwise (--max-txn-ops); that one of a folder has at most. */
const MOST_ETCD = 128, MOST_FOLDER = 10_000;
/** Operations that one transaction may have there. */
export const mostOf = (place: KeyPlace): number => ('folder' in place ? MOST_FOLDER : MOST_ETCD);
/** Servers of another registry whose zones are copied, and where the copy is kept. */
export interface Followed {
  readonly follow: readonly ApiPlace[];
  readonly copies: string;
  /** Files: of the token that is sent, and as `follow_tls` has them. */
  readonly token: string | undefined;
  readonly tls: readonly string[] | undefined;
}
type EtcdUser = { readonly name: string; readonly password: string };

/** One `registry` stanza. */
export interface Settings {
  readonly at: { readonly file: string; readonly line: number };
  readonly zones: Zones;
  place: KeyPlace;
  /** Without slashes around it. */
  path: string;
  /** `host:port` or `unix:PATH`; undefined: there is no API. */
  listen: string | undefined;
  tls: { readonly files: PairFiles; readonly first: Pair } | undefined;
  /** The file of tokens; undefined: who reaches the address may do all. */
  tokens: string | undefined;
  /** What holders of certificates may do. */
  named: readonly Grant[];
  /** The file of who tried what; undefined: there is none. */
  audit: string | undefined;
  /** Seconds. */
  lease: { readonly least: number; readonly most: number };
  /** Networks that checks may reach beside those that they always may. */
  allowed: readonly CIDR[];
  fallthrough: Fallthrough;
  /** Who may change what by UPDATEs. */
  rules: readonly UpdateRule[];
}

const EITHER = 'keys are kept by one of `etcd URL...` and `file DIR`';
const COPY = 'a copy has `follow URL...` and `file DIR`';
const BARE = 'without `tls` the API listens on a loopback address such as 127.0.0.1:8053, or on unix:PATH';

/** Reads the stanzas, each of which is a registry of its own. Throws CorefileError. */
export function readSettings(lines: Lines, context: ParseContext): readonly Settings[] {
  return lines.map((line) => readStanza(line, context));
}
function readStanza(line: Directive, { zones, machine, root = '' }: ParseContext): Settings {
  const whole = (path: string): string => (path.startsWith('/') ? path : join(root, path));
  const { file, line: number } = line.at;
  const settings: Settings = {
    at: { file, line: number }, zones: zonesOf(line.rest(), zones), place: { folder: '' }, path: 'skydns', listen: undefined,
    tls: undefined, tokens: undefined, named: [], audit: undefined, lease: { least: 5, most: 86_400 }, allowed: [],
    fallthrough: NEVER, rules: [],
  };
  let user: EtcdUser | undefined, etcdTls: readonly string[] | undefined;
  const followed: { -readonly [part in keyof Followed]?: Followed[part] } = {};
  const keep = (property: Directive, place: KeyPlace): void => {
    if (!('folder' in settings.place) || settings.place.folder !== '') property.fail(`registry has two places for its keys`, EITHER);
    settings.place = place;
  };
  line.properties({
    etcd(property) {
      const places = property.words(1).map((word) => readPlace(word) ?? property.refuse(`invalid endpoint '${word}'`,
        'an endpoint is a URL such as http://127.0.0.1:2379'));
      keep(property, { etcd: places, user: undefined, tls: undefined });
    },
    file(property) {
      keep(property, { folder: whole(property.only()) });
    },
    follow(property) {
      followed.follow = property.words(1).map((word) => readPlace(word) ?? property.refuse(`invalid URL '${word}'`,
        'what is followed is the API of a registry, such as https://registry.example.org:8053'));
    },
    follow_token(property) {
      const path = whole(property.only());
      property.attempt(() => readToken(textOfFile(path, machine.readFile), path));
      followed.token = path;
    },
    follow_tls(property) {
      const files = property.words(0, 3).map(whole);
      property.attempt(() => readClientPem(files, machine.readFile));
      followed.tls = files;
    },
    credentials(property) {
      const [name, password] = property.words(2, 2);
      user = { name: name!, password: password! };
    },
    etcd_tls(property) {
      const files = property.words(0, 3).map(whole);
      property.attempt(() => readClientPem(files, machine.readFile));
      etcdTls = files;
    },
    path(property) {
      settings.path = property.only().replace(/^\/+|\/+$/g, '');
      if (settings.path === '') property.fail('the path is empty', 'keys begin with a path such as skydns');
    },
    listen(property) {
      settings.listen = readListen(property);
    },
    tls(property) {
      const [cert, key, ca] = property.words(2, 3).map(whole);
      const files = { cert: cert!, key: key!, ca };
      const read = (path: string): string => textOfFile(path, machine.readFile);
      settings.tls = property.attempt(() => ({
        files, first: readPair({ cert: read(cert!), key: read(key!), ca: ca === undefined ? undefined : read(ca) }, cryptography()),
      }));
    },
    tokens(property) {
      const path = whole(property.only());
      settings.tokens = path;
      readTokenFile(property, path, machine.readFile, TOKEN_FORM);
    },
    may(property) {
      const [role = '', subtree = '', ...names] = property.words(3);
      if (!(ROLES as readonly string[]).includes(role)) property.refuse(`invalid role '${role}'`, `roles are ${ROLES.join(', ')}`);
      const grant = { role: role as Role, subtree: labelsFromRight(subtree) };
      settings.named = [...settings.named, ...names.map((holder) => ({ ...grant, holder }))];
    },
    audit(property) {
      settings.audit = whole(property.only());
    },
    lease(property) {
      const [least, most] = [property.seconds('the shortest lease'), property.seconds('the longest lease')];
      property.end();
      if (least < 1 || most < least) {
        property.fail(`leases from ${least} to ${most} seconds`, 'say the shortest and the longest: lease 5s 1h');
      }
      settings.lease = { least, most };
    },
    allow_checks(property) {
      settings.allowed = [...settings.allowed, ...property.words(1).map((word) => parseCIDR(word)
        ?? property.refuse(`invalid network '${word}'`, 'a network is an address and a length, such as 127.0.0.0/8'))];
    },
    allow(property) {
      settings.rules = [...settings.rules, ...rulesOf(property, settings.zones)];
    },
    fallthrough(property) {
      settings.fallthrough = readFallthrough(property);
    },
  });
  const { follow, token, tls } = followed;
  if (follow !== undefined) {
    const folder = 'folder' in settings.place ? settings.place.folder : '';
    if (folder === '') line.fail('registry follows others, and has no folder for what it knows of them', COPY);
    settings.place = { follow, copies: folder, token, tls };
    if (settings.rules.length > 0) line.fail('a copy takes no updates', 'take allow away, and update the original');
    if (settings.allowed.length > 0) line.fail('a copy looks at no instances', 'take allow_checks away');
  } else if (token !== undefined || tls !== undefined) line.fail('follow_token and follow_tls belong to follow', COPY);
  return together(line, settings, user, etcdTls);
}
/** The token that a file has. Throws Error where it has none. */
export function readToken(text: string, path: string): string {
  const token = text.trim();
  if (!/^[!-~]+$/.test(token)) throw new Error(`${path} has no token: it is one word of letters and digits`);
  return token;
}
/** A rule counts in each zone that its name is in. */
function rulesOf(property: Directive, zones: Zones): readonly UpdateRule[] {
  const words = property.rest();
  const rules: UpdateRule[] = [];
  let wrong: unknown;
  for (const zone of zones.names) {
    try {
      rules.push(readRule(words, zone.folded));
    } catch (error) {
      wrong ??= error;
    }
  }
  return rules.length > 0 ? rules : property.attempt(() => {
    throw wrong as Error;
  });
}
/** What options mean together. */
function together(line: Directive, settings: Settings, user: EtcdUser | undefined, tls: readonly string[] | undefined): Settings {
  const { place, listen } = settings;
  if ('etcd' in place) {
    place.user = user;
    place.tls = tls;
  } else {
    if ('folder' in place && place.folder === '') line.fail('registry has no place for its keys', EITHER);
    if (user !== undefined || tls !== undefined) line.fail('credentials and etcd_tls belong to etcd', EITHER);
  }
  if (listen === undefined && (settings.tls !== undefined || settings.tokens !== undefined)) {
    line.fail('tls and tokens belong to listen', 'say where the API listens, such as listen 127.0.0.1:8053');
  }
  if (listen !== undefined && settings.tls === undefined && !isNear(listen)) line.fail(`the API would be in the clear at ${listen}`, BARE);
  if (settings.named.length > 0 && settings.tls?.files.ca === undefined) {
    line.fail('may is for holders of certificates', 'say whose certificates are good: tls CERT KEY CA');
  }
  if (settings.tls !== undefined && settings.tokens === undefined && settings.named.length === 0) {
    line.fail('the API would let everybody in', 'say who may do what: tokens FILE, or may ROLE SUBTREE NAME...');
  }
  return settings;
}
function readListen(property: Directive): string {
  const address = property.only();
  if (address.startsWith('unix:')) {
    if (!address.startsWith('unix:/') || address.length > 105) property.fail(`invalid socket '${address}'`, 'a socket is unix:/PATH');
    return address;
  }
  const { host, port } = property.attempt(() => splitHostPort(address));
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) property.fail(`invalid port in '${address}'`, 'an address is HOST:PORT');
  property.mentions({ what: 'http', address });
  return host === '' ? `0.0.0.0:${port}` : address;
}
/** Whether nobody outside of this machine reaches it. */
const isNear = (address: string): boolean => address.startsWith('unix:') || /^(?:127\.\d+\.\d+\.\d+|\[::1\]|localhost):\d+$/.test(address);
