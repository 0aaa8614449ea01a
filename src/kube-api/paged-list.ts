// A whole list by pages, item by item. Knows how client-go chooses resource versions and pages; knows nothing of what the items are.
import { isExpired } from './api-error.ts';
import type { Collection } from './collection.ts';
import type { Limits } from './http-get.ts';
import { ListSplitter } from './list-splitter.ts';
import type { Requests } from './requests.ts';
import type { ApiObject } from './sink.ts';
import { ProtobufList } from './protobuf-pieces.ts';
import { one, readMessage, shape } from './protobuf.ts';
import { asObject, parseJson, versionOf } from './watch-event.ts';

/** Takes the items of a list. */
export interface ListSink {
  /** A list begins, also again in the middle of one: what came before counts no more. */
  begin(): void;
  put(object: ApiObject): void;
  /** The API is there and talks. */
  heard(): void;
}

/** Items of a page. */
const PAGE = '500';

/**
 * Lists once; resolves to the list's resource version. `version` is the oldest that will do: `0` for whatever the API has at hand, empty
 * for the newest. Where the token of a next page has expired, all is listed again at once and without pages. Rejects with ApiError.
 */
export async function listPages(requests: Requests, collection: Collection, version: string, sink: ListSink, limits: Limits,
  signal: AbortSignal): Promise<string> {
  // As client-go: pages of a certain version would not come from the API's memory but from etcd.
  const limit = version === '' || version === '0' ? PAGE : '';
  const list = (first: boolean, parameters: Parameters<Collection['target']>[0]) =>
    listPage({ requests, collection, sink, limits, signal }, collection.target(parameters), first);
  let page = await list(true, [['limit', limit], ['resourceVersion', version]]);
  while (page.next !== '') {
    try {
      page = await list(false, [['limit', PAGE], ['continue', page.next]]);
    } catch (error) {
      if (!isExpired(error)) throw error;
      page = await list(true, []);
    }
  }
  return page.version;
}

interface Listing {
  readonly requests: Requests;
  readonly collection: Collection;
  readonly sink: ListSink;
  readonly limits: Limits;
  readonly signal: AbortSignal;
}
const METADATA = shape({ 2: one('resourceVersion', 'text'), 3: one('continue', 'text') });

async function listPage({ requests, collection: { shape: fields }, sink, limits, signal }: Listing, target: string, first: boolean) {
  let version = '', next = '';
  const metadata = (value: { readonly [field: string]: unknown }) => {
    version = versionOf(value);
    next = typeof value.continue === 'string' ? value.continue : '';
  };
  let splitter: ListSplitter | ProtobufList | undefined;
  const content = (part: Buffer) => {
    sink.heard();
    splitter?.feed(part);
  };
  const opened = (binary: boolean) => {
    splitter = binary && fields !== undefined
      ? new ProtobufList((bytes, from, to) => sink.put(readMessage(bytes, from, to, fields)),
        (bytes, from, to) => metadata(readMessage(bytes, from, to, METADATA)))
      : new ListSplitter({
        item: (bytes) => sink.put(asObject(parseJson(bytes)) as ApiObject),
        metadata: (bytes) => metadata(asObject(parseJson(bytes)) as ApiObject),
      });
    sink.heard();
    if (first) sink.begin();
  };
  await requests.send({ target, kind: 'list', binary: fields !== undefined, continues: !first, limits, opened, content }, signal);
  splitter?.end();
  return { version, next };
}
