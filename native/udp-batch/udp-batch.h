// What the parts of the addon share: open.c opens, sockets.c receives and sends, udp-batch.c is what JavaScript calls. Knows
// sockets and the tables that it shares with JavaScript; knows nothing of DNS.
#define _GNU_SOURCE
#define NAPI_VERSION 9
#include <errno.h>
#include <netinet/in.h>
#include <node_api.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

// Numbers that JavaScript uses too: `layout` says those of LAYOUT below, and src/transport/addon.ts loads no addon that says others.
enum {
  POSITIONS = 64,                      // datagrams of one recvmmsg
  BOX_ENTRIES = 256,                   // datagrams that an outbox holds
  // Words of a board, the table of one kind of socket in a thread.
  BOARD_READY = 0,                     // in: how many positions have a place to receive into
  BOARD_TURN = 1,                      // out: counts the moments at which all outboxes were empty
  BOARD_WAITING = 2,                   // in: 1 where some outbox may hold something
  BOARD_OFFSETS = 4,                   // in: where each position receives
  BOARD_LENGTHS = BOARD_OFFSETS + POSITIONS, // out: how much it received
  BOARD_WORDS = BOARD_LENGTHS + POSITIONS,
  // Words of a box, the outbox of one socket.
  BOX_COUNT = 0,                       // in and out
  BOX_LOST = 1,                        // out: datagrams that could not be sent
  BOX_QUEUED = 2,                      // out: datagrams that wait until the socket takes more
  BOX_STEP = 3,                        // out: the call that failed when opening: 1 socket, 2 bind, 3 connect
  BOX_FAULTS = 4,                      // out: entries that cannot be right, and errors of a socket that nobody reads
  BOX_ENTRY = 5,                       // from here: offset of the peer, offset of the bytes, length
  BOX_WORDS = BOX_ENTRY + 3 * BOX_ENTRIES,
  // A peer: a sockaddr, its length, an in6_pktinfo or in_pktinfo, its kind.
  PEER_LENGTH = 28, PEER_INFO = 32, PEER_KIND = 56, PEER_ROOM = 64,
  DATAGRAM_MOST = 65535,
  // How a socket is opened.
  CONNECT = 1, DUAL = 2, ADOPT = 4,
  CONTROL_ROOM = 64,
  QUEUE_MOST = 1024, QUEUE_BYTES = 4 << 20,
  HELD_MOST = 16 << 20,                // what waits in a socket while the process is started anew
  DESCRIPTORS_MOST = 16,               // descriptors of one message to the service manager
  // Questions with a socket each: how many, replies of one moment, words of a reply in the table (slot, generation, length or -errno);
  // where the question lies in what is sent, behind port and address, and the room of both.
  ASKED_MOST = 2048, ASK_PLACES = 32, ASK_WORDS = 3, ASK_QUERY = 32, ASK_ROOM = 4096,
};
enum { KIND_NONE = 0, KIND_V6 = 1, KIND_V4 = 2 };
#define LAYOUT(X) X(POSITIONS) X(BOX_ENTRIES) X(BOARD_READY) X(BOARD_TURN) X(BOARD_WAITING) X(BOARD_OFFSETS) X(BOARD_LENGTHS) \
  X(BOARD_WORDS) X(BOX_COUNT) X(BOX_LOST) X(BOX_QUEUED) X(BOX_STEP) X(BOX_FAULTS) X(BOX_ENTRY) X(BOX_WORDS) X(PEER_LENGTH) \
  X(PEER_INFO) X(PEER_KIND) X(PEER_ROOM) X(KIND_V6) X(KIND_V4) X(CONNECT) X(DUAL) X(ADOPT) \
  X(ASKED_MOST) X(ASK_PLACES) X(ASK_WORDS) X(ASK_QUERY) X(ASK_ROOM)
_Static_assert(sizeof(struct sockaddr_in6) <= PEER_LENGTH, "a peer's address has to fit before its length");
_Static_assert(PEER_INFO + sizeof(struct in6_pktinfo) <= PEER_KIND && PEER_INFO + sizeof(struct in_pktinfo) <= PEER_KIND, "and the rest");
_Static_assert(CMSG_SPACE(sizeof(struct in6_pktinfo)) <= CONTROL_ROOM, "a control message has to fit");

typedef struct Thread Thread;
typedef struct Socket Socket;
typedef struct Board Board;
typedef struct Waiting Waiting;
typedef struct Asker Asker;
typedef struct Arrays Arrays;

struct Board {                         // where one kind of socket receives
  Board *next;
  Thread *thread;
  int number, room, peer_at, starved;
  int32_t *table;
  uint8_t *bytes;
  size_t size;                         // of the bytes
  napi_ref keep_table, keep_bytes;
  struct mmsghdr got[POSITIONS];
  struct iovec got_at[POSITIONS];
  uint8_t control[POSITIONS][CONTROL_ROOM];
};
struct Thread {                        // one JavaScript environment
  napi_env env;
  Board *boards;
  Socket *sockets;
  Asker *asker;
  uv_prepare_t prepare;
  int started, ended, board_count, socket_count, open_handles, errors;
  napi_async_cleanup_hook_handle hook;
  struct mmsghdr put[BOX_ENTRIES];
  struct iovec put_at[BOX_ENTRIES];
  uint8_t control[BOX_ENTRIES][CONTROL_ROOM];
};
struct Arrays {                        // what JavaScript hands over for questions: table, out, in, room, handle
  napi_value values[5];
  int32_t *table;
  uint8_t *out, *in;
  int room;
};
struct Waiting {                       // a datagram that the socket did not take yet
  Waiting *next;
  struct msghdr header;
  struct iovec at;
  uint8_t control[CONTROL_ROOM];
  uint8_t name[PEER_LENGTH];
  uint8_t bytes[];
};
struct Socket {
  Socket *next;
  Thread *thread;
  Board *board;
  napi_env env;
  napi_ref handle, keep_box, keep_bytes;
  napi_async_context context;
  uv_poll_t poll;
  int number, fd, connected, info, reading, watched, draining, closed, error, holds;
  int32_t *box;
  uint8_t *bytes;
  size_t size;                         // of the bytes
  Waiting *first, **last;
  size_t queued_bytes;
};

/** Makes the socket; -errno where that fails, with the step in the box. */
int make_socket(Socket *s, const char *address, int port, int flags, const char *source);
/** The local port, or -errno. */
int local_port(Socket *s);
/** Leaves the group of sockets that share the address: connected elsewhere, it gets nothing new, but keeps what came. 0 or -errno. */
int leave_group(Socket *s);
/** Takes over a bound socket of datagrams that somebody else opened. 0 or -errno. */
int adopt_socket(Socket *s, int fd);
/** Lets more wait in the socket, while nobody reads from it, or no longer. */
void hold_more(Socket *s);
void hold_less(Socket *s);
/** Sends a text and descriptors to the socket of a service manager. 0 or -errno. */
int notify_manager(const char *path, const void *text, size_t length, const int *descriptors, size_t count);
/** What a socket is, as `udp 127.0.0.1 53`. 0, or -errno where it is none that listens. */
int describe_socket(int fd, char *text, size_t size);
/** Lets the loop watch what the socket has use for now. */
void watch(Socket *s);
/** Receives once: how many datagrams, or -errno. -EAGAIN where there is nothing, or no place to receive into. */
int receive(Socket *s);
/** Sends what the outbox holds; what the socket does not take is copied and waits. */
void send_box(Socket *s);
/** Sends one datagram that lies outside of the shared bytes, to the peer at offset `peer` of those. */
void send_one(Socket *s, uint8_t *bytes, size_t length, int peer);
/** Sends what waits, as far as the socket takes it; drops it all where `drop` is set. */
void send_waiting(Socket *s, int drop);
/** Empties every outbox of the thread and lets sockets receive again that had no place to. */
void send_all(Thread *t);
/** Closes the socket at once; what waits is lost. */
void close_socket(Socket *s);
/** Tells JavaScript what sending met: errors of connected sockets. */
void tell_errors(Thread *t);
/** Calls a function of JavaScript with a number. */
void call_back(napi_env env, napi_async_context context, napi_ref handle, int number);
/** Empties the queue of what the network reported: until then, the socket is ready for ever. */
void forget_errors(int fd);
/** A handle of the loop was closed. */
void handle_closed(Thread *t);
/** Makes what asks with a socket for each question; 0 or -errno. */
int make_asker(Thread *t, uv_loop_t *loop, Arrays *arrays);
/** Sends the question that lies in what is sent, by a socket of its own in a slot that is free. 0 or -errno. */
int ask_one(Asker *k, int slot, int generation, size_t length, int six);
/** Closes the socket of a slot. */
void end_one(Asker *k, int slot);
/** Closes all of them, and what asks. */
void end_asker(Asker *k);
/** Calls JavaScript with a count or a negative errno, and sends at once what it put into the outbox. */
void call(Socket *s, int count);
void on_event(uv_poll_t *poll, int status, int events);
/** Writes what a socket, or a pipe that is not full, takes without waiting: how many bytes, or -errno. */
int write_now(int fd, const uint8_t *bytes, size_t length);
