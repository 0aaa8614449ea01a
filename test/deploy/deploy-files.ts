// What lies under deploy/, read: the objects of its YAML files, and those that Helm renders from the chart. Knows files, YAML and Helm.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { pathsIn, read, root } from '../gates/checkout.ts';
import type { Manifest } from './kinds.ts';

/** Every YAML file under deploy/ that is no template, by its path from the root. */
export const yamlFiles = (): string[] => pathsIn('deploy').filter((file) => /\.ya?ml$/.test(file) && !file.includes('/templates/'));

/** The documents of a text; throws where it is not YAML, or says a key twice. */
export function documents(text: string, name: string): unknown[] {
  return parseAllDocuments(text, { uniqueKeys: true, strict: true }).flatMap((document) => {
    const [problem] = [...document.errors, ...document.warnings];
    if (problem) throw new Error(`${name}: ${problem.message}`);
    const value: unknown = document.toJS();
    return value === null ? [] : [value];
  });
}

/** The objects of a file under deploy/. */
export const manifests = (file: string): Manifest[] => documents(read(`deploy/${file}`), file) as Manifest[];

/** All objects under deploy/kubernetes, which are meant for one cluster. */
export const cluster = (): Manifest[] => yamlFiles().filter((file) => file.startsWith('deploy/kubernetes/'))
  .flatMap((file) => documents(read(file), file) as Manifest[]).filter((object) => (object.kind as string) !== 'Kustomization');

/** A program: what the environment variable names, else the first on the PATH; undefined where there is none. */
export function program(name: string, variable: string): string | undefined {
  const named = process.env[variable];
  const places = named ? [named] : (process.env['PATH'] ?? '').split(':').map((folder) => path.join(folder, name));
  return places.find((place) => {
    try {
      accessSync(place, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The chart's folder. */
export const chart = path.join(root, 'deploy/helm/coredns-ts');

/** Runs `helm template` on the chart. The version of the cluster is said, since each Helm supposes another. */
export function template(helm: string, release: string, ...args: string[]): { objects: Manifest[]; failed: string } {
  const all = ['template', release, chart, '--namespace', 'net', '--kube-version', '1.30.0', ...args];
  const { status, stdout, stderr, error } = spawnSync(helm, all, { encoding: 'utf8', timeout: 60_000 });
  if (error) throw error;
  return { objects: status === 0 ? documents(stdout, release) as Manifest[] : [], failed: status === 0 ? '' : stderr };
}
