// Opens sockets: addresses, options, binding and connecting. Knows what a listener and a connected socket need of the kernel; knows
// nothing of JavaScript.
#include "udp-batch.h"
#include <netdb.h>

/** A numeric address, with `%zone` where it has one. */
static int address_of(const char *text, uint16_t port, struct sockaddr_storage *to, socklen_t *length) {
  struct addrinfo *found, hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_DGRAM};
  if (getaddrinfo(text, NULL, &hints, &found)) return -1;
  memcpy(to, found->ai_addr, found->ai_addrlen);
  *length = found->ai_addrlen;
  freeaddrinfo(found);
  if (to->ss_family == AF_INET6) ((struct sockaddr_in6 *)to)->sin6_port = htons(port);
  else ((struct sockaddr_in *)to)->sin_port = htons(port);
  return 0;
}

/** What waits in a listener's buffer waits for its answer: 1 MB is a burst of a few milliseconds, more is latency under overload. Replies
 *  of upstreams are never to be lost. */
static void size_buffers(int fd, int connected) {
  int in = connected ? 4 << 20 : 1 << 20, size = 4 << 20;
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &in, sizeof in)) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &in, sizeof in);
  if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size)) setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

/** Binds to the address, which others may share; on a wildcard one every datagram says to which address it came. */
static int bind_to(Socket *s, struct sockaddr_storage *at, socklen_t length, int flags) {
  int one = 1, six_only = !(flags & DUAL);
  if (setsockopt(s->fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one)) return -1;
  if (at->ss_family == AF_INET6) {
    setsockopt(s->fd, IPPROTO_IPV6, IPV6_V6ONLY, &six_only, sizeof six_only);
    s->info = IN6_IS_ADDR_UNSPECIFIED(&((struct sockaddr_in6 *)at)->sin6_addr);
    if (s->info) setsockopt(s->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof one);
  } else {
    s->info = ((struct sockaddr_in *)at)->sin_addr.s_addr == INADDR_ANY;
    if (s->info) setsockopt(s->fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof one);
  }
  return bind(s->fd, (void *)at, length);
}

int make_socket(Socket *s, const char *address, int port, int flags, const char *source) {
  struct sockaddr_storage to, from;
  socklen_t length, from_length;
  int error;
  s->fd = -1;
  s->box[BOX_STEP] = 1;
  if (flags & ADOPT) return adopt_socket(s, port);
  if (port < 0 || port > 65535 || address_of(address, (uint16_t)port, &to, &length)) return -EINVAL;
  if (*source && address_of(source, 0, &from, &from_length)) return -EINVAL;
  s->fd = socket(to.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (s->fd < 0) return -errno;
  size_buffers(s->fd, s->connected);
  s->box[BOX_STEP] = 2;
  error = s->connected ? (*source ? bind(s->fd, (void *)&from, from_length) : 0) : bind_to(s, &to, length, flags);
  if (!error && s->connected) {
    s->box[BOX_STEP] = 3;
    error = connect(s->fd, (void *)&to, length);
    // Unreachable hosts and networks are told too, which the kernel otherwise takes for passing troubles (ip(7)).
    int one = 1, six = to.ss_family == AF_INET6;
    if (!error) setsockopt(s->fd, six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_RECVERR : IP_RECVERR, &one, sizeof one);
  }
  if (!error) return 0;
  error = errno;
  close(s->fd);
  return -error;
}

void hold_less(Socket *s) {
  int error = errno;
  s->holds = 0;
  size_buffers(s->fd, 0);
  errno = error;
}

int local_port(Socket *s) {
  struct sockaddr_storage at;
  socklen_t length = sizeof at;
  if (getsockname(s->fd, (void *)&at, &length)) return -errno;
  return ntohs(at.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&at)->sin6_port : ((struct sockaddr_in *)&at)->sin_port);
}

int leave_group(Socket *s) {
  struct sockaddr_storage at;
  socklen_t length = sizeof at;
  if (getsockname(s->fd, (void *)&at, &length)) return -errno;
  struct sockaddr_in *four = (void *)&at;
  struct sockaddr_in6 *six = (void *)&at;
  if (at.ss_family == AF_INET6) {
    if (IN6_IS_ADDR_UNSPECIFIED(&six->sin6_addr)) six->sin6_addr = in6addr_loopback;
    six->sin6_port = htons(9);                                  // discard
  } else {
    if (four->sin_addr.s_addr == INADDR_ANY) four->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    four->sin_port = htons(9);
  }
  return connect(s->fd, (void *)&at, length) ? -errno : 0;
}
