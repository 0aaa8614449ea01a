// What is written in one place and used from there: finds whoever writes it again. Knows text and paths alone.
import { type Files, isTest, layerOf, table, withoutComments } from './layers.ts';

/** Some of Go's words for what the system said. */
const words = [
  'no such file or directory', 'permission denied', 'connection refused', 'connection reset by peer', 'broken pipe',
  'no route to host', 'network is unreachable', 'address already in use', 'cannot assign requested address', 'too many open files',
];

/** One thing: how it looks when it is written by hand, the folder or file of its own, and what to use. */
interface Once {
  readonly pattern: RegExp;
  readonly home: string;
  readonly instead: string;
  /** Who may do it all the same. */
  readonly except?: RegExp;
}

/** The rules, by what they are about. */
export const once: Readonly<Record<string, Once>> = {
  'a lower-case name': {
    pattern: /\bName\.wire\((?:Name\.parse\(|[\w.]+\.key\))/, home: 'src/dns/name.ts', instead: '`name.folded`',
  },
  'a text that may be no name': {
    pattern: /try \{\s*return \[?Name\.parse\([^}]*\} catch \{\s*return (?:undefined|\[\]);/,
    home: 'src/dns/name.ts', instead: '`Name.maybe`',
  },
  'text as octets': {
    pattern: /\b(?:Buffer|Uint8Array)\.from\([^;]*(?:'latin1'\)|\.charCodeAt\(0\)\))|\[[^\]]*\] = \w+\.charCodeAt\(\w+\);/,
    home: 'src/dns/latin1.ts', instead: '`latin1Bytes`, `writeLatin1`, `name.octets`',
  },
  'octets as text': {
    pattern: /\bString\.fromCharCode\(\.\.\.|\bBuffer\.from\([^;]*\)\.toString\('latin1'\)/,
    home: 'src/dns/latin1.ts', instead: '`latin1`',
  },
  'an address in a network': { pattern: /0xff00 >>/, home: 'src/dns/address.ts', instead: '`inPrefix`, `maskAddress`' },
  'a port of DNS by its scheme': {
    pattern: /\b(?:tls|quic|grpc|https3?)['"]?: ['"]?(?:853|443)\b/, home: 'src/dns/port.ts', instead: '`PORT`',
  },
  'a text in quotes': {
    pattern: /\$\{JSON\.stringify\([^,{}]*\)\}|\b(?:Error|fail|refuse|wrongArgs)\(`[^`]*"\$\{(?!this\.label)[^}]*\}"/,
    home: 'src/wording/quote.ts', instead: '`quoted`',
    // Texts of our own; and those of the weight file, where CoreDNS escapes nothing.
    except: /^src\/(cli|testing)\/|^src\/plugins\/loadbalance\/weights\.ts$/,
  },
  'what the system said': {
    pattern: new RegExp(`(?:${words.join('|')})(?=['"\`])`), home: 'src/wording/errno.ts', instead: '`reasonOf`, `fileError`, `bindReason`',
  },
  'a word that stands once in a block': { pattern: /once per Server Block/, home: 'src/corefile/directive.ts', instead: '`once(lines)`' },
  'a duration or a number of a line': {
    pattern: /\btry \{\s*[^}]*\bparse(?:Duration|Integer)\([^}]*\} catch \(error|\bparseDuration\(/,
    home: 'src/corefile/', instead: '`line.duration`, `line.number`', except: /^src\/(?!plugins\/)/,
  },
  'an error that stops a line': {
    pattern: /catch \((\w+)\) \{\s*(?:return )?\w+\.(?:fail|refuse|wrongArgs)\([^;]*\(\1 as Error\)\.message/,
    home: 'src/corefile/directive.ts', instead: '`line.attempt`',
  },
};

/** Whether a file may use what stands in `home`: its layer may import that one. */
function mayUse(path: string, home: string): boolean {
  const layer = layerOf(path);
  const other = layerOf(home);
  if (layer === undefined || layer === other) return true;
  const allowed = table[layer];
  return allowed === 'everything' || (allowed ?? []).includes(other!);
}

/** Every line that writes again what stands elsewhere. Tests may write what they like: they judge by other means. */
export function again(files: Files): string[] {
  return [...files].filter(([path]) => path.startsWith('src/') && !isTest(path)).flatMap(([path, text]) => {
    const code = withoutComments(text);
    return Object.entries(once).flatMap(([what, { pattern, home, instead, except }]) => {
      const free = path.startsWith(home) || except?.test(path) === true || !mayUse(path, home);
      return free || !pattern.test(code) ? [] : [`${path}: ${what}: ${instead} of ${home}`];
    });
  });
}
