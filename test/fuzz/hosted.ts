// Record sets as APIs of clouds might give them, with anything in their fields: each is used or left out and named, and nothing is thrown.
// Knows the readers; asks no API.
import assert from 'node:assert/strict';
import { fc } from '../../src/testing/properties.ts';
import { HostedRecords } from '../../src/authority/hosted/hosted-records.ts';
import { Scratch } from '../../src/authority/zone/scratch.ts';
import { Name } from '../../src/dns/name.ts';
import { addSet } from '../../src/plugins/azure/record-sets.ts';
import { readXml } from '../../src/plugins/route53/xml.ts';
import { Memory } from '../../src/store/memory.ts';
import { target, textOf } from './target.ts';

const zone = Name.parse('a.test.');
const scratch = new Scratch(Memory.create().hash);

const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom('192.0.2.1', '2001:db8::1', 'b.test', 5, 'a"b\\', '$ORIGIN x.', '(', '\n'));
const record = fc.dictionary(fc.constantFrom('ipv4Address', 'IPV6ADDRESS', 'nsdname', 'cname', 'preference', 'exchange', 'value', 'target',
  'flags', 'tag', 'host', 'email', 'serialNumber', 'priority', 'weight', 'port', '__proto__'), value);
const properties = fc.dictionary(fc.constantFrom('fqdn', 'TTL', 'ARecords', 'aaaaRecords', 'CNAMERecord', 'MXRecords', 'NSRecords',
  'caaRecords', 'SOARecord', 'SRVRecords', 'TXTRecords', 'targetResource', 'constructor'),
fc.oneof(value, record, fc.array(record, { maxLength: 4 })));
const set = fc.oneof(fc.jsonValue({ maxDepth: 3 }),
  fc.record({ name: value, type: value, properties: fc.oneof(properties, value) }, { requiredKeys: [] }));

/** Sets of Azure DNS: what is used can be laid out in the zone, and what is left out is said on one line. */
export const azureSets = target('azure-sets', 1500, fc.array(set, { maxLength: 4 }), (sets) => {
  const records = new HostedRecords(zone, scratch.begin(zone.octets));
  for (const each of sets) addSet(each, { zone, group: 'rg', id: 'a.test', isPrivate: false }, records);
  records.fill();
  assert.doesNotMatch(records.left, /[\n\r]/);
});

/** XML as AWS writes it, or not: read into elements, or refused with an Error. */
export const awsXml = target('aws-xml', 1500, textOf('<', '</', '>', '<a>', '</a>', '<a/>', '<!--', '-->', '<?', '?>', '&amp;', '&#65;',
  '&#x110000;', '&', '<![CDATA[', ']]>', 'a', '"'), (text) => {
  try {
    assert.ok(Array.isArray(readXml(text).children));
  } catch (error) {
    assert.equal((error as Error).constructor, Error);
  }
});
