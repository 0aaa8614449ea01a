// The names that the package promises to plugins and tools, one list an entry. A name that is added or taken away is seen
// here first. Knows names, nothing of what they mean.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { read, root } from './gates/checkout.ts';

/** The values that each entry exports, in alphabetical order. */
const promised: Readonly<Record<string, string>> = {
  'src/index.ts': `
    A AA AAAA AD ADDITIONAL ANSWER AnyClass Asker CAA CD CNAME CorefileError DNAME Deadline HINFO HTTPS INFO_CODE Lookup MX NAPTR
    NEVER NS Name NameError PTR PerServer QR RA RCODE RD SLIM_TIME_BUCKETS SOA SPF SRV SVCB SearchPaths Slot TC TIME_BUCKETS TXT
    Table Transfers URI ViewFilter Zones changesOf classOf classify compileRegexp counter covers definePlugin derive drop elapsed
    every failure gauge histogram insert main minimalTtl onReply openKubernetes parseDuration parseRR printRR readFallthrough
    readPeer record rr showAt standard upon zonesOf`,
  'src/testing/index.ts': `
    FIRST_MOMENT FakeClock FakeKubeApi FakeUpstream ScenarioError runScenario`,
  'src/client/index.ts': `
    RegistryClient RegistryError registerGrpcResolver`,
  'src/dns/index.ts': `
    A AA AAAA AD AFSDB AMTRELAY APL AVC CAA CD CDNSKEY CDS CERT CLASS CNAME CSYNC DEFAULT_TTL DHCID DLV DNAME DNSKEY DS EID EUI48
    EUI64 FLAGS GID GPOS HINFO HIP HTTPS INFO_CODE IPSECKEY ISDN KEY KX L32 L64 LOC LP MB MD MF MG MINFO MR MX NAPTR NID NIMLOC
    NINFO NS NSAP_PTR NSEC NSEC3 NSEC3PARAM NXT Name NameError OPCODE OPENPGPKEY OPTION PTR PX QR RA RCODE RD RESINFO RKEY RP
    RRError RRSIG RT Reader SIG SMIMEA SOA SPF SRV SSHFP SVCB TA TALINK TC TKEY TLSA TSIG TXT TYPE UID UINFO URI WireError Words
    Writer X25 Z ZONEMD addressOfReverse algorithm allShapes bareString base64 classByName className clientSubnet compareNames
    compareSerials compressedName cookie countedBase64 decodeEdns decodeMessage duration edns ednsLength encodeEdns encodeInto
    encodeMessage eui48 eui64 expire extendedError findOption hex inPrefix ipv4 ipv6 isMapped isReadable isReverse joinHostPort
    knownRcode latin1Bytes liesInPrefix maskAddress message name nsid octetString octets opcodeByName opcodeName optionText padding
    parseAddress parseCIDR parseHead parseIPv4 parseIPv6 parseRR parseRdata parseWords parseZonedAddress plainLength printAddress
    printClientSubnet printOpaque printRR printRdata printRecordAddress rcodeByName rcodeName readClientSubnet readCookie readEdns
    readExpire readExtendedError readOptions readTcpKeepalive readZoneVersion record recordType reverseName reverseZones rr salt
    shape shapeOf splitHostPort string strings tcpKeepalive timestamp typeBitmap typeByName typeName u16 u32 u48 u8 unmap upperHex
    writeEdns zoneVersion`,
};

/** Names that are there and not promised, or promised and not there. */
const differences = (names: readonly string[], list: readonly string[]) => [
  ...names.filter((name) => !list.includes(name)).map((name) => `${name} is exported, and is not promised`),
  ...list.filter((name) => !names.includes(name)).map((name) => `${name} is promised, and is not exported`),
];

for (const [entry, list] of Object.entries(promised)) {
  test(`${entry} exports what it promises`, async () => {
    const names = Object.keys(await import(pathToFileURL(path.join(root, entry)).href) as object).sort();
    assert.deepEqual(differences(names, list.trim().split(/\s+/)), []);
  });
}

test('every entry that package.json names is one that is looked at', () => {
  const { exports } = JSON.parse(read('package.json')) as { exports: Record<string, { types?: string }> };
  const declared = Object.values(exports).flatMap(({ types }) => types ?? []);
  const entries = declared.map((file) => file.replace('./dist/types/', 'src/').replace('.d.ts', '.ts'));
  assert.deepEqual(entries.sort(), Object.keys(promised).sort());
});

test('complains about a name too many and one too few', () => {
  assert.deepEqual(differences(['App', 'spare'], ['App', 'Name']),
    ['spare is exported, and is not promised', 'Name is promised, and is not exported']);
});
