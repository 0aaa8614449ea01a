// Whatever a query reads of shared memory stays until it has read it, also when it reads late: behind a part that awaits, in a label of a
// late log line, in whatever looks at a late reply.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Key } from '../../store/key.ts';
import type { Store } from '../../store/store.ts';
import { Computed } from '../../authority/computed.ts';
import { Lookup } from '../../authority/lookup.ts';
import type { Backend } from '../../authority/backend.ts';
import { ServedZones } from '../../authority/served-zones.ts';
import { Name } from '../../dns/name.ts';
import { record } from '../../dns/rr.ts';
import { NEVER } from '../site/fallthrough.ts';
import log from '../../plugins/log/index.ts';
import metadata from '../../plugins/metadata/index.ts';
import rewrite from '../../plugins/rewrite/index.ts';
import whoami from '../../plugins/whoami/index.ts';
import { InProcess } from '../../testing/in-process.ts';
import { parseAsk } from '../../testing/question.ts';
import type { Answer } from '../query/outcome.ts';
import { onReply, upon } from '../query/outcome.ts';
import type { Query } from '../query/query.ts';
import { definePlugin } from '../site/plugin.ts';
import type { Handler, Part } from '../site/plugin.ts';

const SIZE = 64;
const later = () => new Promise((resolve) => setImmediate(resolve));

test('who got an answer finds its line in the log', async () => {
  const server = new InProcess([log, rewrite, whoami]);
  try {
    assert.equal(await server.start('. {\n    log . {name}\n    whoami\n}\n'), undefined);
    await server.ask(parseAsk('a.test A'));
    assert.match(server.written, /\[INFO\] a\.test\.\n$/);
  } finally {
    await server.close();
  }
});

/** Finds an entry, has it replaced, its memory recycled and filled with something else, and reads it. */
function readWhileItGoes(store: Store): string {
  const key = new Key().named('\x03own\x00', 1);
  const map = store.byteMap('late');
  const put = (letter: string) => map.put(key, Buffer.alloc(SIZE, letter));
  put('o');
  const entry = map.find(key);
  assert.ok(entry !== 0);
  put('n');
  store.recycle();
  const foreign = new Key().named('\x03its\x00', 1);
  for (let i = 0; i < 50; i++) {
    foreign.flavour = i;
    map.put(foreign, Buffer.alloc(SIZE, 'f'));
  };
  const at = map.bytesAt(entry);
  const read = Buffer.from(map.bytes.slice(at, at + SIZE)).toString();
  map.clear();
  store.recycle();
  return read;
}

/** Asks a server with these parts, in this order, and says what was read of the entry, each time that it was. */
async function readBy(
  make: (read: () => string) => Partial<Record<'first' | 'second', Part>>, corefile: string,
): Promise<readonly string[]> {
  const found: string[] = [];
  let store: Store;
  const parts = make(() => {
    found.push(readWhileItGoes(store));
    return found.at(-1)!;
  });
  const named = (name: 'first' | 'second') => definePlugin({
    name, parse: () => undefined,
    create: () => ({ ...parts[name], start: (run) => void ({ store } = run) }),
  });
  const server = new InProcess([metadata, log, rewrite, named('first'), named('second')]);
  assert.equal(await server.start(corefile), undefined);
  await server.ask(parseAsk('late. A'));
  const lines = server.log();
  await server.close();
  return [...found, ...lines];
}
const OLD = 'o'.repeat(SIZE);
const BOTH = '. {\n first\n second\n}\n';
const replying: Part = { handle: (query) => query.reply() };
/** A part that hands on in another turn. */
const awaiting: Part = {
  async handle(query, next) {
    await later();
    return next(query);
  },
};

test('behind a part that awaits', async () => {
  const read = await readBy((now) => ({
    first: awaiting,
    second: {
      handle(query) {
        now();
        return query.reply();
      },
    },
  }), BOTH);
  assert.deepEqual(read, [OLD]);
});

test('in a label of a late log line', async () => {
  const read = await readBy((now) => ({ first: { ...awaiting, metadata: { 'late/label': () => now() } }, second: replying }),
    '. {\n metadata\n log . "{/late/label}"\n first\n second\n}\n');
  assert.deepEqual(read, [OLD, `[INFO] ${OLD}`]);
});

test('in a label that is asked for behind an await', async () => {
  const read = await readBy((now) => ({
    first: {
      metadata: { 'late/label': () => now() },
      async handle(query) {
        await later();
        query.label('late/label');
        return query.reply();
      },
    },
  }), '. {\n metadata\n first\n}\n');
  assert.deepEqual(read, [OLD]);
});

for (const [word, look] of Object.entries({ upon, onReply })) {
  test(`in what ${word} runs late`, async () => {
    const read = await readBy((now) => {
      const after = (reply: Awaited<Answer>) => {
        now();
        return reply;
      };
      return { first: { handle: (query: Query, next: Handler) => look(next(query), after as never, query) }, second: awaitingReply };
    }, BOTH);
    assert.deepEqual(read, [OLD]);
  });
}
const awaitingReply: Part = {
  async handle(query) {
    await later();
    return query.reply();
  },
};

test('in the records of a source that was asked itself', async () => {
  const read = await readBy((now) => {
    const backend: Backend = {
      zones: new ServedZones([Name.parse('late.')]), fallthrough: NEVER, ttl: 5, unknown: 'failure',
      incomplete: () => undefined,
      async at() {
        await later();
        return {
          write(_type, reply) {
            now();
            reply.append(record(Name.parse('late.'), 1, 1, 5, Uint8Array.of(1, 2, 3, 4)), 6);
          },
        };
      },
    };
    const lookup = new Lookup(new Computed(backend));
    return { first: { handle: (query, next) => lookup.handle(query, next) } };
  }, '. {\n first\n}\n');
  assert.deepEqual(read, [OLD]);
});

test('in what rewrite, whose rules change the reply, is followed by', async () => {
  const read = await readBy((now) => ({
    first: {
      handle: (query, next) => upon(next(query), (outcome) => {
        now();
        return outcome;
      }, query),
    },
    second: awaitingReply,
  }), '. {\n rewrite name exact late. other.\n first\n second\n}\n');
  assert.deepEqual(read, [OLD]);
});

test('in a question that a late answer leads to', async () => {
  const read = await readBy((now) => ({
    first: {
      handle(query) {
        if (query.name.text === 'inner.') {
          now();
          return query.reply();
        }
        return later().then(() => query.resolve({ name: Name.parse('inner.') }));
      },
    },
  }), '. {\n first\n}\n');
  assert.deepEqual(read, [OLD]);
});

test('in the part below one that was asked twice, the second time late', async () => {
  const read = await readBy((now) => ({
    first: {
      async handle(query, next) {
        await next(query);
        await later();
        return next(query);
      },
    },
    second: {
      handle(query) {
        now();
        return query.reply();
      },
    },
  }), BOTH);
  assert.deepEqual(read, [OLD, OLD]);
});

test('while parts start', async () => {
  const found: string[] = [];
  const starting = definePlugin({
    name: 'first', parse: () => undefined,
    create: () => ({
      control: ({ store }) => void found.push(readWhileItGoes(store)),
      start: ({ store }) => void found.push(readWhileItGoes(store)),
      handle: (query) => query.reply(),
    }),
  });
  const server = new InProcess([starting]);
  assert.equal(await server.start('. {\n first\n}\n'), undefined);
  await server.close();
  assert.deepEqual(found, [OLD, OLD]);
});
