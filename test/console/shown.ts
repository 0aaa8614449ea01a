// A page on which somebody shows a token. Knows the form that asks for it.
import type { Tab } from './chromium.ts';
import { TOKENS } from './rig.ts';
import type { Looked } from './rig.ts';

/** Opens the page and shows the token. */
export async function shown(tab: Tab, at: Looked, token = TOKENS.admin): Promise<void> {
  await tab.open(at.url);
  await tab.until("document.querySelector('#token')", 'a token is wanted');
  await tab.tell("document.querySelector('#token').focus()");
  await tab.write(token);
  await tab.press('Enter');
  await tab.until("document.querySelector('#live')", 'the overview');
}
