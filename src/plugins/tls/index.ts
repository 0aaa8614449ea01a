// *tls* allows you to configure the server certificates for the TLS, gRPC, DoH servers. Knows when certificates are read and who is told;
// the handshakes are the transports'.
import { closeSync, openSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { CorefileError, pluginError } from '../../corefile/error.ts';
import { every } from '../../kernel/clock.ts';
import { TlsSetting } from '../../kernel/query/tls-setting.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Part, Run } from '../../kernel/site/plugin.ts';
import type { Query } from '../../kernel/query/query.ts';
import { Renewed } from '../../kernel/site/site.ts';
import type { Site } from '../../kernel/site/site.ts';
import { readPair } from '../../secure/pair.ts';
import type { Pair, Pem } from '../../secure/pair.ts';
import { WatchedPair } from '../../secure/pair-files.ts';
import type { PairFiles } from '../../secure/pair-files.ts';
import type { TlsProof } from '../../secure/proof.ts';
import { ServerTls } from '../../secure/server-tls.ts';
import { Tickets } from '../../secure/tickets.ts';
import type { Note } from '../../store/notes.ts';
import { fileError } from '../../wording/errno.ts';
import { quoted } from '../../wording/quote.ts';
import type { OrderedCertificate } from './acme/ordered-certificate.ts';
import type { AcmeSettings } from './acme-config.ts';
import { OrderedDomains, challengeIn } from './challenge.ts';
import { readSettings } from './config.ts';
import type { Settings } from './config.ts';
import { cryptography, transportSecurity } from '../../secure/node.ts';
import { CountedHandshakes, CountedQuic, FAMILIES } from './families.ts';

/** Milliseconds between looks at the files. */
const LOOK = 10_000;
/** Octets of a secret that tickets' keys are made of. */
const SECRET = 32;
/** Days before the end of a certificate from which on one is told of it. */
const DAY = 86_400_000, SOON = 10 * DAY;

/** One block. */
class Certificate implements Part {
  readonly #settings: Settings;
  readonly #site: Site;
  readonly #tls: ServerTls;
  #until = Infinity;
  #round = 0;
  #now: () => number = () => 0;
  #ordered: OrderedCertificate | undefined = undefined;

  constructor(settings: Settings, site: Site) {
    this.#settings = settings;
    this.#site = site;
    const { at, clientAuth, leastVersion, source, keylog } = settings;
    const first = 'acme' in source ? NOTHING : source.first;
    this.#tls = new ServerTls({ at, clientAuth, leastVersion, first, keylog: keylog?.path });
    site.put(TlsSetting, this.#tls);
    if ('acme' in source) site.put(OrderedDomains, source.acme.domains);
  }

  readonly metadata = {
    'tls/server-name': (query: Query) => query.channel.secure?.serverName,
    'tls/client-subject': (query: Query) => query.channel.secure?.subject,
    'tls/version': (query: Query) => query.channel.secure?.version.replace(/^TLSv/, ''),
  };

  /** Main looks whether there is another certificate, or sees to it that there is, and tells all threads. */
  async control(run: Run): Promise<void> {
    const { source, tickets } = this.#settings;
    const secret = run.store.note('tls ticket secret');
    if (tickets === 'own' && secret.round === 0) secret.write(cryptography().randomBytes(SECRET).toString('hex'));
    this.#openKeylog(run);
    this.#now = () => run.clock.wall();
    if ('acme' in source) await this.#order(run, source.acme);
    else this.#watch(run, source);
  }
  #watch(run: Run, { files, first }: { readonly files: PairFiles; readonly first: Pair }): void {
    const log = run.log.prefix('tls');
    const note = this.#note(run);
    this.#tellEnd(run, first);
    if (first.until <= this.#now()) log.warning(`the certificate of ${files.cert} has ended: clients that look will refuse it`);
    const watched = new WatchedPair(files, first, {
      read: (path) => readFile(path, 'utf8').catch((error: unknown) => Promise.reject(new Error(fileError(error, path)))),
      cryptography: cryptography(), now: this.#now,
      changed: (pair) => {
        const { cert, key, ca } = pair;
        note.write(JSON.stringify({ cert, key, ca } satisfies Pem));
        this.#tellEnd(run, pair);
        log.info(`the certificate of ${files.cert} is served with from now on, until ${new Date(pair.until).toISOString()}`);
      },
      refused: (reason) => log.warning(`${files.cert} is not taken over, and the certificate before it stays: ${reason}`),
    });
    every(run.clock, LOOK, run.signal, (error) => run.report(error), () => watched.look());
  }
  /** Whoever says the same, in this load or the next, has the same certificate: an order that is under way goes on. */
  async #order(run: Run, acme: AcmeSettings): Promise<void> {
    const { OrderedCertificate } = await import('./acme/ordered-certificate.ts');
    const notes = { note: this.#note(run), overTls: run.store.note(proofsName(acme)) };
    const ordered = await run.shared.use(noteName(acme), run.signal, () => OrderedCertificate.open(run, acme, notes));
    this.#ordered = ordered;
    if (ordered.isReal) this.#tellEnd(run, ordered.pair);
    ordered.hold((pair) => {
      this.#tellEnd(run, pair);
      void tellRenewed(run).catch((error: unknown) => run.report(error));
    }, run.signal);
  }
  #note(run: Run): Note {
    const { source } = this.#settings;
    return 'acme' in source ? run.store.note(noteName(source.acme)) : run.space(this.#site).note('tls');
  }
  #tellEnd({ metrics }: Run, { names: [name = ''], until }: Pair): void {
    metrics.values[metrics.family(FAMILIES.expiry).cell([name])] = until / 1000;
    this.#until = until;
  }
  started(run: Run): void {
    void this.#ordered?.begin().catch((error: unknown) => run.report(error));
  }

  /** Each thread makes handshakes of its own, with what main found. */
  start(run: Run): void {
    const { source } = this.#settings;
    const tls = this.#tls;
    const crypto = cryptography();
    const note = this.#note(run);
    let pair = 'acme' in source ? undefined : source.first;
    tls.tls = transportSecurity();
    tls.digest = (text) => crypto.createHash('sha256').update(text).digest('hex');
    tls.counter = new CountedHandshakes(run.metrics);
    tls.quic = new CountedQuic(run.metrics, run.log.prefix('tls'));
    tls.round = () => note.round;
    tls.pair = () => {
      const { round } = note;
      if (round === this.#round && pair !== undefined) return pair;
      this.#round = round;
      return (pair = readPair(JSON.parse(note.read()) as Pem, crypto));
    };
    tls.tickets = this.#tickets(run);
    if ('acme' in source && source.acme.challenge === 'tls-alpn-01') tls.proofs = noted(run.store.note(proofsName(source.acme)));
    this.#log(run);
  }
  #tickets(run: Run): Tickets | undefined {
    const { tickets } = this.#settings;
    if (tickets === 'off') return undefined;
    const { hkdfSync } = cryptography();
    const secret = tickets === 'own' ? Buffer.from(run.store.note('tls ticket secret').read(), 'hex') : tickets;
    const derive = (from: Uint8Array, info: string, length: number) => Buffer.from(hkdfSync('sha256', from, '', info, length));
    return new Tickets(secret, derive, () => run.clock.wall(), tickets !== 'own');
  }
  /** What a listener of packets needs to read what was recorded of connections: for looking for faults alone. */
  #openKeylog(run: Run): void {
    const { keylog } = this.#settings;
    if (keylog === undefined) return;
    try {
      closeSync(openSync(keylog.path, 'a', 0o600));
    } catch (error) {
      const why = fileError(error, keylog.path);
      throw pluginError('tls', new CorefileError(`unable to write TLS Key Log to ${quoted(keylog.path)}: ${why}`, keylog.at));
    }
    run.log.prefix('tls').warning(`Writing TLS Key Log to ${quoted(keylog.path)}`);
  }
  #log(run: Run): void {
    const { keylog } = this.#settings;
    if (keylog === undefined) return;
    const file = openSync(keylog.path, 'a', 0o600);
    run.signal.addEventListener('abort', () => closeSync(file), { once: true });
    this.#tls.log = (line) => {
      if (!run.signal.aborted) writeSync(file, line);
    };
  }

  /** A certificate that ends soon, since it was not renewed. */
  remark(): string | undefined {
    const { source } = this.#settings;
    if ('acme' in source) return this.#ordered?.remark();
    const left = this.#until - this.#now();
    return left > SOON ? undefined : `the certificate of ${source.files.cert} ends ${new Date(this.#until).toISOString()}`;
  }
}

/** What stands for the files where there are none. */
const NOTHING: Pem = { cert: '', key: '', ca: undefined };
/** Where a certificate stands that is ordered so. */
const noteName = (acme: AcmeSettings): string =>
  `tls ordered ${cryptography().createHash('sha256').update(JSON.stringify(acme)).digest('hex')}`;
const proofsName = (acme: AcmeSettings): string => `${noteName(acme)} proofs`;
/** What main writes there, read again when it is something else. */
function noted(note: Note): () => readonly TlsProof[] {
  let round = 0;
  let proofs: readonly TlsProof[] = [];
  return () => {
    if (note.round === round) return proofs;
    round = note.round;
    const text = note.read();
    return (proofs = text === '' ? [] : JSON.parse(text) as readonly TlsProof[]);
  };
}
/** Does what was configured for this, one after the other. */
async function tellRenewed(run: Run): Promise<void> {
  for (const renewed of run.sites.flatMap((site) => site.all(Renewed))) await renewed(run);
}

export default definePlugin({
  name: 'tls',
  metrics: FAMILIES,
  parse: readSettings,
  create: (settings, site) => new Certificate(settings, site),
  guest: challengeIn,
});
