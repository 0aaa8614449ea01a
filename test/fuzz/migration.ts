// Any text as a Corefile that is moved to another version: moved, or refused with a text; nothing but its lines is lost, and moving it once
// more changes nothing. Knows words of old Corefiles.
import assert from 'node:assert/strict';
import { CorefileError } from '../../src/corefile/error.ts';
import { Project } from '../../src/migration/document.ts';
import { moveDown, moveUp } from '../../src/migration/migrate.ts';
import { noticesOf } from '../../src/migration/notices.ts';
import { target, textOf } from './target.ts';

const words = [
  '.', '.:53', 'a.test,', 'b.test', '(usual)', 'import', 'usual', '{', '{\n', '}\n', '\n}\n', '"', '\\', 'proxy', 'forward',
  'kubernetes', 'upstream', 'transfer', 'to', '*', 'endpoint', 'http://a', 'health', 'lameduck', '5s', 'loop', 'ready',
  'protocol', 'force_tcp', 'https_google', 'federation', 'max_concurrent', '# default since 1.7.0',
  '# default since 1.6.5, in braces of its own', 'policy', 'least_conn', '# x\n', 'reload', 'cache',
];
const files = { absolute: (path: string) => path, read: () => '', glob: () => [] };

/** Up and down, and up once more. */
export const migration = target('migration', 1500, textOf(...words), (text) => {
  let project: Project;
  try {
    project = new Project('Corefile', text, files);
  } catch (error) {
    assert.ok(error instanceof CorefileError && error.message !== '', String(error));
    return;
  }
  noticesOf(project, '1.1.3', '1.15.0');
  moveUp(project, '1.1.3', '1.15.0', { deprecations: true });
  const there = project.documents[0]!.text;
  const again = new Project('Corefile', there, files);
  moveUp(again, '1.1.3', '1.15.0', { deprecations: true });
  assert.equal(again.documents[0]!.text, there);
  moveDown(again, '1.15.0', '1.1.3');
});
