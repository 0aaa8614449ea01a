// Requests that are meant to hurt: a thousand streams, filters of a megabyte, places to go on from that nobody said, a thousand
// explanations. Whoever asks in earnest is answered meanwhile.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { parseAsk } from '../../testing/question.ts';
import { SERVED, ask, rig } from './rig.test.ts';

/** The status that is told over a connection of its own; 0 where it ends without one. The connection stays open. */
function opened(socketPath: string, head: string): Promise<{ readonly status: number; readonly socket: Socket }> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    let text = '';
    const done = (): void => resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), socket });
    socket.on('error', () => {});
    socket.on('close', done);
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (text.includes('\r\n')) done();
    });
    socket.write(head);
  });
}
const get = (path: string, fields = ''): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n`;

test('of a thousand streams thirty-two are told, and who asks something is answered', async (t) => {
  const here = await rig(t, SERVED);
  const all: Socket[] = [];
  t.after(() => all.forEach((socket) => socket.destroy()));
  const statuses = new Map<number, number>();
  for (let round = 0; round < 20; round++) {
    const some = await Promise.all(Array.from({ length: 50 }, (_, i) =>
      opened(here.socket, get(i % 2 === 0 ? '/v1/events' : '/v1/queries', 'Accept: text/event-stream\r\n'))));
    for (const { status, socket } of some) {
      all.push(socket);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    assert.equal((await ask(here.socket, 'GET', '/v1/status')).status, 200);
  }
  assert.equal(all.length, 1000);
  assert.equal(statuses.get(200), 32);
  // The others are told so, or their connections made room.
  assert.deepEqual([...statuses.keys()].filter((status) => ![200, 503, 0].includes(status)), []);
  await here.server.ask(parseAsk('www.example.org A'));
  assert.equal(((await ask(here.socket, 'GET', '/v1/queries')).json['queries'] as object[]).length, 1);
});

test('a filter of a megabyte is no request, and one that has room is read at once', async (t) => {
  const here = await rig(t, SERVED);
  for (const unit of ['a', 'not ', 'under:', '10.0.0.0/8 ', '%20']) {
    const filter = unit.repeat(Math.ceil((1 << 20) / unit.length));
    const { status, socket } = await opened(here.socket, get(`/v1/queries?filter=${filter.replaceAll(' ', '+')}`));
    socket.destroy();
    assert.ok(status === 0 || status >= 400, String(status));
    const { status: fits } = await ask(here.socket, 'GET', `/v1/queries?filter=${filter.slice(0, 7000).replaceAll(' ', '+')}`);
    assert.ok(fits === 200 || fits === 400, String(fits));
  }
  assert.equal((await ask(here.socket, 'GET', '/v1/status')).status, 200);
  // The body of a request has its bound too.
  const large = await ask(here.socket, 'POST', '/v1/cache/flush', JSON.stringify({ name: 'a'.repeat(1 << 20) })).catch(() => undefined);
  assert.ok(large === undefined || large.status === 413);
});

test('a place to go on from that nobody said is one that is refused, or one from which all is told', async (t) => {
  const here = await rig(t, SERVED);
  for (let i = 0; i < 3; i++) await here.server.ask(parseAsk('www.example.org A'));
  const { json: { next } } = await ask(here.socket, 'GET', '/v1/queries');
  const number = fc.oneof(fc.nat(10), fc.nat(), fc.constantFrom(4_294_967_295, 9_999_999_999, -1, 0.5));
  const place = fc.tuple(fc.oneof(fc.nat(3), fc.nat(999)), number).map((pair) => pair.join(':'));
  const made = fc.tuple(fc.constantFrom(String(next).split('-')[0]!, 'k3f0', '', 'x'.repeat(20)), fc.array(place, { maxLength: 300 }))
    .map(([process, places]) => `${process}-${places.join(',')}`);
  const texts = fc.oneof(made, fc.string({ maxLength: 40 }), fc.constantFrom(String(next), `${next},`, `${next}9`, '-', '0:1', '\0'));
  await fc.assert(fc.asyncProperty(texts, async (after) => {
    const said = await ask(here.socket, 'GET', `/v1/queries?${new URLSearchParams({ after })}`);
    assert.ok(said.status === 200 || said.status === 400, `${after}: ${said.status}`);
    if (said.status === 400) return assert.equal(said.json['title'], 'No place to go on from');
    const { queries, lost } = said.json as { queries: object[]; lost: number };
    assert.ok(queries.length <= 3 && lost >= 0 && lost <= 3, `${after}: ${queries.length}, ${lost} lost`);
  }), { numRuns: 100 });
  const { status, socket } = await opened(here.socket, get('/v1/queries', 'Accept: text/event-stream\r\nLast-Event-ID: 7:7:7\r\n'));
  socket.destroy();
  assert.equal(status, 400);
});

test('of a thousand explanations at once a hundred are made, whoever asks, and the next second has its own', async (t) => {
  const here = await rig(t, SERVED);
  const explain = async () => (await ask(here.socket, 'GET', '/v1/explain?name=www.example.org&type=A')).status;
  for (const already of [0, 100]) {
    const statuses: number[] = [];
    for (let round = 0; round < 20; round++) statuses.push(...await Promise.all(Array.from({ length: 50 }, explain)));
    assert.equal(statuses.filter((status) => status === 200).length, 100, `after ${already}`);
    assert.ok(statuses.every((status) => status === 200 || status === 429));
    const [reply] = await here.server.ask(parseAsk('www.example.org A'));
    assert.equal(reply!.answer.length, 1);
    await here.server.elapse(1000);
  }
});

test('what is kept is listed page by page, each entry once, and a page from nowhere is refused or empty', async (t) => {
  const here = await rig(t, `.:53 {
    admin unix://{{DIR}}/admin.sock
    cache 3600
    template IN A {
        answer "{{ .Name }} 3600 IN A 192.0.2.1"
    }
}
`);
  const names = Array.from({ length: 300 }, (_, i) => `h${i}.example.org.`);
  for (const name of names) await here.server.ask(parseAsk(`${name} A`));
  const seen: string[] = [];
  let cursor = '';
  do {
    const { json } = await ask(here.socket, 'GET', `/v1/cache?${new URLSearchParams({ under: 'example.org', limit: '7', cursor })}`);
    const { entries } = json as { entries: { name: string }[] };
    assert.ok(entries.length <= 7);
    seen.push(...entries.map(({ name }) => name));
    cursor = String(json['cursor']);
  } while (cursor !== '');
  assert.deepEqual(seen.toSorted(), names.toSorted());
  const number = fc.oneof(fc.nat(20), fc.nat(999_999_999));
  const made = fc.oneof(fc.array(number, { minLength: 5, maxLength: 5 }).map((all) => all.join('.')), fc.string());
  await fc.assert(fc.asyncProperty(made, async (text) => {
    const { status } = await ask(here.socket, 'GET', `/v1/cache?${new URLSearchParams({ cursor: text })}`);
    assert.ok(status === 200 || status === 400, `${text}: ${status}`);
  }), { numRuns: 60 });
});
