#pragma once

#include <signal.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "support.hpp"

/// What the tests of the guarded copy share. All of it lives in one subject.
namespace lab02 {

/// A file that is mapped as it was, and has been cut since.
class CutFile {
 public:
  CutFile(std::size_t size, std::size_t left) : file_{size}, mapping_{file_.map()} { file_.cut(left); }

  [[nodiscard]] const File& file() const { return file_; }
  [[nodiscard]] std::span<std::byte> bytes() const { return mapping_.bytes(); }
  /// Reads one byte by a plain load, from which a ProgramsHandler comes back here.
  void touch(std::size_t offset) const;

 private:
  File file_;
  shm::Mapping mapping_;
};

/// What a guarded copy gave: as many bytes as it said.
[[nodiscard]] inline std::string copied(std::span<const std::byte> from) {
  std::string to(from.size(), '?');
  const std::size_t count = lab::copy_guarded(std::as_writable_bytes(std::span{to}), from);
  return count <= to.size() ? to.substr(0, count) : "more than there is";
}

/// A page that stops the thread that reads it until others let it go on, by way of SIGSEGV. A copy that the kernel
/// makes is not stopped, but ends there or goes past.
class HoldingPage {
 public:
  explicit HoldingPage(std::byte* page);
  HoldingPage(const HoldingPage&) = delete;
  HoldingPage& operator=(const HoldingPage&) = delete;
  ~HoldingPage();

  /// The reader's thread lives in this, so that nobody waits for one that has passed.
  [[nodiscard]] judge::ArrivesAtTheEnd reader() { return judge::ArrivesAtTheEnd{come_}; }
  /// Waits until the reader, or so many of them, stand at the page or have ended.
  void await_reader() const { come_.await(1); }
  void await_readers(std::uint32_t count) const { come_.await(count); }
  [[nodiscard]] bool is_reading() const { return is_reading_; }
  void let_go() { gone_on_.arrive(); }

 private:
  static void on_sigsegv(int signal, siginfo_t* info, void* context);

  std::byte* page_;
  judge::Rendezvous come_;
  judge::Rendezvous gone_on_;
  std::atomic<bool> is_reading_{false};
};

/// A program's own handler of SIGBUS: it counts, notes the place, and leaves CutFile::touch() by a jump. (It does not
/// return to the access: under valgrind, that would be made again with other registers.)
class ProgramsHandler {
 public:
  /// Installs it, to be called with what is known about the signal (SA_SIGINFO).
  static void install();
  /// Installs it, to be called with the signal's number alone.
  static void install_plain();

  [[nodiscard]] static int calls();
  /// Where the last fault was.
  [[nodiscard]] static const void* place();
  /// Whether the last call had a third argument. @see ucontext_t in sigaction(2)
  [[nodiscard]] static bool had_context();
};

}  // namespace lab02
