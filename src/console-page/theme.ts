// Dark or light: what the system says, until somebody says otherwise. Knows the document's element.
import { signal } from '@preact/signals';

const KEPT = 'theme';
const isDark = (): boolean => matchMedia('(prefers-color-scheme: dark)').matches;

/** What is shown. */
export const theme = signal<'dark' | 'light'>('light');
/** The other one. */
export function turn(): void {
  set(theme.value === 'dark' ? 'light' : 'dark');
  try {
    localStorage.setItem(KEPT, theme.value);
  } catch {
    // It holds until the page is closed.
  }
}
function set(to: 'dark' | 'light'): void {
  theme.value = to;
  document.documentElement.dataset['theme'] = to;
}
/** Follows the system. */
export function startTheme(): void {
  let kept: string | null = null;
  try {
    kept = localStorage.getItem(KEPT);
  } catch {
    // Nothing is kept here.
  }
  set(kept === 'dark' || kept === 'light' ? kept : isDark() ? 'dark' : 'light');
  if (kept === null) matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => set(isDark() ? 'dark' : 'light'));
}
