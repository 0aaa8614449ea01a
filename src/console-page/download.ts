// What is taken away from the page: rows as CSV and as JSON. Knows texts; a name is whatever somebody asked for.
import type { Row } from './shapes.ts';

const COLUMNS = ['at', 'client', 'transport', 'name', 'type', 'rcode', 'ede', 'by', 'took'] as const;

/**
 * A cell as RFC 4180 has it. What a program for tables would take for a formula has a quote before it, as OWASP advises: names may begin
 * with anything.
 */
export function cell(value: unknown): string {
  const text = value === null || value === undefined ? '' : String(value);
  const safe = typeof value === 'string' && /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
/** Rows as CSV, the names of columns first. */
export const csv = (rows: readonly Row[]): string => [
  COLUMNS.join(','), ...rows.map((row) => COLUMNS.map((column) => cell(row[column])).join(',')),
].map((line) => `${line}\r\n`).join('');
/** Rows as JSON, as the API told them. */
export const json = (rows: readonly Row[]): string =>
  `${JSON.stringify(rows.map(({ key: _, ...row }) => row), undefined, 1)}\n`;
