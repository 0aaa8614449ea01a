// `coredns-ts explain NAME TYPE`: its options, files and exit status. Knows the console; the walk is explain/'s.
import { readFileSync } from 'node:fs';
import { CorefileError } from '../corefile/error.ts';
import { explain } from '../explain/ask.ts';
import type { Explanation } from '../explain/ask.ts';
import { disappointment } from '../explain/expectation.ts';
import { explanationJson } from '../explain/json.ts';
import { rehearse } from '../explain/rehearsal.ts';
import type { Rehearsed } from '../explain/rehearsal.ts';
import { explanationText } from '../explain/text.ts';
import { rcodeName } from '../dns/rcode.ts';
import { systemClock } from '../kernel/clock.ts';
import { withPlugins } from '../kernel/site/late.ts';
import type { Plugin } from '../kernel/site/plugin.ts';
import { fileError } from '../wording/errno.ts';
import { readQuestion, readQuestions } from './explain-questions.ts';
import type { ExplainedQuestion } from './explain-questions.ts';
import { additionsOf, pluginsWith } from './plugin-choice.ts';
import { readOptionsOf } from './read-options.ts';

/** What the subcommand takes, told by `--help` and beside a refusal. */
export const EXPLAIN_USAGE = `Usage: coredns-ts explain [@SERVER] NAME TYPE [from CLIENT] [OPTION...]
       coredns-ts explain --questions FILE [OPTION...]

Says why a Corefile gives the answer that it gives: which block takes the question, each plugin that it is handed to, what that did
with it, and who answered. Reads the Corefile and the files that it names; opens no port, asks nobody, writes nothing. What only a
running server knows is said not to be known here.

  -conf FILE         the Corefile; Corefile of this folder where none is given, - is standard input
  -dns.port PORT     the port of blocks that name none (default 53)
  @SERVER            the address that is asked, as SCHEME://HOST:PORT or :PORT, where the Corefile has several
  from CLIENT        the address of who asks (default 127.0.0.1)
  --tcp              asks over TCP
  --do               asks for signatures (DNSSEC OK)
  --view NAME        takes the block of this view, whoever asks
  --ask              asks the servers that forward and others would ask
  --expect TEXT      what the answer has to be: 'NOERROR 10.0.0.1', 'NXDOMAIN', 'no reply', 'by:cache'
  --questions FILE   several questions, one a line, with what is expected of each: www.example.org. A from 10.0.0.1 => NOERROR 10.0.0.2
  --server SOCKET    asks a running server, whose Corefile has admin, at its socket (/run/coredns-ts/admin.sock)
  --json             one JSON object a question

Exit status: 0 answered, and as expected, 1 not, 2 for a wrong command line.
`;

interface Options {
  readonly conf: string;
  readonly port: number;
  readonly json: boolean;
  readonly asks: boolean;
  readonly questions: readonly ExplainedQuestion[];
  /** The socket of a running server; undefined where there is none. */
  readonly server: string | undefined;
}
const VALUES = ['conf', 'dns.port', 'p', 'view', 'expect', 'questions', 'server'], SWITCHES = ['tcp', 'do', 'ask', 'json'];

/** Runs the subcommand with its arguments and sets the exit status. */
export async function explainCommand(args: readonly string[], own?: readonly Plugin[]): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) return void process.stdout.write(EXPLAIN_USAGE);
  const options = readOptions(args);
  if (typeof options === 'string') {
    process.stderr.write(`coredns-ts explain: ${options}\n${EXPLAIN_USAGE}`);
    process.exitCode = 2;
    return;
  }
  const { server } = options;
  if (server !== undefined) return (await import('./admin-command.ts')).explainAt(server, options.questions[0]!, options.json);
  const rehearsed = await begin(options, own).catch((error: Error) => complain(error, options.conf));
  if (rehearsed === undefined) return;
  try {
    for (const question of options.questions) await tell(rehearsed, question, options);
  } finally {
    rehearsed.end();
  }
}

/** The options, or what is wrong with them. */
function readOptions(args: readonly string[]): Options | string {
  const given = new Map<string, string>();
  const words: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const [, name, value] = /^--?([a-z.]+)(?:=(.*))?$/s.exec(args[i]!) ?? [];
    if (name === undefined) words.push(args[i]!);
    else if (SWITCHES.includes(name) && value === undefined) given.set(name, '');
    else if (VALUES.includes(name)) {
      const text = value ?? args[++i];
      if (text === undefined) return `what follows ${args.at(-1)} is missing`;
      given.set(name, text);
    } else return `unknown option ${args[i]}`;
  }
  const portText = given.get('dns.port') ?? given.get('p') ?? '53';
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : 65536;
  if (port > 65535) return `"${portText}" is no port`;
  const beside = { tcp: given.has('tcp'), dnssecOk: given.has('do'), view: given.get('view'), expect: given.get('expect') };
  const file = given.get('questions');
  if (file !== undefined && words.length > 0) return 'a question and --questions exclude each other';
  if (file !== undefined && beside.expect !== undefined) return 'what is expected of each question stands in its line of the file';
  let read: readonly ExplainedQuestion[] | ExplainedQuestion | string;
  try {
    read = file === undefined ? readQuestion(words, beside) : readQuestions(readText(file), file, beside);
  } catch (error) {
    return (error as Error).message;
  }
  if (typeof read === 'string') return read;
  const server = given.get('server');
  if (server !== undefined && (given.has('expect') || file !== undefined || given.has('ask') || given.has('conf'))) {
    return '--server goes with neither -conf, --expect, --questions nor --ask';
  }
  const conf = given.get('conf') ?? 'Corefile';
  return { server, conf, port, json: given.has('json'), asks: given.has('ask'), questions: [read].flat() as readonly ExplainedQuestion[] };
}
/** A file's text. Throws Error in Go's words. */
function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new Error(fileError(error, file));
  }
}

async function begin({ conf, port, asks }: Options, own: readonly Plugin[] | undefined): Promise<Rehearsed> {
  const text = readText(conf);
  const file = conf === '-' ? 'stdin' : conf;
  const say = (line: string): void => void process.stderr.write(`coredns-ts explain: ${line}\n`);
  const late = await pluginsWith(await additionsOf(file), own);
  const readOptions = await withPlugins(text, readOptionsOf(file, port, late, say));
  const datagrams = asks ? (await import('../transport/udp.ts')).udp({ warn: say }).datagrams : undefined;
  return rehearse(text, { readOptions, clock: systemClock, say, datagrams });
}
/** A Corefile that no server would start with. */
function complain(error: Error, conf: string): undefined {
  const where = error instanceof CorefileError ? ` (coredns-ts check ${conf} tells more)` : '';
  process.stderr.write(`coredns-ts explain: ${error.message}${where}\n`);
  process.exitCode = 1;
}

async function tell(rehearsed: Rehearsed, question: ExplainedQuestion, { json }: Options): Promise<void> {
  const label = question.at === undefined ? undefined : labelOf(question.at);
  const place = rehearsed.place(question.name, label);
  if (place === undefined) {
    process.stderr.write(`coredns-ts explain: nothing listens on ${label}: there is ${rehearsed.labels.join(', ')}\n`);
    process.exitCode = 1;
    return;
  }
  const { scheme } = place.address.endpoint;
  const transport = scheme === 'dns' ? (question.tcp ? 'tcp' : 'udp') : scheme;
  const { packet, client, view, expected } = question;
  const explanation = await explain(place, { packet, client, transport, view }, systemClock);
  const wrong = expected === undefined ? undefined : disappointment(expected, explanation);
  const unexpected = wrong === undefined ? {} : { unexpected: wrong };
  if (json) process.stdout.write(`${JSON.stringify({ ...explanationJson(explanation), ...unexpected })}\n`);
  else process.stdout.write(`${explanationText(explanation)}${wrong === undefined ? '' : `  NOT AS EXPECTED: ${wrong}\n`}`);
  if (expected === undefined ? !isAnswered(explanation) : wrong !== undefined) process.exitCode = 1;
}
/** The label of a server as people shorten it: `:5301`, `127.0.0.2`, `tls://[::1]:853`. */
function labelOf(text: string): string {
  const [, scheme = 'dns', rest = ''] = /^(?:(\w+):\/\/)?(.*)$/.exec(text) ?? [];
  if (/^:\d+$/.test(rest) || /\]:\d+$/.test(rest) || /^[^:]+:\d+$/.test(rest)) return `${scheme}://${rest}`;
  return `${scheme}://${rest.includes(':') && !rest.startsWith('[') ? `[${rest}]` : rest}:53`;
}
const isAnswered = ({ reply, unknown }: Explanation): boolean =>
  unknown === undefined && reply !== undefined && ['NOERROR', 'NXDOMAIN', 'YXDOMAIN'].includes(rcodeName(reply.rcode));
