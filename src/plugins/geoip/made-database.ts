// Databases for tests, in the MaxMind DB format (version 2.0): networks and what is said of each. Knows the format; knows no reader.
import { maskAddress, parseCIDR } from '../../dns/address.ts';

/** What stands in a database. */
export type Value = string | number | boolean | readonly Value[] | { readonly [key: string]: Value };

const control = (type: number, size: number): Buffer => {
  const [first, more] = size < 29 ? [size, []] : [29, [size - 29]];
  return Buffer.from(type > 7 ? [first, type - 7, ...more] : [(type << 5) | first, ...more]);
};
/** A value as bytes: strings, doubles, unsigned numbers of 32 bits where `whole` is said, booleans, lists and maps. */
function written(value: Value, whole = false): Buffer {
  if (typeof value === 'string') return Buffer.concat([control(2, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === 'boolean') return control(14, Number(value));
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(whole ? 4 : 8);
    if (whole) bytes.writeUInt32BE(value);
    else bytes.writeDoubleBE(value);
    return Buffer.concat([control(whole ? 6 : 3, bytes.length), bytes]);
  }
  if (Array.isArray(value)) return Buffer.concat([control(11, value.length), ...value.map((each) => written(each, whole))]);
  const entries = Object.entries(value);
  return Buffer.concat([control(7, entries.length), ...entries.flatMap(([key, each]) =>
    [written(key), written(each, whole || /number|count|size|version|epoch/.test(key))])]);
}

/** A database of this type for IPv6, IPv4 below ::/96 as the format wants it; later networks win. At least one network. */
export function madeDatabase(type: string, networks: readonly (readonly [cidr: string, record: Value])[]): Buffer {
  const nodes: [number, number][] = [[0, 0]];
  const data: Buffer[] = [];
  let at = 0;
  const leaves: (() => void)[] = [];
  for (const [cidr, record] of networks) {
    const { network, bits } = parseCIDR(cidr)!;
    const address = Buffer.concat([Buffer.alloc(16 - network.length), maskAddress(network, bits)]);
    const depth = bits + 8 * (16 - network.length);
    let node = 0;
    for (let bit = 0; bit < depth; bit++) {
      const side = (address[bit >> 3]! >> (7 - (bit & 7))) & 1;
      if (bit === depth - 1) {
        const place = at, leaf = nodes[node]!;
        leaves.push(() => void (leaf[side] = nodes.length + 16 + place));
      } else if (nodes[node]![side] === 0) node = nodes[node]![side] = nodes.push([0, 0]) - 1;
      else node = nodes[node]![side]!;
    }
    const bytes = written(record);
    data.push(bytes);
    at += bytes.length;
  }
  for (const leaf of leaves) leaf();
  const tree = Buffer.alloc(nodes.length * 6);
  nodes.forEach(([left, right], i) => {
    tree.writeUIntBE(left === 0 ? nodes.length : left, i * 6, 3);
    tree.writeUIntBE(right === 0 ? nodes.length : right, i * 6 + 3, 3);
  });
  const metadata = written({
    binary_format_major_version: 2, binary_format_minor_version: 0, build_epoch: 1, database_type: type, description: {}, ip_version: 6,
    languages: ['en'], node_count: nodes.length, record_size: 24,
  });
  return Buffer.concat([tree, Buffer.alloc(16), ...data, Buffer.from('abcdef4d61784d696e642e636f6d', 'hex'), metadata]);
}
