// Questions and happenings told as they come, over the socket: who hears what, from where, how much of it, and how it ends.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import type { ClientRequest } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { parseAsk } from '../../testing/question.ts';
import { SERVED, ask, rig } from './rig.test.ts';
import type { Rig } from './rig.test.ts';

/** Real milliseconds after which something that is waited for is given up. */
const PATIENCE = 30_000;

interface Event {
  readonly event: string;
  readonly id: string;
  readonly data: { readonly [name: string]: unknown };
}
/** A reader of events. */
class Reader {
  readonly #request: ClientRequest;
  readonly #heard: () => void;
  readonly #here: Rig;
  text = '';
  status = 0;
  isOver = false;
  #changed = Promise.resolve();
  constructor(t: TestContext, here: Rig, path: string, headers: { readonly [name: string]: string } = {}) {
    this.#here = here;
    let heard = (): void => {};
    const wait = (): void => {
      this.#changed = new Promise((resolve) => (heard = resolve));
    };
    wait();
    this.#heard = () => {
      heard();
      wait();
    };
    const sent = { accept: 'text/event-stream', ...headers };
    this.#request = request({ socketPath: here.socket, path, headers: sent, agent: false }, (response) => {
      this.status = response.statusCode ?? 0;
      this.#heard();
      response.on('data', (chunk: Buffer) => {
        this.text += chunk.toString();
        this.#heard();
      });
      response.on('close', () => {
        this.isOver = true;
        this.#heard();
      });
      response.on('error', () => {});
    });
    this.#request.on('error', () => {});
    this.#request.end();
    t.after(() => this.leave());
  }
  leave(): void {
    this.#request.destroy();
  }
  get events(): readonly Event[] {
    return this.text.split('\n\n').slice(0, -1).filter((each) => !each.startsWith(':')).map((each) => {
      const fields = Object.fromEntries(each.split('\n').map((line) => /^(\w+): (.*)$/.exec(line)!.slice(1))) as { [name: string]: string };
      return { event: fields['event']!, id: fields['id']!, data: JSON.parse(fields['data']!) as Event['data'] };
    });
  }
  /** Resolves when something is so; the clock of the server goes on meanwhile, a tenth of a second at a time. */
  async until<T>(isSo: () => T | undefined | false): Promise<T> {
    const end = Date.now() + PATIENCE;
    for (;;) {
      const so = isSo();
      if (so !== undefined && so !== false) return so;
      if (Date.now() > end) throw new Error(`it did not come: ${this.text}`);
      await this.#here.server.elapse(100);
      await Promise.race([this.#changed, new Promise((resolve) => setTimeout(resolve, 5))]);
    }
  }
  /** Resolves when its head is there. */
  async begun(): Promise<this> {
    await this.until(() => this.status !== 0);
    return this;
  }
  /** The names that it was told of. */
  get names(): readonly unknown[] {
    return this.events.flatMap(({ data: { queries = [] } }) => (queries as readonly { readonly name: string }[]).map(({ name }) => name));
  }
}
const question = ({ server }: Rig, text: string) => server.ask(parseAsk(text));

test('questions are told as they come, by a filter, and a reader that comes back goes on where it was', async (t) => {
  const here = await rig(t, SERVED);
  await question(here, 'before.example.org A');
  const all = await new Reader(t, here, '/v1/queries').begun();
  const some = await new Reader(t, here, '/v1/queries?filter=type:AAAA%20not%20other').begun();
  for (const each of ['www.example.org A', 'www.example.org AAAA', 'other.example.org AAAA']) await question(here, each);
  await all.until(() => all.names.length === 3);
  assert.deepEqual(all.names, ['www.example.org.', 'www.example.org.', 'other.example.org.']);
  const { data, id } = all.events.at(-1)!;
  assert.deepEqual([data['every'], data['lost']], [1, 0]);
  await some.until(() => some.events.length === 1);
  assert.deepEqual(some.names, ['www.example.org.']);
  assert.deepEqual([some.events[0]!.data['seen'], some.events[0]!.data['matched']], [3, 1]);
  all.leave();
  await question(here, 'meanwhile.example.org A');
  const again = await new Reader(t, here, '/v1/queries', { 'last-event-id': id }).begun();
  await again.until(() => again.names.length > 0);
  assert.deepEqual(again.names, ['meanwhile.example.org.']);
  // What another process said says nothing here: all that is kept is told.
  const other = await new Reader(t, here, '/v1/queries', { 'last-event-id': '1-0:4000000000' }).begun();
  await other.until(() => other.names.length === 5);
  const made = await new Reader(t, here, '/v1/queries', { 'last-event-id': 'made up' }).begun();
  assert.equal(made.status, 400);
});

test('of more than 200 rows one in so many is told, evenly, and how many they stand for', async (t) => {
  const here = await rig(t, SERVED);
  const reader = await new Reader(t, here, '/v1/queries?filter=under:example.org').begun();
  for (let i = 0; i < 900; i++) await question(here, `n${i}.example.org A`);
  await reader.until(() => reader.names.length > 0);
  const [{ data }] = reader.events as [Event];
  assert.deepEqual([data['seen'], data['matched'], data['every'], data['lost']], [900, 900, 8, 0]);
  assert.deepEqual(reader.names, Array.from({ length: 113 }, (_, i) => `n${i * 8}.example.org.`));
});

test('a reader that was lapped is told how many it did not see', async (t) => {
  const here = await rig(t, SERVED);
  const reader = await new Reader(t, here, '/v1/queries?filter=last').begun();
  for (let i = 0; i < 4100; i++) await question(here, i === 4099 ? 'last.example.org A' : 'www.example.org A');
  await reader.until(() => reader.names.length > 0);
  assert.equal(reader.events[0]!.data['lost'], 4);
});

test('loads and warnings are told, and again to whoever comes back', async (t) => {
  const here = await rig(t, SERVED);
  const reader = await new Reader(t, here, '/v1/events').begun();
  here.server.rewrite('.:53 {\n');
  await here.server.reload();
  here.server.rewrite(await here.around.fill(SERVED.replace('cache 30', 'cache 60')));
  await here.server.reload();
  await reader.until(() => reader.events.length === 2);
  const [warning, load] = reader.events as [Event, Event];
  assert.deepEqual([warning.event, warning.data['level'], load.event, load.data['first']], ['warning', 'ERROR', 'load', false]);
  assert.match(String(warning.data['text']), /^Restart failed: /);
  const again = await new Reader(t, here, '/v1/events', { 'last-event-id': warning.id }).begun();
  await again.until(() => again.events.length === 1);
  assert.deepEqual(again.events, [load]);
  await again.until(() => again.text.includes('\n\n:\n\n'));
  assert.equal((await new Reader(t, here, '/v1/events?after=x').begun()).status, 400);
});

test('thirty-two watch at once, who is the next is told so, and nobody else waits for them', async (t) => {
  const here = await rig(t, SERVED);
  const paths = ['/v1/events', '/v1/queries'];
  const readers = await Promise.all(Array.from({ length: 32 }, (_, i) => new Reader(t, here, paths[i % 2]!).begun()));
  assert.ok(readers.every(({ status }) => status === 200));
  const late = await new Reader(t, here, '/v1/queries').begun();
  assert.equal(late.status, 503);
  assert.equal((await ask(here.socket, 'GET', '/v1/status')).status, 200);
  readers[0]!.leave();
  await late.until(() => readers[0]!.isOver);
  for (let status = 503; status !== 200;) ({ status } = await new Reader(t, here, '/v1/queries').begun());
});

test('a reader that never reads is cut, and others hear on', async (t) => {
  const here = await rig(t, SERVED);
  const silent = connect(here.socket);
  silent.write('GET /v1/queries HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n');
  await new Promise((resolve) => silent.once('readable', resolve));
  silent.pause();
  t.after(() => silent.destroy());
  const cut = new Promise<void>((resolve) => silent.once('close', () => resolve()).on('error', () => {}));
  const reader = await new Reader(t, here, '/v1/queries?filter=www').begun();
  const name = (i: number) => `${'x'.repeat(50)}.n${i}.example.org A`;
  // It takes what its socket has room for; then thirty seconds pass in which it takes nothing.
  for (let rounds = 0; rounds < 100; rounds++) {
    for (let i = 0; i < 200; i++) await question(here, name(i));
    await here.server.elapse(1000);
  }
  silent.resume();
  await cut;
  await question(here, 'www.example.org A');
  await reader.until(() => reader.names.length === 1);
});

test('the end of a server ends its streams', async (t) => {
  const here = await rig(t, SERVED);
  const reader = await new Reader(t, here, '/v1/events').begun();
  await here.server.close();
  await reader.until(() => reader.isOver);
});
