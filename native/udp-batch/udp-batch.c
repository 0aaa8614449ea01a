// Datagrams in batches on the environment's own loop, for JavaScript. Lives once in each environment (thread), and closes what
// it opened when that ends; knows nothing of DNS.
//
//   board(table: Int32Array, bytes: Uint8Array, room, peerAt) => board       where sockets of one kind receive
//   open(board, box: Int32Array, bytes: Uint8Array, address, port, flags, source, handle) => socket or -errno
//   port(socket) => local port     flush(socket; 0 is all)     send(socket, bytes, at, length, peer in the box's bytes)
//   leave(socket) => 0 or -errno   read(socket) => count       rest(socket)    close(socket)
//   asker(table: Int32Array, out: Uint8Array, in: Uint8Array, room, handle) => 0 or -errno      questions with a socket each
//   ask(slot, generation, length, six) => 0 or -errno         done(slot)
//   forget(bytes, from, length)                                               gives memory back
//   trim()                                                                    gives back what was freed
//   hold(socket)                   descriptor(socket)                         for who is handed it when the process is started anew
//   notify(path, text: Uint8Array, descriptors: Int32Array) => 0 or -errno    describe(descriptor) => text, or -errno
//   layout() => the numbers that both sides use                write(descriptor, bytes, from, length) => written, or -errno
#include "udp-batch.h"
#include <sys/mman.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

// --- closing

static void on_closed(uv_handle_t *handle);

static void ended(Thread *t) {
  if (!t->ended || t->open_handles > 0) return;
  for (Board *b; (b = t->boards); free(b)) t->boards = b->next; // their references were deleted in on_end
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

void handle_closed(Thread *t) {
  t->open_handles--;
  ended(t);
}

static void on_prepare_closed(uv_handle_t *handle) {
  handle_closed(handle->data);
}

void close_socket(Socket *s) {
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
  if (t->asker) end_asker(t->asker);
  t->asker = NULL;
  for (Board *b = t->boards; b; b = b->next) {
    napi_delete_reference(t->env, b->keep_table);
    napi_delete_reference(t->env, b->keep_bytes);
  }
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

/** The memory of a typed array with one byte or one word an element, and how many elements it has; NULL where it is no such array. */
static void *array_of(napi_env env, napi_value value, int words, size_t *length) {
  bool is_array = false;
  napi_typedarray_type type;
  void *data = NULL;
  *length = 0;
  if (napi_is_typedarray(env, value, &is_array) != napi_ok || !is_array) return NULL;
  if (napi_get_typedarray_info(env, value, &type, length, &data, NULL, NULL) != napi_ok) return NULL;
  if (type != (words ? napi_int32_array : napi_uint8_array)) return NULL;
  return data;
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
  size_t words, size;
  int32_t *table = array_of(env, a[0], 1, &words);
  uint8_t *bytes = array_of(env, a[1], 0, &size);
  int room = integer(env, a[2]), peer_at = integer(env, a[3]);
  if (!table || !bytes || words < BOARD_WORDS || room <= 0) return number(env, -EINVAL);
  if (peer_at >= 0 && (peer_at < room || peer_at % 4)) return number(env, -EINVAL);
  Board *b = calloc(1, sizeof *b);
  if (!b) return number(env, -ENOMEM);
  b->thread = t;
  b->table = table;
  b->bytes = bytes;
  b->size = size;
  b->room = room;
  b->peer_at = peer_at;
  napi_create_reference(env, a[0], 1, &b->keep_table);
  napi_create_reference(env, a[1], 1, &b->keep_bytes);
  b->number = ++t->board_count;
  b->next = t->boards;
  t->boards = b;
  return number(env, b->number);
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
  size_t words;
  napi_valuetype kind = napi_undefined;
  s->box = array_of(env, a[1], 1, &words);
  s->bytes = array_of(env, a[2], 0, &s->size);
  napi_typeof(env, a[7], &kind);
  napi_get_value_string_utf8(env, a[3], address, sizeof address, NULL);
  napi_get_value_string_utf8(env, a[6], source, sizeof source, NULL);
  int flags = integer(env, a[5]);
  s->connected = flags & CONNECT;
  int sound = s->board && s->box && words >= BOX_WORDS && s->bytes && kind == napi_function && !t->ended;
  int error = sound ? make_socket(s, address, integer(env, a[4]), flags, source) : -EINVAL;
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

// --- questions

static napi_value asker(napi_env env, napi_callback_info info) {
  Arrays a;
  uv_loop_t *loop;
  Thread *t = arguments(env, info, 5, a.values);
  size_t words, out, in;
  napi_valuetype kind = napi_undefined;
  a.table = array_of(env, a.values[0], 1, &words);
  a.out = array_of(env, a.values[1], 0, &out);
  a.in = array_of(env, a.values[2], 0, &in);
  a.room = integer(env, a.values[3]);
  napi_typeof(env, a.values[4], &kind);
  if (!a.table || words < ASK_PLACES * ASK_WORDS || !a.out || out < ASK_ROOM || !a.in || a.room <= 0
      || in / (size_t)a.room < ASK_PLACES || kind != napi_function || t->ended) return number(env, -EINVAL);
  napi_get_uv_event_loop(env, &loop);
  return number(env, make_asker(t, loop, &a));
}

static napi_value ask(napi_env env, napi_callback_info info) {
  napi_value a[4];
  Thread *t = arguments(env, info, 4, a);
  if (!t->asker) return number(env, -EBADF);
  return number(env, ask_one(t->asker, integer(env, a[0]), integer(env, a[1]), (size_t)integer(env, a[2]), integer(env, a[3])));
}

static napi_value done(napi_env env, napi_callback_info info) {
  napi_value a[1];
  Thread *t = arguments(env, info, 1, a);
  if (t->asker) end_one(t->asker, integer(env, a[0]));
  return NULL;
}

// --- the other calls

static napi_value port(napi_env env, napi_callback_info info) {
  Socket *s = only_socket(env, info);
  return number(env, s ? local_port(s) : -EBADF);
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
  size_t size;
  uint8_t *bytes = array_of(env, a[1], 0, &size);
  int from = integer(env, a[2]), length = integer(env, a[3]);
  if (!s) return NULL;
  if (bytes && from >= 0 && length >= 0 && length <= DATAGRAM_MOST && (size_t)from + (size_t)length <= size) {
    send_one(s, bytes + from, (size_t)length, integer(env, a[4]));
  } else s->box[BOX_FAULTS]++;
  return NULL;
}

/** Leaves the group of sockets that share the address. */
static napi_value leave(napi_env env, napi_callback_info info) {
  Socket *s = only_socket(env, info);
  return number(env, s ? leave_group(s) : -EBADF);
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

/** The same, and more may wait in it: another process will read it. */
static napi_value hold(napi_env env, napi_callback_info info) {
  Socket *s = only_socket(env, info);
  if (s) hold_more(s);
  return rest(env, info);
}

static napi_value descriptor(napi_env env, napi_callback_info info) {
  Socket *s = only_socket(env, info);
  return number(env, s ? s->fd : -EBADF);
}

/** Closes the socket, once what waits was sent. */
static napi_value close_(napi_env env, napi_callback_info info) {
  Socket *s = only_socket(env, info);
  if (!s) return NULL;
  send_box(s);
  s->draining = 1;
  s->reading = 0;
  if (s->first) watch(s);
  else close_socket(s);
  return NULL;
}

/** Writes to a descriptor without waiting, whether others made it block or not. */
static napi_value write_(napi_env env, napi_callback_info info) {
  napi_value a[4];
  arguments(env, info, 4, a);
  size_t size;
  uint8_t *bytes = array_of(env, a[1], 0, &size);
  int from = integer(env, a[2]), length = integer(env, a[3]);
  if (!bytes || from < 0 || length < 0 || (size_t)from + (size_t)length > size) return number(env, -EINVAL);
  return number(env, write_now(integer(env, a[0]), bytes + from, (size_t)length));
}

/** Tells the service manager. */
static napi_value notify(napi_env env, napi_callback_info info) {
  napi_value a[3];
  char path[120] = "";
  size_t length, count;
  arguments(env, info, 3, a);
  napi_get_value_string_utf8(env, a[0], path, sizeof path, NULL);
  uint8_t *text = array_of(env, a[1], 0, &length);
  int32_t *descriptors = array_of(env, a[2], 1, &count);
  if (!text || (count && !descriptors)) return number(env, -EINVAL);
  return number(env, notify_manager(path, text, length, descriptors, count));
}

/** What a descriptor is that the service manager handed over. */
static napi_value describe(napi_env env, napi_callback_info info) {
  napi_value a[1], said;
  char text[100];
  arguments(env, info, 1, a);
  int error = describe_socket(integer(env, a[0]), text, sizeof text);
  if (error) return number(env, error);
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &said);
  return said;
}

/** Gives the whole pages of a part of the memory back to the system: nobody needs what lies there. */
static napi_value forget(napi_env env, napi_callback_info info) {
  napi_value a[3];
  arguments(env, info, 3, a);
  size_t size;
  uint8_t *bytes = array_of(env, a[0], 0, &size);
  int from = integer(env, a[1]), length = integer(env, a[2]);
  if (!bytes || from < 0 || length < 0 || (size_t)from + (size_t)length > size) return NULL;
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  uintptr_t first = ((uintptr_t)bytes + (uintptr_t)from + page - 1) / page * page;
  uintptr_t last = ((uintptr_t)bytes + (uintptr_t)from + (uintptr_t)length) / page * page;
  if (last > first) madvise((void *)first, last - first, MADV_DONTNEED);
  return NULL;
}

/** Gives back what the allocator keeps of memory that was freed: compiling leaves some 10 MB behind, of which nothing is used again. */
static napi_value trim(napi_env env, napi_callback_info info) {
  (void)env;
  (void)info;
#ifdef __GLIBC__
  malloc_trim(0);
#endif
  return NULL;
}

/** The numbers that both sides use, by their names here. */
static napi_value layout(napi_env env, napi_callback_info info) {
  napi_value all;
  napi_create_object(env, &all);
#define SAY(name) napi_set_named_property(env, all, #name, number(env, name));
  LAYOUT(SAY)
  return all;
}

NAPI_MODULE_INIT() {
  Thread *t = calloc(1, sizeof *t);
  if (!t) {
    napi_throw_error(env, NULL, "no memory");
    return NULL;
  }
  t->env = env;
  struct { const char *name; napi_callback call; } all[] = {{"board", board}, {"open", open_socket}, {"port", port},
    {"flush", flush}, {"send", send_}, {"leave", leave}, {"read", read_}, {"rest", rest}, {"close", close_},
    {"layout", layout}, {"write", write_}, {"forget", forget},
    {"asker", asker}, {"ask", ask}, {"done", done},
    {"trim", trim}, {"hold", hold}, {"descriptor", descriptor}, {"notify", notify}, {"describe", describe}};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    napi_value function;
    napi_create_function(env, all[i].name, NAPI_AUTO_LENGTH, all[i].call, t, &function);
    napi_set_named_property(env, exports, all[i].name, function);
  }
  napi_add_async_cleanup_hook(env, on_end, t, NULL);
  return exports;
}
