// The package's door for those who write plugins or choose them: `import { definePlugin } from 'coredns-ts'`. What is not here, in
// `coredns-ts/dns` or in `coredns-ts/testing` is not promised.

/** A plugin and its place in a server. */
export { definePlugin } from './kernel/site/plugin.ts';
export type { Handler, Lines, Machine, ParseContext, Part, Plugin, Run } from './kernel/site/plugin.ts';
export { insert } from './kernel/site/order.ts';
export type { Place } from './kernel/site/order.ts';
export { standard } from './plugins/index.ts';
export { main } from './cli/program.ts';
export type { Program } from './cli/program.ts';

/** A question, and what can be said to it. */
export type { Query, QuestionChange, ReplyParts } from './kernel/query/query.ts';
export { AA, AD, CD, QR, RA, RD, TC } from './kernel/query/message.ts';
export type { Message } from './kernel/query/message.ts';
export { drop, failure, onReply, upon } from './kernel/query/outcome.ts';
export type { Answer, Drop, ExtendedError, Failure, Outcome, Stream } from './kernel/query/outcome.ts';
export { apart, derive, release } from './kernel/query/derive.ts';
export type { Derivation } from './kernel/query/derive.ts';
export type { Journey } from './kernel/query/journey.ts';
export type { Remark } from './kernel/query/notes.ts';
export type { Seal } from './kernel/query/seal.ts';
export { LATER } from './kernel/query/transport.ts';
export type { Channel, Endpoint, Listener, Scheme, Service, Timeouts, Transport, TransportName } from './kernel/query/transport.ts';

/** A server block, and what plugins put there for others. */
export type { NamedPart, Site, View } from './kernel/site/site.ts';
export { AnyClass, Deadline, Debug, EchoedOption, MetadataZones, Root, Stacktrace, ViewFilter } from './kernel/site/site.ts';
export { Slot } from './kernel/slot.ts';
export { Bind, Sockets, TimeoutSettings } from './kernel/query/transport.ts';
export type { Metadata, Provider } from './kernel/query/metadata.ts';
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

/** What lives as long as a load: time, log, metrics, what is opened once. */
export { every } from './kernel/clock.ts';
export type { Clock } from './kernel/clock.ts';
export type { Log } from './kernel/seen/log.ts';
export { PerServer, SLIM_TIME_BUCKETS, TIME_BUCKETS } from './kernel/seen/metrics.ts';
export type { Family, Metrics } from './kernel/seen/metrics.ts';
export { showAt } from './kernel/http.ts';
export type { HttpHandler } from './kernel/http.ts';
export type { Closable, Shared } from './kernel/shared.ts';

/** Names and records; `coredns-ts/dns` has everything about them. */
export { Name, NameError } from './dns/name.ts';
export { parseRR, printRR, record, rr } from './dns/rr.ts';
export type { RR } from './dns/rr.ts';
export type { Shape } from './dns/shape.ts';
export { INFO_CODE } from './dns/extended-error.ts';
export { RCODE } from './dns/rcode.ts';
export * from './dns/types.ts';
