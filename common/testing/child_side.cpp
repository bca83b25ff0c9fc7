#include "testing/child_side.hpp"

#include <cxxabi.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <string_view>
#include <system_error>
#include <typeinfo>

#include "shm/not_implemented.hpp"
#include "testing/belongings.hpp"
#include "testing/confine.hpp"
#include "testing/findings.hpp"
#include "testing/gate.hpp"

// Only there under the sanitizers.
extern "C" {
[[gnu::weak]] void __sanitizer_set_report_fd(void* fd);
[[gnu::weak]] int __lsan_do_recoverable_leak_check();
}

namespace judge::detail {

Board* current_board = nullptr;
std::uint32_t token = 1;

namespace {

std::vector<int>& kept_descriptors() {
  static std::vector<int> list;
  return list;
}

template <std::size_t kSize>
void copy_text(char (&to)[kSize], std::string_view text) {
  const auto length = std::min(text.size(), kSize - 1);
  std::memcpy(to, text.data(), length);
  to[length] = '\0';
}

// Runs on its own stack, for the usual one may have overflowed.
void note_crash(int signal) {
  Board* board = current_board;
  board->frames.store(static_cast<std::uint32_t>(::backtrace(board->frame, std::size(board->frame))));
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

void watch_for_crashes() {
  constexpr std::size_t kStack = 256 * 1024;
  stack_t stack{};
  stack.ss_sp = ::mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  stack.ss_size = kStack;
  if (stack.ss_sp != MAP_FAILED) ::sigaltstack(&stack, nullptr);
  void* first[1];
  ::backtrace(first, 1);  // loads what it needs now: a crashed process may not allocate
  struct sigaction action {};
  action.sa_handler = note_crash;
  action.sa_flags = SA_ONSTACK | SA_NODEFER;
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) ::sigaction(signal, &action, nullptr);
}

std::string name_of(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> name{abi::__cxa_demangle(type.name(), nullptr, nullptr, &status),
                                                    std::free};
  return name ? name.get() : type.name();
}

void note_exception(Board& board) {
  board.end = Board::kThrew;
  const std::type_info* type = abi::__cxa_current_exception_type();
  copy_text(board.exception_type, type == nullptr ? "something" : name_of(*type));
  try {
    throw;
  } catch (const std::system_error& error) {
    const auto& category = error.code().category();
    if (category == std::generic_category() || category == std::system_category()) board.error = error.code().value();
    copy_text(board.what, error.what());
  } catch (const std::exception& error) {
    copy_text(board.what, error.what());
  } catch (...) {  // a foreign type: its name says all there is
  }
}

void note_leaks(Board& board, const Descriptors& descriptors, const Mappings& mappings) {
  std::string leaks;
  for (const auto& [fd, target] : open_descriptors()) {
    if (!descriptors.contains(fd)) leaks += "file descriptor " + std::to_string(fd) + " still open: " + target + "\n";
  }
  for (const auto& [object, bytes] : shared_mappings()) {
    const auto before = mappings.find(object);
    const std::size_t had = before == mappings.end() ? 0 : before->second;
    if (bytes <= had) continue;
    const bool is_segment = object.starts_with(kSegmentPrefix);
    leaks += (is_segment ? "still attached: " : "still mapped: ") + std::to_string(bytes - had) + " bytes of " +
             (is_segment ? "the SysV segment with the key 0x" + object.substr(kSegmentPrefix.size()) : object) + "\n";
  }
  copy_text(board.leaks, leaks);
}

void run_body(const Assignment& assignment) {
  Board& board = *assignment.board;
  const pid_t subject = ::getpid();
  const auto descriptors = open_descriptors();
  const auto mappings = shared_mappings();
  try {
    const std::string bytes = (*assignment.body)();
    if (::getpid() != subject) return;
    if (bytes.size() > Board::kMaxValue) throw std::length_error{"a subject's value is limited to 8 MiB"};
    std::memcpy(board.value, bytes.data(), bytes.size());
    board.value_size = bytes.size();
    board.end = Board::kReturned;
  } catch (const shm::NotImplemented&) {
    board.end = Board::kThrew;  // its constructor has said the rest
  } catch (...) {
    if (::getpid() != subject) return;
    note_exception(board);
  }
  note_leaks(board, descriptors, mappings);
}

std::byte* reserve(std::size_t size) {
  return static_cast<std::byte*>(::mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
}

// Peers are forks, so the kernel would map the same object at the same address in each, and a stored pointer would work
// by accident. A new mapping goes into the first gap that fits, so a reserved block of random size moves all later
// ones, once the gaps before it are filled. The kernel searches downwards, valgrind upwards.
void move_mappings_by(std::size_t noise) {
  constexpr std::size_t kPage = 4096;
  const bool downwards = !under_valgrind();
  const std::byte* block = reserve(noise);
  const auto before_block = [&](const std::byte* filler) {
    return filler != MAP_FAILED && (downwards ? filler > block : filler < block);
  };
  for (std::size_t size = std::size_t{32} << 20; size >= kPage; size /= 2) {
    std::byte* filler = reserve(size);
    while (before_block(filler)) filler = reserve(size);
    if (filler != MAP_FAILED) ::munmap(filler, size);
  }
}

void settle_in(const Assignment& assignment) {
  ::setpgid(0, 0);
  // The judge can't be looked into, but its subjects must be: by eu-stack when they hang, by LeakSanitizer.
  ::prctl(PR_SET_DUMPABLE, 1);
  ::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  if (const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC); nothing >= 0) {
    ::dup2(nothing, STDIN_FILENO);
    ::close(nothing);
  }
  ::dup2(assignment.output_fd, STDOUT_FILENO);
  ::dup2(assignment.output_fd, STDERR_FILENO);
  for (const int fd : kept_descriptors()) ::close(fd);
  if (__sanitizer_set_report_fd != nullptr) {
    __sanitizer_set_report_fd(reinterpret_cast<void*>(static_cast<std::intptr_t>(assignment.finding_fd)));
  }
  move_mappings_by(assignment.address_noise);
  watch_for_crashes();
  put_out_of_reach(assignment.out_of_reach);
}

}  // namespace

void keep_from_subjects(int fd) { kept_descriptors().push_back(fd); }

std::uint64_t seal_of(const Board& board, std::uint64_t secret) {
  std::uint64_t hash = secret ^ 0xcbf29ce484222325U;
  const auto mix = [&hash](const void* bytes, std::size_t size) {
    const auto* byte = static_cast<const unsigned char*>(bytes);
    for (std::size_t i = 0; i < size; ++i) hash = (hash ^ byte[i]) * 0x100000001b3U;
  };
  mix(&board.end, sizeof board.end);
  mix(&board.error, sizeof board.error);
  mix(board.exception_type, sizeof board.exception_type);
  mix(board.what, sizeof board.what);
  mix(board.leaks, sizeof board.leaks);
  mix(&board.value_size, sizeof board.value_size);
  mix(board.value, std::min(board.value_size, Board::kMaxValue));
  return hash == 0 ? 1 : hash;
}

void rehearse() {
  void* first[1];
  ::backtrace(first, 1);  // loads a library
  const std::function<std::string()> bodies[] = {
      [] { return std::string{}; },
      []() -> std::string {
        throw std::system_error{EINVAL, std::generic_category(), "rehearsal"};
      }};
  for (const auto& body : bodies) {
    run_body({.board = current_board,
              .secret = 0,
              .address_noise = 0,
              .output_fd = -1,
              .finding_fd = -1,
              .out_of_reach = {},
              .body = &body});
  }
  static_cast<void>(seal_of(*current_board, 0));
}

void live(const Assignment& assignment) {
  current_board = assignment.board;
  token = token_from(assignment.secret);
  settle_in(assignment);
  gate::forget();
  const pid_t subject = ::getpid();
  run_body(assignment);
  std::fflush(nullptr);
  if (::getpid() != subject) ::_exit(0);  // a child that the body forked has returned too: it has no say
  assignment.board->seal.store(seal_of(*assignment.board, assignment.secret), std::memory_order_release);
  if (__lsan_do_recoverable_leak_check != nullptr) __lsan_do_recoverable_leak_check();
  ::_exit(0);
}

}  // namespace judge::detail
