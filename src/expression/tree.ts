// The tree of an expression as the parser builds it: what was written, before anyone asks for types.

/** What every node has: where it stands (UTF-16 units from the start) and how many nodes lie below it in the deepest line. */
interface Placed {
  readonly offset: number;
  readonly depth: number;
}

/** A name. */
export interface IdentifierNode extends Placed {
  readonly kind: 'identifier';
  readonly name: string;
}
/** A literal. Whole numbers are `number` or `bigint`; a float is marked by its type. */
export interface LiteralNode extends Placed {
  readonly kind: 'literal';
  readonly type: 'nil' | 'bool' | 'int' | 'float' | 'string' | 'bytes';
  readonly value: undefined | boolean | number | bigint | string;
}
/** `- + ! not` before an operand. */
export interface UnaryNode extends Placed {
  readonly kind: 'unary';
  readonly operator: string;
  readonly operand: Node;
}
/** Two operands and an operator. */
export interface BinaryNode extends Placed {
  readonly kind: 'binary';
  readonly operator: string;
  readonly left: Node;
  readonly right: Node;
}
/** `a.b`, `a?.b`, `a[b]`. */
export interface MemberNode extends Placed {
  readonly kind: 'member';
  readonly object: Node;
  readonly property: Node;
  readonly optional: boolean;
  readonly method: boolean;
}
/** The end of a chain with `?.`: where a missing link makes the whole `nil`. */
export interface ChainNode extends Placed {
  readonly kind: 'chain';
  readonly inner: Node;
}
/** `a[from:to]`. */
export interface SliceNode extends Placed {
  readonly kind: 'slice';
  readonly object: Node;
  readonly from: Node | undefined;
  readonly to: Node | undefined;
}
/** A call of a function of the host, or of a value. */
export interface CallNode extends Placed {
  readonly kind: 'call';
  readonly callee: Node;
  readonly parameters: readonly Node[];
}
/** A call of a function of the language. */
export interface BuiltinNode extends Placed {
  readonly kind: 'builtin';
  readonly name: string;
  readonly parameters: readonly Node[];
}
/** The expression that `all`, `map` and the like run for each element. */
export interface PredicateNode extends Placed {
  readonly kind: 'predicate';
  readonly body: Node;
}
/** `#`, `#index`, `#acc`. The name is empty for the element itself. */
export interface PointerNode extends Placed {
  readonly kind: 'pointer';
  readonly name: string;
}
/** `let name = value; body`. */
export interface LetNode extends Placed {
  readonly kind: 'let';
  readonly name: string;
  readonly value: Node;
  readonly body: Node;
}
/** `a; b; c`, which is `c`. */
export interface SequenceNode extends Placed {
  readonly kind: 'sequence';
  readonly items: readonly Node[];
}
/** `a ? b : c` and `if a { b } else { c }`. */
export interface ConditionalNode extends Placed {
  readonly kind: 'conditional';
  readonly condition: Node;
  readonly yes: Node;
  readonly no: Node;
}
/** `[a, b]`. */
export interface ArrayNode extends Placed {
  readonly kind: 'array';
  readonly items: readonly Node[];
}
/** `{a: b}`. */
export interface MapNode extends Placed {
  readonly kind: 'map';
  readonly pairs: readonly { readonly key: Node; readonly value: Node }[];
}

/** Any node. */
export type Node =
  | IdentifierNode
  | LiteralNode
  | UnaryNode
  | BinaryNode
  | MemberNode
  | ChainNode
  | SliceNode
  | CallNode
  | BuiltinNode
  | PredicateNode
  | PointerNode
  | LetNode
  | SequenceNode
  | ConditionalNode
  | ArrayNode
  | MapNode;

/** A node before the parser gave it its depth. */
export type Bare<N extends Node = Node> = N extends Node ? Omit<N, 'depth'> : never;
