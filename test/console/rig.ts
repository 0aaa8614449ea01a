// A server with *console* and an upstream beside it, as a process of its own, for tests that look at its page. Knows a Corefile, tokens and
// questions.
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { freePort } from '../../src/testing/free-port.ts';
import { Spawned } from '../../src/testing/spawned.ts';
import { DnsClient } from './dns-client.ts';

/** Tokens by what they are good for. */
export const TOKENS = { read: '1'.repeat(64), operate: '2'.repeat(64), admin: '3'.repeat(64) };

/** A server that is looked at. */
export interface Looked {
  readonly server: Spawned;
  /** Where the page is. */
  readonly url: string;
  readonly port: number;
  readonly dns: DnsClient;
  /** What is started anew after an end, on the same ports. */
  readonly corefile: string;
}

/** The Corefile of most tests: two blocks, a cache, an upstream that nobody is behind, names that cannot be read. */
const blocks = (dns: number, port: number, more: string): string => `.:${dns} {
    bind 127.0.0.1
    console http://127.0.0.1:${port} {
        tokens tokens
        ${more}
    }
    errors
    cache 300
    template IN A example.net {
        answer "{{ .Name }} 300 IN A 192.0.2.7"
    }
    template IN PTR in-addr.arpa {
        answer "{{ .Name }} 300 IN PTR client.example.net."
    }
    template IN A fails.test {
        rcode SERVFAIL
    }
    template IN A gone.test {
        rcode NXDOMAIN
    }
    forward . 127.0.0.1:1 {
        max_fails 0
    }
}
example.org:${dns} {
    bind 127.0.0.1
    hosts {
        192.0.2.1 www.example.org
        192.0.2.2 mail.example.org
    }
}
`;

/** Starts the server again in its folder, after its end. */
export async function again(t: TestContext, { server, corefile }: Looked): Promise<Spawned> {
  const next = new Spawned(corefile, { folder: server.folder });
  t.after(() => next.crash());
  await next.says(/CoreDNS-/);
  return next;
}
/** Starts one. */
export async function looked(t: TestContext, more = ''): Promise<Looked> {
  const [dnsPort, port] = [await freePort(), await freePort()];
  const corefile = blocks(dnsPort, port, more);
  const server = new Spawned(undefined);
  server.write(corefile);
  const hash = (token: string): string => createHash('sha256').update(token).digest('hex');
  const lines = Object.entries(TOKENS).map(([role, token]) => `${role}er ${role} . ${hash(token)}\n`);
  writeFileSync(join(server.folder, 'tokens'), lines.join(''));
  const dns = new DnsClient(dnsPort);
  t.after(async () => {
    dns.close();
    await server.kill();
  });
  await server.says(/CoreDNS-/);
  return { server, url: `http://127.0.0.1:${port}/`, port, dns, corefile };
}
