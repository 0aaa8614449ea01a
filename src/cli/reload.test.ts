// A reload loses no query, with one thread and with several, whatever the new Corefile is (SIG-6 to SIG-8).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort } from '../testing/free-port.ts';
import { Spawned, Stream } from '../testing/spawned.ts';

for (const threads of [1, 2]) {
  test(`20 reloads under load with ${threads} thread${threads > 1 ? 's' : ''}: every query is answered`, async (t) => {
    const [port, other] = [await freePort(), await freePort()];
    const sockets = threads > 1 ? `multisocket ${threads}\n` : '';
    const main = (more: string) => `.:${port} {\n${sockets}bind 127.0.0.1\nwhoami\n${more}\n}\n`;
    const corefiles = [
      main(''), main('errors'), `${main('')}.:${other} {\nwhoami\n}\n`, main('whoamy'), main('bind 203.0.113.9'),
      main('log x {\nclass error\n}'),
      `${main('')}.:${other} {\nbind 203.0.113.9\nwhoami\n}\n`,
    ];
    const server = new Spawned(main(''));
    t.after(() => server.kill());
    await server.says(/CoreDNS-/);
    const stream = new Stream(port);
    for (let i = 0; i < 20; i++) {
      const from = server.stdout.length;
      server.write(corefiles[i % corefiles.length]!);
      server.signal('SIGUSR1');
      await server.says(/Reloading complete|\[ERROR\] SIGUSR1/, from);
    }
    await stream.end();
    assert.ok(stream.asked > 40, `only ${stream.asked} questions: not one a reload and transport`);
    assert.equal(stream.answered, stream.asked);
    assert.match(server.stdout, /Restart failed: Listen: listen tcp 203\.0\.113\.9/);
    server.signal('SIGTERM');
    assert.equal(await server.ended, 0);
  });
}
