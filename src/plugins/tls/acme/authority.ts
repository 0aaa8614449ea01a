// Who gives certificates for some domains: what is said to it from the first request to the chain, and the proofs that are shown meanwhile.
// Knows the account and what is ordered; knows nothing of when, and not where certificates lie. Main's.
import type { Clock } from '../../../kernel/clock.ts';
import type { Log } from '../../../kernel/seen/log.ts';
import { certificateNumbers, certificateRequest, selfSigned } from '../../../secure/made-certificate.ts';
import { cryptography } from '../../../secure/node.ts';
import type { Pem } from '../../../secure/pair.ts';
import type { TlsProof } from '../../../secure/proof.ts';
import type { Note } from '../../../store/notes.ts';
import type { AcmeSettings } from '../acme-config.ts';
import { challengeName } from '../challenge.ts';
import type { CertificateFolder } from './certificate-folder.ts';
import type { Challenges } from './challenges.ts';
import { AccountKey, proofInDns } from './jws.ts';
import { obtain } from './order.ts';
import type { Proof } from './order.ts';
import { readWindow, renewalName } from './renewal-time.ts';
import { AcmeRequests } from './requests.ts';
import { AcmeSession } from './session.ts';
import { pause } from './pause.ts';
import { isVisible } from './visible.ts';

/** What it needs. */
export interface AuthorityParts {
  readonly settings: AcmeSettings;
  readonly folder: CertificateFolder;
  readonly challenges: Challenges;
  /** Where certificates stand that a CA wants to see. */
  readonly overTls: Note;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** An ACME server, as one certificate's orders see it. */
export class CertificateAuthority {
  readonly #parts: AuthorityParts;
  #toldTerms = '';

  constructor(parts: AuthorityParts) {
    this.#parts = parts;
  }

  /** When it wants a certificate to be renewed (RFC 9773), and milliseconds until it may be asked again; undefined where it never says. */
  async window(cert: string): Promise<ReturnType<typeof readWindow> | undefined> {
    const session = await this.#open();
    const url = session.at('renewalInfo'), name = nameOf(cert);
    if (url === undefined || name === undefined) return undefined;
    return readWindow(await this.#requests.ask(`${url.replace(/\/+$/, '')}/${name}`), this.#parts.clock.wall());
  }
  /** Orders a certificate in place of another, or the first one; with a key of its own. Rejects with Error, or AcmeRefusal. */
  async order(before: string | undefined): Promise<Pem> {
    const { settings: { domains, challenge }, clock, signal } = this.#parts;
    const session = await this.#open();
    await session.register();
    const crypto = cryptography();
    const key = newKey();
    const cert = await obtain({
      session, clock, signal, domains, kind: challenge,
      replaces: before === undefined || session.at('renewalInfo') === undefined ? undefined : nameOf(before),
      request: () => certificateRequest(domains, key, crypto),
      ...(challenge === 'dns-01' ? { show: (proofs) => this.#show(proofs.map(shown)), withdraw: () => this.#withdraw() }
        : { show: (proofs) => this.#showOverTls(proofs), withdraw: async () => this.#parts.overTls.write('') }),
    });
    return { cert, key: pemOf(key), ca: undefined };
  }

  get #requests(): AcmeRequests {
    const { clock, settings: { root }, signal } = this.#parts;
    return new AcmeRequests(clock, root, signal);
  }
  async #open(): Promise<AcmeSession> {
    const { settings: { ca, email, external }, clock, log } = this.#parts;
    const requests = this.#requests;
    const session = new AcmeSession({
      ask: (url, body) => requests.ask(url, body), key: () => this.#accountKey(), clock, directory: ca, external,
      contact: email === undefined ? undefined : `mailto:${email}`,
      terms: (url) => {
        if (url !== this.#toldTerms) log.info(`who has an account at ${new URL(ca).host} agrees to its terms of service: ${url}`);
        this.#toldTerms = url;
      },
    });
    await session.open();
    return session;
  }
  async #accountKey(): Promise<AccountKey> {
    const { folder } = this.#parts;
    const crypto = cryptography();
    const text = await folder.accountKey(() => pemOf(newKey()));
    try {
      return new AccountKey(crypto.createPrivateKey(text), crypto);
    } catch (error) {
      throw new Error(`the key of the account, ${folder.accountPath}: ${(error as Error).message}`, { cause: error });
    }
  }

  async #show(proofs: readonly Proof[]): Promise<void> {
    const { challenges, folder, settings: { resolver }, clock, signal, log } = this.#parts;
    await folder.tellProofs(proofs);
    challenges.show(folder.name, proofs);
    await pause(clock, SEEN, signal);
    if (resolver === undefined) return;
    for (const { domain, text } of proofs) {
      if (await isVisible(resolver, challengeName(domain), text, clock, signal)) continue;
      log.warning(`${resolver} does not see the proof at ${challengeName(domain)}: the ACME server may not see it either`);
    }
  }
  async #showOverTls(proofs: readonly Proof[]): Promise<void> {
    const crypto = cryptography();
    const now = this.#parts.clock.wall();
    const made = proofs.map(({ domain, text }): TlsProof => {
      const key = newKey();
      const acmeIdentifier = crypto.createHash('sha256').update(text).digest();
      const says = { common: 'a proof', names: [domain], from: now - HOUR, until: now + HOUR, serial: crypto.randomBytes(8) };
      return { domain, cert: selfSigned({ ...says, acmeIdentifier }, key, crypto), key: pemOf(key) };
    });
    this.#parts.overTls.write(JSON.stringify(made));
  }
  async #withdraw(): Promise<void> {
    const { challenges, folder } = this.#parts;
    challenges.show(folder.name, []);
    await folder.tellProofs([]);
  }
}

/** Milliseconds after which whoever has the folder has looked into it. */
const SEEN = 12_000;
/** A proof over TLS is good for so long around its making. */
const HOUR = 3_600_000;
/** As a TXT record has it. */
const shown = ({ domain, text }: Proof): Proof => ({ domain, text: proofInDns(text, cryptography()) });
/** A key of P-256. */
export const newKey = () => cryptography().generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
/** A key as files have it. */
export const pemOf = (key: ReturnType<typeof newKey>): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();
/** By which name the authority knows a certificate. */
function nameOf(cert: string): string | undefined {
  const numbers = certificateNumbers(new (cryptography().X509Certificate)(cert).raw);
  return numbers === undefined ? undefined : renewalName(numbers);
}
