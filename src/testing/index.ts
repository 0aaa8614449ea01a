// The public door of this folder: what `coredns-ts/testing` exports, for the tests of plugins.
export { FIRST_MOMENT, FakeClock } from './fake-clock.ts';
export {
  FakeKubeApi, type FakeKubeApiOptions, type KubeRequest, type WatchListSupport,
} from './fake-kube-api.ts';
export type { KubeFailure, KubeFaults, KubeScope } from './kube-faults.ts';
export type { KubeObject, KubeResource } from './kube-store.ts';
export type { KubeCut } from './kube-stream.ts';
export type { KubeOrder } from './kube-watch.ts';
export { FakeUpstream, type ScriptedReply, type UpstreamQuestion } from './fake-upstream.ts';
export { type ScenarioOptions, runScenario } from './author-scenario.ts';
export { ScenarioError } from './scenario-file.ts';
