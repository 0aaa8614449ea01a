// Texts of records: the ones that are read once make what executing them would make.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Name } from '../../dns/name.ts';
import { printRR } from '../../dns/rr.ts';
import type { TemplateData } from './data.ts';
import { RecordError, compileRecord } from './record-template.ts';

const owner = Name.parse('a\\032b.example.org.');
const data = { Name: owner.text, Group: new Map([['n', '7']]) } as unknown as TemplateData;

test('a text whose only action is the owner makes the record that executing makes', () => {
  for (const rest of ['60 IN A 192.0.2.1', '1h MX 10 mx.example.', 'TXT "a; b" ; comment', '60 CH TXT (a\n b)']) {
    const quick = compileRecord('answer', `{{ .Name }} ${rest}`).make(data, owner);
    const slow = compileRecord('answer', `{{ .Name }}{{ "" }} ${rest}`).make(data, owner);
    assert.equal(printRR(quick), printRR(slow));
  }
});
test('a text without actions is read once', () => {
  const template = compileRecord('answer', 'x.example. 5 IN A 192.0.2.1');
  assert.equal(template.make(data, owner), template.make(data, owner));
});
test('the owner may be followed by an action, or by no blank', () => {
  const both = compileRecord('answer', '{{ .Name }} 60 IN A 10.0.0.{{ .Group.n }}').make(data, owner);
  assert.equal(printRR(both), 'a\\ b.example.org.\t60\tIN\tA\t10.0.0.7');
  const glued = compileRecord('answer', '{{ .Name }}org. 60 IN A 10.0.0.1').make({ Name: 'example.' } as TemplateData, owner);
  assert.equal(glued.name.text, 'example.org.');
});
test('what is no record is found out when it is asked for', () => {
  for (const text of ['{{ .Name }} 60 IN A nonsense', 'x 60 IN A nonsense', '; comment', '']) {
    assert.throws(() => compileRecord('answer', text).make(data, owner), RecordError, text);
  }
});
