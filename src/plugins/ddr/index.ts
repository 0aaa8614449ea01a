// *ddr* tells clients which encrypted services this server has (RFC 9462): SVCB records at `_dns.resolver.arpa` and at `_dns.NAME`, and
// SRV records of where a zone's answers are pushed (RFC 8765). Knows the names; which listeners there are is services.ts's.
import { isOfResolverArpa, noneDesignated } from '../../authority/resolver-arpa.ts';
import { Name } from '../../dns/name.ts';
import { rr } from '../../dns/rr.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import { SRV, SVCB } from '../../dns/types.ts';
import { askedAddress } from '../../kernel/query/peer.ts';
import type { Message } from '../../kernel/query/message.ts';
import type { Query } from '../../kernel/query/query.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import type { Site } from '../../kernel/site/site.ts';
import { readLine } from './config.ts';
import type { DdrLine } from './config.ts';
import { lacks, parametersOf, pushPorts, secureListeners, toldOf } from './services.ts';
import type { Told } from './services.ts';

/** Seconds: what is listened on changes with a reload. */
const TTL = 300;
const DESIGNATED = Name.parse('_dns.resolver.arpa.');

/** What clients ask at the names of this server. */
function answer(query: Query, told: readonly Told[], { name, addresses }: DdrLine): Message {
  const asked = askedAddress(query).replace(/^::ffff:(?=[\d.]+$)/i, '');
  return query.reply({
    aa: true,
    answer: told.map((each, i) => rr(query.name, SVCB, TTL, {
      priority: i + 1, target: name, parameters: parametersOf(addresses.length === 0 ? each : { ...each, addresses }, asked),
    })),
  });
}

/** What clients ask who want to be told of changes in a zone: the names `_dns-push-tls._tcp.ZONE`. */
function answerPush(query: Query, ports: readonly number[], { name }: DdrLine): Message {
  const isAsked = query.type === TYPE.SRV || query.type === TYPE.ANY;
  const answer = isAsked ? ports.map((port) => rr(query.name, SRV, TTL, { priority: 0, weight: 0, port, target: name })) : [];
  return query.reply({ aa: true, answer });
}

/** Says what will keep clients from leaving for a listener. */
function warn(run: Run, site: Site, { name, addresses, own }: DdrLine): void {
  const log = run.log.prefix('ddr');
  const secure = secureListeners(run.sites, site);
  if (secure.length === 0) log.warning('no listener of this process has a certificate: clients are told of none');
  const plain = site.endpoints.flatMap(({ scheme, address }) => (scheme === 'dns' && address !== '' ? [address] : []));
  const known = addresses.length > 0 ? addresses : plain.length > 0 ? plain : own;
  for (const { label, tls } of secure) {
    const missing = lacks(tls.pair().names, name.text, known);
    if (missing === undefined) continue;
    const who = missing.startsWith('the name') ? 'clients that are told of it' : 'clients that found this server by that address';
    log.warning(`the certificate of ${label} lacks ${missing}: ${who} will not trust it (RFC 9462 section 4.2)`);
  }
}

export default definePlugin({
  name: 'ddr',
  parse: readLine,
  create(line, site) {
    let told: readonly Told[] = [];
    let pushed: readonly number[] = [];
    const names = site.zones.map((zone) => Name.parse(`_dns-push-tls._tcp.${zone.text === '.' ? '' : zone.text}`));
    return {
      rehearsal: 'as served',
      start(run) {
        told = toldOf(run.sites, site);
        pushed = pushPorts(run.sites, site);
      },
      started: (run) => warn(run, site, line),
      handle(query, next) {
        if (isOfResolverArpa(query)) {
          const isAsked = query.type === TYPE.SVCB && told.length > 0 && query.name.equals(DESIGNATED);
          return isAsked ? answer(query, told, line) : noneDesignated(query);
        }
        if (pushed.length > 0 && query.class === CLASS.IN && names.some((each) => query.name.equals(each))) {
          return answerPush(query, pushed, line);
        }
        if (query.type !== TYPE.SVCB || query.class !== CLASS.IN || told.length === 0 || !query.name.equals(line.known)) return next(query);
        return answer(query, told, line);
      },
    };
  },
});
