// The page: its head, its sections, its keys, and what is said when the server is away. The one file that draws into the document.
import { render } from 'preact';
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Cache } from './cache.tsx';
import { isNaming, startNaming } from './clients.ts';
import { Corefile } from './corefile.tsx';
import { startHappenings } from './happenings.ts';
import { allKeys, always, startKeys } from './keyboard.ts';
import { LiveTable } from './live-table.tsx';
import { Login } from './login.tsx';
import { Overview } from './overview.tsx';
import { Chip, Note } from './parts.tsx';
import { Policy } from './policy.tsx';
import { SECTIONS, follow, go, hrefOf, route, titleOf } from './route.ts';
import type { Section } from './route.ts';
import { act, away, introduce, me, returns, useAsked } from './server.ts';
import type { Status } from './shapes.ts';
import style from './style.css';
import { startTheme, theme, turn } from './theme.ts';
import { Tops } from './tops.tsx';
import { Upstreams } from './upstreams.tsx';
import { WhyCard } from './why-card.tsx';
import { why } from './why.ts';
import { clock, lasting } from './words.ts';
import { Clusters, Zones } from './zones.tsx';

/** Sections that a phone has no room for below the thumb. */
const MORE: readonly Section[] = ['zones', 'clusters', 'policy', 'corefile'];

const ofSection: { readonly [section in Section]: () => preact.ComponentChildren } = {
  overview: () => <Overview />,
  queries: () => (
    <>
      <LiveTable most={200} wide="s8" />
      <div class="s4 stack">
        <WhyCard wide="" />
        <Tops wide="" />
      </div>
    </>
  ),
  cache: () => (
    <>
      <Cache />
      <Chosen />
    </>
  ),
  upstreams: () => <Upstreams />,
  zones: () => <Zones />,
  clusters: () => <Clusters />,
  policy: () => <Policy />,
  corefile: () => <Corefile />,
};
/** Why, where somebody asked for that in a section that has no room for it otherwise. */
const Chosen = () => (why.asking.value === undefined && why.row.value === undefined ? null : <WhyCard wide="s12" />);

function Shell() {
  const { section } = route.value;
  const help = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    document.title = `${titleOf(section)} – coredns-ts`;
  }, [section]);
  useEffect(() => always({ keys: ['?'], says: 'what the keys do', does: () => help.current?.showModal() }), []);
  const who = me.value;
  if (who === 'nobody') return <Login />;
  const since = away.value;
  return (
    <div class={since === undefined ? '' : 'away'}>
      <button type="button" class="skip" onClick={() => document.querySelector<HTMLElement>('#main')?.focus()}>
        To the content
      </button>
      <header>
        <span class="brand">
          <Mark />
          coredns-ts
        </span>
        <nav aria-label="Sections">
          {SECTIONS.map((each) => (
            <a key={each} href={hrefOf(each)} aria-current={each === section ? 'page' : undefined}>
              {titleOf(each)}
            </a>
          ))}
        </nav>
        <div class="right">
          <State />
          {typeof who === 'object' ? (
            <span class="chip off wide">
              {who.holder}: {who.role}
            </span>
          ) : null}
          {typeof who === 'object' && who.holder !== 'local' ? (
            <button type="button" class="wide" onClick={() => void act('DELETE', '/session').finally(() => introduce())}>
              Leave
            </button>
          ) : null}
          <button type="button" aria-label="Keys" title="Keys (?)" onClick={() => help.current?.showModal()}>
            ?
          </button>
          <button type="button" aria-label={theme.value === 'dark' ? 'Light' : 'Dark'} title="Light or dark (t)" onClick={turn}>
            {theme.value === 'dark' ? '\u2600' : '\u263e'}
          </button>
        </div>
      </header>
      {since === undefined ? null : <Away since={since} />}
      <main id="main" tabIndex={-1} aria-label={titleOf(section)}>
        <h1 class="unseen">{titleOf(section)}</h1>
        {ofSection[section]()}
      </main>
      <Bottom section={section} />
      <dialog ref={help} aria-labelledby="keys-title">
        <h2 id="keys-title">Keys</h2>
        <dl>
          {allKeys().map(({ keys, says }) => (
            <div key={says}>
              <dt>
                {keys.map((key) => (
                  <kbd key={key}>{key === ' ' ? 'space' : key}</kbd>
                ))}
              </dt>
              <dd>{says}</dd>
            </div>
          ))}
        </dl>
        <button type="button" class="primary" onClick={() => help.current?.close()}>
          Close
        </button>
      </dialog>
    </div>
  );
}
const Away = ({ since }: { readonly since: number }) => (
  <div class="gone" role="alert">
    The server does not answer since {clock(since)}. What you see is from then; it goes on by itself.
  </div>
);
function State() {
  const { data } = useAsked<Status>('/v1/status', 5000);
  if (away.value !== undefined) return <Chip state="bad">away since {clock(away.value)}</Chip>;
  if (data === undefined) return <Chip state="off">asking</Chip>;
  return (
    <Chip state={data.ready ? 'ok' : 'warn'}>
      {data.ready ? 'ready' : 'not ready'}, up {lasting(data.uptime)}
    </Chip>
  );
}
function Bottom({ section }: { readonly section: Section }) {
  const isOpen = useSignal(false);
  return (
    <nav class="bottom" aria-label="Sections below">
      {isOpen.value ? (
        <div class="more">
          {MORE.map((each) => (
            <a key={each} href={hrefOf(each)} onClick={() => (isOpen.value = false)}>
              {titleOf(each)}
            </a>
          ))}
        </div>
      ) : null}
      {SECTIONS.filter((each) => !MORE.includes(each)).map((each) => (
        <a key={each} href={hrefOf(each)} aria-current={each === section ? 'page' : undefined}>
          {titleOf(each)}
        </a>
      ))}
      <button type="button" aria-expanded={isOpen.value} onClick={() => (isOpen.value = !isOpen.value)}>
        {MORE.includes(section) ? titleOf(section) : 'More'}
      </button>
    </nav>
  );
}
const Mark = () => (
  <svg viewBox="0 0 24 24" aria-hidden="true">
    <path d="M12 2.5 20.5 7v10L12 21.5 3.5 17V7z" />
    <path d="M12 8v8M8.5 10v4M15.5 10v4" />
  </svg>
);
const Page = () =>
  me.value === undefined && away.value === undefined ? (
    <main class="login">
      <Note>Asking the server…</Note>
    </main>
  ) : (
    <Shell />
  );

const sheet = new CSSStyleSheet();
sheet.replaceSync(style);
document.adoptedStyleSheets = [sheet];
startTheme();
follow();
always(
  {
    keys: SECTIONS.map((_, i) => String(i + 1)),
    says: `sections: ${SECTIONS.map((each, i) => `${i + 1} ${titleOf(each)}`).join(', ')}`,
    does: (key) => go(SECTIONS[Number(key) - 1]!),
  },
  {
    keys: ['e'],
    says: 'explain a name',
    does: () => {
      if (document.querySelector('#explain-name') === null) go('queries');
      setTimeout(() => document.querySelector<HTMLElement>('#explain-name')?.focus(), 50);
    },
  },
  { keys: ['r'], says: 'clients by name, or by address', does: () => void (isNaming.value = !isNaming.value) },
  { keys: ['t'], says: 'light or dark', does: turn },
  {
    keys: ['Escape'],
    says: 'leave a field, or the explanation',
    does: () => {
      const { activeElement } = document;
      if (activeElement instanceof HTMLElement && activeElement.matches('input, select')) activeElement.blur();
      else why.close();
    },
  },
);
startKeys();
startNaming();
returns.subscribe(() => void introduce());
void startHappenings();
render(<Page />, document.querySelector('#page')!);
// Where nobody answers it is asked again until somebody does.
setInterval(() => {
  if (me.value === undefined) void introduce();
}, 2000);
