// What survives a restart in a file, and what does not: too old, damaged, of another configuration, of somebody else.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Resolver } from 'node:dns/promises';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { decodeMessage, encodeMessage } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import { RD, message } from '../../dns/parts.ts';
import { RCODE } from '../../dns/rcode.ts';
import { parseRR } from '../../dns/rr.ts';
import { TYPE } from '../../dns/type-name.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import { FakeUpstream } from '../../testing/fake-upstream.ts';
import { InProcess } from '../../testing/in-process.ts';
import { freePort } from '../../testing/free-port.ts';
import { Spawned } from '../../testing/spawned.ts';
import cache from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'coredns-ts-cache-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Answers with a number that grows, so that a kept answer is known by it; names below nx.test do not exist. */
function counting() {
  let count = 0;
  return definePlugin({
    name: 'counting', parse: () => 0, create: () => ({
      handle(query) {
        count++;
        const soa = parseRR('test. 300 IN SOA a. b. 1 2 3 4 300')!;
        if (query.name.text.endsWith('nx.test.')) return query.reply({ rcode: RCODE.NXDOMAIN, authority: [soa] });
        return query.reply({ answer: [parseRR(`${query.name.text} 300 IN A 192.0.2.${count}`)!] });
      },
    }),
  });
}
/** A server that is asked, told that so much time passed, and ended. */
async function life(path: string, use: (ask: (name: string) => Promise<string>, server: InProcess) => Promise<void>, more = '') {
  const server = new InProcess([cache, counting()]);
  try {
    assert.equal(await server.start(`. {\n    cache {\n        snapshot ${path}\n${more}    }\n    counting\n}\n`), undefined);
    await use(async (name) => {
      const question = { name: Name.parse(name), type: TYPE.A, class: 1 };
      const packet = encodeMessage(message({ id: 7, flags: RD, question }), { compress: false });
      const [bytes] = await server.exchange({ packet, tcp: false, from: undefined, at: undefined, waiting: 0 });
      const { rcode, answer, authority } = decodeMessage(bytes!);
      return [rcode, ...[...answer, ...authority].map(({ ttl, rdata }) => `${ttl}/${rdata.at(-1)}`)].join(' ');
    }, server);
  } finally {
    await server.close();
  }
}

test('the file is its owner\'s alone, nothing is left beside it, and one that is from the future is not used', async () => {
  const path = join(folder, 'fresh');
  await life(path, async (ask, server) => {
    assert.equal(await ask('old.test.'), '0 300/1');
    await server.elapse(200_000);
    assert.equal(await ask('new.test.'), '0 300/2');
    assert.equal(await ask('x.nx.test.'), '3 300/44');
    await server.elapse(50_000);
  });
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder).filter((name) => name.endsWith('.tmp')), []);
  await life(path, async (ask, server) => {
    // The second server's clock begins where the first one's did: the file is from its future.
    assert.ok(server.log().some((line) => line.includes('is not used: it is from the future: the clock was set back')));
    assert.equal(await ask('new.test.'), '0 300/1');
  });
});

test('a file that would say the same is not written again; one that is gone is', async () => {
  const path = join(folder, 'unchanged');
  const stamp = () => readFileSync(path).readDoubleLE(24);
  const written = async () => {
    while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 5));
    return stamp();
  };
  let first = 0;
  await life(path, async (ask, server) => {
    await ask('a.test.');
    await server.elapse(60_000);
    first = await written();
    await server.elapse(120_000);
  });
  assert.equal(stamp(), first, 'nothing came or went');
  for (const change of [(ask: (name: string) => Promise<string>) => ask('b.test.'), () => rmSync(path)]) {
    rmSync(path, { force: true });
    await life(path, async (ask, server) => {
      await ask('a.test.');
      await server.elapse(60_000);
      first = await written();
      await change(ask);
      await server.elapse(1);
    });
    assert.notEqual(stamp(), first);
  }
});

test('time that passed between two lives counts', async () => {
  const path = join(folder, 'between');
  await life(path, async (ask) => {
    assert.equal(await ask('a.test.'), '0 300/1');
    assert.equal(await ask('x.nx.test.'), '3 300/44');
  });
  const bytes = readFileSync(path);
  for (const [seconds, wanted] of [[0, '0 300/1'], [100, '0 200/1'], [299, '0 1/1'], [300, '0 300/2']] as const) {
    writeFileSync(path, resealed(bytes, (file) => file.writeDoubleLE(file.readDoubleLE(24) - seconds * 1000, 24)));
    await life(path, async (ask, server) => {
      const said = new RegExp(`Keeping ${seconds < 300 ? 2 : 0} of 2 replies .*, written ${seconds} s ago`);
      assert.ok(server.log().some((line) => said.test(line)));
      await ask('other.test.');
      assert.equal(await ask('a.test.'), wanted, `${seconds} s`);
      assert.equal(await ask('x.nx.test.'), seconds === 300 ? '3 300/44' : `3 ${300 - seconds}/44`);
    });
  }
});

test('what is damaged, cut or of another configuration is thrown away whole; what is something else is left alone', async () => {
  const path = join(folder, 'damaged');
  await life(path, async (ask) => void (await ask('a.test.')));
  const whole = readFileSync(path);
  const damages: readonly (readonly [what: RegExp, bytes: Buffer])[] = [
    [/its checksum is wrong/, Buffer.from(whole.map((byte, i) => (i === 90 ? byte ^ 1 : byte)))],
    [/it is cut short/, whole.subarray(0, 80)], [/its checksum is wrong/, whole.subarray(0, whole.length - 8)],
    [/an entry makes no sense/, resealed(whole, (bytes) => bytes.writeInt32LE(1 << 20, 64))],
    [/it is of another configuration/, resealed(whole, (bytes) => bytes.writeUInt8(bytes[40]! ^ 1, 40))],
  ];
  for (const [what, bytes] of damages) {
    writeFileSync(path, bytes);
    await life(path, async (ask, server) => {
      const refused = server.log().filter((line) => /^\[ERROR\] plugin\/cache: Snapshot .* is not used: /.test(line));
      assert.ok(refused.length === 1 && what.test(refused[0]!), String(what));
      assert.equal(await ask('b.test.'), '0 300/1');
      assert.equal(await ask('a.test.'), '0 300/2');
    });
    await life(path, async (ask) => assert.equal(await ask('a.test.'), '0 300/2', 'the next snapshot is sound again'));
    writeFileSync(path, whole);
  }
  await life(path, async (ask) => {
    await ask('b.test.');
    assert.equal(await ask('a.test.'), '0 300/2');
  }, '        prefetch 3\n');
  writeFileSync(path, 'my diary');
  await life(path, async (ask) => void (await ask('a.test.')));
  assert.equal(readFileSync(path, 'utf8'), 'my diary');
});

test('any change of a sealed file gives nothing or sound answers', async () => {
  const path = join(folder, 'any');
  await life(path, async (ask) => {
    for (const name of ['a.test.', 'b.nx.test.', 'c.test.']) await ask(name);
  });
  const whole = readFileSync(path);
  const some = fc.array(fc.tuple(fc.nat(whole.length), fc.nat(255)), { minLength: 1, maxLength: 3 });
  await fc.assert(fc.asyncProperty(some, async (changes) => {
    writeFileSync(path, resealed(whole, (bytes) => {
      for (const [at, value] of changes) if (at >= 64 && at < bytes.length - 32) bytes[at] = value;
    }));
    await life(path, async (ask) => {
      for (const name of ['a.test.', 'b.nx.test.', 'c.test.']) assert.match(await ask(name), /^[0-9]+( [0-9]+\/[0-9]+)*$/);
    });
  }), { numRuns: 25 });
});

/** The file with a change, and a checksum that is right. */
function resealed(bytes: Buffer, change: (bytes: Buffer) => void): Buffer {
  const body = Buffer.from(bytes.subarray(0, bytes.length - 32));
  change(body);
  return Buffer.concat([body, createHash('sha256').update(body).digest()]);
}

test('a process that is ended and started again answers from what it had', async () => {
  const upstream = new FakeUpstream();
  await upstream.up();
  upstream.script('a.test. A', { answer: [parseRR('a.test. 300 IN A 192.0.2.7')!] });
  const port = await freePort();
  const path = join(folder, 'process');
  const corefile = `.:${port} {
    bind 127.0.0.1
    cache {
        snapshot ${path}
    }
    forward . 127.0.0.1:${upstream.port}
}
`;
  const resolver = new Resolver();
  resolver.setServers([`127.0.0.1:${port}`]);
  try {
    for (const life of ['first', 'second']) {
      const server = new Spawned(corefile);
      try {
        await server.says(life === 'first' ? /CoreDNS-/ : /Keeping 1 of 1 replies/);
        assert.deepEqual(await resolver.resolve4('a.test'), ['192.0.2.7'], life);
        assert.equal(upstream.asked.filter(({ query }) => query.question?.name.text === 'a.test.').length, 1, life);
        server.signal('SIGTERM');
        assert.equal(await server.ended, 0);
      } finally {
        await server.kill();
      }
    }
  } finally {
    await upstream.down();
  }
});
