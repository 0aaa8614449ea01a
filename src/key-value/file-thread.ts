// The thread of a file of keys, the entry of its own: opens the file, then does the batches that it is sent. Knows ports; what a batch
// means is file-state.ts's.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { Batch } from './file-orders.ts';
import { FileState } from './file-state.ts';

const { folder } = workerData as { readonly folder: string };
const port = parentPort!;
try {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const state = new FileState(new DatabaseSync(path.join(folder, 'registry.db')));
  port.postMessage(state.opened());
  port.on('message', (batch: Batch | 'close') => {
    if (batch === 'close') {
      state.close();
      port.close();
    } else port.postMessage(state.run(batch));
  });
} catch (error) {
  port.postMessage({ error: (error as Error).message });
  port.close();
}
