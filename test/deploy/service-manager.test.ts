// What the server and a service manager say to each other, and the sockets that they hand over: against a manager of our own, which does
// what systemd does. Knows the manager's lines and DNS over UDP and TCP.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { freePort } from '../../src/testing/free-port.ts';
import { askOnce } from '../../src/testing/one-question.ts';
import { root } from '../gates/checkout.ts';
import { program } from './deploy-files.ts';

/** The launcher: what it hands over to Node has to arrive there, and be for the process that Node is. */
const server = path.join(root, 'bin/coredns-ts');
const lacking = process.platform !== 'linux' ? 'it is for Linux'
  : program('cc', 'CC') === undefined ? 'there is no C compiler'
    : !existsSync(path.join(root, 'native/udp-batch/build/udp-batch.node')) && 'the addon is not built';
const PATIENCE = 90_000;
const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

suite('a service manager', { skip: lacking }, () => {
  const scratch = mkdtempSync(path.join(tmpdir(), 'service-manager-'));
  const made = path.join(scratch, 'fake-manager');
  before(() => {
    const { status, stderr } = spawnSync('cc', ['-O1', '-o', made, path.join(root, 'test/deploy/fake-manager.c')], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  });
  after(() => rmSync(scratch, { recursive: true, force: true }));

  let managers = 0;
  /** A manager with a server of its own, which is started by the first command. */
  class Manager {
    readonly folder = path.join(scratch, String(++managers));
    readonly child;
    said = '';
    /** What the server wrote. */
    log = '';

    constructor(corefile: string, { sockets = '-', watchdog = '-', abstract = false } = {}) {
      spawnSync('mkdir', [this.folder]);
      this.write(corefile);
      const socket = abstract ? `@coredns-ts-${process.pid}-${managers}` : path.join(this.folder, 'notify');
      const env = { ...process.env, COREDNS_TS_GROW_AFTER: String(2 ** 30) };
      this.child = spawn(made, [socket, watchdog, sockets, server, '-conf', 'Corefile'], { cwd: this.folder, env });
      let rest = '';
      this.child.stdout.on('data', (text) => {
        const lines = (rest + String(text)).split(/(?<=\n)/);
        rest = lines.at(-1)!.endsWith('\n') ? '' : lines.pop()!;
        for (const line of lines) {
          if (/^(started|said|stored|removed|ended) /.test(line)) this.said += line; else this.log += line;
        }
      });
      this.child.stderr.on('data', (text) => {
        this.log += text;
      });
      this.child.stdin.on('error', () => {});
    }
    write(corefile: string): void {
      writeFileSync(path.join(this.folder, 'Corefile'), corefile);
    }
    /** Commands it, and waits until it has said this since. */
    async command(word: string, pattern: RegExp): Promise<string> {
      const from = this.said.length;
      this.child.stdin.write(`${word}\n`);
      return this.hears(pattern, from);
    }
    async hears(pattern: RegExp, from = 0): Promise<string> {
      for (const limit = performance.now() + PATIENCE; !pattern.test(this.said.slice(from)); await pause(5)) {
        if (performance.now() > limit) throw new Error(`waited for ${pattern}; it said ${this.said}\nand the server ${this.log}`);
      }
      return this.said.slice(from);
    }
    async quit(): Promise<void> {
      const ended = new Promise((resolve) => this.child.once('close', resolve));
      this.child.stdin.end('quit\n');
      await ended;
    }
  }
  const corefile = (port: number, address = '192.0.2.1', more = '') =>
    `.:${port} {\n bind 127.0.0.1\n hosts {\n  ${address} a.test\n }\n}\n${more}`;

  test('hears of the start, of a reload, of one that was refused, that the main thread turns, and of the end', async () => {
    const port = await freePort();
    const manager = new Manager(corefile(port), { watchdog: '200000' });
    try {
      await manager.command('start', new RegExp(`^said READY=1\\|STATUS=serves \\.:${port} on 127\\.0\\.0\\.1$`, 'm'));
      await manager.hears(/^said WATCHDOG=1\n(.*\n)*said WATCHDOG=1$/m);
      const again = await manager.command('reload', /^said READY=1/m);
      assert.match(again, /^said RELOADING=1\|MONOTONIC_USEC=\d+\n/m);
      manager.write('.:1 {\nforwrad . 192.0.2.1\n}\n');
      await manager.command('reload', /^said RELOADING=1.*\n(.*\n)*said READY=1/m);
      assert.match(manager.log, /SIGUSR1: /);
      const end = await manager.command('term', /^ended /m);
      assert.match(end, /^said STOPPING=1\n(said WATCHDOG=1\n)*ended 0$/m);
    } finally {
      await manager.quit();
    }
  });

  test('keeps the sockets of both protocols; the next process has them, and one that the Corefile lost is given up', async () => {
    const [port, other] = [await freePort(), await freePort()];
    const manager = new Manager(corefile(port, '192.0.2.1', corefile(other)), { abstract: true });
    try {
      const name = (kind: string, at: number) => `coredns-ts-${kind}-127.0.0.1-${at}`;
      await manager.command('start', /^said READY=1/m);
      for (const at of [port, other]) {
        for (const kind of ['udp', 'tcp']) assert.match(manager.said, new RegExp(`^stored ${name(kind, at)}$`, 'm'));
      }
      manager.write(corefile(port, '192.0.2.2'));
      const less = await manager.command('reload', new RegExp(`^removed ${name('udp', other)}$`, 'm'));
      await manager.hears(new RegExp(`^removed ${name('tcp', other)}$`, 'm'));
      assert.doesNotMatch(less, new RegExp(`^removed .*-${port}$`, 'm'));

      await manager.command('term', /^ended 0$/m);
      // Nobody is there: what is asked now is answered by the next one, over both protocols.
      const late = createSocket('udp4');
      const answers: Promise<unknown>[] = [new Promise((resolve) => late.once('message', resolve))];
      const question = Buffer.from('12340100000100000000000001610474657374' + '0000010001', 'hex');
      late.send(question, port, '127.0.0.1');
      const stream = connect(port, '127.0.0.1');
      stream.on('error', () => {});
      stream.write(Buffer.concat([Buffer.from([0, question.length]), question]));
      answers.push(new Promise((resolve) => stream.once('data', resolve)));
      const again = await manager.command('start', /^said READY=1/m);
      await Promise.all(answers);
      late.close();
      stream.destroy();
      assert.deepEqual((await askOnce(port, 'a.test', 'A')).answer, ['a.test. 3600 IN A 192.0.2.2']);
      assert.doesNotMatch(again, /^stored/m, 'what was handed over is kept already');

      // A process that dies has told nobody anything.
      await manager.command('kill', /^ended 137$/m);
      manager.write(corefile(other));
      const moved = await manager.command('start', /^said READY=1/m);
      for (const kind of ['udp', 'tcp']) {
        assert.match(moved, new RegExp(`^removed ${name(kind, port)}$`, 'm'));
        assert.match(moved, new RegExp(`^stored ${name(kind, other)}$`, 'm'));
      }
      assert.deepEqual((await askOnce(other, 'a.test', 'A')).answer, ['a.test. 3600 IN A 192.0.2.1']);
    } finally {
      await manager.quit();
    }
  });

  test('hands over sockets of its own; one that no server block takes is told', async () => {
    const [port, idle] = [await freePort(), await freePort()];
    const sockets = `udp:127.0.0.1:${port},tcp:127.0.0.1:${port},udp:127.0.0.1:${idle}`;
    const manager = new Manager(corefile(port), { sockets });
    try {
      for (let i = 0; i < 2; i++) {
        await manager.command('start', /^said READY=1/m);
        assert.deepEqual((await askOnce(port, 'a.test', 'A')).answer, ['a.test. 3600 IN A 192.0.2.1']);
        await manager.command('term', /^ended 0$/m);
      }
      assert.doesNotMatch(manager.said, /^(stored|removed)/m);
      const told = `listens on udp 127\\.0\\.0\\.1 ${idle} \\(dns\\.socket\\), and no server block does: nobody answers`;
      assert.match(manager.log, new RegExp(told));
    } finally {
      await manager.quit();
    }
  });

  test('a restart loses none of 5,000 questions a second', {
    skip: process.getuid?.() !== 0 && 'a socket holds that much for root alone',
  }, async () => {
    const port = await freePort();
    const manager = new Manager(corefile(port));
    // After a restart all that waited is answered at once, which is more than one socket of a client takes.
    const clients = Array.from({ length: 64 }, () => createSocket('udp4'));
    const answered = new Set<number>();
    try {
      await manager.command('start', /^said READY=1/m);
      for (const client of clients) client.on('message', (reply) => answered.add(reply.readUInt16BE(0)));
      let asked = 0;
      const question = Buffer.from('00000100000100000000000001610474657374' + '0000010001', 'hex');
      const began = performance.now();
      const timer = setInterval(() => {
        // As many as are due by now, and not all that a busy machine owes at once.
        for (const due = Math.min((performance.now() - began) * 5, asked + 50, 20_000); asked < due; asked++) {
          question.writeUInt16BE(asked, 0);
          clients[asked % clients.length]!.send(Buffer.from(question), port, '127.0.0.1');
        }
      }, 1);
      const until = async (condition: () => boolean, what: string) => {
        for (const limit = performance.now() + PATIENCE; !condition(); await pause(5)) {
          if (performance.now() < limit) continue;
          throw new Error(`waited for ${what}: ${answered.size} of ${asked} are answered; ${manager.said}${manager.log}`);
        }
      };
      for (const at of [2_000, 9_000, 15_000]) {
        await until(() => asked >= at, `${at} questions`);
        await manager.command('term', /^ended 0$/m);
        await manager.command('start', /^said READY=1/m);
      }
      await until(() => asked >= 20_000, 'all questions');
      clearInterval(timer);
      await until(() => answered.size === asked, 'all answers');
      assert.equal(answered.size, 20_000);
    } finally {
      for (const client of clients) client.close();
      await manager.quit();
    }
  });
});
