// Calls of the C library that may wait for something that no thread of the scenario does: the explorer would wait for
// ever, so they are refused, unless they are a mere sleep.
// @see poll(2), select(2), fcntl(2), flock(2)

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/select.h>
#include <sys/types.h>

#include <cstdarg>

#include "explore/engine.hpp"
#include "explore/pass_on.hpp"

using explore::detail::engine;

extern "C" {

#define REFUSED(RESULT, NAME, PARAMETERS, TYPES, ARGUMENTS) \
  RESULT NAME PARAMETERS {                                  \
    if (IN_SCENARIO) engine->refuse(#NAME, WHERE);          \
    JUST_PASS_ON(RESULT, NAME, TYPES, ARGUMENTS);           \
  }
struct pollfd;
// Nothing to wait for but the time: a sleep.
int poll(pollfd* fds, unsigned long count, int time) {
  if (IN_SCENARIO && count == 0 && time > 0) {
    engine->yield(WHERE);
    return 0;
  }
  if (IN_SCENARIO && time != 0) engine->refuse("poll", WHERE);
  JUST_PASS_ON(int, poll, (pollfd*, unsigned long, int), (fds, count, time));
}
int select(int count, fd_set* in, fd_set* out, fd_set* except, struct timeval* time) {
  if (IN_SCENARIO && in == nullptr && out == nullptr && except == nullptr && time != nullptr) {
    engine->yield(WHERE);
    return 0;
  }
  if (IN_SCENARIO) engine->refuse("select", WHERE);
  JUST_PASS_ON(int, select, (int, fd_set*, fd_set*, fd_set*, timeval*), (count, in, out, except, time));
}
REFUSED(int, pause, (), (), ())
int fcntl(int fd, int command, ...) {
  va_list rest;
  va_start(rest, command);
  void* const argument = va_arg(rest, void*);  // or a number, passed in the same way
  va_end(rest);
  if (IN_SCENARIO && (command == F_SETLKW || command == F_OFD_SETLKW)) engine->refuse("fcntl", WHERE);
  JUST_PASS_ON(int, fcntl, (int, int, ...), (fd, command, argument));
}
// One that does not wait is a step, and so is the end of one.
int flock(int fd, int operation) noexcept {
  if (IN_SCENARIO && (operation & (LOCK_NB | LOCK_UN)) == 0) engine->refuse("flock", WHERE);
  if (IN_SCENARIO) engine->system_call("flock", WHERE);
  PASS_ON(int, flock, (int, int), (fd, operation));
}
REFUSED(int, lockf, (int fd, int command, off_t size), (int, int, off_t), (fd, command, size))
REFUSED(int, epoll_wait, (int fd, struct epoll_event* events, int count, int time),
        (int, struct epoll_event*, int, int), (fd, events, count, time))
REFUSED(int, wait, (int* status), (int*), (status))
REFUSED(int, sigwait, (const sigset_t* signals, int* signal), (const sigset_t*, int*), (signals, signal))
REFUSED(ssize_t, msgrcv, (int id, void* message, size_t size, long type, int flags), (int, void*, size_t, long, int),
        (id, message, size, type, flags))
REFUSED(int, waitpid, (int process, int* status, int options), (int, int*, int), (process, status, options))
REFUSED(int, semop, (int id, struct sembuf* operations, size_t count), (int, struct sembuf*, size_t),
        (id, operations, count))
REFUSED(int, pthread_create,
        (pthread_t * thread, const pthread_attr_t* attributes, void* (*body)(void*), void* argument),
        (pthread_t*, const pthread_attr_t*, void* (*)(void*), void*), (thread, attributes, body, argument))
REFUSED(int, pthread_join, (pthread_t thread, void** value), (pthread_t, void**), (thread, value))

}  // extern "C"
