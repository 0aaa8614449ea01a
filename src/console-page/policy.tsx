// What is refused, blocked or slowed here, by which rules, and how often each had a say. Knows the API's rows.
import { Card, Note, Problem, Table, Text } from './parts.tsx';
import { hrefOf } from './route.ts';
import { routes, useAsked } from './server.ts';
import { count, plain } from './words.ts';

/** The rules of a word in a block. */
interface Judge {
  readonly block: string;
  readonly by: string;
  readonly rules: readonly Rule[];
}
interface Rule {
  readonly what: string;
  readonly at: string | null;
  readonly size: number | null;
  readonly hits: number | null;
}

/** The section. */
export function Policy() {
  const isThere = routes.value.has('GET /v1/policy');
  const { data, problem } = useAsked<{ readonly policies: readonly Judge[] }>(isThere ? '/v1/policy' : undefined, 3000);
  const all = data?.policies ?? [];
  return (
    <>
      {all.length > 0 && problem === undefined ? null : (
        <Card id="policy" title="Policy">
          <Problem text={problem} />
          <Note>{isThere ? 'No line of this Corefile refuses, blocks or slows questions.' : 'This server does not tell of rules.'}</Note>
        </Card>
      )}
      {all.map(({ block, by, rules }, i) => (
        <Card
          key={`${block} ${by} ${i}`}
          id={`policy-${i}`}
          title={`${by} of ${plain(block)}`}
          aside={<a href={hrefOf('queries', { filter: `by:${by}` })}>Answered by {by}</a>}
        >
          <Table
            label={`Rules of ${by}, ${i + 1}`}
            columns={['Rule', 'Line', 'Size', 'Had a say']}
            none={rules.length === 0 ? 'No rules.' : undefined}
          >
            {rules.map(({ what, at, size, hits }, n) => (
              <tr key={n}>
                <td class="name">
                  <Text of={what} />
                </td>
                <td class="mono soft">{plain(at ?? '')}</td>
                <td class="num">{size === null ? '' : count(size)}</td>
                <td class="num">{hits === null ? 'not counted' : count(hits)}</td>
              </tr>
            ))}
          </Table>
        </Card>
      ))}
    </>
  );
}
