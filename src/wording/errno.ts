// What the system said, in the words that Go prints and that logs and alerts are written for. Knows names of errors; knows neither
// sockets nor files.

const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EADDRINUSE: 'address already in use',
  EADDRNOTAVAIL: 'cannot assign requested address',
  EAFNOSUPPORT: 'address family not supported by protocol',
  EBADMSG: 'bad message',
  ECONNABORTED: 'software caused connection abort',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by peer',
  EEXIST: 'file exists',
  EHOSTUNREACH: 'no route to host',
  EINVAL: 'invalid argument',
  EIO: 'input/output error',
  EISDIR: 'is a directory',
  ELOOP: 'too many levels of symbolic links',
  EMFILE: 'too many open files',
  EMSGSIZE: 'message too long',
  ENAMETOOLONG: 'file name too long',
  ENETUNREACH: 'network is unreachable',
  ENFILE: 'too many open files in system',
  ENOBUFS: 'no buffer space available',
  ENODEV: 'no such device',
  ENOENT: 'no such file or directory',
  ENOMEM: 'cannot allocate memory',
  ENOSPC: 'no space left on device',
  ENOTDIR: 'not a directory',
  EPERM: 'operation not permitted',
  EPIPE: 'broken pipe',
  EROFS: 'read-only file system',
  ETIMEDOUT: 'connection timed out',
};

/** Go's words for the name of an error, such as `ECONNREFUSED`; undefined where there are none. */
export function errnoWords(code: unknown): string | undefined {
  return typeof code === 'string' && Object.hasOwn(WORDS, code) ? WORDS[code] : undefined;
}

/** Go's words for what was thrown; its own text where it has no name that is known. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as { readonly code?: unknown; readonly message?: string };
  return errnoWords(code) ?? message ?? String(error);
}

/** Why a file could not be had: `open PATH: no such file or directory`, `read PATH: is a directory`. */
export function fileError(error: unknown, path: string, verb = 'open'): string {
  const { code, message } = error as { readonly code?: unknown; readonly message?: string };
  const words = errnoWords(code);
  return words === undefined ? message ?? String(error) : `${code === 'EISDIR' ? 'read' : verb} ${path}: ${words}`;
}

/** Why nobody listens at an address, behind `listen tcp ADDRESS: `: a socket that could not be had, or not be bound. */
export function bindReason(error: unknown): string {
  const { code } = error as { readonly code?: unknown };
  const words = errnoWords(code);
  return words === undefined ? reasonOf(error) : `${isShortage(code) ? 'socket' : 'bind'}: ${words}`;
}

/** Whether an error of this name comes before there is a socket: files have run out. */
export const isShortage = (code: unknown): boolean => code === 'EMFILE' || code === 'ENFILE';
