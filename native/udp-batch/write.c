// Writes to standard output without ever waiting, where that is a socket or another user's pipe: both may be in blocking mode, and others
// may share them. Knows descriptors; knows nothing of what is written.
#include "udp-batch.h"
#include <poll.h>
#include <pthread.h>

/** What a pipe with any room takes without waiting (PIPE_BUF), if nobody writes between `poll` and `write`. */
enum { PIECE = 4096 };
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;       // of the threads of this process

static ssize_t write_if_room(int fd, const uint8_t *bytes, size_t length) {
  struct pollfd one = {.fd = fd, .events = POLLOUT};
  int ready = poll(&one, 1, 0);
  if (ready == 0) errno = EAGAIN;
  if (ready <= 0) return -1;
  if (!(one.revents & POLLOUT)) {
    errno = EPIPE;
    return -1;
  }
  return write(fd, bytes, length < PIECE ? length : PIECE);
}

int write_now(int fd, const uint8_t *bytes, size_t length) {
  ssize_t n = send(fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (n < 0 && errno == ENOTSOCK) {
    pthread_mutex_lock(&turn);
    n = write_if_room(fd, bytes, length);
    pthread_mutex_unlock(&turn);
  }
  return n < 0 ? -errno : (int)n;
}
