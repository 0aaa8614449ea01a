// The package's door for those who write plugins or choose them: `import { definePlugin } from 'coredns-ts'`. What is not here, in
// `coredns-ts/dns` or in `coredns-ts/testing` is not promised. docs/plugins.md shows each name in use.

/** A plugin and its place in a server. */
export { changesOf, definePlugin, showAt } from './author/plugin.ts';
export type {
  Changes, Definition, Family, Log, Metrics, Note, Part, Run, Shared, Site, Space,
} from './author/plugin.ts';
export type { Lines, Machine, ParseContext, Plugin } from './kernel/site/plugin.ts';
export { insert } from './kernel/site/order.ts';
export type { Place } from './kernel/site/order.ts';
export { standard } from './plugins/index.ts';
export { main } from './cli/program.ts';
export type { Program } from './cli/program.ts';

/** A question, and what can be said to it. */
export { classOf, classify, derive, elapsed, minimalTtl, onReply, upon } from './author/query.ts';
export type { Answer, Channel, Handler, Labels, Message, Outcome, Query, ServerLabel } from './author/query.ts';
export type { ReplyClass, ReplyType } from './kernel/query/classify.ts';
export type { QuestionChange, ReplyParts } from './kernel/query/query.ts';
export type { Remark } from './kernel/query/notes.ts';
export { AA, AD, CD, QR, RA, RD, TC } from './kernel/query/message.ts';
export { drop, failure } from './kernel/query/outcome.ts';
export type { Drop, ExtendedError, Failure, Stream } from './kernel/query/outcome.ts';

/** A source of names, and other servers. */
export { ADDITIONAL, ANSWER, Lookup } from './author/backend.ts';
export type { Backend, Node } from './author/backend.ts';
export { Asker, readPeer } from './author/asker.ts';
export type { Peer } from './author/asker.ts';

/** What parts of a block put there for others. */
export { Slot } from './kernel/slot.ts';
export { AnyClass, Deadline, ViewFilter } from './kernel/site/site.ts';
export type { View } from './kernel/site/site.ts';
export { SearchPaths } from './kernel/site/search-path.ts';
export type { SearchPathSource } from './kernel/site/search-path.ts';
export { Transfers } from './authority/transfer.ts';
export type { Transfer, TransferSource } from './authority/transfer.ts';

/** Configuration: the lines of a word, zones, `fallthrough`, durations, regular expressions. */
export type { Directive, IntegerBounds, PropertyReaders } from './corefile/directive.ts';
export { CorefileError } from './corefile/error.ts';
export { parseDuration } from './corefile/duration.ts';
export { NEVER, covers, readFallthrough } from './kernel/site/fallthrough.ts';
export type { Fallthrough } from './kernel/site/fallthrough.ts';
export { Zones, zonesOf } from './kernel/site/zones.ts';
export { compileRegexp } from './kernel/regexp.ts';
export type { Regexp } from './kernel/regexp.ts';

/** What lives as long as a load: time, metrics, shared numbers, what is opened once. */
export { every } from './kernel/clock.ts';
export type { Clock } from './kernel/clock.ts';
export { PerServer, SLIM_TIME_BUCKETS, TIME_BUCKETS, counter, gauge, histogram } from './kernel/seen/metrics.ts';
export type { Declaration } from './kernel/seen/metrics.ts';
export type { Flags, Gauges } from './store/cells.ts';
export type { HttpReply, HttpRequest } from './kernel/http-message.ts';
export type { Closable } from './kernel/shared.ts';

/** Names and records; `coredns-ts/dns` has everything about them. */
export { Name, NameError } from './dns/name.ts';
export { parseRR, printRR, record, rr } from './dns/rr.ts';
export type { RR } from './dns/rr.ts';
export type { Shape } from './dns/shape.ts';
export { INFO_CODE } from './dns/extended-error.ts';
export { RCODE } from './dns/rcode.ts';
export * from './dns/types.ts';
