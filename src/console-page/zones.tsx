// Zones that are served, and clusters: what the server tells of them, and what can be done with one. Knows the API's routes.
import { Act, Card, Note, Problem, useDoing } from './parts.tsx';
import { Rows } from './rows.tsx';
import type { AnyRow } from './rows.tsx';
import { act, routes, useAsked } from './server.ts';
import { plain } from './words.ts';

/** The buttons of a row, of those that the server has a route for. */
function Doing({
  what,
  of,
  deeds,
  run,
}: {
  readonly what: string;
  readonly of: string;
  readonly deeds: readonly (readonly [deed: string, says: string])[];
  readonly run: ReturnType<typeof useDoing>['run'];
}) {
  const there = [...routes.value];
  return deeds.flatMap(([deed, says]) => {
    const path = there.find((route) => new RegExp(`^POST /v1/${what}/\\{\\w+\\}/${deed}$`).test(route));
    if (path === undefined) return [];
    const does = (): Promise<void> =>
      run(async () => {
        await act('POST', `/v1/${what}/${encodeURIComponent(of)}/${deed}`);
        return `${of}: ${deed} was asked for`;
      });
    return [
      <Act key={deed} who="operate" does={does} label={`${says} ${plain(of)}`}>
        {says}
      </Act>,
    ];
  });
}
/** Zones. */
export function Zones() {
  const { data, problem } = useAsked<{ readonly zones: readonly AnyRow[] }>('/v1/zones', 5000);
  const { run, outcome } = useDoing();
  const canAct = [...routes.value].some((route) => route.startsWith('POST /v1/zones/'));
  return (
    <Card id="zones" title="Zones" small={data === undefined ? '' : `${data.zones.length}`}>
      <Problem text={problem} />
      {outcome}
      <Rows label="Zones" of={data?.zones ?? []} none="No zones are served from files and the like.">
        {canAct
          ? (row) => (
              <Doing
                what="zones"
                of={String(row['zone'])}
                deeds={[
                  ['refresh', 'Refresh'],
                  ['notify', 'Notify'],
                ]}
                run={run}
              />
            )
          : undefined}
      </Rows>
    </Card>
  );
}
/** Clusters. */
export function Clusters() {
  const isThere = routes.value.has('GET /v1/clusters');
  const { data, problem } = useAsked<{ readonly clusters: readonly AnyRow[] }>(isThere ? '/v1/clusters' : undefined, 5000);
  const { run, outcome } = useDoing();
  const canAct = [...routes.value].some((route) => route.startsWith('POST /v1/clusters/'));
  return (
    <Card id="clusters" title="Clusters">
      <Problem text={problem} />
      {outcome}
      {isThere ? (
        <Rows label="Clusters" of={data?.clusters ?? []} none="No part of this Corefile follows a cluster.">
          {canAct
            ? (row) => (
                <Doing
                  what="clusters"
                  of={String(row['cluster'] ?? row['name'] ?? row['id'])}
                  deeds={[['relist', 'List anew']]}
                  run={run}
                />
              )
            : undefined}
        </Rows>
      ) : (
        <Note>This server does not tell of clusters.</Note>
      )}
    </Card>
  );
}
