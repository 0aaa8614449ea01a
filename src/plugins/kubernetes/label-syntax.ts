// What a label's key and value may look like, in the words of Kubernetes. Knows syntax alone.

const LONGEST = 63;
const LONGEST_PREFIX = 253;
const KEY = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const VALUE = `(${KEY})?`;
const PREFIX = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';
const isKey = new RegExp(`^${KEY}$`);
const isValue = new RegExp(`^${VALUE}$`);
const isPrefix = new RegExp(`^${PREFIX}$`);

const RULE = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const KEY_RULE = `${RULE} (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${KEY}')`;
const VALUE_RULE = `a valid label must be an empty string or ${RULE.slice('must '.length)} `
  + `(e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '${VALUE}')`;
const MANY_SLASHES = `a valid label key ${KEY_RULE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`;
const PREFIX_RULE = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
  + `and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${PREFIX}')`;

const tooLong = (text: string, most: number): string[] => (Buffer.byteLength(text) > most ? [`must be no more than ${most} bytes`] : []);

/** What is wrong with a key, `name` or `prefix/name`; nothing where it is one. */
export function keyProblems(text: string): readonly string[] {
  const [first = '', second, more] = text.split('/');
  if (more !== undefined) return [MANY_SLASHES];
  const name = second ?? first;
  const found = second === undefined ? [] : prefixProblems(first);
  const long = name === '' ? ['must be non-empty'] : tooLong(name, LONGEST);
  return [...found, ...[...long, ...(isKey.test(name) ? [] : [KEY_RULE])].map((each) => `name part ${each}`)];
}
function prefixProblems(prefix: string): string[] {
  if (prefix === '') return ['prefix part must be non-empty'];
  return [...tooLong(prefix, LONGEST_PREFIX), ...(isPrefix.test(prefix) ? [] : [PREFIX_RULE])].map((each) => `prefix part ${each}`);
}

/** What is wrong with a value; nothing where it is one. */
export function valueProblems(text: string): readonly string[] {
  return [...tooLong(text, LONGEST), ...(isValue.test(text) ? [] : [VALUE_RULE])];
}
