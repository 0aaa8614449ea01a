// The thread in which `coredns-ts dev` runs an author's plugin: it loads what lies on disk now, is asked, and tells what each question met.
// Knows plugins, a Corefile and messages of one thread; opens no port. The next thread loads the next state of the files.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { MessagePort } from 'node:worker_threads';
import { decodeMessage } from '../dns/message.ts';
import { Name } from '../dns/name.ts';
import { explain } from '../explain/ask.ts';
import { rehearse } from '../explain/rehearsal.ts';
import type { Rehearsed } from '../explain/rehearsal.ts';
import { explanationText } from '../explain/text.ts';
import { systemClock } from '../kernel/clock.ts';
import { withPlugins } from '../kernel/site/late.ts';
import type { Plugin } from '../kernel/site/plugin.ts';
import { udp } from '../transport/udp.ts';
import { shareThisCopy } from './one-copy.ts';
import { additionsOf, pluginsWith } from './plugin-choice.ts';
import { placeOf } from './plugin-config.ts';
import { manifestAbove } from './plugin-package.ts';
import { readOptionsOf } from './read-options.ts';

/** What the thread is started with. */
export interface DevData {
  readonly dev: { readonly file: string; readonly conf: string; readonly port: number };
}

/** A question for it. */
export interface DevQuestion {
  readonly id: number;
  readonly packet: Uint8Array;
  readonly client: string;
}
/** What it says. */
export type DevReport =
  | { readonly what: 'ready'; readonly word: string; readonly from: string; readonly corefile: string }
  | { readonly what: 'failed'; readonly text: string }
  | { readonly what: 'said'; readonly text: string }
  | { readonly what: 'answered'; readonly id: number; readonly reply: Uint8Array | undefined; readonly text: string };

/** The Corefile that is there; else that of the plugin's first scenario, or the least that names its word. */
function corefileFor(word: string, file: string, conf: string): { readonly text: string; readonly from: string } {
  if (existsSync(conf)) return { text: readFileSync(conf, 'utf8'), from: conf };
  const folder = dirname(resolve(file));
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.scenario')).sort()) {
    const [, text] = /^==== .*\n([\s\S]*?)^----$/m.exec(readFileSync(join(folder, name), 'utf8')) ?? [];
    if (text?.includes(word) === true) return { text, from: `the first scenario of ${name}` };
  }
  return { text: `. {\n    ${word}\n    whoami\n}\n`, from: 'the least that names it' };
}

/** Loads the plugin. Rejects with what an author has to hear. */
async function load({ file, conf, port }: DevData['dev'], own: readonly Plugin[] | undefined, say: (text: string) => void) {
  const url = pathToFileURL(resolve(file)).href;
  shareThisCopy();
  const { default: plugin } = await import(url).catch((error: unknown) => {
    throw new Error(`${placeOf(error, [url])}${error instanceof Error ? error.message : String(error)}`);
  }) as { readonly default?: Partial<Plugin> };
  const word = plugin?.name;
  if (typeof word !== 'string') throw new Error('its default export is no plugin: definePlugin makes one');
  const named = (await additionsOf(conf)).filter((addition) => addition.name !== word || addition.url === url);
  const beside = manifestAbove(resolve(file))?.before ?? 'cache';
  const isNamed = named.some((addition) => addition.name === word);
  const additions = isNamed ? named : [...named, { name: word, url, beside, before: true, at: `${basename(file)}: ${word}` }];
  const late = await pluginsWith(additions, own);
  const { text, from } = corefileFor(word, file, conf);
  const readOptions = await withPlugins(text, readOptionsOf(existsSync(conf) ? conf : 'Corefile', port, late, say));
  const { datagrams } = udp({ warn: () => {} });
  return { word, from, text, rehearsed: await rehearse(text, { readOptions, clock: systemClock, say, datagrams, isLive: true }) };
}

/** Whom a message asks for; the root where it cannot be read. */
function nameIn(packet: Uint8Array): Name {
  try {
    return decodeMessage(packet).question?.name ?? Name.root;
  } catch {
    return Name.root;
  }
}
async function answer(rehearsed: Rehearsed, { id, packet, client }: DevQuestion): Promise<DevReport> {
  try {
    const place = rehearsed.place(nameIn(packet)) ?? rehearsed.place(Name.root, rehearsed.labels[0])!;
    const explanation = await explain(place, { packet, client, transport: 'udp' }, systemClock);
    return { what: 'answered', id, reply: explanation.octets, text: explanationText(explanation) };
  } catch (error) {
    return { what: 'answered', id, reply: undefined, text: `${(error as Error).stack ?? String(error)}\n` };
  }
}

/** Serves until the main thread ends this one. */
export async function serveDev(port: MessagePort, { dev }: DevData, own?: readonly Plugin[]): Promise<void> {
  const tell = (report: DevReport): void => port.postMessage(report);
  try {
    const { word, from, text, rehearsed } = await load(dev, own, (said) => tell({ what: 'said', text: said }));
    port.on('message', (question: DevQuestion) => void answer(rehearsed, question).then(tell));
    tell({ what: 'ready', word, from, corefile: text });
  } catch (error) {
    tell({ what: 'failed', text: (error as Error).message });
  }
}
