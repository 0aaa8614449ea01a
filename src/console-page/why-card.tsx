// Why an answer is as it is: what was recorded of a question, and the walk through the Corefile that it takes now. Knows explanations.
import { useSignal } from '@preact/signals';
import { Rcode } from './live-table.tsx';
import { Card, Chip, Note, Problem, Text } from './parts.tsx';
import type { Step } from './shapes.ts';
import { why } from './why.ts';
import { plain, shell, took } from './words.ts';

/** The card; a form where nothing was chosen. */
export function WhyCard({ wide }: { readonly wide: string }) {
  const asking = why.asking.value,
    row = why.row.value;
  const isEmpty = asking === undefined && row === undefined;
  return (
    <Card
      id="why"
      wide={wide}
      title="Why this answer"
      {...(isEmpty
        ? {}
        : {
            aside: (
              <button type="button" onClick={() => why.close()}>
                Close
              </button>
            ),
          })}
    >
      <AskForm />
      {isEmpty ? <Note>Choose a question, or ask for a name.</Note> : null}
      {row === undefined ? null : (
        <div class="why">
          <div class="q">
            {plain(row.name ?? '(hidden)')} {row.type}
          </div>
          <div class="a">
            <Rcode of={row.rcode} />
            <span class="soft">
              recorded: by {plain(row.by)}, {took(row.took)}, {row.transport}
              {row.client === null ? '' : ` from ${row.client}`}
            </span>
          </div>
          <p class="soft small">
            met {plain(row.trail.join(', '))}
            {row.ede === undefined ? '' : `; extended error ${row.ede}`}
          </p>
        </div>
      )}
      <Problem text={why.problem.value} />
      <Walk />
      {asking === undefined ? null : (
        <div class="foot">
          <button type="button" onClick={() => why.again()}>
            Ask again
          </button>
          <Copy />
        </div>
      )}
    </Card>
  );
}
const AskForm = () => (
  <form
    class="bar"
    onSubmit={(event) => {
      event.preventDefault();
      const given = new FormData(event.currentTarget);
      const [name = '', type = '', client = ''] = ['name', 'type', 'client'].map((field) => given.get(field)?.toString().trim());
      why.explain({ name, type: type === '' ? 'A' : type, ...(client === '' ? {} : { client }) });
    }}
  >
    <label class="grow">
      <span class="unseen">Name to explain</span>
      <input id="explain-name" name="name" required placeholder="www.example.org" autocomplete="off" spellcheck={false} />
    </label>
    <label class="few">
      <span class="unseen">Type</span>
      <input name="type" placeholder="A" autocomplete="off" spellcheck={false} />
    </label>
    <label class="some">
      <span class="unseen">From client</span>
      <input name="client" placeholder="from client" autocomplete="off" spellcheck={false} />
    </label>
    <button type="submit">Why?</button>
  </form>
);
function Copy() {
  const isDone = useSignal(false);
  const asking = why.asking.value!;
  const command = [
    'coredns-ts',
    'explain',
    '--server',
    location.origin,
    asking.name,
    asking.type,
    ...(asking.client === undefined ? [] : ['from', asking.client]),
    ...(asking.tcp === true ? ['--tcp'] : []),
  ]
    .map(shell)
    .join(' ');
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(command);
    isDone.value = true;
    setTimeout(() => (isDone.value = false), 2000);
  };
  return (
    <button type="button" title={command} onClick={() => void copy().catch(() => {})}>
      {isDone.value ? 'Copied' : 'Copy as command'}
    </button>
  );
}

function Walk() {
  const told = why.explanation.value;
  if (told === undefined) return why.asking.value === undefined || why.problem.value !== undefined ? null : <Note>Asking…</Note>;
  const { question, answer, by, blocks, steps, skipped } = told;
  return (
    <>
      <div class="why">
        {why.row.value === undefined ? (
          <div class="q">
            {plain(question?.name ?? '')} {question?.type}
          </div>
        ) : null}
        <div class="a">
          <Rcode of={answer?.rcode ?? null} />
          <span class="soft">
            asked now: {told.unknown ?? ''} {took(told.took)} from {told.client} at {plain(told.server)}
          </span>
        </div>
        {answer === null ? null : (
          <ul class="records">
            {answer.records.map((record, i) => (
              <li key={i}>
                <Text of={record} />
              </li>
            ))}
          </ul>
        )}
        {answer?.ede.map(({ code, text }) => (
          <p key={code} class="small">
            Extended error {code}: {plain(text)}
          </p>
        ))}
      </div>
      <ol class="walk">
        {blocks.map(({ at, keys, taken, why: because }) => (
          <li key={at} class={taken ? 'did' : ''}>
            <span class="at">{plain(at)}</span>
            <b>{plain(keys)}</b>
            <p>{plain(because)}</p>
          </li>
        ))}
        <Steps of={steps} by={by} />
      </ol>
      {skipped.length === 0 ? null : (
        <p class="soft small pad">Not entered: {skipped.map(({ part, at }) => `${plain(part)} (${plain(at)})`).join(', ')}</p>
      )}
    </>
  );
}
function Steps({ of, by }: { readonly of: readonly Step[]; readonly by: string | null }) {
  return of.map((step, i) => {
    const inside = step.steps ?? step.asked ?? [];
    const isEnd = step.did === 'answered' && step.part === by;
    return (
      <li key={i} class={isEnd ? 'end' : step.did === 'changed' ? 'did' : step.did === 'failed' ? 'fail' : ''}>
        <span class="at">{plain(step.at ?? '')}</span>
        <b>{step.part === undefined ? `asks ${plain(step.question?.name ?? '')} ${step.question?.type ?? ''}` : plain(step.part)}</b>{' '}
        {isEnd ? <Chip state="ok">answered</Chip> : step.did === 'failed' ? <Chip state="bad">failed</Chip> : null}
        {step.text === undefined || step.text === '' ? null : <p>{plain(step.text)}</p>}
        {step.back === undefined ? null : <p>back: {plain(step.back)}</p>}
        {inside.length === 0 ? null : (
          <ol class="walk">
            <Steps of={inside} by={by} />
          </ol>
        )}
      </li>
    );
  });
}
