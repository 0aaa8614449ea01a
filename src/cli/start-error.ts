// What is said when a start or a reload is refused: CoreDNS's text, and what would be right. Knows errors; knows no process.
import { CorefileError } from '../corefile/error.ts';
import { bindReason, errnoWords } from '../wording/errno.ts';
import { adviceFor } from './advice.ts';
import { Sources, placeText } from './sources.ts';

const ADVICE: { readonly [code: string]: string } = {
  EADDRINUSE: 'another program listens there: stop it, or choose another port with `-dns.port` or in the key of the block',
  EACCES: 'ports below 1024 need root or the capability CAP_NET_BIND_SERVICE: choose another port with `-dns.port`, '
    + 'or start with that right',
  EADDRNOTAVAIL: 'no interface of this machine has that address: see `ip address`, and the `bind` lines of the Corefile',
};

/** What CoreDNS would say, and what more there is to say: the place where it does not name one, and how to mend it. */
export interface Explained {
  readonly text: string;
  readonly advice: string | undefined;
}

/** Splits an error of a start or a reload into these two. */
export function explainError(error: unknown): Explained {
  if (!(error instanceof Error)) return { text: String(error), advice: undefined };
  const { code, syscall, address, port = 0 } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (errnoWords(code) !== undefined && (syscall === 'bind' || syscall === 'listen')) {
    const everywhere = address === undefined || address === '::' || address === '0.0.0.0';
    const where = everywhere ? `:${port}` : `${address.includes(':') ? `[${address}]` : address}:${port}`;
    const listen = syscall === 'bind' ? 'ListenPacket: listen udp' : 'Listen: listen tcp';
    return { text: `${listen} ${where}: ${bindReason(error)}`, advice: ADVICE[code!] };
  }
  const hint = error instanceof CorefileError ? adviceFor(error, new Sources('', '')) : (error as { hint?: string }).hint;
  const placed = !(error instanceof CorefileError) || error.message.includes(`${error.file}:${error.line}`);
  const place = placed ? undefined : `${(error as CorefileError).file}:${(error as CorefileError).line}`;
  const remarks = [place, hint].filter((remark) => remark !== undefined).join(': ');
  return { text: error.message, advice: remarks === '' ? undefined : remarks };
}
/** One line for people: what CoreDNS would say, then how to mend it. */
export function explainInLine(error: unknown): string {
  const { text, advice } = explainError(error);
  return advice === undefined ? text : `${text} (${advice})`;
}
/** CoreDNS's line, which scripts may read, and below it what helps: the place, its line, how to mend it. */
export function explainStart(error: unknown, sources: Sources, more: readonly string[] = []): string {
  const { text } = explainError(error);
  const help = [...more, ...(error instanceof CorefileError ? [adviceFor(error, sources)] : [explainError(error).advice])]
    .filter((line) => line !== undefined);
  const picture = error instanceof CorefileError ? sources.picture(error) : '';
  const place = picture === '' ? '' : `${placeText(error as CorefileError)}:\n${picture}`;
  return `${text}\n${place}${help.map((line) => `help: ${line}\n`).join('')}`;
}
