// Whom the server asks, how that goes, and leaving one alone for some time. Knows the API's rows.
import { useSignal } from '@preact/signals';
import { Act, Card, Chip, Choice, Note, Problem, Text, useDoing } from './parts.tsx';
import { act, useAsked } from './server.ts';
import type { Upstream } from './shapes.ts';
import { clock, plain, took } from './words.ts';

/** For how long one is left alone. */
const WHILES = [
  ['1m', 'a minute'],
  ['10m', '10 minutes'],
  ['1h', 'an hour'],
  ['24h', 'a day'],
] as const;
const STATES = { up: 'ok', down: 'bad', drained: 'off' } as const;

/** Rows of a card. */
export function UpstreamRows({
  of,
  children,
}: {
  readonly of: readonly Upstream[];
  readonly children?: (each: Upstream) => preact.ComponentChildren;
}) {
  return (
    <ul class="list">
      {of.map((each) => (
        <li key={each.id} class="upstream">
          <span class="grow">
            <Text of={each.to} />
            <br />
            <span class="small soft">
              {plain(each.by)} of {plain(each.block)}
            </span>
          </span>
          <span class="num">{each.usual === null ? '' : took(each.usual / 1000)}</span>
          <Chip state={STATES[each.state]}>
            {each.state === 'drained' ? `left alone until ${clock(Date.parse(each.until ?? ''))}` : each.state}
          </Chip>
          {children?.(each)}
        </li>
      ))}
    </ul>
  );
}
/** The section. */
export function Upstreams() {
  const { data, problem, again } = useAsked<{ readonly upstreams: readonly Upstream[] }>('/v1/upstreams', 2000);
  const lasts = useSignal('10m');
  const { run, outcome } = useDoing();
  const drain = (each: Upstream): Promise<void> =>
    run(async () => {
      const path = `/v1/upstreams/${encodeURIComponent(each.id)}/drain`;
      const isOver = each.state === 'drained';
      const { until } = await act<{ until: string | null }>(isOver ? 'DELETE' : 'POST', path, isOver ? {} : { for: lasts.value });
      again();
      return isOver ? `${each.to} is asked again` : `${each.to} is left alone until ${clock(Date.parse(until ?? ''))}`;
    });
  return (
    <Card
      id="upstreams"
      title="Upstreams"
      aside={<Choice label="Leave alone for" value={lasts} words={WHILES} />}
    >
      <Problem text={problem} />
      {outcome}
      {data?.upstreams.length === 0 ? <Note>No part of this Corefile asks other servers.</Note> : null}
      <UpstreamRows of={data?.upstreams ?? []}>
        {(each) => (
          <Act
            who="operate"
            does={() => drain(each)}
            label={`${each.state === 'drained' ? 'Ask again' : 'Leave alone'}: ${plain(each.to)}`}
          >
            {each.state === 'drained' ? 'Ask again' : 'Leave alone'}
          </Act>
        )}
      </UpstreamRows>
    </Card>
  );
}
