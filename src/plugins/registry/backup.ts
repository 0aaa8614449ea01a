// All that a registry has at one revision, for who keeps backups. Knows who may; the form is the store's.
import { Heading } from '../../http/exchange.ts';
import { backupOf } from '../../key-value/backup.ts';
import { prefixEnd } from '../../key-value/etcd-wire.ts';
import type { Operation } from './api.ts';
import type { Directory } from './directory.ts';

/** The operation. */
export function backupOn(directory: Directory): Operation {
  return {
    method: 'GET', path: '/v1/backup', id: 'backup', summary: 'All keys at one revision, with their leases',
    replies: { 200: { type: 'string' } },
    media: 'application/jsonl',
    async run({ may }) {
      may('admin', '.');
      const { keys, path } = directory.parts;
      const content = await backupOf(keys, `/${path}/`, prefixEnd(`/${path}/`));
      return {
        status: 200,
        goesOn: (exchange) => exchange.reply(new Heading(200, [
          ['Content-Type', 'application/jsonl'], ['Cache-Control', 'no-store'],
        ]), content, 0, content.length),
      };
    },
  };
}
