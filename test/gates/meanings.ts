// Words that mean one thing: each of these names is declared in one place alone. Knows text and paths alone.
import { type Files, isTest, withoutComments } from './layers.ts';

/** Where the one thing of this name is declared; types for authors stand beside the engine's under the same name. */
const meant: Readonly<Record<string, RegExp>> = {
  Lines: /^src\/corefile\/directive\.ts$/,
  Place: /^src\/authority\//,
  Reading: /^src\/store\/reading\.ts$/,
  Slot: /^src\/(kernel\/slot|author\/\w+)\.ts$/,
  Slots: /^src\/kernel\/slot\.ts$/,
  Store: /^src\/store\/store\.ts$/,
  StreamConnection: /^src\/transport\//,
  StreamOwner: /^src\/transport\//,
  Timed: /^src\/kernel\/query\/elapsed\.ts$/,
  chain: /^src\/kernel\/site\/chain\.ts$/,
};

/** Every class, interface, type or function that takes a name which is another's. */
export function secondMeanings(files: Files): string[] {
  const declared = /^(?:export )?(?:abstract )?(?:class|interface|type|function) (\w+)/gm;
  return [...files].filter(([path]) => path.startsWith('src/') && !isTest(path)).flatMap(([path, text]) =>
    [...withoutComments(text).matchAll(declared)].flatMap(([, name]) =>
      (!Object.hasOwn(meant, name!) || meant[name!]!.test(path) ? [] : [`${path}: ${name} means something else already`])));
}
