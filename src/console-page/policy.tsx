// What is refused, blocked or slowed here, and by which lines. Knows the words that judge questions.
import { Card, Chip, Note, Problem, Table } from './parts.tsx';
import { hrefOf } from './route.ts';
import { Rows } from './rows.tsx';
import type { AnyRow } from './rows.tsx';
import { routes, useAsked } from './server.ts';
import type { Plugins } from './shapes.ts';
import { plain } from './words.ts';

const JUDGES = new Set(['acl', 'firewall', 'opa', 'themis', 'block', 'rpz', 'ratelimit', 'shed', 'cookies', 'minimal', 'any', 'view']);

/** The section. */
export function Policy() {
  const isThere = routes.value.has('GET /v1/policy');
  const { data: told, problem } = useAsked<{ readonly [list: string]: unknown }>(isThere ? '/v1/policy' : undefined, 5000);
  const { data } = useAsked<Plugins>('/v1/plugins', 10_000);
  const judges = data?.blocks.flatMap(({ block, plugins }) =>
    plugins.filter(({ name }) => JUDGES.has(name)).map((each) => ({ block, ...each })),
  );
  const lists = Object.entries(told ?? {}).filter((each): each is [string, AnyRow[]] => Array.isArray(each[1]));
  return (
    <>
      <Card id="policy" title="Who judges">
        <Problem text={problem} />
        {judges?.length === 0 ? <Note>No line of this Corefile refuses, blocks or slows questions.</Note> : null}
        <Table label="Lines that judge" columns={['Word', 'Block', 'Line', 'State', 'Its questions']}>
          {judges?.map(({ block, name, at, ready, remark }) => (
            <tr key={`${block} ${name} ${at}`}>
              <td>
                <b>{name}</b>
              </td>
              <td class="soft">{plain(block)}</td>
              <td class="mono soft">{plain(at ?? '')}</td>
              <td>
                <Chip state={ready ? 'ok' : 'warn'}>{ready ? 'ready' : 'not ready'}</Chip> {remark === null ? '' : plain(remark)}
              </td>
              <td>
                <a href={hrefOf('queries', { filter: `by:${name}` })}>Answered by {name}</a>
              </td>
            </tr>
          ))}
        </Table>
      </Card>
      {lists.map(([name, rows]) => (
        <Card key={name} id={`policy-${name}`} title={name[0]!.toUpperCase() + name.slice(1)}>
          <Rows label={name} of={rows} none="Nothing." />
        </Card>
      ))}
    </>
  );
}
