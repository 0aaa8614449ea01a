// Writes down beside the program which Node runs it, for the launcher: asking each Node for its version takes as long as half of a start.
// Knows the launcher's file; knows nothing of serving.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The file: the PATH that this Node was found with, and the Node. This module becomes a part of dist/chunks/. */
const FILE = fileURLToPath(new URL('../.node', import.meta.url));
const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));

/** Writes it where the program lies in a folder that can be written, unless it is there already. */
export function rememberNode(): void {
  const text = `${process.env['PATH'] ?? ''}\n${process.execPath}\n`;
  if (!existsSync(MAIN) || text.split('\n').length !== 3) return;
  try {
    if (readFileSync(FILE, 'utf8') === text) return;
  } catch {
    // It is the first start here.
  }
  try {
    writeFileSync(FILE, text);
  } catch {
    // A folder that is only read.
  }
}
