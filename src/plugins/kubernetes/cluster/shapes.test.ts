// What is read of an object is the same whether the API sends it as JSON or in binary form, in whatever pieces it comes. Knows random
// clusters and both forms.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Shape } from '../../../kube-api/protobuf.ts';
import { FrameSplitter, ProtobufList } from '../../../kube-api/protobuf-pieces.ts';
import { readMessage } from '../../../kube-api/protobuf.ts';
import { readFrame } from '../../../kube-api/watch-event.ts';
import type { ApiObject } from '../../../kube-api/sink.ts';
import { binaryForm } from '../../../testing/kube-forms.ts';
import { randomOf } from '../../../testing/kube-faults.ts';
import type { KubeObject } from '../../../testing/kube-store.ts';
import { ClusterEvents } from '../../../../test/kubernetes/cluster-events.ts';
import { fields, nodeAddresses, podFacts, serviceFacts, sliceFacts, text } from './facts.ts';
import { NAMESPACE_SHAPE, NODE_SHAPE, SERVICE_SHAPE, podShape, sliceShape } from './shapes.ts';
import { SLICE_LABELS } from './sinks.ts';

const CHANGED = 'endpoints.kubernetes.io/last-change-trigger-time';

/** What a sink takes of an object, complaints with it. */
function taken(resource: string, object: ApiObject): unknown {
  const said: string[] = [];
  const complain = (what: string) => said.push(what);
  const { name, namespace, labels = {}, annotations = {} } = object.metadata ?? {};
  const facts = resource === 'services' ? serviceFacts(object, complain) : resource === 'pods' ? podFacts(object, true)
    : resource === 'endpointslices' ? sliceFacts(object, true, true, complain)
    : resource === 'nodes' ? nodeAddresses(object, 'internal', complain) : {};
  const known = resource === 'endpointslices' ? SLICE_LABELS.map((label) => text(fields(labels)[label])) : [];
  return { name: text(name), namespace: text(namespace), known, changed: fields(annotations)[CHANGED], facts, said };
}
const SHAPES = {
  namespaces: NAMESPACE_SHAPE, services: SERVICE_SHAPE, endpointslices: sliceShape(SLICE_LABELS, true, true), pods: podShape(true),
  nodes: NODE_SHAPE,
} as const;
type Binary = keyof typeof SHAPES;

/** The text in pieces of random length. */
function* pieces(octets: string, random: () => number): Generator<Buffer> {
  for (let at = 0; at < octets.length;) {
    const size = 1 + Math.floor(random() ** 3 * 4000);
    yield Buffer.from(octets.slice(at, at + size), 'latin1');
    at += size;
  }
}
function listed(octets: string, shape: Shape, random: () => number): { objects: ApiObject[]; version: unknown } {
  const objects: ApiObject[] = [];
  let version: unknown;
  const list = new ProtobufList((bytes, from, to) => objects.push(readMessage(bytes, from, to, shape)),
    (bytes, from, to) => (version = bytes.toString('latin1', from, to)));
  for (const piece of pieces(octets, random)) list.feed(piece);
  list.end();
  return { objects, version };
}

/** Objects of wrong types have no binary form; all that a real API lets in has. */
const isTyped = (resource: Binary, object: KubeObject): boolean => {
  const { spec } = object as { spec?: { ports?: unknown } };
  const ports = resource === 'services' ? spec?.ports : object['ports'];
  if (ports === undefined) return true;
  return Array.isArray(ports) && ports.every((each) => typeof (each as { port?: unknown } | null)?.port === 'number');
};

test('both forms of a random cluster say the same', () => {
  let compared = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const random = randomOf(seed);
    const events = new ClusterEvents(seed).some(200);
    for (const resource of Object.keys(SHAPES) as Binary[]) {
      const objects = events.filter((event) => event.resource === resource).map(({ object }) => ({
        ...object, metadata: { ...(object['metadata'] as object), annotations: { other: 'x', [CHANGED]: `${seed}` } },
      })).filter((object) => isTyped(resource, object));
      const form = binaryForm(resource)!;
      const wanted = objects.map((object) => taken(resource, object as ApiObject));
      const list = listed(form.list({ resourceVersion: '77' }, objects).join(''), SHAPES[resource], random);
      assert.deepEqual(list.objects.map((object) => taken(resource, object)), wanted, `${resource} ${seed}`);
      assert.match(String(list.version), /77/);
      const seen: unknown[] = [];
      const frames = new FrameSplitter((bytes, from, to) => {
        const event = readFrame(bytes, from, to, SHAPES[resource]);
        if (event.type === 'put') seen.push(taken(resource, event.object));
      });
      for (const piece of pieces(objects.map((object) => form.event('ADDED', object)).join(''), random)) frames.feed(piece);
      assert.deepEqual(seen, wanted, `${resource} ${seed}`);
      compared += objects.length;
    }
  }
  assert.ok(compared > 4000, String(compared));
});

test('keys of labels that objects have of their own are labels like any other', () => {
  const pod = { metadata: { name: 'a', namespace: 'b', labels: { __proto__x: '1', constructor: 'c', toString: 't' } } };
  Object.defineProperty(pod.metadata.labels, '__proto__', { value: 'p', enumerable: true });
  const { objects } = listed(binaryForm('pods')!.list({}, [pod]).join(''), podShape(true), Math.random);
  assert.deepEqual(Object.entries(objects[0]!.metadata!['labels'] as object).sort(), Object.entries(pod.metadata.labels).sort());
});
