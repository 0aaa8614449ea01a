// Which shape belongs to a type number. Knows all shapes there are, nothing of records.

import type { Shape } from './shape.ts';
import * as common from './types.ts';
import * as rare from './types-rare.ts';
import * as security from './types-security.ts';

const shapes = new Map<number, Shape>();
for (const one of [...Object.values(common), ...Object.values(security), ...Object.values(rare)]) {
  shapes.set(one.type, one as unknown as Shape);
}

/** Every shape there is, by type number. */
export const allShapes: ReadonlyMap<number, Shape> = shapes;

/** The shape of a type; undefined for a type whose data is only octets (RFC 3597). */
export function shapeOf(type: number): Shape | undefined {
  return shapes.get(type);
}
