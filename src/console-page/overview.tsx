// One look that says whether all is well: five numbers with their last minutes, questions as they come, how long answers took, what comes
// most, who is asked. Knows what is shown where.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { events } from './happenings.ts';
import { Heat } from './heat.tsx';
import { LiveTable } from './live-table.tsx';
import { Card, Chip, Note, Problem, Text } from './parts.tsx';
import { hrefOf } from './route.ts';
import { cachedOf, joined, questionsOf, within } from './seconds.ts';
import { useAsked } from './server.ts';
import type { Distinct, Latency, Second, Top, Upstream } from './shapes.ts';
import { Tile } from './tile.tsx';
import { Tops } from './tops.tsx';
import { UpstreamRows } from './upstreams.tsx';
import { WhyCard } from './why-card.tsx';
import { clock, count, plain, short, took } from './words.ts';

/** The section. */
export function Overview() {
  const { seconds, bounds } = useSeconds();
  return (
    <>
      <Tiles seconds={seconds} bounds={bounds} />
      <LiveTable most={14} wide="s8" />
      <WhyCard wide="s4" />
      <Heat seconds={seconds} bounds={bounds} wide="s5" />
      <Asked />
      <Tops wide="s3" />
      <Log />
    </>
  );
}
/** The last ten minutes: all of them once, and then what is new. */
function useSeconds(): { readonly seconds: readonly Second[]; readonly bounds: Latency['bounds'] } {
  const kept = useSignal<Latency>({ bounds: [], seconds: [] });
  const isFilled = kept.value.bounds.length > 0;
  const { data } = useAsked<Latency>(`/v1/latency?seconds=${isFilled ? 10 : 600}`, 2000);
  useEffect(() => {
    if (data !== undefined) kept.value = { bounds: data.bounds, seconds: joined(kept.value.seconds, data.seconds) };
  }, [data]);
  return kept.value;
}
const PARTS = 60;
/** A number for each of the last ten minutes' tenths of a minute. */
function lineOf(seconds: readonly Second[], of: (part: readonly Second[]) => number | undefined): readonly number[] {
  const last = seconds.at(-1)?.at ?? 0;
  return Array.from({ length: PARTS }, (_, i) => {
    const until = last - (PARTS - 1 - i) * 10;
    return of(seconds.filter(({ at }) => at > until - 10 && at <= until)) ?? 0;
  });
}
const rateOf = (seconds: readonly Second[]): number => seconds.reduce((sum, each) => sum + questionsOf(each), 0);
const share = (seconds: readonly Second[]): number | undefined => {
  const all = rateOf(seconds);
  return all === 0 ? undefined : (seconds.reduce((sum, each) => sum + cachedOf(each), 0) / all) * 100;
};

function Tiles({ seconds, bounds }: { readonly seconds: readonly Second[]; readonly bounds: Latency['bounds'] }) {
  const failing = useAsked<Top>('/v1/top/failing?minute=now&limit=1000', 5000).data;
  const distinct = useAsked<Distinct>('/v1/distinct?minute=now', 5000).data;
  const history = useSignal<{ readonly failing: readonly number[]; readonly clients: readonly number[] }>({ failing: [], clients: [] });
  const failures = failing?.rows.reduce((sum, row) => sum + row.count, 0);
  useEffect(() => {
    const add = (line: readonly number[], value: number | undefined): readonly number[] =>
      value === undefined ? line : [...line, value].slice(-PARTS);
    history.value = { failing: add(history.value.failing, failures), clients: add(history.value.clients, distinct?.clients) };
  }, [failing, distinct]);
  const lately = seconds.slice(-6, -1),
    minute = seconds.slice(-60);
  const cached = share(minute),
    most = within(minute, 0.99, bounds);
  const wide = distinct?.under.find(({ names }) => names > 1000);
  return (
    <section class="tiles" aria-label="At a glance">
      <Tile
        title="Queries"
        value={lately.length === 0 ? undefined : short(rateOf(lately) / lately.length)}
        unit="/s"
        line={lineOf(seconds, rateOf)}
        tone="accent"
      />
      <Tile title="From cache" value={cached?.toFixed(1)} unit="%" line={lineOf(seconds, share)} tone="accent" />
      <Tile
        title="99 % within"
        value={most === undefined ? undefined : took(most)}
        line={lineOf(seconds, (part) => Math.log1p((within(part, 0.99, bounds) ?? 0) * 1e6))}
        tone={most !== undefined && most > 0.1 ? 'warn' : 'accent'}
        note={most !== undefined && most > 0.1 ? 'slow' : undefined}
      />
      <Tile
        title="Failures this minute"
        value={failures === undefined ? undefined : short(failures)}
        line={history.value.failing}
        tone={failures !== undefined && failures > 0 ? 'bad' : 'accent'}
        note={failing?.rows[0] === undefined ? undefined : `most: ${plain(failing.rows[0].key)}`}
      />
      <Tile
        title="Clients this minute"
        value={distinct === undefined ? undefined : `~${short(distinct.clients)}`}
        unit="&#177; 1.6 %"
        line={history.value.clients}
        tone="violet"
        note={wide === undefined ? undefined : `many names under ${plain(wide.key)}`}
      />
    </section>
  );
}
function Asked() {
  const { data, problem } = useAsked<{ readonly upstreams: readonly Upstream[] }>('/v1/upstreams', 3000);
  const all = data?.upstreams ?? [];
  const notUp = all.filter(({ state }) => state !== 'up').length;
  return (
    <Card
      id="asked"
      wide="s4"
      title="Upstreams"
      aside={
        all.length === 0 ? undefined : (
          <Chip state={notUp === 0 ? 'ok' : notUp < all.length ? 'warn' : 'bad'}>
            {notUp === 0 ? `${all.length} up` : `${notUp} of ${all.length} not up`}
          </Chip>
        )
      }
    >
      <Problem text={problem} />
      {data !== undefined && all.length === 0 ? <Note>Nobody else is asked.</Note> : <UpstreamRows of={all.slice(0, 8)} />}
      {all.length > 8 ? (
        <div class="foot">
          <a href={hrefOf('upstreams')}>All {count(all.length)}</a>
        </div>
      ) : null}
    </Card>
  );
}
function Log() {
  const last = events.value
    .filter(({ event }) => event !== 'beat')
    .slice(-8)
    .toReversed();
  return (
    <Card id="log" wide="s12" title="What happened">
      {last.length === 0 ? (
        <Note>Nothing since the server started.</Note>
      ) : (
        <ul class="list">
          {last.map(({ event, at, level, text, first, number, changes }, i) => (
            <li key={i}>
              <span class="mono faint">{clock(at)}</span>{' '}
              <Chip state={event === 'warning' ? (level === 'ERROR' ? 'bad' : 'warn') : event === 'rollback' ? 'warn' : 'ok'}>
                {event === 'warning' ? (level ?? 'WARN').toLowerCase() : event}
              </Chip>{' '}
              {text === undefined ? null : <Text of={text} />}
              {event === 'load' ? `Corefile ${number ?? ''} serves` : ''}
              {event === 'load' && first !== true ? `, ${count(changes?.length ?? 0)} lines differ` : ''}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
