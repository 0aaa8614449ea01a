// Rows of the API as a table, whatever they have: for what a server tells that this page has no picture of. Knows JSON.
import { Chip, Table, Text } from './parts.tsx';
import type { State } from './parts.tsx';
import { count, plain } from './words.ts';

/** A row. */
export interface AnyRow {
  readonly [member: string]: unknown;
}
const GOOD = /^(up|ok|ready|served|synced|yes|true|primary|signed|current)$/i,
  BAD = /^(down|failed|expired|error|no|false|away)$/i;

/** A member as a title. */
const titleOf = (member: string): string =>
  member.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replace(/^./, (letter) => letter.toUpperCase());
/** What a member says. */
export function Value({ of, member }: { readonly of: unknown; readonly member: string }) {
  if (of === null || of === undefined || of === '') return <span class="faint">–</span>;
  if (typeof of === 'number') return <>{member === 'serial' ? String(of) : count(of)}</>;
  if (typeof of === 'boolean' || /^(state|ready|status)$/.test(member)) {
    const text = of === true ? 'yes' : of === false ? 'no' : String(of);
    const state: State = GOOD.test(text) ? 'ok' : BAD.test(text) ? 'bad' : 'warn';
    return <Chip state={state}>{plain(text)}</Chip>;
  }
  if (Array.isArray(of))
    return (
      <>
        {of
          .map((each) => (typeof each === 'object' ? JSON.stringify(each) : String(each)))
          .map(plain)
          .join(', ')}
      </>
    );
  if (typeof of === 'object')
    return (
      <>
        {Object.entries(of)
          .map(([name, value]) => `${name} ${plain(typeof value === 'object' ? JSON.stringify(value) : String(value))}`)
          .join(', ')}
      </>
    );
  return <Text of={String(of)} />;
}
/** The table, with what can be done with a row at its end. */
export function Rows({
  label,
  of,
  none,
  children,
}: {
  readonly label: string;
  readonly of: readonly AnyRow[];
  readonly none: string;
  readonly children?: ((row: AnyRow) => preact.ComponentChildren) | undefined;
}) {
  const members = [...new Set(of.flatMap((row) => Object.keys(row)))];
  return (
    <Table
      label={`Rows of ${label.toLowerCase()}`}
      columns={[...members.map(titleOf), ...(children === undefined || of.length === 0 ? [] : ['Do'])]}
      none={of.length === 0 ? none : undefined}
    >
      {of.map((row, i) => (
        <tr key={i}>
          {members.map((member) => (
            <td key={member} class={typeof row[member] === 'number' ? 'num' : ''}>
              <Value of={row[member]} member={member} />
            </td>
          ))}
          {children === undefined ? null : <td class="acts">{children(row)}</td>}
        </tr>
      ))}
    </Table>
  );
}
