// *whoami* returns your resolver's local IP address, port and transport. Knows the client's address where it lies; knows no socket.
import { definePlugin } from '../../kernel/site/plugin.ts';
import { AA } from '../../kernel/query/message.ts';
import type { Message } from '../../kernel/query/message.ts';
import type { Query } from '../../kernel/query/query.ts';
import { setU16 } from '../../dns/packet.ts';
import { TYPE } from '../../dns/type-name.ts';

/** `_udp.` or `_tcp.` in wire form. */
const PREFIX = { udp: Uint8Array.of(4, 95, 117, 100, 112), stream: Uint8Array.of(4, 95, 116, 99, 112) };

/** WHO-1: the address of who asks and an SRV with the port, in the additional section, written straight into the reply. */
function answer(query: Query): Message {
  const message = query.begin(AA, 0);
  const { bytes } = message;
  const size = query.clientLength;
  const from = query.clientAt;
  const { nameLength } = query;
  message.ensure(nameLength + 40 + size);
  const start = message.at + message.length;
  let i = start;
  if (nameLength === 1) bytes[i++] = 0;
  else i = pointer(bytes, i);
  setU16(bytes, i, size === 4 ? TYPE.A : TYPE.AAAA);
  setU16(bytes, i + 2, query.class);
  setU16(bytes, i + 4, 0);
  setU16(bytes, i + 6, 0);
  setU16(bytes, i + 8, size);
  i += 10;
  for (let k = 0; k < size; k++) bytes[i + k] = query.bytes[from + k]!;
  i += size;
  const prefix = query.channel.transport === 'udp' ? PREFIX.udp : PREFIX.stream;
  for (let k = 0; k < 5; k++) bytes[i + k] = prefix[k]!;
  i += 5;
  if (nameLength === 1) bytes[i++] = 0;
  else i = pointer(bytes, i);
  setU16(bytes, i, TYPE.SRV);
  setU16(bytes, i + 2, query.class);
  setU16(bytes, i + 4, 0);
  setU16(bytes, i + 6, 0);
  setU16(bytes, i + 8, 7);
  setU16(bytes, i + 10, 0);
  setU16(bytes, i + 12, 0);
  setU16(bytes, i + 14, query.clientPort);
  bytes[i + 16] = 0;
  message.length += i + 17 - start;
  message.plain = message.length + (nameLength === 1 ? 0 : 2 * (nameLength - 2));
  setU16(bytes, message.at + 10, 2);
  return message;
}
/** A pointer to the question's name. */
function pointer(bytes: Uint8Array, i: number): number {
  bytes[i] = 0xc0;
  bytes[i + 1] = 12;
  return i + 2;
}

export default definePlugin({
  name: 'whoami',
  parse: ([line]) => line.bare(),
  create: () => ({ handle: answer }),
});
