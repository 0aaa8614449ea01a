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
import type { Site } from '../../kernel/site/site.ts';
import { readPair } from '../../secure/pair.ts';
import type { Pair, Pem } from '../../secure/pair.ts';
import { WatchedPair } from '../../secure/pair-files.ts';
import { ServerTls } from '../../secure/server-tls.ts';
import { Tickets } from '../../secure/tickets.ts';
import type { Note } from '../../store/notes.ts';
import { fileError } from '../../wording/errno.ts';
import { quoted } from '../../wording/quote.ts';
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
  #pair: Pair;
  #round = 0;
  #now: () => number = () => 0;

  constructor(settings: Settings, site: Site) {
    this.#settings = settings;
    this.#site = site;
    this.#pair = settings.first;
    const { at, clientAuth, leastVersion, first, keylog } = settings;
    this.#tls = new ServerTls({ at, clientAuth, leastVersion, first, keylog: keylog?.path });
    site.put(TlsSetting, this.#tls);
  }

  readonly metadata = {
    'tls/server-name': (query: Query) => query.channel.secure?.serverName,
    'tls/client-subject': (query: Query) => query.channel.secure?.subject,
    'tls/version': (query: Query) => query.channel.secure?.version.replace(/^TLSv/, ''),
  };

  /** Main looks whether other certificates stand in the files, and tells all threads. */
  control(run: Run): void {
    const { files, first, tickets } = this.#settings;
    const log = run.log.prefix('tls');
    const note = this.#note(run);
    const secret = run.store.note('tls ticket secret');
    if (tickets === 'own' && secret.round === 0) secret.write(cryptography().randomBytes(SECRET).toString('hex'));
    this.#openKeylog(run);
    this.#tellEnd(run, first);
    this.#now = () => run.clock.wall();
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
  #note(run: Run): Note {
    return run.space(this.#site).note('tls');
  }
  #tellEnd({ metrics }: Run, { names: [name = ''], until }: Pair): void {
    metrics.values[metrics.family(FAMILIES.expiry).cell([name])] = until / 1000;
    this.#pair = { ...this.#pair, until };
  }

  /** Each thread makes handshakes of its own, with what main found. */
  start(run: Run): void {
    const tls = this.#tls;
    const crypto = cryptography();
    const note = this.#note(run);
    let { first: pair } = this.#settings;
    tls.tls = transportSecurity();
    tls.digest = (text) => crypto.createHash('sha256').update(text).digest('hex');
    tls.counter = new CountedHandshakes(run.metrics);
    tls.quic = new CountedQuic(run.metrics, run.log.prefix('tls'));
    tls.round = () => note.round;
    tls.pair = () => {
      const { round } = note;
      if (round === this.#round) return pair;
      this.#round = round;
      return (pair = readPair(JSON.parse(note.read()) as Pem, crypto));
    };
    tls.tickets = this.#tickets(run);
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
    const left = this.#pair.until - this.#now();
    return left > SOON ? undefined : `the certificate of ${this.#settings.files.cert} ends ${new Date(this.#pair.until).toISOString()}`;
  }
}

export default definePlugin({
  name: 'tls',
  metrics: FAMILIES,
  parse: readSettings,
  create: (settings, site) => new Certificate(settings, site),
});
