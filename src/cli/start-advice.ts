// What more there is to say when a start fails at something that only the machine knows: which line wanted the port, who has it, which
// word of the Corefile was looked up as a name. Knows findings of `check` and this machine.
import type { Plugin } from '../kernel/site/plugin.ts';
import { checkCorefile } from './check.ts';
import { httpPlace } from './port-clashes.ts';
import { ownersOf } from './port-owners.ts';
import { placeText } from './sources.ts';

/** A Corefile that was to be served. */
interface Attempt {
  readonly file: string;
  readonly text: string;
  readonly port: number;
  /** The plugins in place of the standard ones. */
  readonly own: readonly Plugin[] | undefined;
}

/** Lines of help for a start that failed with this text. */
export async function startAdvice(message: string, { file, text, port, own }: Attempt): Promise<readonly string[]> {
  const { pages, problems } = await checkCorefile(text, file, port, own);
  const help: string[] = [];
  const [, protocol, address = '', wanted = ''] = /listen (tcp|udp) (\S*):(\d+): bind: address already in use/.exec(message) ?? [];
  if (protocol !== undefined) {
    const page = protocol === 'tcp' ? pages.find((each) => httpPlace(each.address).port === Number(wanted)) : undefined;
    if (page !== undefined) help.push(`${placeText(page.place)}: plugin/${page.plugin} shows its page there`);
    const owners = ownersOf(protocol === 'udp' ? 'udp' : 'tcp', Number(wanted));
    help.push(...owners.map((owner) => `${owner.name} (pid ${owner.pid}) has ${owner.address}:${wanted}${mend(owner.name, address)}`));
    if (page !== undefined) help.push(`stop what listens there, or give the page another port: \`${page.plugin} ADDRESS:PORT\``);
  }
  const [, looked = ''] = /failed to resolve "([^"]+)"/.exec(message) ?? [];
  help.push(...problems.flatMap((problem) => (looked !== '' && problem.hint?.startsWith(`${looked} is a property`) ? [problem.hint] : [])));
  if (/EAI_AGAIN|server misbehaving/.test(message)) help.push('the resolvers of this machine do not answer: see /etc/resolv.conf');
  return help;
}
const mend = (name: string, address: string): string => (name !== 'systemd-resolve' && name !== 'systemd-resolved' ? ''
  : `: bind another address than ${address === '' ? 'all' : address}, or set DNSStubListener=no in /etc/systemd/resolved.conf`);
