// What a question's HTTP request says of who asks, as labels: `http/path`, `http/path/NAME`, `http/header/NAME`. Knows the channel.
import type { Provider } from './metadata.ts';

/** Providers that every block has; of questions that did not come over HTTP they know nothing. */
export const REQUEST_LABELS: readonly (readonly [name: string, provider: Provider])[] = [
  ['http/path', ({ channel }) => channel.request?.path],
  ['http/path/', ({ channel }, label) => channel.request?.parts?.get(label.slice('http/path/'.length))],
  ['http/header/', ({ channel }, label) => channel.request?.field(label.slice('http/header/'.length).toLowerCase())],
];
