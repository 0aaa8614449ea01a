// Who keeps questions to the local addresses out of connection tracking: what all ways of that have in common. What each tells the kernel
// stands in a file of its own.
import type { RunTool } from './tool.ts';

/** What the rules are about. */
export interface RuleSubject {
  readonly addresses: readonly string[];
  readonly isIPv6: boolean;
  readonly port: number;
  readonly healthPort: number;
  readonly run: RunTool;
}
/** One way. */
export interface Rules {
  readonly name: 'nft' | 'iptables';
  /** Whether they end by themselves where nobody renews them. */
  readonly endByThemselves: boolean;
  /** Puts what is missing in place; true where something was. Rejects with SetupError. */
  ensure(): Promise<boolean>;
  /** These addresses are answered at, and questions from these ports are this process's own, for six seconds. Rejects with SetupError. */
  renew(addresses: readonly string[], ports: readonly number[]): Promise<void>;
  /** Brings no more questions here; those that came are still answered as they came. Rejects with SetupError. */
  stop(): Promise<void>;
  /** Takes all of them away. Rejects with SetupError. */
  remove(): Promise<void>;
}
