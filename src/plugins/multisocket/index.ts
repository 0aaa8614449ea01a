// *multisocket* allows to start multiple servers that will listen on one port. Knows a number (MSO-1).
import { availableParallelism } from 'node:os';
import { definePlugin } from '../../kernel/site/plugin.ts';
import { Sockets } from '../../kernel/query/transport.ts';

export default definePlugin({
  name: 'multisocket',
  parse([line, again]) {
    if (again !== undefined) again.wrongArgs();
    const more = line.more;
    const text = more ? line.arg() : '';
    line.bare();
    if (!more) return availableParallelism();
    const number = line.number(text, (reason) => line.refuse(`invalid num sockets: ${reason}`));
    if (number < 1) line.refuse(`num sockets can not be zero or negative: ${number}`);
    if (number > 1024) line.refuse(`num sockets exceeds maximum (1024): ${number}`);
    return number;
  },
  create(number, site) {
    site.put(Sockets, number);
    return {};
  },
});
