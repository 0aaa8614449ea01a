// What comes most, by names, clients, the names above them, names that fail and how upstreams do. Knows that a count is at most so much,
// and says by how much less it may be.
import { useSignal } from '@preact/signals';
import { clientName } from './clients.ts';
import { Card, Note, Problem } from './parts.tsx';
import { go } from './route.ts';
import { useAsked } from './server.ts';
import type { Top } from './shapes.ts';
import { why } from './why.ts';
import { count, plain } from './words.ts';

const LISTS = [
  ['names', 'Names'],
  ['clients', 'Clients'],
  ['under', 'Under'],
  ['failing', 'Failing'],
  ['upstreams', 'Upstreams'],
] as const;

/** The card. */
export function Tops({ wide }: { readonly wide: string }) {
  const list = useSignal<(typeof LISTS)[number][0]>('names'),
    minute = useSignal<'now' | 'last'>('now');
  const { data, problem } = useAsked<Top>(`/v1/top/${list.value}?minute=${minute.value}&limit=10`, 2000);
  const most = data?.rows[0]?.count ?? 1;
  const open = (key: string): void => {
    if (list.value === 'names' || list.value === 'failing') why.explain({ name: key.replace(/^\.\.\./, ''), type: 'A' });
    else if (list.value === 'under') go('queries', { filter: `under:${key.replace(/^\.\.\./, '')}` });
    else if (list.value === 'clients') go('queries', { filter: key });
  };
  return (
    <Card id="tops" wide={wide} title="Most">
      <div class="tabs" role="tablist" aria-label="What comes most">
        {LISTS.map(([name, title]) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`tab-${name}`}
            aria-controls="top"
            aria-selected={list.value === name}
            tabIndex={list.value === name ? 0 : -1}
            onClick={() => (list.value = name)}
            onKeyDown={(event) => {
              const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
              if (by === undefined) return;
              const next = LISTS[(LISTS.findIndex(([each]) => each === name) + by + LISTS.length) % LISTS.length]![0];
              list.value = next;
              document.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
            }}
          >
            {title}
          </button>
        ))}
      </div>
      <div id="top" role="tabpanel" aria-labelledby={`tab-${list.value}`} tabIndex={0}>
        <Problem text={problem} />
        {data?.rows.length === 0 ? <Note>Nothing in this minute yet.</Note> : null}
        <ol class="top">
          {data?.rows.map(({ key, count: many, error }) => (
            <li key={key}>
              <span class="share" style={{ width: `${(many / most) * 100}%` }} aria-hidden="true" />
              {list.value === 'upstreams' ? (
                <span class="n mono">
                  <bdi>{plain(key)}</bdi>
                </span>
              ) : (
                <button type="button" class="link n mono" title={plain(key)} onClick={() => open(key)}>
                  <bdi>{plain(list.value === 'clients' ? clientName(key) : key)}</bdi>
                </button>
              )}
              {error > 0 ? <small title="it may be so many less">&#8722;{count(error)}</small> : null}
              <span>{count(many)}</span>
            </li>
          ))}
        </ol>
      </div>
      <div class="foot">
        <span>
          {minute.value === 'now' ? 'this minute' : 'the last minute'}
          {data === undefined || data.more === 0 ? '' : `, ${count(data.more)} more`}
        </span>
        <span class="right">
          <button
            type="button"
            aria-pressed={minute.value === 'last'}
            onClick={() => (minute.value = minute.value === 'now' ? 'last' : 'now')}
          >
            Last minute
          </button>
        </span>
      </div>
    </Card>
  );
}
