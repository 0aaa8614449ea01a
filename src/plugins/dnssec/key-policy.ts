// Which keys a zone that is signed by itself shall have, as `policy` says it. Knows words; makes no key.
import { USUAL_POLICY } from '../../authority/zone-keys/key-settings.ts';
import type { Directive, PropertyReaders } from '../../corefile/directive.ts';
import { algorithmNamed } from '../../dnssec/algorithm.ts';
import type { Role } from '../../dnssec/rollover/state.ts';
import type { KeyPolicy } from '../../dnssec/rollover/wishes.ts';

const ALGORITHMS = 'RSASHA256, RSASHA512, ECDSAP256SHA256, ECDSAP384SHA384, ED25519 or ED448';
/** Bits of RSA keys. */
const LEAST_BITS = 2048, MOST_BITS = 4096;

/** Reads the lines of keys in a block of `policy`. */
export class PolicyReader {
  readonly #roles: Role[] = [];
  readonly #lifetimes = new Map<Role, number>();
  #isUnsigned = false;
  #policy: KeyPolicy = USUAL_POLICY;

  /** What reads each line. */
  readonly readers: PropertyReaders = {
    csk: (line) => this.#role(line, 'csk'),
    ksk: (line) => this.#role(line, 'ksk'),
    zsk: (line) => this.#role(line, 'zsk'),
    unsigned: (line) => {
      line.bare();
      this.#isUnsigned = true;
    },
    algorithm: (line) => {
      const word = line.arg();
      const algorithm = algorithmNamed(word);
      if (algorithm?.signs !== true) return line.fail(`algorithm is ${ALGORITHMS}, not '${word}'`);
      const bits = line.more && algorithm.kind === 'rsa' ? line.integer('bits', { min: LEAST_BITS, max: MOST_BITS }) : undefined;
      line.end();
      this.#policy = { ...this.#policy, algorithm: algorithm.number, bits };
    },
    ttl: (line) => this.#seconds(line, 'ttl'),
    propagation: (line) => this.#seconds(line, 'propagation'),
    parent_propagation: (line) => this.#seconds(line, 'parentPropagation'),
    parent_ttl: (line) => this.#seconds(line, 'parentTtl'),
  };

  #role(line: Directive, role: Role): void {
    if (line.more && line.arg() !== 'lifetime') line.wrongArgs();
    else if (line.args.length > 0) this.#lifetimes.set(role, secondsOf(line, 'lifetime'));
    line.bare();
    this.#roles.push(role);
  }
  #seconds(line: Directive, what: 'ttl' | 'propagation' | 'parentPropagation' | 'parentTtl'): void {
    this.#policy = { ...this.#policy, [what]: secondsOf(line, line.word) };
    line.bare();
  }
  /** The policy, when all lines were read. Stops at roles that do not go together. */
  policy(line: Directive): KeyPolicy {
    const roles = [...new Set(this.#roles)].sort();
    if (this.#isUnsigned && roles.length > 0) line.fail('unsigned has no keys beside it');
    const said = roles.join(' ');
    if (!['', 'csk', 'ksk zsk'].includes(said)) line.fail(`a zone has a csk, or a ksk and a zsk, not '${said}'`);
    return { ...this.#policy, roles: this.#isUnsigned ? [] : roles.length === 0 ? USUAL_POLICY.roles : roles, lifetimes: this.#lifetimes };
  }
}
function secondsOf(line: Directive, what: string): number {
  const seconds = Math.floor(line.seconds(what));
  return seconds >= 1 ? seconds : line.fail(`${what} is a second at least`);
}
