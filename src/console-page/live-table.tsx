// The questions as a table: filter, pause, rows, what can be taken away. Knows how rows are drawn; what rows there are, live.ts knows.
import { Component } from 'preact';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { csv, json } from './download.ts';
import { meanwhile } from './keyboard.ts';
import { Live } from './live.ts';
import { clientName, isNaming } from './clients.ts';
import { Card, Chip, Problem } from './parts.tsx';
import { go, route } from './route.ts';
import { away } from './server.ts';
import type { Row } from './shapes.ts';
import { why } from './why.ts';
import { clock, count, moment, plain, short, took } from './words.ts';

/** The questions, whichever section shows them. */
export const live = new Live();

const QUICK = [
  ['Failures', 'not rcode:NOERROR not rcode:NXDOMAIN'],
  ['Not from cache', 'not by:cache'],
  ['Over 10 ms', '>10ms'],
] as const;

/** Where a row has two lines, and half as many are shown. */
const NARROW = '(max-width: 640px)';

/** The table, with so many rows at most. */
export function LiveTable({ most: usual, wide }: { readonly most: number; readonly wide: string }) {
  const most = matchMedia(NARROW).matches ? Math.ceil(usual / 2) : usual;
  const { query, section } = route.value;
  const filter = query.get('filter') ?? '';
  const from = Number(query.get('from') ?? 0),
    until = Number(query.get('until') ?? 0);
  useEffect(() => live.show(filter, until > 0 ? [from, until] : undefined), [filter, from, until]);
  const all = live.rows.value;
  const rows = all.slice(0, most);
  useEffect(
    () =>
      meanwhile(
        { keys: ['/'], says: 'filter the questions', does: () => document.querySelector<HTMLInputElement>('#filter')?.focus() },
        { keys: [' '], says: 'pause, or go on', does: () => live.pause() },
        { keys: ['j', 'k'], says: 'next question, previous one', does: (key) => step(rowsShown(most), key === 'j' ? 1 : -1) },
        { keys: ['Enter'], says: 'why it was answered so', does: () => why.focus() },
      ),
    [most],
  );
  const asked = (text: string): void => go(section === 'overview' ? 'overview' : 'queries', { filter: text });
  return (
    <Card id="live" wide={wide} title="Live queries" small={<Rate />} aside={<Pause />}>
      <form
        class="bar"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          asked(new FormData(event.currentTarget).get('filter')?.toString() ?? '');
        }}
      >
        <label>
          <span class="unseen">Filter: words that all have to fit</span>
          <input
            id="filter"
            name="filter"
            key={filter}
            defaultValue={filter}
            placeholder="name, 10.0.0.0/8, type:AAAA, >5ms"
            spellcheck={false}
            autocomplete="off"
            aria-describedby="filter-problem"
            onChange={(event) => asked(event.currentTarget.value)}
          />
        </label>
        {QUICK.map(([word, text]) => (
          <button key={word} type="button" aria-pressed={filter === text} onClick={() => asked(filter === text ? '' : text)}>
            {word}
          </button>
        ))}
        <button type="button" aria-pressed={isNaming.value} onClick={() => (isNaming.value = !isNaming.value)}>
          Client names
        </button>
      </form>
      <div id="filter-problem">
        <Problem text={live.problem.value} />
      </div>
      {until > 0 ? (
        <p class="note">
          {clock(from)} to {clock(until)}: {count(all.length)} kept. <a href="#/queries">Back to what comes now</a>
        </p>
      ) : null}
      <div
        class="scroll"
        tabIndex={0}
        role="region"
        aria-label="Questions"
        onPointerEnter={() => live.hold(true)}
        onPointerLeave={() => live.hold(false)}
      >
        <table>
          <thead>
            <tr>
              <th scope="col" class="time">
                Time
              </th>
              <th scope="col" class="client">
                Client
              </th>
              <th scope="col">Name</th>
              <th scope="col" class="answer">
                Answer
              </th>
              <th scope="col" class="by">
                Said by
              </th>
              <th scope="col" class="num took">
                Took
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <LiveRow key={row.key} row={row} isChosen={why.row.value?.key === row.key} client={clientName(row.client)} />
            ))}
            {rows.length === 0 ? (
              <tr class="none">
                <td colSpan={6}>{live.problem.value === undefined ? 'Nothing fits yet.' : 'The filter is none.'}</td>
              </tr>
            ) : null}
          </tbody>
        </table>
      </div>
      <Foot rows={all} />
    </Card>
  );
}
const rowsShown = (most: number): readonly Row[] => live.rows.value.slice(0, most);
function step(rows: readonly Row[], by: number): void {
  const at = rows.findIndex(({ key }) => key === why.row.value?.key);
  const row = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
  if (row === undefined) return;
  live.pause(true);
  why.choose(row);
  document.querySelector(`#row-${row.key}`)?.scrollIntoView({ block: 'nearest' });
}

const Rate = () => {
  const { every } = live.flow.value;
  if (away.value !== undefined) return <Chip state="off">stopped</Chip>;
  if (live.isPaused.value) return <Chip state="warn">paused, {count(live.waiting.value)} new</Chip>;
  return (
    <>
      <Chip state="ok">live</Chip>
      {every > 1 ? <span class="every"> 1 in {count(every)} of what fits is shown</span> : null}
    </>
  );
};
const Pause = () => (
  <button type="button" aria-pressed={live.isPaused.value} onClick={() => live.pause()}>
    {live.isPaused.value ? 'Go on' : 'Pause'}
  </button>
);
const Foot = ({ rows }: { readonly rows: readonly Row[] }) => {
  const { seen, matched } = live.flow.value;
  const lost = live.lost.value;
  return (
    <div class="foot">
      <span>
        {short(matched)} of {short(seen)} a second fit; each was looked at{lost > 0 ? `; ${count(lost)} lost` : ''}
      </span>
      <span class="right">
        <button type="button" onClick={() => save('queries.csv', 'text/csv', csv(rows))}>
          CSV
        </button>
        <button type="button" onClick={() => save('queries.json', 'application/json', json(rows))}>
          JSON
        </button>
      </span>
    </div>
  );
};
function save(name: string, type: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

const BAD = new Set(['SERVFAIL', 'REFUSED', 'FORMERR', 'NOTIMP']);
/** The outcome as a word in a box. */
export const Rcode = ({ of }: { readonly of: string | null }) => (
  <span class={`rc ${of === 'NOERROR' ? 'ok' : of === null || BAD.has(of) ? 'bad' : 'off'}`}>{of ?? 'dropped'}</span>
);
/** A name of a question as it is shown; of a long one its end is kept, and how it begins. */
export const nameOf = ({ name, cut, begins }: Row): string =>
  name === null ? '(hidden)' : cut === true ? `${begins ?? ''}\u2026${name}` : name;

interface RowProps {
  readonly row: Row;
  readonly isChosen: boolean;
  readonly client: string;
}
/** One question; drawn anew only where something of it changed, since hundreds stand there. */
class LiveRow extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    return next.row !== this.props.row || next.isChosen !== this.props.isChosen || next.client !== this.props.client;
  }
  render({ row, isChosen, client }: RowProps): ComponentChildren {
    const name = plain(nameOf(row));
    const width = Math.max(3, Math.min(40, Math.round(Math.log10(Math.max(10, row.took * 1e6)) * 7)));
    return (
      <tr id={`row-${row.key}`} aria-selected={isChosen} onClick={() => why.choose(row)}>
        <td class="mono faint time">{moment(Date.parse(row.at))}</td>
        <td class="mono soft client">
          <bdi>{plain(client)}</bdi>
        </td>
        <td class="mono name" title={name}>
          <button type="button" class="link" aria-label={`Why ${name} ${row.type}`} onClick={() => why.choose(row, true)}>
            <bdi>{name}</bdi>
          </button>{' '}
          <span class="faint">{row.type}</span>
        </td>
        <td class="answer">
          <Rcode of={row.rcode} />
        </td>
        <td class="soft by" title={plain(row.trail.join(' '))}>
          {plain(row.by)}
        </td>
        <td class="num mono took">
          <span class={`ms ${row.took > 0.05 ? 'slow' : ''}`} style={{ width: `${width}px` }} aria-hidden="true" />
          {took(row.took)}
        </td>
      </tr>
    );
  }
}
