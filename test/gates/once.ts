// What is written in one place and used from there: finds whoever writes it again. Knows text and paths alone.
import { type Files, isTest, layerOf, table, withoutComments } from './layers.ts';

/** One thing: how it looks when it is written by hand, the folder or file of its own, and what to use. */
interface Once {
  readonly pattern: RegExp;
  readonly home: string;
  readonly instead: string;
}

/** The rules, by what they are about. */
export const once: Readonly<Record<string, Once>> = {
  'a lower-case name': {
    pattern: /\bName\.wire\((?:Name\.parse\(|[\w.]+\.key\))/, home: 'src/dns/name.ts', instead: '`name.folded`',
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
    return Object.entries(once).flatMap(([what, { pattern, home, instead }]) =>
      (path.startsWith(home) || !mayUse(path, home) || !pattern.test(code) ? [] : [`${path}: ${what}: ${instead} of ${home}`]));
  });
}
