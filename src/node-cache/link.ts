// The interface that has the local addresses: a dummy one that is made where it is not there, or one that is there and only gets them.
// Knows `ip` of iproute2; knows nothing of DNS (ecosystem 2).
import { SetupError, rightsFor } from './setup-error.ts';
import type { RunTool } from './tool.ts';

/** What the interface is. */
export interface LinkOptions {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly isIPv6: boolean;
  readonly run: RunTool;
  readonly warn: (text: string) => void;
}
interface Shown {
  readonly ifname?: string;
  readonly linkinfo?: { readonly info_kind?: string };
  readonly addr_info?: readonly { readonly local?: string }[];
}

/** The interface of one process. */
export class Link {
  readonly #options: LinkOptions;
  /** Addresses that this process put there. */
  readonly #own = new Set<string>();
  readonly #told = new Set<string>();

  constructor(options: LinkOptions) {
    this.#options = options;
  }
  /** Puts what is missing in place; true where something was. Rejects with SetupError. */
  async ensure(): Promise<boolean> {
    const { name, addresses, isIPv6 } = this.#options;
    const all = await this.#addresses();
    let isNew = false;
    if (!all.has(name)) {
      await this.#ip('interface_add', 'link', 'add', 'dev', name, 'type', 'dummy');
      // An address of IPv6 is the kernel's to answer for only where the interface is up; one of IPv4 is at once.
      if (isIPv6) await this.#ip('interface_add', 'link', 'set', 'dev', name, 'up');
      isNew = true;
    }
    for (const address of addresses) {
      if (all.get(name)?.includes(address) === true) continue;
      const elsewhere = [...all].find(([, there]) => there.includes(address))?.[0];
      if (elsewhere !== undefined) {
        this.#taken(address, elsewhere);
        continue;
      }
      await this.#ip('interface_add', 'addr', 'add', `${address}/${isIPv6 ? 128 : 32}`, 'dev', name, ...(isIPv6 ? ['nodad'] : []));
      this.#own.add(address);
      isNew = true;
    }
    return isNew;
  }
  /** Takes away what a node cache put there: the interface where it is a dummy one, else the addresses. Rejects with SetupError. */
  async remove(): Promise<void> {
    const { name, isIPv6 } = this.#options;
    const [shown] = await this.#shown('-d', 'link', 'show', 'dev', name).catch(() => []);
    if (shown === undefined) return;
    if (shown.linkinfo?.info_kind === 'dummy') return this.#ip('interface_check', 'link', 'del', 'dev', name);
    for (const address of this.#own) {
      await this.#ip('interface_check', 'addr', 'del', `${address}/${isIPv6 ? 128 : 32}`, 'dev', name);
    }
    this.#own.clear();
  }

  /** Somebody else has it: it is listened at there, and stays when this ends. */
  #taken(address: string, name: string): void {
    if (this.#told.has(address)) return;
    this.#told.add(address);
    this.#options.warn(`${address} is an address of ${name} already: it is used there, and not put on ${this.#options.name} (with `
      + 'kube-proxy in the mode ipvs, -localip takes a link-local address alone)');
  }
  /** The addresses of each interface. */
  async #addresses(): Promise<ReadonlyMap<string, readonly string[]>> {
    const shown = await this.#shown('addr', 'show');
    return new Map(shown.map(({ ifname = '', addr_info: list = [] }) => [ifname, list.flatMap(({ local }) => local ?? [])]));
  }
  async #shown(...args: readonly string[]): Promise<readonly Shown[]> {
    const { status, stdout, said } = await this.#options.run('ip', ['-j', ...args]);
    if (status !== 0) throw new SetupError('interface_check', `ip ${args.join(' ')}: ${said}`);
    try {
      return JSON.parse(stdout) as readonly Shown[];
    } catch {
      throw new SetupError('interface_check', `ip ${args.join(' ')}: it said no JSON (iproute2 is needed)`);
    }
  }
  async #ip(type: 'interface_add' | 'interface_check', ...args: readonly string[]): Promise<void> {
    const { status, said } = await this.#options.run('ip', args);
    // Another process may have been quicker.
    if (status === 0 || /File exists/.test(said)) return;
    throw new SetupError(type, `ip ${args.join(' ')}: ${said}${rightsFor(said)}`);
  }
}
