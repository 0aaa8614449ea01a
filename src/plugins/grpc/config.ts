// What a `grpc` line says (GRPC-1). Knows its options and their texts; opens nothing.
import { join } from 'node:path';
import { once } from '../../corefile/directive.ts';
import type { Position } from '../../corefile/error.ts';
import type { Name } from '../../dns/name.ts';
import { NEVER, readFallthrough } from '../../kernel/site/fallthrough.ts';
import type { Fallthrough } from '../../kernel/site/fallthrough.ts';
import type { Lines, ParseContext } from '../../kernel/site/plugin.ts';
import { zonesOf } from '../../kernel/site/zones.ts';
import { addressKey, readUpstream, splitScheme } from '../../upstream/address.ts';
import type { UpstreamAddress } from '../../upstream/address.ts';
import { readClientPem } from '../../upstream/client-tls.ts';
import type { ClientPem } from '../../upstream/client-tls.ts';
import { POLICIES } from '../../upstream/policy.ts';
import type { PolicyName } from '../../upstream/policy.ts';
import { quoted } from '../../wording/quote.ts';

const MOST_UPSTREAMS = 15;
/** Answers that are watched where nothing else is said. */
const WATCHED = 10_000;

/** Where one is: an address, or the path of a Unix socket. */
export type GrpcPlace = UpstreamAddress | { readonly path: string };
/** A `grpc` line. */
export interface Settings {
  readonly from: Name;
  readonly to: readonly GrpcPlace[];
  except: readonly Name[];
  /** undefined: in the clear. */
  tls: ClientPem | undefined;
  serverName: string | undefined;
  policy: PolicyName;
  fallthrough: Fallthrough;
  /** Answers that are watched at most; 0: none is. */
  subscribe: number;
}

/** Reads the one line that a block may have. */
export function readSettings(lines: Lines, { machine, root = '' }: ParseContext): Settings {
  const line = once(lines);
  const from = line.arg();
  const zone = zonesOf([from], []).names[0] ?? line.refuse(`unable to normalize '${from}'`);
  const words = line.rest();
  if (words.length === 0) line.wrongArgs();
  const to = new Map<string, GrpcPlace>();
  for (const [i, word] of words.entries()) {
    const [scheme, rest] = splitScheme(word);
    if (scheme === 'unix') to.set(word, { path: rest });
    else for (const place of addressesOf(word, rest, machine.readFile, line.argsAt[i + 1]!)) to.set(addressKey(place), place);
  }
  if (to.size > MOST_UPSTREAMS) line.refuse(`more than ${MOST_UPSTREAMS} TOs configured: ${to.size}`);
  const settings: Settings = {
    from: zone, to: [...to.values()], except: [], tls: undefined, serverName: undefined, policy: 'random', fallthrough: NEVER,
    subscribe: 0,
  };
  line.properties({
    except(property) {
      if (!property.more) property.wrongArgs();
      settings.except = [...settings.except, ...zonesOf(property.rest(), []).names];
    },
    tls(property) {
      const files = property.rest();
      if (files.length > 3) property.wrongArgs();
      const paths = files.map((file) => (file.startsWith('/') ? file : join(root, file)));
      settings.tls = property.attempt(() => readClientPem(paths, machine.readFile));
    },
    tls_servername(property) {
      settings.serverName = property.arg();
    },
    policy(property) {
      const word = property.arg();
      settings.policy = POLICIES.find((name) => name === word) ?? property.fail(`unknown policy '${word}'`);
    },
    subscribe(property) {
      const [most] = property.words(0, 1);
      settings.subscribe = most === undefined ? WATCHED : property.number(most);
      if (settings.subscribe < 1) property.fail(`subscribe needs a number above 0: ${most}`);
    },
    fallthrough(property) {
      settings.fallthrough = readFallthrough(property);
    },
  });
  return settings;

  function addressesOf(word: string, rest: string, readFile: (path: string) => Uint8Array, at: Position): readonly UpstreamAddress[] {
    const entry = line.attempt(() => readUpstream(`grpc://${rest}`, readFile), (reason) =>
      line.refuse(reason.startsWith('not an IP address, file') ? `not an IP address or file ${quoted(word)}` : reason, undefined, at));
    // A file of name servers says port 53, which nobody speaks gRPC at.
    return 'addresses' in entry ? entry.addresses.map((at) => (at.scheme === 'dns' ? { ...at, port: '443' } : at)) : [];
  }
}
