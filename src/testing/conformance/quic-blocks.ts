// Blocks with certificates as listeners of QUIC are tested with, and what became of their handshakes. Knows settings; opens nothing.
import * as crypto from 'node:crypto';
import * as tls from 'node:tls';
import { ConnectionSetting, DEFAULT_CONNECTIONS } from '../../kernel/query/connection-setting.ts';
import type { ConnectionRules } from '../../kernel/query/connection-setting.ts';
import { ListenerSettings } from '../../kernel/query/listener-setting.ts';
import { ProxySetting } from '../../kernel/query/proxy-setting.ts';
import type { ProxyRules } from '../../kernel/query/proxy-setting.ts';
import { QuicSetting } from '../../kernel/query/quic-setting.ts';
import type { QuicLimits } from '../../kernel/query/quic-setting.ts';
import { TlsSetting } from '../../kernel/query/tls-setting.ts';
import { Slots } from '../../kernel/slot.ts';
import { readPair } from '../../secure/pair.ts';
import type { Pair } from '../../secure/pair.ts';
import { ServerTls } from '../../secure/server-tls.ts';
import type { ClientAuth } from '../../secure/server-tls.ts';
import { Tickets } from '../../secure/tickets.ts';
import { Authority } from '../certificates.ts';
import type { Wanted } from '../certificates.ts';

/** Who signs the certificates of these tests. */
export const authority = new Authority();
/** A certificate and its key. */
export const signed = (wanted: Wanted): Pair => readPair({ ...authority.sign(wanted), ca: authority.pem }, crypto);

/** What may be said of them. */
export interface QuicBlockOptions {
  readonly clientAuth?: ClientAuth;
  readonly limits?: Partial<QuicLimits>;
  readonly connections?: Partial<ConnectionRules>;
  readonly proxy?: ProxyRules;
  /** Tickets: none, of the process, or of this secret that replicas have. */
  readonly tickets?: 'off' | 'own' | Uint8Array;
  /** Of the server that they are of. */
  readonly label?: string;
}

/** Blocks of one address. */
export class QuicBlocks {
  readonly counted: string[] = [];
  readonly lines: string[] = [];
  readonly events: Record<string, number> = {};
  readonly blocks: ServerTls[];
  readonly settings: ListenerSettings;

  constructor(pairs: readonly Pair[], { clientAuth = 'nocert', limits = {}, connections, proxy, tickets = 'own' }: QuicBlockOptions = {}) {
    const secret = typeof tickets === 'string' ? crypto.randomBytes(32) : tickets;
    const derive = (from: Uint8Array, info: string, length: number) => Buffer.from(crypto.hkdfSync('sha256', from, '', info, length));
    this.blocks = pairs.map((first, line) => {
      const block = new ServerTls({ at: { file: 'Corefile', line }, clientAuth, leastVersion: 'TLSv1.2', first, keylog: 'keys' });
      block.tls = tls;
      block.digest = (text) => crypto.createHash('sha256').update(text).digest('hex');
      block.pair = () => first;
      block.tickets = tickets === 'off' ? undefined : new Tickets(secret, derive, () => Date.now(), tickets !== 'own');
      block.log = (text) => this.lines.push(...String(text).split('\n').slice(0, -1));
      block.counter = {
        succeeded: (version, resumed) => this.counted.push(`${version}${resumed ? ' resumed' : ''}`),
        failed: (reason) => this.counted.push(reason),
      };
      block.quic = {
        answered: (_server, code) => this.counted.push(`answered ${code}`), panicked: (text) => this.lines.push(text),
        refused: (reason) => this.lines.push(reason),
        counted: (_server, counts) => {
          for (const [what, count] of Object.entries(counts)) this.events[what] = (this.events[what] ?? 0) + count;
        },
      };
      return block;
    });
    const all = this.blocks.map((block) => {
      const slots = new Slots();
      slots.put(TlsSetting, block);
      slots.put(QuicSetting, { at: block.at, ...limits });
      if (connections !== undefined) slots.put(ConnectionSetting, { at: block.at, rules: { ...DEFAULT_CONNECTIONS, ...connections } });
      if (proxy !== undefined) slots.put(ProxySetting, proxy);
      return { zone: '.', slots };
    });
    this.settings = ListenerSettings.of(all, { label: 'quic://:853', scheme: 'quic', warn: () => {} });
  }
}
