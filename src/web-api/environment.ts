// The environment of the process as programs of clouds read it: what is empty is not there. Knows no name.

/** How a name is looked up; a test brings its own. */
export type Environment = (name: string) => string | undefined;

/** The process's own. */
export const environment: Environment = (name) => {
  const value = process.env[name];
  return value === '' ? undefined : value;
};
