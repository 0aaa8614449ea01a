// A service manager for tests, with what systemd does for a unit of Type=notify with sockets and a descriptor store: it starts a program with
// sockets from descriptor 3 on, hears what it says on a Unix socket of datagrams, keeps the descriptors that come with it, and gives them to
// the next process. Knows those words and processes; knows nothing of DNS.
//
//   fake-manager SOCKET WATCHDOG_USEC SOCKETS PROGRAM ARGUMENT...      SOCKETS: - or `udp:127.0.0.1:53,tcp:127.0.0.1:53`
//
// Commands on standard input: start, term (SIGTERM), kill (SIGKILL), reload (SIGUSR1), quit. On standard output, a line each: `started PID`,
// `said TEXT` (lines joined by `|`), `stored NAME`, `removed NAME`, `ended STATUS`.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 64, FIRST = 3 };
static struct { int fd; char name[256]; } kept[MOST];
static int count;
static pid_t child;

static int opened(char *what) {
  char *kind = strtok(what, ":"), *address = strtok(NULL, ":"), *port = strtok(NULL, ":");
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
  inet_pton(AF_INET, address, &at.sin_addr);
  int stream = !strcmp(kind, "tcp"), one = 1, fd = socket(AF_INET, (stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
  setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
  if (bind(fd, (void *)&at, sizeof at) || (stream && listen(fd, 4096))) { perror("fake-manager: bind"); exit(1); }
  return fd;
}

static void start(const char *path, const char *watchdog, char **program) {
  child = fork();
  if (child == 0) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    // Out of the way first, then to their places.
    int moved[MOST];
    char names[MOST * 257] = "", number[20];
    for (int i = 0; i < count; i++) moved[i] = fcntl(kept[i].fd, F_DUPFD_CLOEXEC, FIRST + MOST);
    for (int i = 0; i < count; i++) {
      dup2(moved[i], FIRST + i);
      strcat(strcat(names, i ? ":" : ""), kept[i].name);
    }
    setenv("NOTIFY_SOCKET", path, 1);
    if (count) {
      snprintf(number, sizeof number, "%d", count);
      setenv("LISTEN_FDS", number, 1);
      setenv("LISTEN_FDNAMES", names, 1);
      snprintf(number, sizeof number, "%d", getpid());
      setenv("LISTEN_PID", number, 1);
    }
    if (*watchdog != '-') setenv("WATCHDOG_USEC", watchdog, 1);
    execvp(program[0], program);
    perror(program[0]);
    _exit(127);
  }
  printf("started %d\n", child);
}

/** One message, with the descriptors that came with it. */
static void hear(int socket) {
  char text[4096], name[256] = "stored";
  union { char bytes[CMSG_SPACE(sizeof(int) * 16)]; struct cmsghdr aligned; } control;
  struct iovec part = {.iov_base = text, .iov_len = sizeof text - 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  ssize_t length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  if (length < 0) return;
  text[length] = 0;
  char *named = strstr(text, "FDNAME=");
  if (named) sscanf(named, "FDNAME=%255[^\n]", name);
  int remove = strstr(text, "FDSTOREREMOVE=1") != NULL, store = !remove && strstr(text, "FDSTORE=1") != NULL;
  for (char *at = text; *at; at++) if (*at == '\n') *at = '|';
  printf("said %s\n", text);
  for (struct cmsghdr *head = CMSG_FIRSTHDR(&message); head; head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
    int *fds = (void *)CMSG_DATA(head), many = (int)((head->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    for (int i = 0; i < many; i++) {
      if (!store || count == MOST) { close(fds[i]); continue; }
      kept[count].fd = fds[i];
      strcpy(kept[count++].name, name);
      printf("stored %s\n", name);
    }
  }
  if (!remove) return;
  for (int i = count - 1; i >= 0; i--) {
    if (strcmp(kept[i].name, name)) continue;
    close(kept[i].fd);
    kept[i] = kept[--count];
    printf("removed %s\n", name);
  }
}

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  const char *path = argv[1];
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  size_t length = strlen(path);
  memcpy(at.sun_path, path, length);
  if (*path == '@') at.sun_path[0] = 0;
  int said = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (bind(said, (void *)&at, (socklen_t)(sizeof at.sun_family + length))) { perror("fake-manager"); return 1; }
  for (char *each, *rest = argv[3]; strcmp(argv[3], "-") && (each = strsep(&rest, ","));) {
    snprintf(kept[count].name, sizeof kept[count].name, "dns.socket");
    kept[count].fd = opened(each);
    count++;
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGCHLD);
  sigprocmask(SIG_BLOCK, &ends, NULL);
  struct pollfd from[] = {{.fd = said, .events = POLLIN}, {.fd = 0, .events = POLLIN}, {.fd = signalfd(-1, &ends, SFD_CLOEXEC), .events = POLLIN}};
  for (char line[256]; poll(from, 3, -1) >= 0;) {
    if (from[0].revents) hear(said);
    if (from[2].revents) {
      struct signalfd_siginfo told;
      if (read(from[2].fd, &told, sizeof told) > 0) {
        int status;
        if (waitpid(child, &status, WNOHANG) == child) {
          child = 0;
          printf("ended %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
        }
      }
    }
    if (!from[1].revents) continue;
    ssize_t got = read(0, line, sizeof line - 1);
    if (got <= 0) break;
    line[got] = 0;
    for (char *word, *rest = line; (word = strsep(&rest, "\n"));) {
      if (!strcmp(word, "start")) start(path, argv[2], argv + 4);
      else if (!strcmp(word, "term") && child) kill(child, SIGTERM);
      else if (!strcmp(word, "kill") && child) kill(child, SIGKILL);
      else if (!strcmp(word, "reload") && child) kill(child, SIGUSR1);
      else if (!strcmp(word, "quit")) { if (child) kill(child, SIGKILL); return 0; }
    }
  }
  if (child) kill(child, SIGKILL);
  return 0;
}
