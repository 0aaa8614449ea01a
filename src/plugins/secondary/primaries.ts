// The primaries of a line: addresses, and over TLS (RFC 9103) by which name, with which certificates. Knows words, files through what it is
// handed, and who begins connections over TLS; opens none.
import type { Primary } from '../../authority/pulling/settings.ts';
import type { Directive } from '../../corefile/directive.ts';
import { parseAddress, printAddress, unmap } from '../../dns/address.ts';
import { joinHostPort, splitHostPort } from '../../dns/host-port.ts';
import type { HostPort } from '../../dns/host-port.ts';
import { SecureClient, clientContext } from '../../secure/client.ts';
import { cryptography, transportSecurity } from '../../secure/node.ts';
import { readUpstream } from '../../upstream/address.ts';
import type { ClientPem } from '../../upstream/client-tls.ts';

/** What a block says of TLS: the certificates, where it has the word, and the name that primaries have to have. */
export interface PrimaryTls {
  pem: ClientPem | undefined;
  serverName: string | undefined;
}
const SCHEME = 'tls://';
const noFile = (): never => {
  throw Object.assign(new Error('no file'), { code: 'ENOENT' });
};

/** Reads what stands behind `transfer from`. Refuses what is no address, and words of TLS without a primary that is spoken to over it. */
export function readPrimaries(line: Directive, texts: readonly string[], tls: PrimaryTls): readonly Primary[] {
  const secure = texts.filter((text) => text.startsWith(SCHEME));
  if (secure.length === 0 && (tls.pem !== undefined || tls.serverName !== undefined)) {
    line.fail('tls is of no use here: no primary is spoken to over TLS', 'transfer from tls://ADDRESS');
  }
  const context = secure.length === 0 ? undefined : line.attempt(() => clientContext(transportSecurity(), tls.pem ?? {}, 'TLSv1.3'));
  return texts.map((text) => (text.startsWith(SCHEME) ? readSecure(line, text, tls, context!) : readPlain(line, text)));
}
/** An address, or an address and a port (LIB-3). */
function readPlain(line: Directive, text: string): Primary {
  const { host, port } = hostPort(text);
  const octets = parseAddress(host.replace(/%.*$/, ''));
  if (octets === undefined) return line.refuse(`must specify an IP address: \`${host}'`);
  const number = portNumber(line, text, port === '' ? '53' : port);
  const printed = joinHostPort(host, port === '' ? '53' : port);
  return { text: printed, address: host, port: number, client: printAddress(unmap(octets)), identity: printed };
}
/** `tls://ADDRESS[:PORT][%NAME]`: TLS 1.3 with ALPN `dot` (RFC 9103 section 7), and who answers has to be who it shall be. */
function readSecure(
  line: Directive, text: string, { pem = {}, serverName: common }: PrimaryTls, context: ReturnType<typeof clientContext>,
): Primary {
  const entry = line.attempt(() => readUpstream(text, noFile), () => line.refuse(`must specify an IP address: \`${text}'`));
  const found = 'addresses' in entry ? entry.addresses[0] : undefined;
  if (found === undefined) return line.refuse(`must specify an IP address: \`${text}'`);
  const { address: plain, zone, port } = found;
  const isLink = zone !== undefined && /^fe[89ab]/.test(plain);
  const serverName = (isLink ? undefined : zone) ?? common;
  const number = portNumber(line, text, port);
  const printed = `${SCHEME}${joinHostPort(plain, port)}`;
  const client = new SecureClient(transportSecurity(), { pem, serverName, protocols: ['dot'] }, context);
  const shown = cryptography().createHash('sha256').update(JSON.stringify([pem, serverName])).digest('hex');
  return {
    text: printed, address: isLink ? `${plain}%${zone}` : plain, port: number, client: printAddress(unmap(parseAddress(plain)!)),
    secure: client, identity: `${printed}#${shown}`,
  };
}
function portNumber(line: Directive, text: string, port: string): number {
  const number = Number(port);
  if (!Number.isInteger(number) || number < 0 || number > 65535) line.doubt(`the port of ${text} is no number from 1 to 65535`);
  return number;
}
function hostPort(text: string): HostPort {
  try {
    return splitHostPort(text);
  } catch {
    return { host: text, port: '53' };
  }
}
