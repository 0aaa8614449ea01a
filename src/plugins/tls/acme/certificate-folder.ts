// Where certificates and the account's key lie (TLS-2): files of one certificate, which all replicas with the folder read, and the lock of
// who orders it. Names are those that CoreDNS gives them, so that what it ordered is found. Knows files; knows no server. Main's.
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceLasting, writeLasting } from '../../../authority/zone-keys/key-files.ts';
import { FolderLock } from '../../../authority/zone-keys/folder-lock.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { PairFiles } from '../../../secure/pair-files.ts';
import type { Pem } from '../../../secure/pair.ts';
import { fileError } from '../../../wording/errno.ts';
import type { AcmeSettings } from '../acme-config.ts';
import type { Proof } from './order.ts';

const PRIVATE = 0o600, PRIVATE_FOLDER = 0o700;
const PROOFS = 'proofs.json';

/** The files of one certificate. */
export class CertificateFolder {
  readonly files: PairFiles;
  /** What tells this certificate from the others of the folder. */
  get name(): string {
    return this.#locks;
  }
  readonly lock: FolderLock;
  readonly #folder: string;
  readonly #name: string;
  readonly #account: { readonly folder: string; readonly name: string };
  readonly #locks: string;
  readonly #domains: ReadonlySet<string>;

  /** `digest` is SHA-256 in hexadecimal; `nonce` tells this holder of the lock from all others. */
  constructor({ storage, ca, email, domains }: AcmeSettings, digest: (text: string) => string, clock: Clock, nonce: string) {
    const issuer = issuerName(ca);
    this.#domains = new Set(domains.map((domain) => domain.replace(/^\*\./, '')));
    const [first] = domains;
    const plain = first.replaceAll('*', 'wildcard_');
    this.#name = domains.length === 1 ? plain : `${plain}+${digest([...domains].sort().join(' ')).slice(0, 16)}`;
    this.#folder = join(storage, 'certificates', issuer, this.#name);
    this.#locks = join(storage, 'locks', `${issuer}-${this.#name}`);
    const user = email === undefined ? 'default' : fileName(email);
    const local = email === undefined ? 'default' : fileName(email.replace(/@.*$/s, '') || email);
    this.#account = { folder: join(storage, 'acme', issuer, 'users', user), name: `${local}.key` };
    this.files = { cert: join(this.#folder, `${this.#name}.crt`), key: join(this.#folder, `${this.#name}.key`), ca: undefined };
    this.lock = new FolderLock(this.#locks, clock, nonce);
  }

  /** Makes what is needed to take the lock. Rejects with Error that names the folder. */
  async prepare(): Promise<void> {
    for (const folder of [this.#folder, this.#locks, this.#account.folder]) await made(folder);
  }
  /** What lies there; undefined where one of the two files is not there. */
  async pem(): Promise<Pem | undefined> {
    const read = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
      throw new Error(fileError(error, path));
    });
    const [cert, key] = [await read(this.files.cert), await read(this.files.key)];
    return cert === undefined || key === undefined ? undefined : { cert, key, ca: undefined };
  }
  /** Whether both files are there. */
  has(): Promise<boolean> {
    return this.pem().then((pem) => pem !== undefined, () => true);
  }
  /** Puts a pair in place of the one before: whoever reads in between finds two that do not belong together, and reads again. */
  async keep({ cert, key }: Pem): Promise<void> {
    await replaceLasting(this.#folder, `${this.#name}.key`, key);
    await replaceLasting(this.#folder, `${this.#name}.crt`, cert);
  }
  /** Tells all who have the folder with which proofs they answer for this certificate, while it is ordered; none when that is over. */
  async tellProofs(proofs: readonly Proof[]): Promise<void> {
    if (proofs.length > 0) await replaceLasting(this.#locks, PROOFS, JSON.stringify(proofs));
    else await rm(join(this.#locks, PROOFS), { force: true });
  }
  /** The proofs of whoever orders now. */
  async proofs(): Promise<readonly Proof[]> {
    try {
      const all = JSON.parse(await readFile(join(this.#locks, PROOFS), 'utf8')) as readonly Proof[];
      return all.filter(({ domain, text }) => this.#domains.has(domain) && /^[\w-]{43}$/.test(text));
    } catch {
      return [];
    }
  }
  /** The key of the account, as PEM; what `make` makes where there is none. Of several who begin at once all get the same. */
  async accountKey(make: () => string): Promise<string> {
    const path = this.accountPath;
    const read = (): Promise<string> => readFile(path, 'utf8');
    try {
      return await read().catch(async (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
        const text = make();
        return await writeLasting(path, text, PRIVATE).then(() => text, (why: NodeJS.ErrnoException) => {
          if (why.code !== 'EEXIST') throw why;
          return read();
        });
      });
    } catch (error) {
      throw new Error(fileError(error, path), { cause: error });
    }
  }
  get accountPath(): string {
    return join(this.#account.folder, this.#account.name);
  }
}
async function made(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER }).catch((error: unknown) => {
    throw new Error(fileError(error, folder, 'mkdir'), { cause: error });
  });
}
/** `acme.example-directory` for `https://acme.example/directory`. */
function issuerName(ca: string): string {
  const { host, pathname } = new URL(ca);
  return fileName(`${host}${pathname}`.replace(/\/+$/, '').replace(/[/:]/g, '-'));
}
/** No text leads out of the folder. */
const fileName = (text: string): string => text.toLowerCase().replace(/[^a-z0-9@._+-]/g, '_').replace(/^\.+/, '_').slice(0, 200);
