// Datagrams in batches on the environment's own loop, for JavaScript. Knows how sockets are opened and closed and lives once
// in each environment (thread); knows nothing of DNS.
//
//   board(table: Int32Array, bytes: Uint8Array, room, peerAt) => board       where sockets of one kind receive
//   open(board, box: Int32Array, bytes: Uint8Array, address, port, flags, source, handle) => socket or -errno
//   port(socket) => local port     flush(socket; 0 is all)     send(socket, bytes, at, length, peer in the box's bytes)
//   leave(socket) => 0 or -errno   read(socket) => count       rest(socket)    close(socket)
#include "udp-batch.h"
#include <netdb.h>

// --- closing

static void on_closed(uv_handle_t *handle);

static void ended(Thread *t) {
  if (!t->ended || t->open_handles > 0) return;
  for (Board *b; (b = t->boards); free(b)) t->boards = b->next;
  napi_async_cleanup_hook_handle hook = t->hook;
  free(t);
  napi_remove_async_cleanup_hook(hook);
}

static void on_closed(uv_handle_t *handle) {
  Socket *s = handle->data;
  Thread *t = s->thread;
  free(s);
  t->open_handles--;
  ended(t);
}

static void on_prepare_closed(uv_handle_t *handle) {
  Thread *t = handle->data;
  t->open_handles--;
  ended(t);
}

static void close_socket(Socket *s) {
  for (Socket **at = &s->thread->sockets; *at; at = &(*at)->next) if (*at == s) { *at = s->next; break; }
  send_box(s);
  send_waiting(s, 1);
  s->closed = 1;
  s->reading = 0;
  uv_poll_stop(&s->poll);
  close(s->fd);
  uv_close((uv_handle_t *)&s->poll, on_closed);
  napi_delete_reference(s->env, s->handle);
  napi_delete_reference(s->env, s->keep_box);
  napi_delete_reference(s->env, s->keep_bytes);
  napi_async_destroy(s->env, s->context);
}

/** The environment ends: nothing may be left on its loop. */
static void on_end(napi_async_cleanup_hook_handle hook, void *data) {
  Thread *t = data;
  t->hook = hook;
  t->ended = 1;
  while (t->sockets) close_socket(t->sockets);
  if (t->started) {
    uv_prepare_stop(&t->prepare);
    uv_close((uv_handle_t *)&t->prepare, on_prepare_closed);
  }
  ended(t);
}

// --- opening

static void on_prepare(uv_prepare_t *prepare) {
  Thread *t = prepare->data;
  send_all(t);
  if (t->errors) tell_errors(t);
}

static int32_t integer(napi_env env, napi_value value) {
  int32_t number = 0;
  napi_get_value_int32(env, value, &number);
  return number;
}

static Socket *socket_of(napi_env env, napi_value value, Thread *t) {
  int32_t number = integer(env, value);
  for (Socket *s = t->sockets; s; s = s->next) if (s->number == number) return s;
  return NULL;
}

static napi_value number(napi_env env, int value) {
  napi_value result;
  napi_create_int32(env, value, &result);
  return result;
}

/** Reads arguments into `a`; the thread is what every function has in common. */
static Thread *arguments(napi_env env, napi_callback_info info, size_t count, napi_value *a) {
  Thread *t;
  napi_get_cb_info(env, info, &count, a, NULL, (void **)&t);
  return t;
}

/** The socket that is the only argument, or NULL. */
static Socket *only_socket(napi_env env, napi_callback_info info) {
  napi_value a[1];
  Thread *t = arguments(env, info, 1, a);
  return socket_of(env, a[0], t);
}

static napi_value board(napi_env env, napi_callback_info info) {
  napi_value a[4];
  Thread *t = arguments(env, info, 4, a);
  Board *b = calloc(1, sizeof *b);
  if (!b) return number(env, -ENOMEM);
  b->thread = t;
  napi_get_typedarray_info(env, a[0], NULL, NULL, (void **)&b->table, NULL, NULL);
  napi_get_typedarray_info(env, a[1], NULL, NULL, (void **)&b->bytes, NULL, NULL);
  napi_create_reference(env, a[0], 1, &b->keep_table);
  napi_create_reference(env, a[1], 1, &b->keep_bytes);
  b->room = integer(env, a[2]);
  b->peer_at = integer(env, a[3]);
  b->number = ++t->board_count;
  b->next = t->boards;
  t->boards = b;
  return number(env, b->number);
}

/** A numeric address, with `%zone` where it has one. */
static int address_of(const char *text, int port, struct sockaddr_storage *to, socklen_t *length) {
  struct addrinfo *found, hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_DGRAM};
  if (getaddrinfo(text, NULL, &hints, &found)) return -1;
  memcpy(to, found->ai_addr, found->ai_addrlen);
  *length = found->ai_addrlen;
  freeaddrinfo(found);
  if (to->ss_family == AF_INET6) ((struct sockaddr_in6 *)to)->sin6_port = htons(port);
  else ((struct sockaddr_in *)to)->sin_port = htons(port);
  return 0;
}

static void large_buffers(int fd) {
  int size = 4 << 20;
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size)) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
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

/** Makes the socket; -errno where that fails, with the step in the box. */
static int make(Socket *s, const char *address, int port, int flags, const char *source) {
  struct sockaddr_storage to, from;
  socklen_t length, from_length;
  int error;
  s->fd = -1;
  s->box[BOX_STEP] = 1;
  if (address_of(address, port, &to, &length)) return -EINVAL;
  if (*source && address_of(source, 0, &from, &from_length)) return -EINVAL;
  s->fd = socket(to.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (s->fd < 0) return -errno;
  large_buffers(s->fd);
  s->box[BOX_STEP] = 2;
  error = s->connected ? (*source ? bind(s->fd, (void *)&from, from_length) : 0) : bind_to(s, &to, length, flags);
  if (!error && s->connected) {
    s->box[BOX_STEP] = 3;
    error = connect(s->fd, (void *)&to, length);
  }
  if (!error) return 0;
  error = errno;
  close(s->fd);
  return -error;
}

static int start(Thread *t, uv_loop_t *loop) {
  if (t->started) return 0;
  if (uv_prepare_init(loop, &t->prepare)) return -ENOMEM;
  t->prepare.data = t;
  uv_prepare_start(&t->prepare, on_prepare);
  uv_unref((uv_handle_t *)&t->prepare);
  t->open_handles++;
  t->started = 1;
  return 0;
}

static napi_value open_socket(napi_env env, napi_callback_info info) {
  napi_value a[8], name;
  char address[80] = "", source[80] = "";
  uv_loop_t *loop;
  Thread *t = arguments(env, info, 8, a);
  Socket *s = calloc(1, sizeof *s);
  if (!s) return number(env, -ENOMEM);
  s->env = env;
  s->thread = t;
  s->last = &s->first;
  for (s->board = t->boards; s->board && s->board->number != integer(env, a[0]);) s->board = s->board->next;
  napi_get_typedarray_info(env, a[1], NULL, NULL, (void **)&s->box, NULL, NULL);
  napi_get_typedarray_info(env, a[2], NULL, NULL, (void **)&s->bytes, NULL, NULL);
  napi_get_value_string_utf8(env, a[3], address, sizeof address, NULL);
  napi_get_value_string_utf8(env, a[6], source, sizeof source, NULL);
  int flags = integer(env, a[5]);
  s->connected = flags & CONNECT;
  int error = s->board && s->box && s->bytes && !t->ended ? make(s, address, integer(env, a[4]), flags, source) : -EINVAL;
  napi_get_uv_event_loop(env, &loop);
  if (!error && (start(t, loop) || uv_poll_init(loop, &s->poll, s->fd))) {
    close(s->fd);
    error = -ENOMEM;
  }
  if (error) {
    free(s);
    return number(env, error);
  }
  s->poll.data = s;
  t->open_handles++;
  napi_create_reference(env, a[7], 1, &s->handle);
  napi_create_reference(env, a[1], 1, &s->keep_box);
  napi_create_reference(env, a[2], 1, &s->keep_bytes);
  napi_create_string_utf8(env, "udp-batch", NAPI_AUTO_LENGTH, &name);
  napi_async_init(env, NULL, name, &s->context);
  s->number = ++t->socket_count;
  s->next = t->sockets;
  t->sockets = s;
  s->reading = 1;
  watch(s);
  return number(env, s->number);
}

// --- the other calls

static napi_value port(napi_env env, napi_callback_info info) {
  Socket *s = only_socket(env, info);
  struct sockaddr_storage at;
  socklen_t length = sizeof at;
  if (!s || getsockname(s->fd, (void *)&at, &length)) return number(env, -EBADF);
  return number(env, ntohs(at.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&at)->sin6_port : ((struct sockaddr_in *)&at)->sin_port));
}

static napi_value flush(napi_env env, napi_callback_info info) {
  napi_value a[1];
  Thread *t = arguments(env, info, 1, a);
  Socket *s = socket_of(env, a[0], t);
  if (s) send_box(s);
  else send_all(t);
  return NULL;
}

static napi_value send_(napi_env env, napi_callback_info info) {
  napi_value a[5];
  Thread *t = arguments(env, info, 5, a);
  Socket *s = socket_of(env, a[0], t);
  uint8_t *bytes = NULL;
  napi_get_typedarray_info(env, a[1], NULL, NULL, (void **)&bytes, NULL, NULL);
  if (s && bytes) send_one(s, bytes + integer(env, a[2]), integer(env, a[3]), s->bytes + integer(env, a[4]));
  return NULL;
}

/** Leaves the group of sockets that share the address: connected elsewhere, it gets nothing new, but keeps what came. */
static napi_value leave(napi_env env, napi_callback_info info) {
  Socket *s = only_socket(env, info);
  struct sockaddr_storage at;
  socklen_t length = sizeof at;
  if (!s || getsockname(s->fd, (void *)&at, &length)) return number(env, -EBADF);
  struct sockaddr_in *four = (void *)&at;
  struct sockaddr_in6 *six = (void *)&at;
  if (at.ss_family == AF_INET6) {
    if (IN6_IS_ADDR_UNSPECIFIED(&six->sin6_addr)) six->sin6_addr = in6addr_loopback;
    six->sin6_port = htons(9);                                  // discard
  } else {
    if (four->sin_addr.s_addr == INADDR_ANY) four->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    four->sin_port = htons(9);
  }
  return number(env, connect(s->fd, (void *)&at, length) ? -errno : 0);
}

/** Receives once without waiting for the loop. */
static napi_value read_(napi_env env, napi_callback_info info) {
  Socket *s = only_socket(env, info);
  return number(env, s ? receive(s) : -EBADF);
}

/** Receives nothing from now on; sending goes on. */
static napi_value rest(napi_env env, napi_callback_info info) {
  Socket *s = only_socket(env, info);
  if (s) {
    s->reading = 0;
    watch(s);
  }
  return NULL;
}

static napi_value close_(napi_env env, napi_callback_info info) {
  Socket *s = only_socket(env, info);
  if (s) close_socket(s);
  return NULL;
}

NAPI_MODULE_INIT() {
  Thread *t = calloc(1, sizeof *t);
  struct { const char *name; napi_callback call; } all[] = {{"board", board}, {"open", open_socket}, {"port", port},
    {"flush", flush}, {"send", send_}, {"leave", leave}, {"read", read_}, {"rest", rest}, {"close", close_}};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    napi_value function;
    napi_create_function(env, all[i].name, NAPI_AUTO_LENGTH, all[i].call, t, &function);
    napi_set_named_property(env, exports, all[i].name, function);
  }
  napi_add_async_cleanup_hook(env, on_end, t, NULL);
  return exports;
}
