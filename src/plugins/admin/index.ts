// *admin* lets the server be looked at and told what to do, over a socket of its machine. Knows a load; what can be asked is in api.ts.
import { definePlugin } from '../../kernel/site/plugin.ts';
import { Slot } from '../../kernel/slot.ts';
import { looking } from './look.ts';
import { readAdmin } from './config.ts';

/** The socket of a block. */
const Sockets = new Slot<string>('socket of the API');
/** Every name is under it. */
const ROOT = '\0';

export default definePlugin({
  name: 'admin',
  parse: readAdmin,
  guest: (_, sites) => (sites.some((each) => each.all(Sockets).length > 0) ? looking() : undefined),
  create(path, site) {
    site.put(Sockets, path);
    return {
      rehearsal: 'looks on',
      whole(sites) {
        const first = sites.find((each) => each.all(Sockets).length > 0);
        if (first !== site) throw new Error('one block has it: it is for the whole process');
      },
      async control(run) {
        const { AdminSocket } = await import('./socket.ts');
        const { AdminService } = await import('./service.ts');
        const socket = await run.shared.use(`admin ${path}`, run.signal, () => AdminSocket.open(path, run.clock));
        socket.service = new AdminService({ run, since: socket.since, names: run.store.changes.zone(ROOT) });
      },
    };
  },
});
