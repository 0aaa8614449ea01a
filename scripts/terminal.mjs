// `npm run terminal [FILE]`: records a first session with the server as a picture of a terminal (SVG): a start, a question, a typo and
// what is said of it, a reload. What stands in it was printed by the programs. Knows what is typed; knows nothing of DNS.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { inRoot } from './root.mjs';

/** The port that is shown; a free one is used. */
const SHOWN = 1053;
const COREFILE = (port) => `home.test:${port} {
    bind 127.0.0.1
    errors
    hosts {
        192.0.2.7 printer.home.test
    }
}
`;
const TYPO = ['    errors\n', '    errors\n    cahce 30\n'];
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** What was typed and printed, line by line: `$ ` before what was typed. Rejects where something else happens. */
export async function recorded(port, { patience = 60_000 } = {}) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'terminal-'));
  const program = inRoot('bin', 'coredns-ts');
  const corefile = path.join(folder, 'Corefile');
  writeFileSync(corefile, COREFILE(port));
  const lines = [];
  const server = spawn(program, [], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  server.stdout.on('data', (text) => (said += text));
  /** What the server says more, once that has come. */
  const told = async (pattern, from) => {
    for (const limit = performance.now() + patience; !pattern.test(said.slice(from)); await pause(10)) {
      if (performance.now() > limit || server.exitCode !== null) throw new Error(`waited for ${pattern}: ${said}`);
    }
    return said.slice(from);
  };
  const type = (line, output) => lines.push(`$ ${line}`, ...output.trimEnd().split('\n'), '');
  const run = (line, [file, ...words]) => {
    const { stdout, stderr, error } = spawnSync(file, words, { cwd: folder, encoding: 'utf8' });
    if (error !== undefined) throw error;
    type(line, stdout + stderr);
  };
  try {
    const start = await told(/coredns-ts [\d.]+\n/, 0);
    type('cat Corefile', readFileSync(corefile, 'utf8'));
    type('coredns-ts &', start);
    run(`dig +short @127.0.0.1 -p ${SHOWN} printer.home.test`, ['dig', '+short', '@127.0.0.1', '-p', String(port), 'printer.home.test']);
    writeFileSync(corefile, COREFILE(port).replace(...TYPO));
    run("sed -i 's/errors/&\\n    cahce 30/' Corefile", ['true']);
    run('coredns-ts check', [program, 'check']);
    writeFileSync(corefile, COREFILE(port).replace(TYPO[0], TYPO[1].replace('cahce', 'cache')));
    run("sed -i 's/cahce/cache/' Corefile", ['true']);
    const from = said.length;
    server.kill('SIGUSR1');
    type('kill -USR1 %1', await told(/Reloading complete\n/, from));
  } finally {
    server.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
  // What is of this machine and hour alone.
  return lines.map((line) => line.replaceAll(String(port), String(SHOWN)).replace(/linux\/\w+, node[\d.]+/, 'linux/amd64, node24'))
    .filter((line, i, all) => line !== '' || all[i - 1] !== '');
}

const SIZE = 14, HIGH = 20, WIDE = 8.43, EDGE = 18;
const COLOURS = [[/^\$ /, '#7ee787'], [/error:/, '#ff7b72'], [/^help:|^ +help:/, '#79c0ff'], [/\^/, '#ff7b72'], [/^\[INFO\]/, '#8b949e']];
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** The lines as a picture. */
export function picture(lines) {
  const width = Math.ceil(Math.max(...lines.map(({ length }) => length)) * WIDE) + 2 * EDGE;
  const height = lines.length * HIGH + 2 * EDGE;
  const rows = lines.map((line, i) => {
    const colour = COLOURS.find(([pattern]) => pattern.test(line))?.[1] ?? '#e6edf3';
    return line === '' ? '' : `<text x="${EDGE}" y="${EDGE + (i + 0.75) * HIGH}" fill="${colour}" xml:space="preserve">${escaped(line)}</text>\n`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>A terminal: coredns-ts is started, asked, told of a typo in its Corefile, and reloads</title>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="${SIZE}">
${rows.join('')}</g></svg>
`;
}

if (process.argv[1] === import.meta.filename) {
  const { createServer } = await import('node:net');
  const socket = createServer();
  const port = await new Promise((resolve) => socket.listen(0, '127.0.0.1', () => resolve(socket.address().port)));
  await new Promise((resolve) => socket.close(resolve));
  const file = path.resolve(process.argv[2] ?? inRoot('docs', 'terminal.svg'));
  writeFileSync(file, picture(await recorded(port)));
  console.log(file);
}
