// Whether objects are what the Kubernetes API takes: each becomes a literal in a file of its own, and the TypeScript compiler compares it
// with its kind. A field that the API does not know is refused, since a literal may hold no other. Knows files and the compiler.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../gates/checkout.ts';

/** Where the files are written: inside the checkout, so that they find its libraries. */
const scratch = path.join(root, 'node_modules', '.cache');

const options = {
  extends: path.join(root, 'tsconfig.json'),
  compilerOptions: { exactOptionalPropertyTypes: false, types: [] },
  include: ['*.ts'],
  exclude: [],
};

/** What the compiler says about these objects, by the name each was given; none where all are sound. */
export function typeComplaints(objects: ReadonlyMap<string, unknown>): string[] {
  mkdirSync(scratch, { recursive: true });
  const folder = mkdtempSync(path.join(scratch, 'manifests-'));
  try {
    const names = [...objects.keys()];
    for (const [at, name] of names.entries()) writeFileSync(path.join(folder, `o${at}.ts`), literal(objects.get(name)));
    writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(options));
    const compiler = path.join(root, 'node_modules', '.bin', 'tsc');
    const { status, stdout, error } = spawnSync(compiler, ['--pretty', 'false', '-p', folder], { encoding: 'utf8', cwd: folder });
    if (error) throw error;
    const said = stdout.split('\n').filter((line) => /^\S.*error TS/.test(line));
    if (status !== 0 && said.length === 0) throw new Error(`the compiler failed: ${stdout}`);
    return said.map((line) => line.replace(/^.*?\bo(\d+)\.ts\(\d+,\d+\): error TS\d+/, (_, at: string) => names[Number(at)] ?? ''));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function literal(object: unknown): string {
  const { apiVersion, kind } = object as { apiVersion?: string; kind?: string };
  const kinds = JSON.stringify(path.join(root, 'test/deploy/kinds.ts'));
  const type = JSON.stringify(`${apiVersion} ${kind}`);
  return `import type { Kinds } from ${kinds};\nexport const object: Kinds[${type}] = ${JSON.stringify(object, undefined, 1)};\n`;
}
