// In a chain of secondaries none begins to count anew when a zone expires (RFC 7314): ours in the middle of it, and behind Knot and BIND.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { standard } from '../../src/plugins/index.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { serve } from '../../src/testing/served.ts';
import { AUTHORITIES, blockOf } from './authorities.ts';
import { missing, output, scratch, until } from './programs.ts';

const ZONE = 'example.test', KEY = 'one.key', SECRET = 'NWYwM2Y0NGIxMDI5OGRmZmFiNGUyMDYw', EXPIRE = 1_209_600;
const whose = { zone: ZONE, key: KEY, secret: SECRET };
const TEXT = `$ORIGIN ${ZONE}.\n@ 60 IN SOA ns host 1 1 1 ${EXPIRE} 60\n@ 60 IN NS ns\nns 60 IN A 192.0.2.53\n`;
const pulled = (port: number): string =>
  `secondary {\ntransfer from 127.0.0.1:${port}\nkey ${KEY}\nexpire_option\n}\ntransfer {\nto key ${KEY}\n}`;

/** Seconds for which a server there says that the zone may be served; undefined where it says none. */
async function left(port: number): Promise<number | undefined> {
  const said = await output('dig', ['@127.0.0.1', '-p', String(port), '+time=10', '+tries=1', '+expire', ZONE, 'SOA']);
  const [, seconds] = /EXPIRE: (\d+)/.exec(said) ?? [];
  return seconds === undefined ? undefined : Number(seconds);
}
const AWARE = AUTHORITIES.filter(({ name }) => name !== 'NSD');

for (const authority of AWARE) {
  for (const order of ['in the middle', 'at the end'] as const) {
    test(`${authority.name} ${order} of a chain: time goes on for all when the first is gone`, {
      skip: missing(...authority.programs, 'dig'),
    }, async (t) => {
      const [folder, theirs] = [scratch(t), scratch(t)];
      const [first, middle, last] = [await freePort(), await freePort(), await freePort()];
      writeFileSync(path.join(folder, 'zone'), TEXT);
      const primary = await serve(blockOf(whose, first, `file ${folder}/zone\ntransfer {\nto key ${KEY}\n}`), standard);
      let isGone = false;
      t.after(() => (isGone ? undefined : primary.close()));
      const inMiddle = order === 'in the middle';
      const [port, peer] = inMiddle ? [middle, first] : [last, middle];
      const running = authority.secondary(t, { folder: theirs, zone: ZONE, key: KEY, secret: SECRET, port, peer });
      const ours = await serve(blockOf(whose, inMiddle ? last : middle, pulled(inMiddle ? middle : first)), standard);
      t.after(() => ours.close());
      const said = (): string => `${running.printed()}\n${ours.log()}`;
      // Each asks its primary every second or two, so what is left is about all of it.
      await until('the zone is at the end', async () => (await left(last) ?? 0) > EXPIRE - 60, said);
      isGone = true;
      await primary.close();
      const before = await left(last);
      await until('time goes on at the end', async () => (await left(last) ?? EXPIRE) < before! - 5, said);
    });
  }
}
