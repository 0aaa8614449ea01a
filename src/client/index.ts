// `coredns-ts/client`: what programs use to register at a *registry*, to find others there, and to hear of changes. Runs wherever there is
// `fetch`; needs nothing else.

export { RegistryError } from './api.ts';
export { RegistryClient } from './client.ts';
export type { ClientOptions } from './client.ts';
export { registerGrpcResolver } from './grpc-resolver.ts';
export type { Registration } from './registration.ts';
export type { Check, Instance, InstanceState, KnownInstance, Service } from './instance.ts';
export type { WatchedAnswer, WatchedRecord } from './watch.ts';
