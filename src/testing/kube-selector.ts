// Label and field selectors as the Kubernetes API takes them. Knows their grammar and objects; knows no requests.
import type { KubeObject } from './kube-store.ts';

/** Whether an object is one of those that were asked for. */
export type KubeSelector = (object: KubeObject) => boolean;

const LABEL_TERM = /^\s*(!?)\s*([\w./-]+)\s*(?:(==|=|!=)\s*([\w.-]*)|(in|notin)\s*\(([^)]*)\))?\s*$/;
const FIELD_TERM = /^\s*([\w.]+)\s*(==|=|!=)\s*(.*?)\s*$/;

const at = (object: KubeObject, path: string): unknown =>
  path.split('.').reduce<unknown>((node, key) => (node as KubeObject | undefined | null)?.[key], object);

/** Reads `app=one,tier in (a, b),!old`. Throws Error. */
export function labelSelector(text: string): KubeSelector {
  const terms = text.split(/,(?![^(]*\))/).filter((term) => term.trim() !== '').map(labelTerm);
  return (object) => terms.every((term) => term(object));
}
function labelTerm(text: string): KubeSelector {
  const [, not, key, operator, value, set, members = ''] = LABEL_TERM.exec(text) ?? [];
  if (key === undefined) throw new Error(`unable to parse requirement: ${text}`);
  const list = members.split(',').map((member) => member.trim());
  return (object) => {
    const actual = (at(object, 'metadata.labels') as KubeObject | undefined | null)?.[key];
    if (operator !== undefined) return (actual === value) === (operator !== '!=');
    if (set === 'in') return actual !== undefined && list.includes(String(actual));
    if (set === 'notin') return actual === undefined || !list.includes(String(actual));
    return (actual === undefined) === (not === '!');
  };
}

/** Reads `status.phase!=Failed,metadata.name=a`. A field that is missing is the empty text. Throws Error. */
export function fieldSelector(text: string): KubeSelector {
  const terms = text.split(',').filter((term) => term.trim() !== '').map((term): KubeSelector => {
    const [, path, operator, value] = FIELD_TERM.exec(term) ?? [];
    if (path === undefined) throw new Error(`invalid field selector: ${term}`);
    return (object) => (String(at(object, path) ?? '') === value) === (operator !== '!=');
  });
  return (object) => terms.every((term) => term(object));
}
