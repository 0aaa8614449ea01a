// The package's door for those who write plugins or choose them: `import { definePlugin } from 'coredns-ts'`. What is not here, in
// `coredns-ts/dns` or in `coredns-ts/testing` is not promised. docs/plugins.md shows each name in use.

/** A plugin and its place in a server. */
export { changesOf, definePlugin, insert, showAt } from './author/plugin.ts';
export type {
  Changes, Definition, Endpoint, Family, Log, Machine, Metrics, Note, ParseContext, Part, Plugin, Rank, Run, Shared, Site, Space,
} from './author/plugin.ts';
export { main, standard } from './author/program.ts';
export type { Program } from './author/program.ts';

/** A question, and what can be said to it. */
export { classOf, classify, derive, drop, elapsed, failure, minimalTtl, onReply, upon } from './author/query.ts';
export type {
  Answer, Channel, Drop, ExtendedError, Failure, Handler, Labels, Message, Outcome, Query, QuestionChange, ReplyClass, ReplyParts,
  ReplyType, ServerLabel, Stream,
} from './author/query.ts';
export { AA, AD, CD, QR, RA, RD, TC } from './dns/parts.ts';

/** A source of names, what it keeps in shared memory, and other servers. */
export { ADDITIONAL, ANSWER, Lookup } from './author/backend.ts';
export type { Backend, Node } from './author/backend.ts';
export { Table } from './author/table.ts';
export type { TableEntry } from './author/table.ts';
export { openKubernetes } from './author/kubernetes.ts';
export type {
  KubernetesApi, KubernetesCollection, KubernetesObject, KubernetesOptions, KubernetesWatch,
} from './author/kubernetes.ts';
export { Asker, readPeer } from './author/asker.ts';
export type { Peer } from './author/asker.ts';

/** What parts of a block put there for others. */
export { Slot } from './kernel/slot.ts';
export { AnyClass, Deadline, SearchPaths, Transfers, ViewFilter } from './author/slots.ts';
export type { SearchPathSource, Transfer, TransferSource, View } from './author/slots.ts';

/** Configuration: the lines of a word, zones, `fallthrough`, durations, regular expressions. */
export type { Directive, IntegerBounds, PropertyReaders } from './corefile/directive.ts';
export { CorefileError } from './corefile/error.ts';
export { parseDuration } from './wording/duration.ts';
export { NEVER, covers, readFallthrough } from './kernel/site/fallthrough.ts';
export type { Fallthrough } from './kernel/site/fallthrough.ts';
export { Zones, zonesOf } from './kernel/site/zones.ts';
export { compileRegexp } from './kernel/regexp.ts';
export type { Regexp } from './kernel/regexp.ts';

/** What lives as long as a load: time, metrics, shared numbers, what is opened once. */
export { every } from './kernel/clock.ts';
export type { Clock } from './kernel/clock.ts';
export type { Signal } from './kernel/signal.ts';
export { PerServer, SLIM_TIME_BUCKETS, TIME_BUCKETS, counter, gauge, histogram } from './kernel/seen/metrics.ts';
export type { Declaration } from './kernel/seen/metrics.ts';
export type { Flags, Gauges } from './store/cells.ts';
export type { HttpReply, HttpRequest } from './http/message.ts';
export type { Closable } from './kernel/shared.ts';

/** Names and records; `coredns-ts/dns` has everything about them. */
export { Name, NameError } from './dns/name.ts';
export { parseRR, printRR, record, rr } from './dns/rr.ts';
export type { RR } from './dns/rr.ts';
export type { Shape } from './dns/shape.ts';
export { INFO_CODE } from './dns/extended-error.ts';
export { RCODE } from './dns/rcode.ts';
export * from './dns/types.ts';
