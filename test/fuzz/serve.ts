// Any bytes to a server: at most one reply, and nothing thrown. Knows what every reply must have; knows no plugin's answer.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fc } from '../../src/testing/properties.ts';
import { decodeMessage } from '../../src/dns/message.ts';
import { Name } from '../../src/dns/name.ts';
import { onReply } from '../../src/kernel/query/outcome.ts';
import { receive } from '../../src/kernel/query/receive.ts';
import { Query } from '../../src/kernel/query/query.ts';
import type { Channel } from '../../src/kernel/query/transport.ts';
import { insert } from '../../src/kernel/site/order.ts';
import { definePlugin } from '../../src/kernel/site/plugin.ts';
import { standard } from '../../src/plugins/index.ts';
import { InProcess } from '../../src/testing/in-process.ts';
import { requests } from './packet.ts';
import { target } from './target.ts';

const names = [
  '.', 'example.org.', 'www.example.org.', 'WWW.Example.ORG.', 'x.example.', 'big.example.org.', 'a.b.template.test.', 'localhost.',
];

/** Counts every reply again whose length without compression was said on the way; a difference is a panic, which no case may have. */
const recount = definePlugin({
  name: 'recount', parse: () => undefined,
  create: () => ({
    handle: (query, next) => onReply(next(query), (reply) => {
      const { plain } = reply;
      reply.plain = 0;
      if (plain !== 0 && plain !== reply.plainLength) throw new Error(`${plain} bytes were said, ${reply.plainLength} are there`);
      return reply;
    }, query),
  }),
});

/** Chains that have most of what can happen to a reply: copied from a store, patched, made of records, cut, changed on the way. */
const corefile = (hosts: string) => `
.:5301 {
    recount
    whoami
}
.:5302 {
    recount
    errors
    log
    prometheus 127.0.0.1:0
    cache
    hosts ${hosts} example.org {
        fallthrough
    }
    local
    any
    chaos x y
    erratic example
}
.:5303 {
    recount
    bufsize 700
    nsid fuzz
    loadbalance
    minimal
    dns64
    header {
        response set ra
    }
    acl {
        block type MX
        filter type TXT
    }
    rewrite name suffix .template.test .example.org
    cache {
        success 16
        denial 16
    }
    template ANY ANY {
        match "^(?P<a>[a-z]*)[.]"
        answer "{{ .Name }} 60 IN TXT \\"{{ .Group.a }}\\""
        answer "{{ .Name }} 60 IN A 192.0.2.1"
        fallthrough
    }
    hosts ${hosts}
}
`;

let server: InProcess | undefined;
let folder: string | undefined;
/** Started with the first case. */
async function running(): Promise<InProcess> {
  if (server !== undefined) return server;
  folder = mkdtempSync(path.join(os.tmpdir(), 'coredns-ts-fuzz-'));
  const many = Array.from({ length: 80 }, (_, i) => `192.0.2.${i} big.example.org`);
  writeFileSync(path.join(folder, 'hosts'), ['192.0.2.1 www.example.org', '2001:db8::1 www.example.org example.org', ...many].join('\n'));
  const started = new InProcess(insert(standard, recount, { before: 'nsid' }));
  assert.equal(await started.start(corefile(path.join(folder, 'hosts'))), undefined);
  await started.elapse(10);
  server = started;
  return started;
}
/** Ends the server that the cases were thrown at. */
export async function ended(): Promise<void> {
  await server?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}

/** Bytes that the reply over UDP may have: what the request's own OPT says, where it can be read (RFC 6891 section 6.2.3). */
function limit(packet: Uint8Array): number {
  try {
    return Math.max(512, decodeMessage(packet).edns?.udpSize ?? 0);
  } catch {
    const query = Query.alone(Math.max(12, packet.length));
    query.bytes.set(packet);
    query.arrive(packet.length, { stream: false } as Channel);
    receive(query);
    return query.limit;
  }
}

/** What is thrown: a packet, over which transport, at which server, and from where. */
const inputs = fc.record({
  packet: requests(...names.map((name) => Name.parse(name))), tcp: fc.boolean(), at: fc.constantFrom(':5301', ':5302', ':5303'),
  from: fc.constantFrom('127.0.0.1', '2001:db8::7', '::ffff:192.0.2.9'),
});

/** Any bytes to `serve`. */
export const serve = target('serve', 12000, inputs, async ({ packet, tcp, at, from }) => {
  const subject = await running();
  const before = subject.log().filter((line) => line.includes('panic')).length;
  const replies = await subject.exchange({ packet, tcp, at, from, waiting: 0 });
  assert.equal(subject.log().filter((line) => line.includes('panic')).length, before, subject.log().at(-1));
  assert.ok(replies.length <= 1);
  const [reply] = replies;
  if (reply === undefined) return;
  assert.ok(packet.length >= 12 && (packet[2]! & 0x80) === 0, 'a response or less than a header is not answered');
  assert.deepEqual(reply.subarray(0, 2), packet.subarray(0, 2), 'the id is another one');
  assert.equal(reply[2]! & 0x80, 0x80, 'it is no response');
  const most = tcp ? 65535 : limit(packet.subarray(0, 512));
  assert.ok(reply.length <= most, `${reply.length} bytes where ${most} are allowed`);
  decodeMessage(reply);
});
