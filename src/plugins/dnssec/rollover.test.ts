// A server that signs and rolls by itself, in fast time, below a made-up parent that takes CDS: a ZSK, a CSK, another algorithm, a kill in
// between; whoever asks keeps what it got for its time, and every way from a DS to a signature validates.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeMessage, encodeMessage } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import { AA, QR, message } from '../../dns/parts.ts';
import { record } from '../../dns/rr.ts';
import type { RR } from '../../dns/rr.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import { setHas } from '../../dnssec/delegation.ts';
import { algorithmNumber } from '../../dnssec/dnskey.ts';
import { VerifyingKey } from '../../dnssec/verification.ts';
import { latin1Bytes } from '../../dns/latin1.ts';
import { systemClock } from '../../kernel/clock.ts';
import { freePort } from '../../testing/free-port.ts';
import { MAIN, Spawned } from '../../testing/spawned.ts';
import { askParent } from './parent-exchange.ts';

const zone = Name.parse('fast.test.');
const owner = latin1Bytes(zone.key);
const FILE = `@ 1 IN SOA ns host 1 7200 3600 1209600 1\n@ 1 IN NS ns\nns 1 IN A 192.0.2.1\n`;
const POLICY = 'ttl 1s\npropagation 1s\nparent_propagation 1s\nparent_ttl 1s\n';

/** A set of records, and the moments between which a cache may well have it. */
interface Held {
  readonly text: string;
  readonly set: readonly RR[];
  readonly from: number;
  until: number;
}
/**
 * Sets of records that a cache may have: each from when it came on, for a second behind the last question that it answered. Whoever is slow
 * to look knows of less, and sees no caches that there were not.
 */
class Seen {
  sets: Held[] = [];
  take(set: readonly RR[], sent: number): void {
    const text = set.map(({ type, rdata }) => `${type} ${Buffer.from(rdata).toString('hex')}`).sort().join();
    this.sets = this.sets.filter(({ until }) => until > sent);
    const same = this.sets.find((one) => one.text === text);
    if (same === undefined) this.sets.push({ text, set, from: Date.now(), until: sent + 1000 });
    else same.until = sent + 1000;
  }
}
/** Whether one cache may have all of them at some moment. */
const together = (...all: readonly Held[]): boolean =>
  Math.max(...all.map(({ from }) => from)) <= Math.min(...all.map(({ until }) => until));

/** Why this DS set, these keys and this signed set do not validate; undefined where they do. */
function bogus(ds: readonly RR[], keys: readonly RR[], signed: readonly RR[]): string | undefined {
  if (ds.length === 0) return undefined;
  const dnskeys = keys.filter(({ type }) => type === TYPE.DNSKEY).map(({ rdata }) => rdata);
  const validate = (records: readonly RR[], type: number, by: readonly Uint8Array[]): Set<number> => {
    const data = records.filter((one) => one.type === type);
    const set = { owner, type, class: CLASS.IN, ttl: data[0]!.ttl, data: data.map(({ rdata }) => rdata) };
    const good = new Set<number>();
    for (const { rdata } of records.filter((one) => one.type === TYPE.RRSIG)) {
      for (const key of by) if (new VerifyingKey(key).verify(set, rdata, Date.now() / 1000) === 'valid') good.add(algorithmNumber(key));
    }
    return good;
  };
  const wanted = new Set(ds.map(({ rdata }) => rdata[2]!));
  const trusted = dnskeys.filter((data) => setHas(ds.map(({ rdata }) => rdata), owner, data));
  const anchored = validate(keys, TYPE.DNSKEY, trusted);
  const data = validate(signed, TYPE.SOA, dnskeys);
  for (const algorithm of wanted) if (!anchored.has(algorithm)) return `no key of algorithm ${algorithm} is what a DS says`;
  for (const algorithm of new Set(dnskeys.map(algorithmNumber))) if (!data.has(algorithm)) return `algorithm ${algorithm} signs no data`;
  return undefined;
}

test('a ZSK, a CSK and an algorithm are rolled, through a kill too, and every cache validates at every moment', async () => {
  const port = await freePort();
  const parentPort = await freePort();
  let ds: RR[] = [];
  const parent = createSocket('udp4').bind(parentPort, '127.0.0.1');
  parent.on('message', (bytes, { port: from }) => {
    const { id, question } = decodeMessage(bytes);
    parent.send(encodeMessage(message({ id, flags: QR | AA, question: question!, answer: ds }), { compress: true }), from, '127.0.0.1');
  });
  const corefile = (policy: string): string => `fast.test:${port} {
    dnssec {
      auto
      keys keys
      parent 127.0.0.1:${parentPort}
      policy {
        ${policy}
        ${POLICY}
      }
    }
    file db
  }\n`;
  const folder = mkdtempSync(join(tmpdir(), 'rolled-'));
  writeFileSync(join(folder, 'db'), FILE);
  let server = new Spawned(corefile('ksk\nzsk'), { folder });
  const keys = new Seen();
  const data = new Seen();
  const sets = new Seen();
  let stages = '';
  let compared = 0;
  /** One look of everybody at everything. */
  const look = async (): Promise<void> => {
    const ask = async (type: number, into?: Seen) => {
      const sent = Date.now();
      const set = (await askSigned(port, type))?.filter(({ name }) => name.equals(zone)) ?? [];
      if (set.length > 0) into?.take(set, sent);
      return set;
    };
    await ask(TYPE.DNSKEY, keys);
    await ask(TYPE.SOA, data);
    sets.take(ds, Date.now());
    for (const one of sets.sets) for (const two of keys.sets) for (const three of data.sets) {
      if (!together(one, two, three)) continue;
      compared++;
      assert.equal(bogus(one.set, two.set, three.set), undefined, stages);
    }
    const cds = await ask(TYPE.CDS);
    const asked = cds.filter(({ type }) => type === TYPE.CDS).map(({ rdata }) => record(zone, TYPE.DS, CLASS.IN, 1, rdata));
    if (asked.length > 0) ds = asked;
  };
  const shown = (...words: readonly string[]): Promise<string> => new Promise((resolve) => {
    execFile(process.execPath, [MAIN, 'zone', 'keys', 'fast.test', join(folder, 'keys'), ...words], (_, out, complaint) => {
      stages = out + complaint;
      resolve(stages);
    });
  });
  /** Everything is in place, of these roles and this algorithm. */
  const settled = (algorithm: string, ...roles: readonly string[]) => server.until(async () => {
    await look();
    const lines = (await shown()).split('\n').filter((line) => line.startsWith('K'));
    return lines.length === roles.length && roles.every((role) => lines.some((line) => line.includes(` ${role} `)
      && line.includes(algorithm)
      && line.includes(' active '))) && !/rumoured|unretentive/.test(lines.join());
  }, `${roles.join(' and ')} of ${algorithm}: ${stages}`);
  try {
    await settled('ECDSAP256SHA256', 'ksk', 'zsk');
    const first = stages;
    await shown('roll', 'zsk');
    assert.match(stages, /retired/);
    await settled('ECDSAP256SHA256', 'ksk', 'zsk');
    assert.notEqual(first, stages);
    await shown('roll', 'ksk');
    await look();
    await server.crash();
    server = new Spawned(corefile('csk\nalgorithm ED25519'), { folder });
    await settled('ED25519', 'csk');
    assert.ok(compared > 0, 'somebody looked at what one cache may have');
  } finally {
    await server.kill();
    parent.close();
  }
});

/** The answer to a question with DO over UDP; undefined where none comes. */
async function askSigned(port: number, type: number): Promise<readonly RR[] | undefined> {
  const reply = await askParent({ address: '127.0.0.1', port }, { name: zone, type, recursion: false, signed: true }, systemClock);
  return reply?.answer;
}
