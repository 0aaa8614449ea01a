// The image's /coredns: becomes Node with the program, the arguments it was given and the flags of bin/coredns-ts, since the image has no
// shell. It knows where the image keeps Node and the program, and how port 53 stays open to a user who is not root; nothing of DNS.

#define _GNU_SOURCE
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/** The folder of the image that holds Node and the program. */
#ifndef ROOT
#define ROOT "/opt/coredns-ts"
#endif

/** What goes between Node and the program: at most this many words, the last of which is the program. */
enum { WORDS = 7 };

/**
 * Hands CAP_NET_BIND_SERVICE over to Node, where this process was permitted it, by making it ambient: it then outlives exec without a
 * mark on Node's own file, and works under no_new_privs as well, since nothing is gained. Where it cannot be had, nothing happens: a
 * runtime may let everybody bind port 53 (net.ipv4.ip_unprivileged_port_start), and if not, the server says which port it could not open.
 */
static void keep_bind_service(void) {
  struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3, .pid = 0 };
  struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
  memset(sets, 0, sizeof sets);
  if (syscall(SYS_capget, &head, sets) != 0) return;
  const unsigned bit = 1u << CAP_NET_BIND_SERVICE;
  if ((sets[0].permitted & bit) == 0) return;
  sets[0].inheritable |= bit;
  if (syscall(SYS_capset, &head, sets) != 0) return;
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_BIND_SERVICE, 0, 0);
}

int main(int argc, char **argv) {
  // SIGUSR1 asks for a reload. Ignored, it leaves Node unharmed until the program's handler stands.
  signal(SIGUSR1, SIG_IGN);
  keep_bind_service();

  // The compiled code lies in the image; nothing is written, so the root file system may be read-only.
  setenv("NODE_COMPILE_CACHE", ROOT "/compiled", 0);

  // Threads that compile would keep some megabytes each.
  setenv("MALLOC_ARENA_MAX", "1", 0);

  char **words = calloc((size_t)argc + WORDS + 1, sizeof *words);
  if (words == NULL) {
    fputs("coredns: no memory\n", stderr);
    return 1;
  }
  int at = 0;
  words[at++] = ROOT "/node";
  words[at++] = "--max-semi-space-size=4";
  words[at++] = "--no-concurrent-sparkplug";
  // Until that handler stands SIGUSR1 opens Node's debugger: on an address that no machine has (RFC 5737) it cannot.
  const char *options = getenv("NODE_OPTIONS");
  if (options == NULL || strstr(options, "--inspect") == NULL) words[at++] = "--inspect-port=192.0.2.1:9229";
  words[at++] = ROOT "/dist/main.js";
  for (int given = 1; given < argc; given++) words[at++] = argv[given];
  execv(words[0], words);
  fprintf(stderr, "coredns: %s: %s\n", words[0], strerror(errno));
  return 1;
}
