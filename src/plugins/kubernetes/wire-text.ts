// Labels as wire text. Knows lengths; knows nothing of what the labels are.

/** Labels one after the other, each behind its length, without the root. */
export const rawName = (...labels: readonly string[]): string => labels.map((label) => String.fromCharCode(label.length) + label).join('');
