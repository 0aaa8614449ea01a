// Ten thousand endpoints in one service: what fits is told, TC says that there is more, and single endpoints are found as ever. Knows a
// scenario of it.
import { test } from 'node:test';
import { runScenario } from '../../src/testing/scenario.ts';

const ENDPOINTS = 10_000, SLICE = 1000;
const address = (i: number) => `10.1.${Math.floor(i / 250)}.${1 + (i % 250)}`;
const slices = Array.from({ length: ENDPOINTS / SLICE }, (_, k) => {
  const endpoints = Array.from({ length: SLICE }, (__, i) => address(k * SLICE + i));
  return `    slice shop/big-${k} big http:80 ${endpoints.join(' ')}`;
});
const CLUSTER = `
. {
    kubernetes cluster.local in-addr.arpa {
        endpoint http://127.0.0.1:{{KUBE}}
    }
}
----
kube add
    namespace shop
    service shop/big None http:80
${slices.join('\n')}
`;
const ask = (how: string) => `ask big.shop.svc.cluster.local ${how}\n    NOERROR aa tc\n    ignore answer additional\n`;

test('a service with ten thousand endpoints is told as far as it fits', async () => {
  const last = address(ENDPOINTS - 1);
  await runScenario(`${CLUSTER}
${['A', 'A tcp', 'A +bufsize=1232', 'A +bufsize=65535', 'SRV', 'SRV tcp', 'SRV +bufsize=4096'].map(ask).join('')}
ask big.shop.svc.cluster.local AAAA
    NOERROR aa
    ignore authority
ask ${last.replaceAll('.', '-')}.big.shop.svc.cluster.local A
    NOERROR aa
    answer ${last.replaceAll('.', '-')}.big.shop.svc.cluster.local 5 IN A ${last}
ask ${last.split('.').reverse().join('.')}.in-addr.arpa PTR
    NOERROR aa
    answer ${last.split('.').reverse().join('.')}.in-addr.arpa 5 IN PTR ${last.replaceAll('.', '-')}.big.shop.svc.cluster.local
`);
});
test('what stands beside an answer that is whole is left out without TC (RFC 2181 section 9)', async () => {
  const some = Array.from({ length: 900 }, (_, i) => address(i));
  await runScenario(`${CLUSTER.slice(0, CLUSTER.indexOf('kube add'))}
kube add
    namespace shop
    service shop/med None http:80
    slice shop/med-1 med http:80 ${some.join(' ')}
    service shop/few None http:80
    slice shop/few-1 few http:80 ${some.slice(0, 20).join(' ')}
ask med.shop.svc.cluster.local SRV tcp
    NOERROR aa
    ignore answer additional
ask few.shop.svc.cluster.local SRV +bufsize=1232
    NOERROR aa
    ignore additional
${some.slice(0, 20).map((each) => {
    const name = 'few.shop.svc.cluster.local';
    return `    answer ${name} 5 IN SRV 0 5 80 ${each.replaceAll('.', '-')}.${name}`;
  }).join('\n')}
ask med.shop.svc.cluster.local SRV +bufsize=1232
    NOERROR aa tc
    ignore answer additional
`);
});
test('and one that shrinks is told whole again', async () => {
  await runScenario(`${CLUSTER}
${ask('A tcp')}
${slices.map((_, k) => `kube delete endpointslices shop/big-${k}\n`).join('')}
kube add
    slice shop/rest big http:80 172.17.0.1
until ask big.shop.svc.cluster.local A
    NOERROR aa
    answer big.shop.svc.cluster.local 5 IN A 172.17.0.1
ask ${address(0).replaceAll('.', '-')}.big.shop.svc.cluster.local A
    NXDOMAIN aa
    ignore authority
`);
});
