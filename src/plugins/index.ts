// Every standard plugin, loaded. Knows the words; knows nothing of what they do.
import type { Plugin } from '../kernel/site/plugin.ts';
import { standardWords } from './words.ts';

/** Every plugin that is there, in the order in which queries pass them. */
export const standard: readonly Plugin[] = await Promise.all(standardWords.map(({ load }) => load()));
