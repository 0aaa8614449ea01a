// The Corefile of a node cache as its folders are now: what cannot be used is told once and leaves the Corefile before it in force. Knows
// the folders and the file that the Corefile is written to; knows no server (ecosystem 2).
import { existsSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { basename, dirname } from 'node:path';
import { fileError } from '../wording/errno.ts';
import { NO_CONFIG, readClusterConfig } from './cluster-config.ts';
import type { ClusterConfig } from './cluster-config.ts';
import { renderCorefile } from './corefile.ts';
import { readFolder } from './folder.ts';
import type { FolderContents } from './folder.ts';
import type { NodeCacheOptions } from './options.ts';

/** Where the ConfigMap kube-dns is mounted as a rule. */
const USUAL = '/etc/kube-dns';

/** The environment variable in which the address of a Service stands. */
const variableOf = (service: string): string => `${service.replaceAll('-', '_').toUpperCase()}_SERVICE_HOST`;

/** What is looked at again and again. */
export class NodeCacheConfiguration {
  readonly #options: NodeCacheOptions;
  readonly #nonce: string;
  readonly #environment: (name: string) => string | undefined;
  #config: ClusterConfig = NO_CONFIG;
  #text: string | undefined;
  /** Of each source what is wrong with it, as it was told. */
  readonly #told = new Map<string, string>();
  #digest = '';
  /** Who hears what is wrong. What comes before somebody does waits. */
  #complain: ((text: string) => void) | undefined;
  readonly #waiting: string[] = [];

  constructor(options: NodeCacheOptions, nonce: string, environment: (name: string) => string | undefined) {
    this.#options = options;
    this.#nonce = nonce;
    this.#environment = environment;
  }
  /** From now on, and what there was until now. */
  set complaints(hear: (text: string) => void) {
    this.#complain = hear;
    for (const text of this.#waiting.splice(0)) hear(text);
  }
  /** What all that is read is known by: another one where anything changed, whether it can be used or not. */
  get digest(): string {
    return this.#digest;
  }
  /** How many domains have servers of their own, and who is asked for the rest; for the log. */
  get summary(): string {
    const { stubDomains, upstreams } = this.#config;
    return `${stubDomains.length} stub domains, upstream servers ${upstreams.length === 0 ? 'of /etc/resolv.conf' : upstreams.join(' ')}`;
  }

  /** The Corefile as it is now, or the last one that could be made. Throws Error where there never was one. */
  text(): string {
    const { template, corefile, addresses, port, upstreamService } = this.#options;
    const digests: string[] = [];
    this.#readConfig(digests);
    try {
      const clusterDnsVariable = variableOf(upstreamService);
      const folder = this.#read(dirname(template), digests);
      const base = folder.text(basename(template));
      if (base === undefined) throw new Error(fileError({ code: 'ENOENT' }, template));
      const said = this.#environment(clusterDnsVariable) ?? '';
      // A Service without an address has none that could be asked.
      const clusterDns = isIP(said) === 0 ? undefined : said;
      const values = { addresses, port, config: this.#config, nonce: this.#nonce, clusterDnsVariable, clusterDns };
      const text = renderCorefile(base, template, values);
      if (text !== this.#text) this.#write(corefile, text);
      this.#text = text;
      this.#told.delete('template');
    } catch (error) {
      if (this.#text === undefined) throw error;
      this.#tell('template', `${(error as Error).message}: the Corefile stays as it is`);
    }
    this.#digest = digests.join(' ');
    return this.#text;
  }
  #readConfig(digests: string[]): void {
    const { kubeDns } = this.#options;
    const folder = kubeDns === '' ? USUAL : kubeDns;
    if (kubeDns === '' && !existsSync(folder)) return;
    try {
      this.#config = readClusterConfig(this.#read(folder, digests));
      this.#told.delete('kube-dns');
    } catch (error) {
      this.#tell('kube-dns', `${folder}: ${(error as Error).message}: what it said before stays`);
    }
  }
  #read(folder: string, digests: string[]): FolderContents {
    let contents: FolderContents;
    try {
      contents = readFolder(folder);
    } catch (error) {
      throw new Error(fileError(error, folder), { cause: error });
    }
    digests.push(contents.digest);
    return contents;
  }
  /** For people: what is served stands in memory. */
  #write(file: string, text: string): void {
    try {
      writeFileSync(file, text);
      this.#told.delete('corefile');
    } catch (error) {
      this.#tell('corefile', `the Corefile is not written down: ${fileError(error, file)}`);
    }
  }
  #tell(source: string, text: string): void {
    if (this.#told.get(source) === text) return;
    this.#told.set(source, text);
    if (this.#complain === undefined) this.#waiting.push(text);
    else this.#complain(text);
  }
}
