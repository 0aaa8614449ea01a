// Zones that are served, and clusters that are followed: what the server tells of them, and what can be done with one. Knows the API's
// rows.
import { Act, Card, Chip, Note, Problem, Table, Text, useDoing } from './parts.tsx';
import { act, routes, useAsked } from './server.ts';
import { clock, count, lasting, plain } from './words.ts';

/** A zone. */
interface Zone {
  readonly zone: string;
  readonly block: string;
  readonly by: string;
  readonly serial: number | null;
  readonly trouble: string | null;
  readonly can: readonly string[];
}
const DEEDS: { readonly [deed: string]: readonly [says: string, done: string] } = {
  refresh: ['Refresh', 'was looked at where it comes from'], notify: ['Notify', 'is told to its secondaries'],
};
/** Zones. */
export function Zones() {
  const { data, problem, again } = useAsked<{ readonly zones: readonly Zone[]; readonly more: number }>('/v1/zones', 5000);
  const { run, outcome } = useDoing();
  const does = (zone: string, deed: string): Promise<void> =>
    run(async () => {
      await act('POST', `/v1/zones/${encodeURIComponent(zone)}/${deed}`);
      again();
      return `${zone} ${DEEDS[deed]?.[1] ?? deed}`;
    });
  return (
    <Card id="zones" title="Zones" small={data === undefined ? '' : count(data.zones.length + data.more)}>
      <Problem text={problem} />
      {outcome}
      <Table
        label="Rows of zones"
        columns={['Zone', 'Serial', 'From', 'Block', 'State', 'Do']}
        none={data?.zones.length === 0 ? 'No zones are served from files and the like.' : undefined}
      >
        {data?.zones.map(({ zone, block, by, serial, trouble, can }) => (
          <tr key={`${block} ${by} ${zone}`}>
            <td>
              <Text of={zone} />
            </td>
            <td class="num">{serial === null ? '–' : serial}</td>
            <td>{by}</td>
            <td class="soft">{plain(block)}</td>
            <td>{trouble === null ? <Chip state="ok">served</Chip> : <Chip state="bad">{plain(trouble)}</Chip>}</td>
            <td>
              <span class="acts">
                {can.map((deed) => (
                  <Act key={deed} who="operate" does={() => does(zone, deed)} label={`${DEEDS[deed]?.[0] ?? deed} ${plain(zone)}`}>
                    {DEEDS[deed]?.[0] ?? deed}
                  </Act>
                ))}
              </span>
            </td>
          </tr>
        ))}
      </Table>
      {data !== undefined && data.more > 0 ? <div class="foot">{count(data.more)} more</div> : null}
    </Card>
  );
}

/** A cluster. */
interface Cluster {
  readonly id: string;
  readonly block: string;
  readonly by: string;
  readonly name: string;
  readonly whole: boolean;
  readonly stale: string | null;
  readonly revision: number;
  readonly objects: { readonly [kind: string]: number };
  readonly watches: readonly Watch[];
}
interface Watch {
  readonly resource: string;
  readonly whole: boolean;
  readonly silent: number;
  readonly error: string | null;
}
/** Clusters. */
export function Clusters() {
  const isThere = routes.value.has('GET /v1/clusters');
  const { data, problem, again } = useAsked<{ readonly clusters: readonly Cluster[] }>(isThere ? '/v1/clusters' : undefined, 3000);
  const { run, outcome } = useDoing();
  const relist = ({ id, name }: Cluster): Promise<void> =>
    run(async () => {
      const { relisted } = await act<{ relisted: readonly string[] }>('POST', `/v1/clusters/${encodeURIComponent(id)}/relist`);
      again();
      return `${name} is read anew: ${relisted.join(', ')}`;
    });
  return (
    <Card id="clusters" title="Clusters">
      <Problem text={problem} />
      {outcome}
      {isThere ? null : <Note>This server does not tell of clusters.</Note>}
      <Table
        label="Rows of clusters"
        columns={['Cluster', 'State', 'Objects', 'Revision', 'Watches', 'Block', 'Do']}
        none={data?.clusters.length === 0 ? 'No part of this Corefile follows a cluster.' : undefined}
      >
        {data?.clusters.map((each) => (
          <tr key={each.id}>
            <td>
              <Text of={each.name} />
            </td>
            <td>
              <Health of={each} />
            </td>
            <td>
              {Object.entries(each.objects).map(([kind, many]) => (
                <div key={kind}>
                  {count(many)} {kind}
                </div>
              ))}
            </td>
            <td class="num">{count(each.revision)}</td>
            <td>
              {each.watches.map(({ resource, whole, silent, error }) => (
                <div key={resource}>
                  {resource}: {error === null ? (whole ? `heard ${lasting(silent)} ago` : 'not whole yet') : <b>{plain(error)}</b>}
                </div>
              ))}
            </td>
            <td class="soft">{plain(each.block)}</td>
            <td>
              <Act who="operate" does={() => relist(each)} label={`List anew ${plain(each.name)}`}>
                List anew
              </Act>
            </td>
          </tr>
        ))}
      </Table>
    </Card>
  );
}
function Health({ of: { whole, stale } }: { readonly of: Cluster }) {
  if (stale !== null) return <Chip state="bad">not heard since {clock(Date.parse(stale))}</Chip>;
  return whole ? <Chip state="ok">in touch</Chip> : <Chip state="warn">not whole yet</Chip>;
}
