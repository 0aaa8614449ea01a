// Names of response codes, opcodes, types and classes, both ways.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { knownRcode, opcodeByName, opcodeName, rcodeByName, rcodeName } from './rcode.ts';
import { allShapes } from './shapes.ts';
import { classByName, className, typeByName, typeName } from './type-name.ts';

test('response codes: 16 prints as BADSIG, and is read as BADVERS too', () => {
  assert.equal(rcodeName(16), 'BADSIG');
  assert.equal(rcodeByName('BADVERS'), 16);
  assert.equal(rcodeByName('nxdomain'), 3);
  assert.equal(rcodeName(3), 'NXDOMAIN');
  assert.equal(rcodeName(23), 'BADCOOKIE');
  assert.equal(rcodeName(12), 'RCODE12');
  assert.equal(knownRcode(12), undefined);
  assert.equal(rcodeByName('nothing'), undefined);
});

test('opcodes', () => {
  assert.equal(opcodeName(4), 'NOTIFY');
  assert.equal(opcodeName(3), 'OPCODE3');
  assert.equal(opcodeByName('update'), 5);
  assert.equal(opcodeByName('toString'), undefined);
});

test('types and classes by name and by number', () => {
  for (const [type, shape] of allShapes) {
    assert.equal(typeName(type), shape.name);
    assert.equal(typeByName(shape.name), type);
  }
  assert.equal(typeByName('type65'), 65);
  assert.equal(typeByName('TYPE65536'), undefined);
  assert.equal(typeByName('TYPE'), undefined);
  assert.equal(typeByName('None'), undefined);
  assert.equal(typeName(0), 'None');
  assert.equal(typeName(65280), 'TYPE65280');
  assert.equal(classByName('ch'), 3);
  assert.equal(classByName('CLASS7'), 7);
  assert.equal(classByName('XX'), undefined);
  assert.equal(className(3), 'CH');
  assert.equal(className(255), 'CLASS255');
  assert.equal(className(7), 'CLASS7');
});
