// All names of a zone as they are signed, in a scratch. Knows versions, names in their order and the chain; publishes nothing.
import { TYPE } from '../../dns/type-name.ts';
import { HASH_LENGTH, hashName } from '../../dnssec/hashed-name.ts';
import type { Memory } from '../../store/memory.ts';
import { OrderedPages } from '../../store/ordered-pages.ts';
import { BELOW, CUT } from '../zone/nodes.ts';
import { Plan } from '../zone/plan.ts';
import { sortNames } from '../zone/sort-names.ts';
import { HASHED, NAMES } from '../zone/version.ts';
import { ITERATIONS, SALT, nsec3Data, nsecData, provenByHash, sortHashes, writeHashOwner } from './chain.ts';
import type { SetSigner } from './set-signer.ts';
import { isSigning } from './signed-scratch.ts';
import type { How, SignedScratch } from './signed-scratch.ts';

const { DS, NSEC, NSEC3 } = TYPE;

/** Fills the scratch with what the version that is not signed has, signed; `before` is the signed one that is replaced, or 0. */
export async function signWhole(
  memory: Memory, to: SignedScratch, how: How, signer: SetSigner, unsigned: number, before: number,
): Promise<void> {
  const { words } = memory;
  for (const node of new OrderedPages(memory).entries(words[unsigned + NAMES]!)) to.copy(node);
  to.planned();
  if (!isSigning(how.plan)) return;
  const names = to.scratch.list();
  sortNames(names, to.scratch);
  const plan = new Plan(names, to.scratch, memory.hash);
  const hashed = how.chain === 'nsec' ? chainNames(plan, to) : chainHashes(plan, to, how);
  const root = before === 0 ? 0 : words[before + NAMES]!;
  for (let i = 0; i < plan.count; i++) {
    if (plan.name[i] === 0 || (plan.flags[i]! & BELOW) !== 0) continue;
    to.sign(plan.name[i]!, (plan.flags[i]! & CUT) !== 0, root);
    if (signer.isCrowded) await signer.room();
  }
  const hashes = before === 0 ? 0 : words[before + HASHED]!;
  for (const name of hashed) {
    to.signHash(name, hashes);
    if (signer.isCrowded) await signer.room();
  }
  await signer.finish();
}

function chainNames(plan: Plan, to: SignedScratch): readonly number[] {
  const own: number[] = [];
  for (let i = 0; i < plan.count; i++) if (plan.name[i] !== 0 && (plan.flags[i]! & BELOW) === 0) own.push(i);
  for (let k = 0; k < own.length; k++) {
    const i = own[k]!;
    const next = own[(k + 1) % own.length]!;
    to.own(to.scratch.bytes, plan.at[next]!, plan.length[next]!);
    const types = to.typesOf(plan.name[i]!);
    to.deny(plan.name[i]!, NSEC, nsecData(to.owner, to.ownerLength, types, (plan.flags[i]! & CUT) !== 0));
  }
  return [];
}
/** Says the names that are hashes. */
function chainHashes(plan: Plan, to: SignedScratch, { chain }: How): readonly number[] {
  const own = provenByHash(plan, chain, (name) => to.typesOf(name).includes(DS));
  const hashes = new Uint8Array(own.length * HASH_LENGTH);
  own.forEach((i, k) => {
    to.own(to.scratch.bytes, plan.at[i]!, plan.length[i]!);
    hashName(to.owner, 0, SALT, ITERATIONS, hashes, k * HASH_LENGTH);
  });
  const order = sortHashes(hashes, own.length);
  const hashed: number[] = [];
  for (let k = 0; k < order.length; k++) {
    const i = own[order[k]!]!;
    const name = plan.name[i]!;
    const next = order[(k + 1) % order.length]! * HASH_LENGTH;
    const data = nsec3Data(hashes, next, name === 0 ? [] : to.typesOf(name), (plan.flags[i]! & CUT) !== 0, chain);
    const length = writeHashOwner(hashes, order[k]! * HASH_LENGTH, to.scratch.zone, to.owner);
    const hash = to.scratch.owner(to.owner, length);
    to.deny(hash, NSEC3, data);
    hashed.push(hash);
  }
  return hashed;
}
