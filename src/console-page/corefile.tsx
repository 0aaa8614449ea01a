// The Corefile that is served, with what its lines have to say; what the file would change; taking it over for a trial, and going back.
// Knows the API's texts.
import { useSignal } from '@preact/signals';
import { Act, Card, Chip, Choice, Note, Problem, Text, useDoing } from './parts.tsx';
import { act, may, useAsked } from './server.ts';
import type { Block, Change, History, Line, Plugin, Plugins } from './shapes.ts';
import { clock, count, lasting, plain } from './words.ts';

/** What the file would change. */
interface Dry {
  readonly changes: readonly Change[];
  readonly problems: readonly string[];
}

/** For how long a reload is tried. */
const TRIALS = [
  ['60s', 'a minute'],
  ['5m', '5 minutes'],
  ['', 'no time'],
] as const;

/** The section. */
export function Corefile() {
  const config = useAsked<{ readonly blocks: readonly Block[] }>('/v1/config', 10_000);
  const plugins = useAsked<Plugins>('/v1/plugins', 10_000).data;
  const history = useAsked<History>('/v1/config/history', 2000);
  const dry = useSignal<Dry | undefined>(undefined),
    trial = useSignal('60s');
  const { run, outcome } = useDoing();
  const all = (): void => {
    config.again();
    history.again();
  };
  const check = (): Promise<void> =>
    run(async () => {
      dry.value = await act<Dry>('POST', '/v1/reload', { dryRun: true });
      return dry.value.problems.length > 0 ? 'the file would be refused' : dry.value.changes.length === 0 ? 'nothing differs' : undefined;
    });
  const reload = (): Promise<void> =>
    run(async () => {
      await act('POST', '/v1/reload', trial.value === '' ? {} : { confirm: trial.value });
      dry.value = undefined;
      all();
      return trial.value === '' ? 'reloaded' : 'reloaded; it goes back by itself unless you keep it';
    });
  const keep = (): Promise<void> =>
    run(async () => {
      await act('POST', '/v1/reload/confirm');
      all();
      return 'it stays';
    });
  const back = (to: number): Promise<void> =>
    run(async () => {
      await act('POST', '/v1/config/rollback', { to });
      all();
      return `Corefile ${to} serves`;
    });
  const marks = new Map(
    plugins?.blocks.flatMap((block) => block.plugins.flatMap((each) => (each.at === null ? [] : [[each.at, each] as const]))),
  );
  const confirm = history.data?.confirm;
  return (
    <>
      <Card id="corefile" wide="s8" title="Corefile" small="as it is served">
        <Problem text={config.problem} />
        <div class="code" tabIndex={0} role="region" aria-label="Lines of the Corefile">
          {config.data?.blocks.map((block) => (
            <div key={block.at}>
              <Row at={block.at} text={`${block.keys.join(' ')} {`} />
              {block.lines.map((line, i) => (
                <Written key={`${line.at} ${i}`} of={line} depth={1} marks={marks} />
              ))}
              <Row at="" text="}" />
            </div>
          ))}
        </div>
      </Card>
      <Card id="changes" wide="s4" title="Change">
        {confirm === null || confirm === undefined ? null : (
          <div class="ask" role="alert">
            <p>A reload waits to be confirmed: it goes back in {lasting(Math.max(0, (Date.parse(confirm) - Date.now()) / 1000))}.</p>
            <Act who="admin" kind="primary" does={keep}>
              Keep it
            </Act>
          </div>
        )}
        <div class="bar">
          <Act who="admin" does={check}>
            What would change?
          </Act>
          <Act who="admin" does={reload}>
            Reload
          </Act>
          <Choice label="for a trial of" value={trial} words={TRIALS} disabled={!may('admin')} />
        </div>
        {outcome}
        {dry.value === undefined ? null : (
          <>
            {dry.value.problems.map((text) => (
              <Problem key={text} text={text} />
            ))}
            <Changes of={dry.value.changes} none="Nothing differs from what is served." />
          </>
        )}
        <h3>What served before</h3>
        <Problem text={history.problem} />
        <ol class="list">
          {history.data?.configurations.map(({ number, at, changes }, i) => (
            <li key={number}>
              <div class="line">
                <b>{number}</b>{' '}
                <span class="soft" title={at}>
                  since {clock(Date.parse(at))}
                </span>
                {i === 0 ? (
                  <Chip state="ok">serves</Chip>
                ) : (
                  <Act who="admin" does={() => back(number)} label={`Go back to ${number}`}>
                    Go back
                  </Act>
                )}
              </div>
              <Changes of={changes} none="" />
            </li>
          ))}
        </ol>
      </Card>
    </>
  );
}
function Changes({ of, none }: { readonly of: readonly Change[]; readonly none: string }) {
  if (of.length === 0) return none === '' ? null : <Note>{none}</Note>;
  return (
    <ul class="changes" aria-label={`${count(of.length)} lines differ`}>
      {of.map(({ block, word, before, after }) => (
        <li key={`${block} ${word}`}>
          <span class="soft">{plain(block)}</span>
          {before === undefined ? null : (
            <div class="minus">
              <span class="unseen">before: </span>
              <Text of={before} />
            </div>
          )}
          {after === undefined ? null : (
            <div class="plus">
              <span class="unseen">after: </span>
              <Text of={after} />
            </div>
          )}
        </li>
      ))}
    </ul>
  );
}
function Written({ of, depth, marks }: { readonly of: Line; readonly depth: number; readonly marks: ReadonlyMap<string, Plugin> }) {
  const text = [of.word, ...of.args.map((arg) => (arg === '' || /[\s{}"]/.test(arg) ? `"${arg.replaceAll('"', '\\"')}"` : arg))].join(
    ' ',
  );
  return (
    <>
      <Row
        at={of.at}
        text={`${'    '.repeat(depth)}${text}${of.lines === undefined ? '' : ' {'}`}
        mark={depth === 1 ? marks.get(of.at) : undefined}
      />
      {of.lines?.map((line, i) => (
        <Written key={`${line.at} ${i}`} of={line} depth={depth + 1} marks={marks} />
      ))}
      {of.lines === undefined ? null : <Row at="" text={`${'    '.repeat(depth)}}`} />}
    </>
  );
}
function Row({ at, text, mark }: { readonly at: string; readonly text: string; readonly mark?: Plugin | undefined }) {
  return (
    <div class="row">
      <span class="at" title={at}>
        {/\d+$/.exec(at)?.[0] ?? ''}
      </span>
      <code>{plain(text)}</code>
      {mark === undefined || mark.ready ? null : <Chip state="warn">not ready</Chip>}
      {mark === undefined || mark.remark === null ? null : <Chip state="warn">{plain(mark.remark)}</Chip>}
    </div>
  );
}
