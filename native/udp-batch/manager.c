// What a service manager is told (sd_notify(3)), with descriptors that it shall keep (sd_pid_notify_with_fds(3)), and what a descriptor is
// that it handed over (sd_listen_fds(3)). Knows Unix datagrams and names of sockets; knows nothing of what is said.
#include "udp-batch.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/time.h>
#include <sys/un.h>

/** Seconds for which a manager that does not read is waited for. */
enum { PATIENCE = 1 };

int notify_manager(const char *path, const void *text, size_t length, const int *descriptors, size_t count) {
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  union { char bytes[CMSG_SPACE(sizeof(int) * DESCRIPTORS_MOST)]; struct cmsghdr aligned; } control;
  size_t size = strlen(path);
  if (!size || size >= sizeof to.sun_path || count > DESCRIPTORS_MOST) return -EINVAL;
  memcpy(to.sun_path, path, size);
  if (*path == '@') to.sun_path[0] = '\0';                      // a name of the abstract kind: all of it counts
  struct iovec said = {.iov_base = (void *)(uintptr_t)text, .iov_len = length};
  struct msghdr message = {.msg_name = &to, .msg_namelen = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size),
    .msg_iov = &said, .msg_iovlen = 1};
  if (count) {
    memset(&control, 0, sizeof control);
    message.msg_control = &control;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int) * count);
    memcpy(CMSG_DATA(head), descriptors, sizeof(int) * count);
  }
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  struct timeval patience = {.tv_sec = PATIENCE};
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  int error = sendmsg(fd, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
  close(fd);
  return error;
}

int describe_socket(int fd, char *text, size_t size) {
  struct sockaddr_storage at;
  socklen_t length = sizeof at, number = sizeof(int);
  int type = 0, listens = 0;
  char address[INET6_ADDRSTRLEN], zone[IF_NAMESIZE + 1] = "";
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &number) || getsockname(fd, (void *)&at, &length)) return -errno;
  number = sizeof(int);
  if (type == SOCK_STREAM && (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &number) || !listens)) return -EINVAL;
  if (type != SOCK_STREAM && type != SOCK_DGRAM) return -EINVAL;
  struct sockaddr_in *four = (void *)&at;
  struct sockaddr_in6 *six = (void *)&at;
  int is_six = at.ss_family == AF_INET6;
  if (!is_six && at.ss_family != AF_INET) return -EAFNOSUPPORT;
  inet_ntop(at.ss_family, is_six ? (void *)&six->sin6_addr : (void *)&four->sin_addr, address, sizeof address);
  if (is_six && six->sin6_scope_id && if_indextoname(six->sin6_scope_id, zone + 1)) *zone = '%';
  snprintf(text, size, "%s %s%s %d", type == SOCK_DGRAM ? "udp" : "tcp", address, zone,
    ntohs(is_six ? six->sin6_port : four->sin_port));
  return 0;
}

int adopt_socket(Socket *s, int fd) {
  struct sockaddr_storage at;
  socklen_t length = sizeof at, number = sizeof(int);
  int type = 0, one = 1;
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &number) || getsockname(fd, (void *)&at, &length)) return -errno;
  if (type != SOCK_DGRAM) return -EINVAL;
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) || fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK)) return -errno;
  if (at.ss_family == AF_INET6) {
    s->info = IN6_IS_ADDR_UNSPECIFIED(&((struct sockaddr_in6 *)&at)->sin6_addr);
    if (s->info) setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof one);
  } else {
    s->info = ((struct sockaddr_in *)&at)->sin_addr.s_addr == INADDR_ANY;
    if (s->info) setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof one);
  }
  s->fd = fd;
  s->holds = 1;
  return 0;
}

void hold_more(Socket *s) {
  int size = HELD_MOST;
  if (setsockopt(s->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size)) setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}
