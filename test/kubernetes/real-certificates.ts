// A certificate authority for one test, made with openssl: a server's certificate and those of users. Knows openssl; knows no cluster.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Two files in PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** An authority whose files lie in one folder. */
export class Authority {
  /** Its own certificate, a file. */
  readonly ca: string;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.ca = join(folder, 'ca.crt');
    this.#openssl('req', '-x509', ...NEW_KEY, '-keyout', 'ca.key', '-out', 'ca.crt', '-days', '2', '-subj', '/CN=test authority');
    writeFileSync(join(folder, 'server.ext'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
    writeFileSync(join(folder, 'user.ext'), 'extendedKeyUsage=clientAuth\n');
  }
  /** A key alone. */
  key(file: string): string {
    this.#openssl('genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', file);
    return join(this.#folder, file);
  }
  /** The certificate of a server on the loopback address. */
  server(): KeyPair {
    return this.#signed('server', '/CN=localhost', 'server.ext', 2);
  }
  /** A user as the API knows them. With `days` 0 the certificate is good for this second alone. `file` is its name without ending. */
  user(name: string, { groups = [], file = name, days = 2 }: { groups?: readonly string[]; file?: string; days?: number } = {}): KeyPair {
    return this.#signed(file, `${groups.map((group) => `/O=${group}`).join('')}/CN=${name}`, 'user.ext', days);
  }
  #signed(file: string, subject: string, extensions: string, days: number): KeyPair {
    this.#openssl('req', ...NEW_KEY, '-keyout', `${file}.key`, '-out', `${file}.csr`, '-subj', subject);
    this.#openssl('x509', '-req', '-in', `${file}.csr`, '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', String(days),
      '-extfile', extensions, '-out', `${file}.crt`);
    return { certificate: join(this.#folder, `${file}.crt`), key: join(this.#folder, `${file}.key`) };
  }
  #openssl(...args: string[]): void {
    execFileSync('openssl', args, { cwd: this.#folder, stdio: ['ignore', 'ignore', 'pipe'], timeout: 90_000 });
  }
}

const NEW_KEY = ['-newkey', 'rsa:2048', '-nodes'] as const;
