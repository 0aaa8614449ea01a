// Replies that nobody asked for, over UDP: who guesses, what he gets, and what no forger is. No network and no real time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { latin1 } from '../dns/latin1.ts';
import { Name } from '../dns/name.ts';
import { Scripted, reply, setUp } from './udp-rig.test.ts';

test('a reply to another question is passed over, and the right one still counts; one without a question does not', () => {
  const { ask, counts } = setUp();
  const { asking, socket, packet } = ask('a.test');
  const other = reply(packet);
  other[13] = 'b'.charCodeAt(0);
  socket.deliver(other);
  assert.deepEqual(asking.log, []);
  socket.deliver(reply(packet));
  assert.deepEqual(asking.log, [`answered ${packet.length}`]);
  const refused = ask('c.test');
  refused.socket.deliver(Uint8Array.from([...refused.packet.slice(0, 2), 0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0]));
  assert.deepEqual(refused.asking.log, ['mismatched']);
  assert.deepEqual(counts, { hit: counts.hit, miss: counts.miss, stray: 1, besieged: 0 });
});

test('who guesses ids at a known port has ten guesses: the socket goes, and what waited is asked over TCP', () => {
  const { ask, counts, overTcp, datagrams, clock } = setUp({ maxIdle: 1 }, new Scripted(0, 40000, 40001));
  const victims = [ask('a.test'), ask('b.test')];
  const { socket, packet } = victims[0]!;
  let kept = 0;
  for (let forged = 0; forged < 100_000; forged++) {
    const guess = reply(packet);
    [guess[0], guess[1]] = [(forged >> 8) & 255, forged & 255];
    if (!socket.closed) socket.deliver(guess);
    kept += victims[0]!.asking.log.length;
  }
  assert.equal(kept, 0);
  assert.equal(socket.closed, true);
  assert.deepEqual(overTcp, victims.map(({ asking }) => asking));
  assert.deepEqual([counts.stray, counts.besieged], [10, 1]);
  assert.notEqual(ask('c.test').socket, socket);
  assert.equal(datagrams.sockets.length, 2);
  return clock.elapse(5000).then(() => assert.deepEqual(victims[1]!.asking.log, []));
});

test('replies that come late or twice are no guesses', async () => {
  const { ask, counts, clock } = setUp({ readTimeout: 300, maxIdle: 1 });
  for (let i = 0; i < 40; i++) {
    const { socket, packet } = ask('a.test');
    if (i % 2 === 0) await clock.elapse(400);
    socket.deliver(reply(packet));
    socket.deliver(reply(packet));
  }
  assert.deepEqual([counts.stray, counts.besieged], [0, 0]);
});

test('a forged reply is never taken: wrong id, wrong socket, wrong question', () => {
  const forged = fc.record({
    id: fc.nat(65535), rightId: fc.boolean(), rightSocket: fc.boolean(), response: fc.boolean(),
    at: fc.nat(32), byte: fc.nat(255), cut: fc.nat(40), junk: fc.uint8Array({ maxLength: 60 }),
    kind: fc.constantFrom('whole', 'flip', 'cut', 'junk'),
  });
  fc.assert(fc.property(fc.array(forged, { maxLength: 20 }), (attempts) => {
    const { ask, datagrams } = setUp();
    const victim = ask('victim.example.org');
    for (let i = 0; i < 20; i++) ask(`other${i}.example.org`);
    for (const attempt of attempts) {
      let packet = reply(victim.packet);
      if (!attempt.response) packet[2] = 1;
      if (attempt.kind === 'flip') packet[12 + (attempt.at % (packet.length - 12))]! ^= attempt.byte & 0x5f;
      if (attempt.kind === 'cut') packet = packet.slice(0, attempt.cut);
      if (attempt.kind === 'junk') packet = Uint8Array.from([packet[0]!, packet[1]!, ...attempt.junk]);
      if (!attempt.rightId && packet.length > 1) [packet[0], packet[1]] = [attempt.id >> 8, attempt.id & 255];
      const foreign = datagrams.sockets.find((each) => each !== victim.socket) ?? victim.socket;
      const socket = attempt.rightSocket ? victim.socket : foreign;
      const genuine = socket === victim.socket && sameMessage(packet, reply(victim.packet));
      if (!genuine) socket.deliver(packet);
    }
    // A response without a question, from the right socket with the right id, is a refusal: nothing else ends the wait.
    assert.ok(victim.asking.log.every((line) => line === 'mismatched'), victim.asking.log.join());
    assert.ok(victim.asking.log.length < 2);
  }), { numRuns: 300 });
});
/** The same header id, QR and question, letters in any case. */
function sameMessage(a: Uint8Array, b: Uint8Array): boolean {
  const text = (bytes: Uint8Array) => latin1(bytes, 12, bytes.length - 4).toLowerCase();
  return a.length >= b.length && a[0] === b[0] && a[1] === b[1] && (a[2]! & 0x80) !== 0 && a[4] === 0 && a[5] === 1
    && text(a.subarray(0, b.length)) === text(b) && Buffer.compare(a.subarray(b.length - 4, b.length), b.subarray(-4)) === 0;
}

/** The name that a packet asks for, as it is spelled. */
const spelled = (packet: Uint8Array) => Name.read(packet, 12).text;
const LONG = 'a-name-with-many-letters-so-that-chance-is-small.example.org.';

test('letters are drawn at random, have to come back, and are not seen by who asked', () => {
  const { ask, counts, overTcp } = setUp({ randomCase: true });
  const seen = new Set<string>();
  for (let i = 0; i < 20; i++) {
    const { asking, socket, packet } = ask(LONG);
    seen.add(spelled(packet));
    assert.equal(spelled(packet).toLowerCase(), LONG);
    // The name once more as owner of a record, spelled out.
    const name = packet.slice(12, 12 + LONG.length + 1);
    const answer = Uint8Array.from([...reply(packet), ...name, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1]);
    answer[7] = 1;
    let heard = '';
    asking.answered = (bytes, _words, at, length) => {
      heard = latin1(bytes, at + 12, at + length);
    };
    socket.deliver(answer);
    assert.equal(heard.split('many').length, 3);
    assert.doesNotMatch(heard, /[A-Z]/);
  }
  assert.ok(seen.size > 15);
  assert.deepEqual([counts.stray, overTcp.length], [0, 0]);
});

test('a reply in other letters is asked for over TCP; an upstream that never keeps them is asked plainly', () => {
  const { ask, overTcp, counts } = setUp({ randomCase: true });
  const folded = (packet: Uint8Array) => {
    const copy = reply(packet);
    for (let i = 12; i < copy.length - 4; i++) if (copy[i]! >= 65 && copy[i]! <= 90) copy[i]! |= 32;
    return copy;
  };
  for (let i = 0; i < 3; i++) {
    const { asking, socket, packet } = ask(LONG);
    socket.deliver(folded(packet));
    assert.deepEqual([asking.log, overTcp.at(-1)], [[], asking]);
  }
  const { asking, socket, packet } = ask(LONG);
  assert.equal(spelled(packet), LONG);
  socket.deliver(folded(packet));
  assert.equal(asking.log.length, 1);
  assert.deepEqual([overTcp.length, counts.besieged], [3, 0]);
});
