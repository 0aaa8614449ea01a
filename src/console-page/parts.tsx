// What every section is built of: cards, states that are words with a shape, texts of others, buttons that act. Knows no section.
import { useSignal } from '@preact/signals';
import type { Signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { Refusal, away, may } from './server.ts';
import type { Role } from './shapes.ts';
import { plain } from './words.ts';

/** How well something is. */
export type State = 'ok' | 'warn' | 'bad' | 'off';

/** A part of the page with a title. */
export function Card({
  title,
  small,
  aside,
  wide = 's12',
  children,
  id,
  label,
}: {
  readonly title: ComponentChildren;
  readonly small?: ComponentChildren;
  readonly aside?: ComponentChildren;
  readonly wide?: string;
  readonly children: ComponentChildren;
  readonly id: string;
  readonly label?: string;
}) {
  return (
    <section class={`card ${wide}`} id={id} aria-labelledby={label === undefined ? `${id}-title` : undefined} aria-label={label}>
      <div class="head">
        <h2 id={`${id}-title`} tabIndex={-1}>
          {title}
        </h2>
        {small === undefined ? null : <small>{small}</small>}
        {aside === undefined ? null : <span class="right">{aside}</span>}
      </div>
      {children}
    </section>
  );
}
/** A state: a shape and a word, so that no colour is needed. */
export const Chip = ({ state, children }: { readonly state: State; readonly children: ComponentChildren }) => (
  <span class={`chip ${state}`}>
    <span class={`dot ${state}`} aria-hidden="true" />
    {children}
  </span>
);
/** A name, or what else others wrote: never but a text. */
export const Text = ({ of }: { readonly of: string }) => <bdi class="mono">{plain(of)}</bdi>;
/** Why there is nothing, or nothing new. */
export const Note = ({ children }: { readonly children: ComponentChildren }) => <p class="note">{children}</p>;
/** What went wrong. */
export const Problem = ({ text }: { readonly text: string | undefined }) => (
  <p class="problem" role="alert" hidden={text === undefined}>
    {text === undefined ? '' : plain(text)}
  </p>
);

/** A button for those who have a role; others see it, and are told why it is not theirs. */
export function Act({
  who,
  does,
  children,
  label,
  kind = '',
}: {
  readonly who: Role;
  readonly does: () => unknown;
  readonly children: ComponentChildren;
  readonly label?: string | undefined;
  readonly kind?: string;
}) {
  const isAllowed = may(who);
  const why = isAllowed ? undefined : `for who may ${who}`;
  const isOff = !isAllowed || away.value !== undefined;
  return (
    <button
      type="button"
      class={kind}
      aria-label={label === undefined || why === undefined ? label : `${label}, ${why}`}
      title={why}
      aria-disabled={isOff}
      onClick={() => void (isOff ? undefined : does())}
    >
      {children}
      {why === undefined ? null : <span class="unseen">, {why}</span>}
    </button>
  );
}
/** Does something once, and says what came of it. */
export function useDoing() {
  const said = useSignal<string | undefined>(undefined),
    problem = useSignal<string | undefined>(undefined);
  const run = async (what: () => Promise<string | undefined>): Promise<void> => {
    said.value = problem.value = undefined;
    try {
      said.value = await what();
    } catch (error) {
      problem.value = error instanceof Refusal ? error.message : 'the server does not answer';
    }
  };
  const outcome = (
    <>
      <p class="said" role="status">
        {said.value === undefined ? '' : plain(said.value)}
      </p>
      <Problem text={problem.value} />
    </>
  );
  return { run, outcome };
}
/** A table that a narrow screen shows as rows of two lines. */
export function Table({
  label,
  columns,
  children,
  none,
}: {
  readonly label: string;
  readonly columns: readonly string[];
  readonly children: ComponentChildren;
  readonly none?: string | undefined;
}) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {none === undefined ? (
            children
          ) : (
            <tr>
              <td colSpan={columns.length}>{none}</td>
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}
/** One of a few values, by words. */
export function Choice({
  label,
  value,
  words,
  disabled = false,
}: {
  readonly label: string;
  readonly value: Signal<string>;
  readonly words: readonly (readonly [value: string, text: string])[];
  readonly disabled?: boolean;
}) {
  return (
    <label>
      {label}{' '}
      <select value={value.value} disabled={disabled} onChange={(event) => (value.value = event.currentTarget.value)}>
        {words.map(([each, text]) => (
          <option key={each} value={each}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
