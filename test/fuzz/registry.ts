// Anything as a request to the API of a registry, as a file of tokens, and as what somebody else has written under the keys of one: an
// answer, or a complaint that says where. Knows the registry's parts; opens no socket and no file.
import assert from 'node:assert/strict';
import { createHash, timingSafeEqual } from 'node:crypto';
import { fc } from '../../src/testing/properties.ts';
import { Name } from '../../src/dns/name.ts';
import { TYPE } from '../../src/dns/type-name.ts';
import type { Exchange, Heading } from '../../src/http/exchange.ts';
import { memoryKeys } from '../../src/key-value/memory-rig.test.ts';
import { LogLines } from '../../src/kernel/seen/log-lines.ts';
import { createLog } from '../../src/kernel/seen/log.ts';
import { Api } from '../../src/plugins/registry/api.ts';
import { Directory } from '../../src/plugins/registry/directory.ts';
import { copyOf } from '../../src/plugins/registry/following/copy-file.ts';
import { Copy } from '../../src/plugins/registry/following/copy.ts';
import { readTold } from '../../src/plugins/registry/following/told-change.ts';
import { readInstance, viewOf } from '../../src/plugins/registry/instances.ts';
import { operationsOn } from '../../src/plugins/registry/operations.ts';
import { ownAnswer } from '../../src/plugins/registry/own-answers.ts';
import { WatchStreams } from '../../src/plugins/registry/watching.ts';
import { Tokens, TokensError, mayDo } from '../../src/secure/tokens.ts';
import { SkydnsNames } from '../../src/skydns/skydns-names.ts';
import { Metrics } from '../../src/kernel/seen/metrics.ts';
import { keptOf } from '../../src/skydns/kept.ts';
import { OwnSource, WatchedFeed } from '../../src/skydns/watched-feed.ts';
import { Store } from '../../src/store/store.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { target, textOf } from './target.ts';

/** A registry whose file is memory and whose thread is this one. */
function registry(): Api {
  const clock = new FakeClock();
  const keys = memoryKeys(clock);
  const log = createLog(new LogLines((_, __, length) => length, () => {}), { on: false });
  const zones = [Name.parse('svc.test.')];
  const names = new SkydnsNames({ clock, log, store: Store.create(), metrics: new Metrics() }, {
    word: 'registry', store: 'keys', path: 'skydns', isNamed: false, zones, source: new OwnSource(keys), mended() {},
    feed: (listener) => new WatchedFeed(keys, '/skydns/', clock, listener),
  });
  names.follow();
  const { signal } = new AbortController();
  const directory = new Directory({ keys, names, path: 'skydns', clock, lease: { least: 5, most: 100 }, allowed: () => [], signal });
  return new Api({
    operations: operationsOn(directory, zones, undefined, new WatchStreams()), tokens: () => undefined, named: [], clock, audit: undefined,
    report(error) {
      throw error;
    },
  });
}

let api: Api | undefined;
const piece = fc.oneof({ weight: 8, arbitrary: fc.constantFrom('v1', 'zones', 'svc.test', 'services', 'web', 'instances', 'i-7', 'leases',
  '3f', 'records', 'www', 'A', '*', 'any', '..', '%2f', '%', '') }, { weight: 1, arbitrary: fc.string({ maxLength: 70 }) });
const INSTANCE = '/v1/zones/svc.test/services/web/instances/i';
const paths = fc.oneof(fc.array(piece, { maxLength: 9 }).map((pieces) => `/${pieces.join('/')}`), fc.constantFrom(INSTANCE,
  `${INSTANCE}?served=1`, '/v1/leases', '/v1/zones/svc.test/services/web?wait=1ms'));
const sound = fc.record({
  addresses: fc.array(fc.constantFrom('10.0.0.1', '::1', '10.0.0.300', '', 'a'), { maxLength: 3 }),
  ports: fc.dictionary(fc.string(), fc.integer()), ttl: fc.integer(),
  weight: fc.integer(), lease: fc.record({ ttl: fc.integer({ max: 200 }) }),
  text: fc.array(fc.string()), state: fc.string(),
  check: fc.record({
    http: fc.string(), tcp: fc.boolean(), every: fc.string(), port: fc.string(), fail: fc.integer(),
  }, { requiredKeys: [] }),
}, { requiredKeys: [] });
const deep = fc.integer({ min: 1, max: 20_000 }).map((times) => `${'['.repeat(times)}${']'.repeat(times)}`);
const bodies = fc.oneof(fc.json(), sound.map((value) => JSON.stringify(value)), deep, fc.string(),
  fc.constantFrom('{"addresses":["10.0.0.1"]}', '{"renew":["3f"]}', '{"ttl":30}', '{"__proto__":1}'));

/** Requests. */
export const registryRequests = target('registry-requests', 300, fc.record({
  method: fc.constantFrom('GET', 'PUT', 'PATCH', 'POST', 'DELETE', 'HEAD', 'X'), target: paths, body: bodies,
  match: fc.option(fc.constantFrom('"1"', '"99999999999999999999"', '*', 'W/"1"')), none: fc.option(fc.constantFrom('*', '"1"', '')),
}), async ({ method, target: asked, body, match, none }) => {
  const fields = new Map([['content-type', 'application/json'], ...match === null ? [] : [['if-match', match] as const],
    ...none === null ? [] : [['if-none-match', none] as const]]);
  const { status, text } = await new Promise<{ readonly status: number; readonly text: string }>((resolve) => {
    (api ??= registry()).request({
      method, target: asked, authority: '127.0.0.1:1', version: 1, body: Buffer.from(body), tooLarge: false, fields,
      field: (name) => fields.get(name), gone: undefined,
      reply: (heading: Heading, bytes: Uint8Array, at: number, length: number) =>
        resolve({ status: heading.status, text: Buffer.from(bytes.subarray(at, at + length)).toString() }),
    } satisfies Exchange);
  });
  assert.ok(status < 500, `${status} ${text}`);
  if (status >= 400) assert.equal((JSON.parse(text) as { readonly status: number }).status, status);
});

/** Files of tokens. */
const tokenWords = textOf('ci', 'read', 'operate', 'admin', '.', 'svc.test', 'a'.repeat(64), '#');
export const registryTokens = target('registry-tokens', 300, tokenWords, (text) => {
  try {
    const tokens = new Tokens(text, { createHash, timingSafeEqual });
    assert.equal(mayDo(tokens.of('b'.repeat(64)), 'read', 'svc.test.'), false);
  } catch (error) {
    assert.ok(error instanceof TokensError && error.line > 0, String(error));
  }
});

/** What is told to a copy, and the file that keeps one. */
const toldKey = fc.record({ key: fc.string(), value: fc.string() }, { requiredKeys: [] });
const toldKeys = fc.record({ keys: fc.array(toldKey), more: fc.boolean() }, { requiredKeys: [] });
const toldTexts = fc.oneof(toldKeys.map((value) => JSON.stringify(value)), fc.json(), fc.string());
export const registryCopies = target('registry-copies', 300, fc.tuple(toldTexts, fc.nat(300)), ([text, cut]) => {
  const zone = '/skydns/test/svc';
  const copy = new Copy('elsewhere');
  try {
    const { keys } = readTold(text);
    copy.change(zone, keys);
    const all = new Map(Array.from(copy.below(zone), ({ key, value }) => [key, value!]));
    for (const [key, { value }] of new Map(keys.map((each) => [each.key, each]))) {
      assert.equal(all.get(key), value === undefined ? undefined : Buffer.from(value).toString());
    }
  } catch (error) {
    assert.match((error as Error).message, /^it told /);
  }
  assert.throws(() => copyOf(Buffer.from(text).subarray(0, cut), 'svc.test.'), /^Error: it is /);
});

const kept = fc.record({ instance: fc.oneof(fc.jsonValue(), sound), state: fc.constantFrom('up', 'failing', 'x'), owner: fc.string() });
const values = fc.oneof(kept.map((coredns) => JSON.stringify({ host: '10.0.0.1', coredns })), fc.json());
const questions = [['_http._tcp.web', TYPE.SRV], ['_services._dns-sd._udp.web', TYPE.PTR], ['i._http._tcp.web', TYPE.TXT]] as const;
/** What stands under a key that might be an instance's. */
export const registryKeys = target('registry-keys', 300, values,
  (value) => {
    const key = '/skydns/test/svc/web/i';
    const pair = { key: `${key}/1`, value: Buffer.from(value), lease: 0n, revision: 1n };
    const instance = readInstance(key, [pair]);
    if (instance !== undefined) JSON.stringify(viewOf(instance, 'web.svc.test.'));
    const { service } = keptOf(pair);
    if (service === undefined) return;
    const found = { services: [{ ...service, ttl: 5 }], exists: true, wrong: undefined, stale: undefined };
    const sources = { find: () => found, elsewhere: () => [] };
    for (const [name, type] of questions) {
      ownAnswer({ path: 'skydns', pointers: () => [] }, sources, Name.parse(`${name}.svc.test.`), type, undefined);
    }
  });
