// What caches have, and having it asked for anew: how much that concerns is said before it is done. Knows the API's rows.
import { useSignal } from '@preact/signals';
import { Act, Card, Problem, Table, Text, useDoing } from './parts.tsx';
import { Rcode } from './live-table.tsx';
import { act, useAsked } from './server.ts';
import type { Entry } from './shapes.ts';
import { why } from './why.ts';
import { count, lasting, plain } from './words.ts';

/** What is to be asked for anew. */
type Flush = { readonly name: string } | { readonly under: string; readonly type?: string } | { readonly all: true };

/** The section. */
export function Cache() {
  const wanted = useSignal({ under: '', type: '' });
  const { under, type } = wanted.value;
  const search = new URLSearchParams({ limit: '200', ...(under === '' ? {} : { under }), ...(type === '' ? {} : { type }) });
  const { data, problem, again } = useAsked<{ readonly entries: readonly Entry[]; readonly more: number }>(`/v1/cache?${search}`);
  const pending = useSignal<{ readonly what: Flush; readonly entries: number } | undefined>(undefined);
  const { run, outcome } = useDoing();
  const prepare = (what: Flush): Promise<void> =>
    run(async () => {
      const { entries } = await act<{ entries: number }>('POST', '/v1/cache/flush', { ...what, dryRun: true });
      pending.value = { what, entries };
      requestAnimationFrame(() => document.querySelector<HTMLElement>('#flush-now')?.focus());
      return undefined;
    });
  const flush = (what: Flush): Promise<void> =>
    run(async () => {
      pending.value = undefined;
      const { flushed } = await act<{ flushed: string }>('POST', '/v1/cache/flush', what);
      again();
      return `${flushed} is asked for anew`;
    });
  const here: Flush =
    under === '' && type === '' ? { all: true } : { under: under === '' ? '.' : under, ...(type === '' ? {} : { type }) };
  const held = pending.value;
  return (
    <Card
      id="cache"
      title="Cache"
      small={
        data === undefined ? '' : `${count(data.entries.length + data.more)} answers kept${under === '' ? '' : ` under ${plain(under)}`}`
      }
    >
      <form
        class="bar"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          const given = new FormData(event.currentTarget);
          wanted.value = { under: given.get('under')?.toString().trim() ?? '', type: given.get('type')?.toString().trim() ?? '' };
        }}
      >
        <label class="grow">
          <span class="unseen">At and under the name</span>
          <input id="under" name="under" placeholder="under example.org" autocomplete="off" spellcheck={false} />
        </label>
        <label class="few">
          <span class="unseen">Type</span>
          <input name="type" placeholder="type" autocomplete="off" spellcheck={false} />
        </label>
        <button type="submit">Show</button>
        <Act who="operate" does={() => prepare(here)}>
          {'all' in here ? 'Flush everything…' : 'Flush these…'}
        </Act>
      </form>
      {held === undefined ? null : (
        <div class="ask" role="group" aria-label="Before it is done">
          <p>
            {count(held.entries)} {held.entries === 1 ? 'answer is' : 'answers are'} asked for anew, in every thread
            {'name' in held.what
              ? `: ${plain(held.what.name)}`
              : 'under' in held.what
                ? `: under ${plain(held.what.under)}`
                : ': everything'}
            .
          </p>
          <button type="button" id="flush-now" class="primary" onClick={() => void flush(held.what)}>
            Flush
          </button>
          <button type="button" onClick={() => (pending.value = undefined)}>
            Leave it
          </button>
        </div>
      )}
      {outcome}
      <Problem text={problem} />
      <Table
        label="What is kept"
        columns={['Name', 'Answer', 'Left', 'Hits', 'Block', 'Do']}
        none={data?.entries.length === 0 ? 'Nothing is kept here.' : undefined}
      >
        {data?.entries.map((entry, i) => (
          <tr key={i}>
            <td class="mono name" title={plain(entry.name)}>
              <button type="button" class="link" onClick={() => why.explain({ name: entry.name, type: entry.type })}>
                <Text of={entry.name} />
              </button>{' '}
              <span class="faint">{entry.type}</span>
            </td>
            <td>
              <Rcode of={entry.rcode} />
            </td>
            <td class="num">{entry.stale ? 'stale' : lasting(entry.left)}</td>
            <td class="num">{count(entry.hits)}</td>
            <td class="soft">{plain(entry.block)}</td>
            <td>
              <Act who="operate" does={() => prepare({ name: entry.name })} label={`Flush… ${plain(entry.name)}`}>
                Flush…
              </Act>
            </td>
          </tr>
        ))}
      </Table>
      {data !== undefined && data.more > 0 ? <div class="foot">{count(data.more)} more</div> : null}
    </Card>
  );
}
