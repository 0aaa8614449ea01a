// What is known of one client's question, whatever is asked because of it: its trail, its remarks, under what it is logged.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { standard } from '../../plugins/index.ts';
import { runScenario } from '../../testing/scenario.ts';
import { loneQuery } from '../../testing/lone-query.ts';
import { insert } from '../site/order.ts';
import { definePlugin } from '../site/plugin.ts';
import type { Log } from '../seen/log.ts';
import { apart, derive, release } from './derive.ts';
import { upon } from './outcome.ts';
import type { Remark } from './notes.ts';
import { Trail, hopOf } from './trail.ts';

/** Logs where a question has been and what was remarked, when its answer is there. */
const explain = definePlugin({
  name: 'explain', parse: () => undefined,
  create() {
    let log: Log;
    return {
      start: (run) => void (log = run.log.prefix('explain')),
      handle(query, next) {
        query.journey.listen();
        return upon(next(query), (outcome, asked) => {
          const { trail, notes } = asked.journey;
          log.info(`${asked.name.text} ${trail.names.join(' ')}: ${notes!.texts.join(', ')}`);
          return outcome;
        }, query);
      },
    };
  },
});
const asked: Remark = (length, type) => `${length} octets of type ${type} passed`;
/** Remarks on every question, whether somebody listens or not. */
const remark = definePlugin({
  name: 'remark', parse: () => undefined,
  create: () => ({
    handle(query, next) {
      query.note(asked, query.nameLength, query.type);
      return next(query);
    },
  }),
});
const plugins = insert(insert(standard, explain, { before: 'dns64' }), remark, { before: 'forward' });

test('the trail of a question through cache, rewrite and forward, and of one that dns64 asks as well', () => runScenario(`
==== a question that is forwarded, and one that is kept
. {
    explain
    cache
    rewrite name old.test new.test
    remark
    forward . {{UPSTREAM}}
}
----
upstream new.test A
    NOERROR
    answer new.test 60 IN A 192.0.2.1
ask old.test A
    NOERROR
    answer old.test 60 IN A 192.0.2.1
log plugin/explain: old.test. explain rewrite cache remark forward: rule 1 .*, 10 octets of type 1 passed, .* answered in .*, kept 60 s 
ask old.test A
    NOERROR
    ignore flags
    answer old.test 60 IN A 192.0.2.1
log plugin/explain: old.test. explain rewrite cache: rule 1 .*, kept answer: 

==== a question because of a question
. {
    dns64
    explain
    remark
    hosts {
        192.0.2.1 four.test
    }
}
----
ask four.test AAAA from 2001:db8::1
    NOERROR
    answer four.test 600 IN AAAA 64:ff9b::c000:201
log plugin/explain: four.test. explain dns64 hosts resolve explain dns64 hosts: from /etc/hosts .*, from /etc/hosts 
`, { plugins }));

test('a trail tells the last 32 hops, in order', () => {
  fc.assert(fc.property(fc.array(fc.constantFrom('one', 'two', 'three'), { maxLength: 80 }), (hops) => {
    const trail = new Trail();
    for (const hop of hops) trail.enter(hopOf(hop));
    assert.deepEqual(trail.names, hops.slice(-32));
    assert.deepEqual(trail.copy().names, trail.names);
    assert.equal(trail.last, hops.at(-1) ?? '');
    trail.clear();
    assert.deepEqual(trail.names, []);
  }));
});

test('eight remarks are kept, and none where nobody listens', () => {
  const query = loneQuery('a.test', 1);
  query.note((a) => `${a}`, 0);
  assert.equal(query.journey.notes, undefined);
  const notes = query.journey.listen();
  for (let i = 1; i <= 10; i++) derive(query, {}).note((a, b) => `${a}/${b}`, i, -i);
  assert.deepEqual(notes.texts, ['1/-1', '2/-2', '3/-3', '4/-4', '5/-5', '6/-6', '7/-7', '8/-8']);
  notes.clear();
  assert.deepEqual(notes.texts, []);
});

test('a derived query shares its journey; one that outlives it has its own', () => {
  const query = loneQuery('a.test', 1);
  query.journey.received = 7;
  const shared = derive(query, { type: 28 });
  shared.extendedError = { code: 3, text: 'old' };
  assert.equal(query.extendedError?.code, 3);
  const copy = apart(query);
  const further = derive(query, { journey: query.journey.further() });
  assert.deepEqual([copy.extendedError, copy.received, copy.depth, further.depth], [undefined, 7, 0, 1]);
  query.arrive(query.length, query.channel);
  assert.equal(copy.received, 7);
  assert.equal(shared.type, 28);
  release(shared);
  assert.equal(derive(query, {}), shared, 'its memory is used again');
});
