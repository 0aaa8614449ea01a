// `coredns-ts zone sign|keys`: a zone's file with signatures, and what is to be known of keys. Knows the console and files; how a zone is
// signed is not its own.
import { readFileSync } from 'node:fs';
import { readKeyPair } from '../authority/key-pair-files.ts';
import type { KeyPair } from '../authority/key-pair-files.ts';
import { SigningError, signZone } from '../authority/signed-zone.ts';
import type { Name } from '../dns/name.ts';
import { printRR, record } from '../dns/rr.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import { SOA } from '../dns/types.ts';
import { SHA256, SHA384, delegationData } from '../dnssec/delegation.ts';
import { printZone } from '../zonefile/print.ts';
import { Progress } from './progress.ts';
import { readZone } from './zone-records.ts';

/** Seconds that signatures hold before and behind the moment that they are made (as of *sign*). */
const BEFORE = 3 * 3600, AFTER = 32 * 86_400;

/** Why nothing could be done; said without a trace. */
class Refusal extends Error {}

/** The keys that are named; throws Refusal where one cannot be had. */
function keysOf(names: readonly string[]): KeyPair[] {
  return names.map((name) => {
    try {
      return readKeyPair(name, readFileSync);
    } catch (error) {
      throw new Refusal((error as Error).message, { cause: error });
    }
  });
}

/** Prints the zone with keys, NSEC and signatures; the SOA keeps its serial number with `--keep-serial`, else it is the time. */
async function sign(zone: Name, [file = '', ...names]: readonly string[], options: ReadonlySet<string>): Promise<void> {
  const keys = keysOf(names).map(({ key }) => key);
  const progress = new Progress(process.stderr, () => performance.now());
  const { records, problems } = readZone(file, zone, 1, progress);
  progress.end();
  if (problems.length > 0) throw new Refusal(problems.map(({ message }) => message).join('\n'));
  const now = Math.floor(Date.now() / 1000);
  const soa = records.find(({ type }) => type === TYPE.SOA);
  const serial = options.has('--keep-serial') && soa !== undefined ? SOA.values(soa.rdata).serial : now;
  progress.stage(`Signing ${file}`);
  const told = progress.tell.bind(progress);
  const signed = await signZone(records, zone, { keys, serial, inception: now - BEFORE, expiration: now + AFTER, told });
  progress.end();
  for (const piece of printZone(signed)) process.stdout.write(piece);
}

/** Prints what each key is, and the DS records that its parent needs. */
function show(names: readonly string[]): void {
  for (const { key, privateFile } of keysOf(names)) {
    const kind = key.entryPoint ? 'key-signing key' : 'zone-signing key';
    process.stdout.write(`; ${privateFile}: ${kind} ${key.tag} of ${key.owner}, ${key.algorithm.name}\n`);
    if (!key.entryPoint) continue;
    for (const digest of [SHA256, SHA384]) {
      const data = delegationData(key.signer, key.data, digest);
      process.stdout.write(`${printRR(record(key.owner, TYPE.DS, CLASS.IN, key.ttl, data))}\n`);
    }
  }
}

/** `zone sign`: what is named are a zone's file and keys. What cannot be done is said, and the status is 1. */
export const signCommand = (zone: Name, named: readonly string[], options: ReadonlySet<string>): Promise<void> =>
  said(() => sign(zone, named, options));

/** `zone keys`. What cannot be had is said, and the status is 1. */
export const keysCommand = (names: readonly string[]): Promise<void> => said(async () => show(names));

async function said(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Refusal || error instanceof SigningError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
