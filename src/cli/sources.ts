// The lines of the files that a complaint names, and the complaint as text for people: its place, the line, a caret. Knows files and
// columns; knows nothing of what is complained of.
import { readFileSync } from 'node:fs';
import type { Position } from '../corefile/error.ts';

/** Lines that are longer are not shown. */
const LONGEST = 400;

/** Files by their names, each read once; the first one is given. */
export class Sources {
  readonly #lines = new Map<string, readonly string[]>();

  constructor(file: string, text: string) {
    this.#lines.set(file, text.split('\n'));
  }
  /** A line of a file; undefined where it cannot be read. */
  line({ file, line }: Position): string | undefined {
    let lines = this.#lines.get(file);
    if (lines === undefined) {
      try {
        lines = readFileSync(file, 'utf8').split('\n');
      } catch {
        lines = [];
      }
      this.#lines.set(file, lines);
    }
    return lines[line - 1]?.replace(/\r$/, '');
  }
  /** The line and a caret below its column, each with its line break; '' where there is none. Tabs stay tabs. */
  picture(place: Position): string {
    const line = this.line(place);
    if (line === undefined || line.trim() === '' || line.length > LONGEST) return '';
    const column = Math.max(place.column, 1);
    return `  ${line.replace(/[^\P{Cc}\t]/gu, '?')}\n  ${line.slice(0, column - 1).replace(/[^\t]/g, ' ')}^\n`;
  }
}
/** `Corefile:2:5`, as far as it is known: a line or column of 0 is not. */
export const placeText = ({ file, line, column }: Position): string =>
  [file, ...(line > 0 ? [line] : []), ...(line > 0 && column > 0 ? [column] : [])].join(':');
