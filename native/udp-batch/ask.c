// Questions that have a socket of their own each: it sends one datagram, hears the replies, and is closed. All of a thread stand in one
// epoll, which the loop watches as one thing. Knows sockets and the tables that it shares with JavaScript; knows nothing of DNS.
#include "udp-batch.h"
#include <sys/epoll.h>

struct Asker {
  Thread *thread;
  uv_poll_t poll;
  napi_ref handle, keep_table, keep_out, keep_in;
  napi_async_context context;
  int epoll, room;
  int32_t *table;
  uint8_t *out, *in;
  int fds[ASKED_MOST];                 // -1: nobody's
};

static int peer_from(const uint8_t *at, int six, struct sockaddr_storage *to) {
  memset(to, 0, sizeof *to);
  if (six) {
    struct sockaddr_in6 *a = (void *)to;
    a->sin6_family = AF_INET6;
    memcpy(&a->sin6_port, at, 2);
    memcpy(&a->sin6_addr, at + 2, 16);
    return sizeof *a;
  }
  struct sockaddr_in *a = (void *)to;
  a->sin_family = AF_INET;
  memcpy(&a->sin_port, at, 2);
  memcpy(&a->sin_addr, at + 2, 4);
  return sizeof *a;
}

int ask_one(Asker *k, int slot, int generation, size_t length, int six) {
  struct sockaddr_storage to;
  int one = 1, size = peer_from(k->out, six, &to);
  if (slot < 0 || slot >= ASKED_MOST || k->fds[slot] >= 0 || length > ASK_ROOM - ASK_QUERY) return -EINVAL;
  int fd = socket(to.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = (uint64_t)(uint32_t)generation << 32 | (uint32_t)slot};
  // Unreachable hosts and networks are told too, which the kernel otherwise takes for passing troubles (ip(7)).
  int error = connect(fd, (void *)&to, (socklen_t)size)
    || setsockopt(fd, six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_RECVERR : IP_RECVERR, &one, sizeof one)
    || send(fd, k->out + ASK_QUERY, length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0
    || epoll_ctl(k->epoll, EPOLL_CTL_ADD, fd, &event) ? errno : 0;
  if (error) {
    close(fd);
    return -error;
  }
  k->fds[slot] = fd;
  return 0;
}

void end_one(Asker *k, int slot) {
  if (slot < 0 || slot >= ASKED_MOST || k->fds[slot] < 0) return;
  close(k->fds[slot]);                 // with it, it leaves the epoll
  k->fds[slot] = -1;
}

static void on_replies(uv_poll_t *poll, int status, int events) {
  Asker *k = poll->data;
  struct epoll_event ready[ASK_PLACES];
  int n = epoll_wait(k->epoll, ready, ASK_PLACES, 0), count = 0;
  (void)status;
  (void)events;
  for (int i = 0; i < n; i++) {
    int slot = (int)(uint32_t)ready[i].data.u64, fd = k->fds[slot];
    if (fd < 0) continue;
    ssize_t got = recv(fd, k->in + (size_t)count * (size_t)k->room, (size_t)k->room, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    int32_t *entry = k->table + count++ * ASK_WORDS;
    entry[0] = slot;
    entry[1] = (int32_t)(ready[i].data.u64 >> 32);
    entry[2] = got < 0 ? -errno : (int32_t)got;
    if (got < 0) forget_errors(fd);
  }
  if (count > 0) call_back(k->thread->env, k->context, k->handle, count);
}

static void on_asker_closed(uv_handle_t *handle) {
  Asker *k = handle->data;
  Thread *t = k->thread;
  free(k);
  handle_closed(t);
}

void end_asker(Asker *k) {
  napi_env env = k->thread->env;
  for (int i = 0; i < ASKED_MOST; i++) end_one(k, i);
  uv_poll_stop(&k->poll);
  close(k->epoll);
  uv_close((uv_handle_t *)&k->poll, on_asker_closed);
  napi_delete_reference(env, k->handle);
  napi_delete_reference(env, k->keep_table);
  napi_delete_reference(env, k->keep_out);
  napi_delete_reference(env, k->keep_in);
  napi_async_destroy(env, k->context);
}

int make_asker(Thread *t, uv_loop_t *loop, Arrays *arrays) {
  if (t->asker) return -EEXIST;
  Asker *k = calloc(1, sizeof *k);
  if (!k) return -ENOMEM;
  k->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (k->epoll < 0 || uv_poll_init(loop, &k->poll, k->epoll)) {
    int error = k->epoll < 0 ? errno : ENOMEM;
    if (k->epoll >= 0) close(k->epoll);
    free(k);
    return -error;
  }
  for (int i = 0; i < ASKED_MOST; i++) k->fds[i] = -1;
  k->thread = t;
  k->poll.data = k;
  k->room = arrays->room;
  k->table = arrays->table;
  k->out = arrays->out;
  k->in = arrays->in;
  napi_value name;
  napi_create_reference(t->env, arrays->values[0], 1, &k->keep_table);
  napi_create_reference(t->env, arrays->values[1], 1, &k->keep_out);
  napi_create_reference(t->env, arrays->values[2], 1, &k->keep_in);
  napi_create_reference(t->env, arrays->values[4], 1, &k->handle);
  napi_create_string_utf8(t->env, "udp-batch", NAPI_AUTO_LENGTH, &name);
  napi_async_init(t->env, NULL, name, &k->context);
  uv_poll_start(&k->poll, UV_READABLE, on_replies);
  uv_unref((uv_handle_t *)&k->poll);   // whoever asks has a timer
  t->open_handles++;
  t->asker = k;
  return 0;
}
