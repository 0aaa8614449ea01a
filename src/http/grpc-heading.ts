// The heads of replies over gRPC. Knows statuses.
import { Heading } from './exchange.ts';

const TYPE = ['Content-Type', 'application/grpc'] as const;
/** A reply that has messages. */
export const OK = new Heading(200, [TYPE]);
/** A reply that is a status alone. */
export const refusal = (status: number, text: string): Heading =>
  new Heading(200, [TYPE, ['grpc-status', String(status)], ['grpc-message', text]], false);
/** What ends a reply that had messages. */
export const ending = (status: number, text: string): Heading =>
  new Heading(0, [['grpc-status', String(status)], ['grpc-message', text]]);
