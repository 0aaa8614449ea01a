// Receives and sends datagrams in batches: one recvmmsg a wake-up, one call into JavaScript, one sendmmsg. Knows the shared
// tables; knows nothing of DNS or of how sockets are opened.
#include "udp-batch.h"

void watch(Socket *s) {
  int events = 0;
  if (s->closed) return;
  if (s->reading && !s->board->starved) events |= UV_READABLE;
  if (s->first) events |= UV_WRITABLE;
  if (events == s->watched) return;
  s->watched = events;
  if (events) uv_poll_start(&s->poll, events, on_event);
  else uv_poll_stop(&s->poll);
}

/** Whether `length` bytes from `offset` lie within `size`: what JavaScript says is not believed. */
static int lies_within(int32_t offset, size_t length, size_t size) {
  return offset >= 0 && length <= size && (size_t)offset <= size - length;
}

// --- receiving

/** Copies from the control message to which of our addresses a datagram came; a reply shall leave from there. */
static void take_info(struct msghdr *h, uint8_t *peer) {
  *(int32_t *)(peer + PEER_KIND) = KIND_NONE;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
    if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      struct in6_pktinfo info;
      memcpy(&info, CMSG_DATA(c), sizeof info);
      info.ipi6_ifindex = 0;                                    // the way back is the routing table's choice
      memcpy(peer + PEER_INFO, &info, sizeof info);
      *(int32_t *)(peer + PEER_KIND) = KIND_V6;
    } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      struct in_pktinfo info;
      memcpy(&info, CMSG_DATA(c), sizeof info);
      info.ipi_ifindex = 0;
      memcpy(peer + PEER_INFO, &info, sizeof info);
      *(int32_t *)(peer + PEER_KIND) = KIND_V4;
    }
  }
}

int receive(Socket *s) {
  Board *b = s->board;
  int ready = b->table[BOARD_READY];
  if (ready > POSITIONS) ready = POSITIONS;
  if (ready <= 0) {
    b->starved = 1;
    for (Socket *each = b->thread->sockets; each; each = each->next) if (each->board == b) watch(each);
    return -EAGAIN;
  }
  size_t place = b->peer_at < 0 ? (size_t)b->room : (size_t)b->peer_at + PEER_ROOM;
  for (int i = 0; i < ready; i++) {
    int32_t offset = b->table[BOARD_OFFSETS + i];
    if (!lies_within(offset, place, b->size)) { ready = i; break; }
    uint8_t *at = b->bytes + offset;
    struct msghdr *h = &b->got[i].msg_hdr;
    b->got_at[i].iov_base = at;
    b->got_at[i].iov_len = (size_t)b->room;
    h->msg_iov = &b->got_at[i];
    h->msg_iovlen = 1;
    h->msg_name = s->connected ? NULL : at + b->peer_at;
    h->msg_namelen = s->connected ? 0 : PEER_LENGTH;
    h->msg_control = s->info ? b->control[i] : NULL;
    h->msg_controllen = s->info ? CONTROL_ROOM : 0;
  }
  if (ready == 0) return -EFAULT;
  int n;
  do n = recvmmsg(s->fd, b->got, (unsigned)ready, MSG_DONTWAIT, NULL); while (n < 0 && errno == EINTR);
  // What waited for this process has been read.
  if (s->holds && n < ready) hold_less(s);
  if (n < 0) return -errno;
  for (int i = 0; i < n; i++) {
    struct msghdr *h = &b->got[i].msg_hdr;
    b->table[BOARD_LENGTHS + i] = (int32_t)b->got[i].msg_len;
    if (s->connected) continue;
    uint8_t *peer = h->msg_name;
    *(int32_t *)(peer + PEER_LENGTH) = (int32_t)h->msg_namelen;
    if (s->info) take_info(h, peer);
    else *(int32_t *)(peer + PEER_KIND) = KIND_NONE;
  }
  return n;
}

void call_back(napi_env env, napi_async_context context, napi_ref to, int number) {
  napi_handle_scope scope;
  napi_value handle, self, argument, error;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  if (napi_get_reference_value(env, to, &handle) == napi_ok && napi_get_global(env, &self) == napi_ok
      && napi_create_int32(env, number, &argument) == napi_ok
      && napi_make_callback(env, context, self, handle, 1, &argument, NULL) == napi_pending_exception
      && napi_get_and_clear_last_exception(env, &error) == napi_ok) {
    napi_fatal_exception(env, error);
  }
  napi_close_handle_scope(env, scope);
}

void call(Socket *s, int count) {
  call_back(s->env, s->context, s->handle, count);
  if (!s->closed) send_box(s);
}

void forget_errors(int fd) {
  uint8_t byte;
  struct iovec at = {&byte, 1};
  struct msghdr h = {.msg_iov = &at, .msg_iovlen = 1};
  while (recvmsg(fd, &h, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0) h.msg_flags = 0;
}

void on_event(uv_poll_t *poll, int status, int events) {
  Socket *s = poll->data;
  if (status < 0) {                                             // an ICMP error: libuv stopped watching, recvmmsg says which
    s->watched = 0;
    if (!s->reading) s->box[BOX_FAULTS]++;
    events = s->reading ? UV_READABLE : 0;
  }
  if (events & UV_WRITABLE) send_waiting(s, 0);
  if (s->draining && !s->first) {
    close_socket(s);
    return;
  }
  if ((events & UV_READABLE) && s->reading) {
    int n = receive(s);
    if (s->connected && (status < 0 || n < 0)) forget_errors(s->fd);
    if (n == -EBADF || n == -ENOTSOCK || n == -EFAULT) s->reading = 0;
    if (n > 0 || (n < 0 && n != -EAGAIN && n != -EWOULDBLOCK)) call(s, n);
  }
  watch(s);
}

// --- sending

/** Fills in where a datagram goes; 0 where the peer cannot be one. */
static int address_to(Socket *s, struct msghdr *h, int32_t offset, uint8_t *control) {
  if (!lies_within(offset, PEER_ROOM, s->size) || offset % 4) return 0;
  uint8_t *peer = s->bytes + offset;
  int32_t kind = *(int32_t *)(peer + PEER_KIND), length = *(int32_t *)(peer + PEER_LENGTH);
  if (length < 0 || length > PEER_LENGTH) return 0;
  h->msg_name = peer;
  h->msg_namelen = (socklen_t)length;
  if (kind != KIND_V6 && kind != KIND_V4) return 1;
  size_t size = kind == KIND_V6 ? sizeof(struct in6_pktinfo) : sizeof(struct in_pktinfo);
  struct cmsghdr *c = (void *)control;
  c->cmsg_level = kind == KIND_V6 ? IPPROTO_IPV6 : IPPROTO_IP;
  c->cmsg_type = kind == KIND_V6 ? IPV6_PKTINFO : IP_PKTINFO;
  c->cmsg_len = CMSG_LEN(size);
  memcpy(CMSG_DATA(c), peer + PEER_INFO, size);
  h->msg_control = control;
  h->msg_controllen = CMSG_SPACE(size);
  return 1;
}

/** Copies datagrams that the socket does not take now; those over the bound are lost and counted. */
static void keep(Socket *s, struct mmsghdr *put, int n) {
  for (int i = 0; i < n; i++) {
    struct msghdr *h = &put[i].msg_hdr;
    size_t length = h->msg_iov->iov_len;
    Waiting *w = NULL;
    if (s->box[BOX_QUEUED] < QUEUE_MOST && s->queued_bytes + length <= QUEUE_BYTES) w = malloc(sizeof *w + length);
    if (!w) { s->box[BOX_LOST]++; continue; }
    w->next = NULL;
    w->header = *h;
    w->at = (struct iovec){w->bytes, length};
    w->header.msg_iov = &w->at;
    memcpy(w->bytes, h->msg_iov->iov_base, length);
    if (h->msg_name) w->header.msg_name = memcpy(w->name, h->msg_name, h->msg_namelen);
    if (h->msg_control) w->header.msg_control = memcpy(w->control, h->msg_control, h->msg_controllen);
    *s->last = w;
    s->last = &w->next;
    s->box[BOX_QUEUED]++;
    s->queued_bytes += length;
  }
  watch(s);
}

/** After a failed send: 1 to try again, 0 to wait, -1 to give this datagram up. */
static int failed(Socket *s, int error, int *again) {
  if (error == EINTR) return 1;
  if (error == EAGAIN || error == EWOULDBLOCK) return 0;
  int told = error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH;
  if (s->connected && told && !*again) {                        // the answer to an earlier datagram, told only once
    *again = 1;
    forget_errors(s->fd);
    if (!s->error) s->thread->errors++;
    s->error = error;
    return 1;
  }
  return -1;
}

static void put_all(Socket *s, int n) {
  struct mmsghdr *put = s->thread->put;
  if (s->first) { keep(s, put, n); return; }                    // behind those that wait already
  for (int done = 0, again = 0; done < n;) {
    int k = n - done == 1 ? (int)sendmsg(s->fd, &put[done].msg_hdr, MSG_DONTWAIT)
      : sendmmsg(s->fd, put + done, (unsigned)(n - done), MSG_DONTWAIT);
    if (k >= 0) { done += n - done == 1 ? 1 : k; again = 0; continue; }
    int next = failed(s, errno, &again);
    if (next > 0) continue;
    if (next == 0) { keep(s, put + done, n - done); return; }
    s->box[BOX_LOST]++;                                         // this one cannot be sent: the others can
    done++;
  }
}

void send_waiting(Socket *s, int drop) {
  int again = 0;
  while (s->first) {
    Waiting *w = s->first;
    if (drop) s->box[BOX_LOST]++;
    else if (sendmsg(s->fd, &w->header, MSG_DONTWAIT) < 0) {
      int next = failed(s, errno, &again);
      if (next > 0) continue;
      if (next == 0) return;
      s->box[BOX_LOST]++;
    }
    s->queued_bytes -= w->at.iov_len;
    s->box[BOX_QUEUED]--;
    s->first = w->next;
    if (!s->first) s->last = &s->first;
    free(w);
  }
}

/** Puts a datagram into the batch of the thread; what cannot be right is lost and counted. */
static int prepare(Socket *s, int n, uint8_t *bytes, size_t length, int32_t peer) {
  Thread *t = s->thread;
  t->put_at[n] = (struct iovec){bytes, length};
  t->put[n].msg_hdr = (struct msghdr){.msg_iov = &t->put_at[n], .msg_iovlen = 1};
  if (s->connected || address_to(s, &t->put[n].msg_hdr, peer, t->control[n])) return 1;
  s->box[BOX_FAULTS]++;
  return 0;
}

void send_box(Socket *s) {
  int32_t *box = s->box;
  int n = box[BOX_COUNT], good = 0;
  if (n <= 0) return;
  if (n > BOX_ENTRIES) n = BOX_ENTRIES;
  box[BOX_COUNT] = 0;
  int32_t *entry = box + BOX_ENTRY;
  for (int i = 0; i < n; i++, entry += 3) {
    int32_t at = entry[1], length = entry[2];
    if (length < 0 || length > DATAGRAM_MOST || !lies_within(at, (size_t)length, s->size)) s->box[BOX_FAULTS]++;
    else good += prepare(s, good, s->bytes + at, (size_t)length, entry[0]);
  }
  put_all(s, good);
}

void send_one(Socket *s, uint8_t *bytes, size_t length, int peer) {
  put_all(s, prepare(s, 0, bytes, length, peer));
}

void send_all(Thread *t) {
  int waiting = 0;
  for (Board *b = t->boards; b; b = b->next) {
    waiting |= b->table[BOARD_WAITING];
    b->table[BOARD_WAITING] = 0;
    b->table[BOARD_TURN]++;
    if (b->starved && b->table[BOARD_READY] > 0) {
      b->starved = 0;
      for (Socket *s = t->sockets; s; s = s->next) if (s->board == b) watch(s);
    }
  }
  if (waiting) for (Socket *s = t->sockets; s; s = s->next) send_box(s);
}

void tell_errors(Thread *t) {
  while (t->errors > 0) {
    Socket *s = t->sockets;
    while (s && !s->error) s = s->next;
    t->errors--;
    if (!s) continue;                                           // closed meanwhile
    int error = s->error;
    s->error = 0;
    call(s, -error);
  }
}
