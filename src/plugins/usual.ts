// The plugins that most Corefiles name, to be loaded at once. Knows them by name.
export { default as bind } from './bind/index.ts';
export { default as errors } from './errors/index.ts';
export { default as log } from './log/index.ts';
export { default as cache } from './cache/index.ts';
export { default as forward } from './forward/index.ts';
export { default as hosts } from './hosts/index.ts';
export { default as health } from './health/index.ts';
