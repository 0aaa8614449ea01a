// The public door of this folder: what `coredns-ts/testing` exports, for the tests of plugins.
export { FIRST_MOMENT, FakeClock } from './fake-clock.ts';
export { FakeUpstream, type ScriptedReply, type UpstreamQuestion } from './fake-upstream.ts';
export { type ScenarioOptions, runScenario } from './scenario.ts';
export { ScenarioError } from './scenario-file.ts';
