// What ThreadSanitizer says of the programs in races.cpp. This file is compiled without instrumentation, so that it can
// put two threads in an order that ThreadSanitizer does not see: it takes what happened to come one after the other for
// ordered only when something in the program orders it. Calls of the C library alone, no inline function that both
// files would contain: the linker keeps one of them, instrumented or not.

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "races.hpp"

namespace {

constexpr int kRaceExit = 66;  // as run-suite tells ThreadSanitizer

struct Part {
  void (*body)(races::Shared&);
  races::Shared* shared;
  int done;
};

void* run(void* argument) {
  auto* const part = static_cast<Part*>(argument);
  part->body(*part->shared);
  __atomic_store_n(&part->done, 1, __ATOMIC_RELEASE);
  return nullptr;
}

void* zeroed(std::size_t size, std::size_t) { return std::calloc(1, size); }

// One thread after the other, in a process of their own: how it ends.
int exit_status(void (*first)(races::Shared&), void (*second)(races::Shared&)) {
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(::open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);  // the reports
    Part parts[2] = {{first, nullptr, 0}, {second, nullptr, 0}};
    parts[0].shared = parts[1].shared = &races::create(zeroed);
    pthread_t threads[2];
    for (int i = 0; i < 2; ++i) {
      if (::pthread_create(&threads[i], nullptr, run, &parts[i]) != 0) std::exit(1);
      while (__atomic_load_n(&parts[i].done, __ATOMIC_ACQUIRE) == 0) ::sched_yield();
    }
    for (const pthread_t thread : threads) ::pthread_join(thread, nullptr);
    std::exit(0);
  }
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

// Nobody reads the reports: without names and without waiting for other threads to report, a program takes a tenth of
// the time.
extern "C" const char* __tsan_default_options() { return "symbolize=0:atexit_sleep_ms=0"; }

int main() {
  int passed = 0;
  int failed = 0;
  for (const races::Program& program : races::programs()) {
    const int statuses[] = {exit_status(program.first, program.second), exit_status(program.second, program.first)};
    bool races = false;
    bool ran = true;
    for (const int status : statuses) {
      races = races || status == kRaceExit;
      ran = ran && (status == 0 || status == kRaceExit);
    }
    const bool good = ran && races == program.races;
    std::printf("  %s %s\n", good ? "✓" : "✗", program.name);
    if (!good)
      std::printf("    ThreadSanitizer %s\n", !ran ? "could not run it" : races ? "finds a race" : "finds none");
    ++(good ? passed : failed);
  }
  std::printf("  %d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
