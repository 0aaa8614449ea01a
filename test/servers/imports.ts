// A configuration of another server, imported by the command and served here and there: the same questions go to both, behind one
// upstream. Knows
// processes; knows no configuration.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { decodeMessage } from '../../src/dns/message.ts';
import { Name } from '../../src/dns/name.ts';
import { printRR } from '../../src/dns/rr.ts';
import { TYPE, typeName } from '../../src/dns/type-name.ts';
import { MAIN, Spawned } from '../../src/testing/spawned.ts';
import { overUdp } from '../../src/testing/udp-question.ts';

/** One question. */
export interface Question {
  readonly name: string;
  readonly type: keyof typeof TYPE;
}
/** How many are asked at the same time. */
const AT_ONCE = 4;

/** Runs the command with these arguments; its status and what it printed. */
export function imported(...args: readonly string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'import', ...args], { encoding: 'utf8', timeout: 200_000,
    maxBuffer: 1 << 28 });
  return { status, stdout, stderr };
}
/** Imports a file, lets `check --strict` look at what was made, and serves it. */
export async function servedImport(t: TestContext, kind: string, file: string, folder: string, ...flags: readonly string[]): Promise<void> {
  const { status, stderr } = imported(kind, file, '-o', folder, ...flags);
  assert.equal(status, 0, stderr);
  checked(folder);
  await served(t, path.join(folder, 'Corefile'));
}
/** Lets `check --strict` look at a Corefile that was made. */
export function checked(folder: string): void {
  const check = spawnSync(process.execPath, [MAIN, 'check', '--strict', path.join(folder, 'Corefile')], { encoding: 'utf8',
    timeout: 200_000 });
  assert.equal(check.status, 0, check.stdout + check.stderr);
}
async function served(t: TestContext, corefile: string): Promise<void> {
  const server = new Spawned(undefined, { args: ['-conf', corefile] });
  t.after(() => server.kill());
  await server.says(/CoreDNS-/);
}

/**
 * Starts an upstream that knows something of every name, the same each time; names that begin with `bogus`, `inside` or `gone` are
 * special.
 */
export async function upstream(t: TestContext, port: number, folder: string): Promise<void> {
  const corefile = path.join(folder, 'upstream.Corefile');
  writeFileSync(corefile, `.:${port} {
    bind 127.0.0.1
    template IN A . {
        match "^(.*\\.)?bogus"
        answer "{{ .Name }} 60 IN A 198.18.0.66"
        fallthrough
    }
    template IN A . {
        match "^(.*\\.)?inside"
        answer "{{ .Name }} 60 IN A 192.168.7.1"
        fallthrough
    }
    template ANY ANY . {
        match "^(.*\\.)?gone"
        rcode NXDOMAIN
        authority "gone. 60 IN SOA ns.gone. host.gone. 1 60 60 60 60"
        fallthrough
    }
    template IN A . {
        answer "{{ .Name }} 60 IN A 198.18.${port % 256}.8"
    }
    template IN MX . {
        answer "{{ .Name }} 60 IN MX 5 mail.${port}.test."
    }
    template IN TXT . {
        answer "{{ .Name }} 60 IN TXT \\"of ${port}\\""
    }
    template ANY ANY . {
        authority "{{ .Name }} 60 IN SOA ns.test. host.test. 1 60 60 60 60"
    }
}
`);
  await served(t, corefile);
}

const packet = ({ name, type }: Question): Buffer =>
  Buffer.concat([Buffer.from('000001000001000000000000', 'hex'), Name.parse(name).octets, Buffer.from([TYPE[type] >> 8, TYPE[type] & 255,
    0, 1])]);

/** What is answered: the response code, and records in any order without their TTLs. */
async function answer(port: number, question: Question): Promise<string> {
  const { rcode, answer: records } = decodeMessage(await overUdp(port, packet(question)));
  const texts = records.map((record) => printRR({ ...record, ttl: 0 }).replaceAll(/\s+/g, ' ').toLowerCase()).sort();
  return `${question.name} ${typeName(TYPE[question.type])}: ${rcode} ${texts.join(', ')}`;
}
/** For so long a question that is answered otherwise is asked again, milliseconds: on a busy machine an upstream may have been silent. */
const PATIENCE = 120_000, PAUSE = 1000;

const FAILED = /^[-+] \S+ \w+: 2 /m;

/** Asks both servers the same, and says what is not. */
export async function differences(here: number, there: number, questions: readonly Question[]): Promise<string[]> {
  let differing = questions;
  let found: string[] = [];
  for (const end = performance.now() + PATIENCE; differing.length > 0; await new Promise((resolve) => setTimeout(resolve, PAUSE))) {
    const asked = await bothAsked(here, there, differing);
    found = asked.map(({ text }) => text);
    differing = asked.map(({ question }) => question);
    // A difference that is no failure does not go away.
    if (performance.now() > end || !found.some((text) => FAILED.test(text))) break;
  }
  return found;
}
async function bothAsked(here: number, there: number, questions: readonly Question[]): Promise<{ question: Question; text: string }[]> {
  const found: { question: Question; text: string }[] = [];
  const rest = [...questions];
  const one = async (): Promise<void> => {
    for (let question = rest.shift(); question !== undefined; question = rest.shift()) {
      const [ours, others] = await Promise.all([answer(here, question), answer(there, question)]);
      if (ours !== others) found.push({ question, text: `- ${others}\n+ ${ours}` });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return found;
}
/** Questions about each name of a configuration, and about names below it. */
export function questionsOf(text: string, types: readonly Question['type'][], below: readonly string[]): Question[] {
  const names = new Set((text.match(/[a-z_][\w-]*(?:\.[\w-]+)+/gi) ?? []).map((name) => name.toLowerCase()));
  return [...names].flatMap((name) => ['', ...below].flatMap((prefix) => types.map((type) => ({ name: `${prefix}${name}`, type }))));
}
