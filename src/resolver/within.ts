// What comes in time. Knows promises and a clock that is handed in.

/** What comes in so many milliseconds; undefined where nothing does. */
export function within<T>(
  after: (milliseconds: number, call: () => void) => () => void, milliseconds: number, coming: Promise<T>,
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const cancel = after(milliseconds, () => resolve(undefined));
    coming.then((found) => {
      cancel();
      resolve(found);
    }, reject);
  });
}
