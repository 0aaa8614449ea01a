// Rules as one table of nftables. The addresses stand in a set from which each goes after six seconds unless it is renewed, so that a
// server which answers no more is passed by: NOTRACK ends, and kube-proxy sends the questions to the cluster. Knows nft's language.
import { SetupError, rightsFor } from './setup-error.ts';
import type { RuleSubject, Rules } from './rules.ts';

/** The table, which nobody else has. */
const TABLE = 'inet coredns_ts_node_cache';
/** Seconds for which an address stands. */
const FOR = 6;

/** The rules of each chain, as nft lists them. */
type Chains = readonly (readonly [chain: 'prerouting' | 'output', rules: readonly string[]])[];

/** The table of one process, or of several that share the addresses. */
export class NftRules implements Rules {
  readonly name = 'nft';
  readonly endByThemselves = true;
  readonly #subject: RuleSubject;

  constructor(subject: RuleSubject) {
    this.#subject = subject;
  }
  async ensure(): Promise<boolean> {
    const { status, stdout } = await this.#subject.run('nft', ['-n', 'list', 'table', ...TABLE.split(' ')]);
    if (status === 0 && isSame(stdout, this.#rules())) return false;
    await this.#nft(`table ${TABLE}\ndelete table ${TABLE}\n${this.#table()}`);
    return true;
  }
  async renew(addresses: readonly string[], ports: readonly number[]): Promise<void> {
    if (addresses.length + ports.length === 0) return;
    // In one transaction: kernels before 6.12 do not renew what is there, and nobody is to see the moment between.
    await this.#nft([['addresses', addresses] as const, ['probes', ports] as const].flatMap(([set, elements]) => elements.map((each) =>
      `add element ${TABLE} ${set} { ${each} timeout ${FOR}s }\ndelete element ${TABLE} ${set} { ${each} }\n`
      + `add element ${TABLE} ${set} { ${each} timeout ${FOR}s }\n`)).join(''));
  }
  stop(): Promise<void> {
    return this.#nft(`flush set ${TABLE} addresses\n`);
  }
  remove(): Promise<void> {
    return this.#nft(`table ${TABLE}\ndelete table ${TABLE}\n`);
  }

  /** The rules of each chain. */
  #rules(): Chains {
    const { addresses, isIPv6, port, healthPort } = this.#subject;
    const ip = isIPv6 ? 'ip6' : 'ip';
    const to = (protocol: string, at: number) => `${ip} daddr @addresses ${protocol} dport ${at} notrack`;
    // Replies are never tracked: one that leaves when its address has just gone would make the next question of its client a reply to it.
    const from = (protocol: string, at: number) => addresses.map((address) => `${ip} saddr ${address} ${protocol} sport ${at} notrack`);
    return [
      ['prerouting', [to('udp', port), to('tcp', port)]],
      ['output', [
        to('udp', port), to('tcp', port), to('tcp', healthPort), ...from('udp', port), ...from('tcp', port), ...from('tcp', healthPort),
        // The server's questions to itself: they come there also while the address does not stand above.
        `udp dport ${port} udp sport @probes notrack`, `udp sport ${port} udp dport @probes notrack`,
      ]],
    ];
  }
  #table(): string {
    const chains = this.#rules().map(([chain, rules]) => `  chain ${chain} {\n    type filter hook ${chain} priority raw; policy accept;\n`
      + `${rules.map((rule) => `    ${rule}\n`).join('')}  }\n`);
    return `table ${TABLE} {\n  set addresses {\n    type ipv${this.#subject.isIPv6 ? 6 : 4}_addr\n    flags timeout\n  }\n`
      + `  set probes {\n    type inet_service\n    flags timeout\n  }\n${chains.join('')}}\n`;
  }
  async #nft(text: string): Promise<void> {
    const { status, said } = await this.#subject.run('nft', ['-f', '-'], text);
    if (status === 0) return;
    throw new SetupError('nft', `nft: ${said}${rightsFor(said)}`);
  }
}

/** Whether what nft lists has these rules in these chains, and no others. */
function isSame(listed: string, chains: Chains): boolean {
  return chains.every(([chain, rules]) => {
    const [, body = ''] = new RegExp(`chain ${chain} \\{\\n([^}]*)`).exec(listed) ?? [];
    const found = body.split('\n').map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('type '));
    return found.join('\n') === rules.join('\n');
  });
}
