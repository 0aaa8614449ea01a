// Rollovers seen by validators: whatever happens in a made-up world, at every moment each way from a DS to a DNSKEY set to a signature that
// caches may have validates, and in the end everything is in place.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { algorithmNumber } from '../dnskey.ts';
import { TYPE } from '../../dns/type-name.ts';
import { dutiesOf } from './duties.ts';
import { POLICIES, World, zone } from './made-world.test.ts';
import { isIn, stageOf } from './state.ts';
import type { Role } from './state.ts';

const HOUR = 3600, DAY = 86_400;

/** One thing that happens, as chance has it. */
function happen(world: World): void {
  const { draw } = world;
  switch (draw(16)) {
    case 0: {
      const [roles, algorithm] = POLICIES[draw(POLICIES.length)]!;
      world.policy = { ...world.policy, roles, algorithm };
      break;
    }
    case 1: world.orders = [...world.policy.roles]; break;
    case 2: world.orders = [world.policy.roles[draw(2)] ?? 'zsk']; break;
    case 3: world.zoneTtl = 60 + draw(2 * DAY); break;
    case 4: world.isUp = false; break;
    case 5: world.setClock(draw(2) === 0 ? draw(30 * DAY) : -draw(30 * DAY)); break;
    case 6: world.hold(draw(3) === 0); break;
    case 7: world.policy = { ...world.policy, lifetimes: new Map(draw(2) === 0 ? [] : [['zsk', 5 * DAY], ['csk', 40 * DAY], ['ksk',
      60 * DAY]]) }; break;
    case 8: case 9: case 10: world.takeCds(false); break;
    default: world.look(10);
  }
  world.turn();
  world.pass(draw(3) === 0 ? draw(3 * DAY) : draw(HOUR));
  world.turn();
}
/** Nothing more is wanted, and everybody does what he shall: where it ends. */
function settle(world: World): void {
  world.mayCrash = false;
  world.policy = { ...world.policy, lifetimes: new Map() };
  world.turn();
  world.hold(false);
  for (let day = 0; day < 60; day++) {
    world.turn();
    world.takeCds(true);
    world.pass(DAY);
    world.look(0);
    world.turn();
  }
}
function inPlace({ state, policy }: World): string[] {
  return [
    ...state.keys.map(({ role, data, isWanted, dnskey, signatures, ds }) =>
      `${role} ${algorithmNumber(data)} ${isWanted} ${dnskey.presence} ${signatures.presence} ${ds.presence}`),
    `${policy.algorithm}`,
  ].sort();
}
function expected({ policy: { roles, algorithm } }: World): string[] {
  const at = (is: boolean): string => (is ? 'omnipresent' : 'hidden');
  return [...roles.map((role) => `${role} ${algorithm} true omnipresent ${at(role !== 'ksk')} ${at(role !== 'zsk')}`),
    `${algorithm}`].sort();
}

test('whatever happens, every cache validates, and in the end everything is in place', () => {
  fc.assert(fc.property(fc.integer(), (seed) => {
    const world = new World(seed);
    world.mayCrash = world.draw(2) === 0;
    world.turn();
    for (let i = 0; i < 120; i++) happen(world);
    settle(world);
    assert.deepEqual(inPlace(world), expected(world), world.tell());
  }), { numRuns: 25 });
});

test('a crash between any two writes, once or again and again, ends where no crash ends', () => {
  fc.assert(fc.property(fc.integer(), fc.array(fc.constantFrom(...POLICIES), { minLength: 1, maxLength: 3 }), (seed, policies) => {
    const [calm, crashing] = [new World(seed), new World(seed)];
    for (const world of [calm, crashing]) {
      world.mayCrash = world === crashing;
      for (const [roles, algorithm] of policies) {
        world.policy = { ...world.policy, roles, algorithm };
        for (let day = 0; day < 25; day++) {
          world.turn();
          world.takeCds(true);
          world.pass(DAY);
          world.look(0);
        }
      }
      settle(world);
    }
    assert.deepEqual(inPlace(crashing), inPlace(calm));
    assert.deepEqual(inPlace(calm), expected(calm));
  }), { numRuns: 15 });
});

/** A world with the keys of a policy in place. */
function settled(roles: readonly Role[], algorithm: number): World {
  const world = new World(1);
  world.policy = { ...world.policy, roles, algorithm };
  settle(world);
  return world;
}
/** What the keys are at, in a word each. */
const stages = ({ state }: World): string[] => state.keys.map((key) => `${key.role} ${algorithmNumber(key.data)} ${stageOf(key)}`);
/** The stages that are passed while days go by, each once. */
function passed(world: World, days: number, parent: (world: World) => void): string[] {
  const seen: string[] = [];
  for (let hour = 0; hour < days * 24; hour++) {
    world.turn();
    const now = stages(world).join(', ');
    if (seen.at(-1) !== now) seen.push(now);
    parent(world);
    world.pass(HOUR);
    world.look(0);
  }
  return seen;
}
const takes = (world: World): void => world.takeCds(true);
const sleeps = (): void => {};

test('a ZSK is shown before it signs, and gone when nobody has what it signed; the parent is not needed', () => {
  const world = settled(['ksk', 'zsk'], 13);
  world.orders = ['zsk'];
  assert.deepEqual(passed(world, 3, sleeps), [
    'ksk 13 active, zsk 13 retired, zsk 13 published', 'ksk 13 active, zsk 13 retired, zsk 13 active', 'ksk 13 active, zsk 13 active',
  ]);
});

test('a CSK is doubled until all servers of the parent have shown its DS for its TTL, however long that takes', () => {
  const world = settled(['csk'], 13);
  world.orders = ['csk'];
  assert.deepEqual(passed(world, 400, sleeps), ['csk 13 retired, csk 13 published', 'csk 13 retired, csk 13 ready']);
  const { records, forKeys, forOthers } = dutiesOf(zone, world.state);
  assert.deepEqual([records.map(({ type }) => type), forKeys.length, forOthers.length],
    [[TYPE.DNSKEY, TYPE.DNSKEY, TYPE.CDS, TYPE.CDNSKEY], 2, 1]);
  // One server alone has it: nothing goes on.
  world.takeCds(true);
  world.coming = world.coming.filter(({ server }) => server === 0);
  assert.deepEqual(passed(world, 30, sleeps), ['csk 13 retired, csk 13 ready']);
  assert.deepEqual(passed(world, 10, takes), ['csk 13 retired, csk 13 ready', 'csk 13 retired, csk 13 active', 'csk 13 active']);
});

test('a new algorithm signs, then is shown, then is what the DS says; the old one goes the other way round', () => {
  const world = settled(['csk'], 13);
  world.policy = { ...world.policy, algorithm: 15 };
  const seen: string[] = [];
  for (let hour = 0; hour < 20 * 24; hour++) {
    world.turn();
    const told = world.state.keys.map((key) =>
      `${algorithmNumber(key.data)} ${[key.signatures, key.dnskey, key.ds].map((phase) => +isIn(phase)).join('')}`);
    if (seen.at(-1) !== told.join(' ')) seen.push(told.join(' '));
    world.takeCds(true);
    world.pass(HOUR);
    world.look(0);
  }
  assert.deepEqual(seen, [
    '13 111 15 100', '13 111 15 110', '13 110 15 111', '13 100 15 111', '15 111',
  ]);
});

test('back to unsigned: the parent is asked to have no DS, and only then the zone loses its keys', () => {
  const world = settled(['ksk', 'zsk'], 13);
  world.policy = { ...world.policy, roles: [] };
  passed(world, 100, sleeps);
  const { records, forOthers } = dutiesOf(zone, world.state);
  assert.deepEqual(records.filter(({ type }) => type !== TYPE.DNSKEY).map(({ type, data }) => [type, Buffer.from(data).toString('hex')]),
    [[TYPE.CDS, '0000000000'], [TYPE.CDNSKEY, '0000030000']]);
  assert.equal(forOthers.length, 1);
  passed(world, 10, takes);
  assert.deepEqual([world.state.keys, dutiesOf(zone, world.state)], [[], { records: [], forKeys: [], forOthers: [] }]);
});

test('what is held stays as it is', () => {
  const world = settled(['csk'], 13);
  world.orders = ['csk'];
  passed(world, 3, sleeps);
  world.hold(true);
  assert.deepEqual(passed(world, 30, takes), ['csk 13 retired, csk 13 ready']);
  world.hold(false);
  assert.deepEqual(passed(world, 10, takes).at(-1), 'csk 13 active');
});

test('where nobody can ask the parent, it goes on when somebody confirms it, and not before the TTL', () => {
  const world = settled(['csk'], 13);
  world.orders = ['csk'];
  passed(world, 3, sleeps);
  world.isParentSilent = true;
  assert.deepEqual(passed(world, 20, takes), ['csk 13 retired, csk 13 ready']);
  const { now } = world;
  world.confirm();
  assert.deepEqual(passed(world, 10, takes), ['csk 13 retired, csk 13 ready', 'csk 13 retired, csk 13 active', 'csk 13 active']);
  assert.ok(world.state.keys[0]!.ds.since >= now + world.parentTtl);
});
