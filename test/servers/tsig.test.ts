// Clients of others, which sign what they ask and check what they get: BIND's and Knot's. Knows their options and what they print.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plugins } from '../../src/plugins/transfer/made.test.ts';
import { serve } from '../../src/testing/served.ts';
import { missing, output } from './programs.ts';

const SECRET = 'NWYwM2Y0NGIxMDI5OGRmZmFiNGUyMDYw';
const COREFILE = `
made.test large.test {
    tsig {
        secret one.key. ${SECRET}
        require all
    }
    transfer {
        to *
    }
    made made.test. 7
    made large.test. 7 large
    whoami
}
`;
const ALGORITHMS = ['hmac-sha1', 'hmac-sha224', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512'];
/** What a client says of a signature that it does not believe. */
const WRONG = /couldn't verify|bad signature|tsig error|verify failure|malformed|not valid|BADSIG|BADKEY/i;

for (const program of ['dig', 'kdig']) {
  test(`${program} believes each reply and each message of a transfer, with every algorithm`, { skip: missing(program) }, async (t) => {
    const server = await serve(COREFILE, plugins);
    t.after(() => server.close());
    const ask = (key: string, ...words: string[]) => output(program, ['@127.0.0.1', '-p', String(server.port), '-y', key, ...words]);
    for (const algorithm of ALGORITHMS) {
      const udp = await ask(`${algorithm}:one.key:${SECRET}`, 'www.made.test', 'A');
      assert.match(udp, /status: NOERROR/);
      assert.match(udp, new RegExp(`one\\.key\\.\\s+0\\s+ANY\\s+TSIG\\s+${algorithm}`));
      assert.doesNotMatch(udp, WRONG);
      const transfer = await ask(`${algorithm}:one.key:${SECRET}`, '+tcp', 'made.test', 'AXFR');
      assert.equal(transfer.match(/\bSOA\b/g)?.length, 2);
      assert.doesNotMatch(transfer, WRONG);
    }
    const large = await ask(`hmac-sha256:one.key:${SECRET}`, '+tcp', 'large.test', 'AXFR');
    assert.equal(large.match(/\bTXT\b/g)?.length, 100_000);
    assert.doesNotMatch(large, WRONG);
  });

  test(`${program} is told what is wrong with its key`, { skip: missing(program) }, async (t) => {
    const server = await serve(COREFILE, plugins);
    t.after(() => server.close());
    const ask = (key: string) => output(program, ['@127.0.0.1', '-p', String(server.port), '-y', key, 'www.made.test', 'A']);
    assert.match(await ask(`hmac-sha256:other.key:${SECRET}`), /NOTAUTH[\s\S]*BADKEY|BADKEY/);
    assert.match(await ask('hmac-sha256:one.key:d3Jvbmc='), /NOTAUTH[\s\S]*BADSIG|BADSIG/);
    assert.match(await output(program, ['@127.0.0.1', '-p', String(server.port), 'www.made.test', 'A']), /status: REFUSED/);
  });
}
