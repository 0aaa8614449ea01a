// TLS towards upstreams: certificates as the Corefile names them. Knows files through what it is handed; opens no connection.
import { fileError } from '../wording/errno.ts';

/** Texts of PEM files: our own certificate and its key, and those whom servers are signed by; undefined ca: whom the system trusts. */
export interface ClientPem {
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
}

/**
 * Reads the files of `tls [CERT KEY] [CA]`: none, the CA alone, certificate and key, or all three. Throws Error with CoreDNS's text.
 */
export function readClientPem(paths: readonly string[], readFile: (path: string) => Uint8Array): ClientPem {
  const read = (path: string, what: string): string => {
    let text: string;
    try {
      text = new TextDecoder().decode(readFile(path));
    } catch (error) {
      throw new Error(`${what === 'ca' ? `error reading ${path}` : 'could not load TLS cert'}: ${fileError(error, path)}`);
    }
    if (!text.includes('-----BEGIN ')) {
      const unfound = 'could not load TLS cert: tls: failed to find any PEM data in certificate input';
      throw new Error(what === 'ca' ? 'could not read root certs' : unfound);
    }
    return text;
  };
  const [first, second, third] = paths;
  if (first === undefined) return {};
  if (second === undefined) return { ca: read(first, 'ca') };
  return { cert: read(first, 'cert'), key: read(second, 'key'), ...(third !== undefined && { ca: read(third, 'ca') }) };
}
