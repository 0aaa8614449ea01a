// Signatures of the records that prove a name, where the zone around it is signed as a whole: what is answered beside the zone is signed as
// what is in it. Knows zones with keys and sets; knows nothing of orders. Main's.
import { SetSigner } from '../../../authority/signing/set-signer.ts';
import { signingOf } from '../../../authority/signing/settings.ts';
import { RollingKeys } from '../../../authority/zone-keys/rolling-keys.ts';
import type { Name } from '../../../dns/name.ts';
import { rr } from '../../../dns/rr.ts';
import { CLASS, TYPE } from '../../../dns/type-name.ts';
import { TXT } from '../../../dns/types.ts';
import { SetForm } from '../../../dnssec/set-form.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { Site } from '../../../kernel/site/site.ts';

/** The data of the RRSIG records of such a set, whose time to live is 0; none where no zone with keys is around the name. */
export function proofSignatures(site: Site, clock: Clock, name: Name, texts: readonly string[]): readonly Uint8Array[] {
  const settings = signingOf(site, name);
  if (settings === undefined) return [];
  const around = RollingKeys.openIn(settings.keys.folder, clock).filter(({ zone }) => name.isUnder(zone));
  const keys = around.toSorted((one, other) => other.zone.raw.length - one.zone.raw.length)[0];
  if (keys === undefined) return [];
  const form = new SetForm().begin(TYPE.TXT, CLASS.IN, name.folded.octets);
  for (const text of texts) form.add(rr(name, TXT, 0, { texts: [text] }).rdata);
  form.sort();
  const made: Uint8Array[] = [];
  const { plan } = keys;
  const signer = new SetSigner(plan, Math.floor(clock.wall() / 1000), false, []);
  signer.sign(form, plan.forOthers, 0, 0, (data) => made.push(data));
  return made;
}
