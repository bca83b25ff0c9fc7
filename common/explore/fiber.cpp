#include "explore/fiber.hpp"

#include <link.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <new>

#if !defined(__x86_64__)
#error "the explorer's fibers are written for x86-64: switch_stacks below needs a version for this machine"
#endif

// Itanium C++ ABI, 2.2.2: two words for each thread, the exceptions being handled and the number of those in flight.
extern "C" void* __cxa_get_globals() noexcept;

// Saves what a called function must preserve on the old stack, and takes it from the new one.
extern "C" void explore_switch_stacks(void** save, void* load);
asm(R"(
.text
.p2align 4
.type explore_switch_stacks, @function
explore_switch_stacks:
  .cfi_startproc
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
  .cfi_endproc
.size explore_switch_stacks, .-explore_switch_stacks
)");

namespace explore::detail {
namespace {

constexpr std::size_t kStack = std::size_t{128} << 10;
constexpr std::size_t kGuard = 4096;

std::uint64_t switch_count = 0;

// What the operating system's thread has that the fibers run on: where its exceptions and its errno are, and the
// program's own block of thread_local variables (shared libraries keep theirs: they belong to no thread of a scenario).
// It ends where the thread pointer points. @see "ELF Handling For Thread-Local Storage", variant II
struct Locals {
  const void* thread = nullptr;
  void** exceptions = nullptr;
  int* error = nullptr;
  unsigned char* begin = nullptr;
  std::size_t size = 0;
  const unsigned char* image = nullptr;
  std::size_t image_size = 0;
};

Locals find_locals() {
  Locals found;
  found.thread = __builtin_thread_pointer();
  found.exceptions = static_cast<void**>(__cxa_get_globals());
  found.error = &errno;
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* out) {
        auto& result = *static_cast<Locals*>(out);
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          const auto& header = info->dlpi_phdr[i];
          if (header.p_type != PT_TLS) continue;
          const std::size_t rounded = (header.p_memsz + header.p_align - 1) / header.p_align * header.p_align;
          result.begin = static_cast<unsigned char*>(__builtin_thread_pointer()) - rounded;
          result.size = rounded;
          result.image = reinterpret_cast<const unsigned char*>(info->dlpi_addr + header.p_vaddr);
          result.image_size = header.p_filesz;
        }
        return 1;  // the first object is the program
      },
      &found);
  return found;
}

const Locals& program_locals() {
  static constinit Locals locals;
  if (locals.thread != __builtin_thread_pointer()) locals = find_locals();
  return locals;
}

}  // namespace

ThreadState::ThreadState() : locals_{new unsigned char[program_locals().size + 1]} { reset(); }
ThreadState::~ThreadState() { delete[] locals_; }

void ThreadState::reset() {
  const Locals& locals = program_locals();
  exceptions_[0] = exceptions_[1] = nullptr;
  error_ = 0;
  std::memset(locals_, 0, locals.size);
  if (locals.image_size != 0) std::memcpy(locals_, locals.image, locals.image_size);
}

void ThreadState::exchange_for(const ThreadState& next) {
  const Locals& locals = program_locals();
  exceptions_[0] = locals.exceptions[0];
  exceptions_[1] = locals.exceptions[1];
  locals.exceptions[0] = next.exceptions_[0];
  locals.exceptions[1] = next.exceptions_[1];
  error_ = *locals.error;
  *locals.error = next.error_;
  if (locals.size == 0) return;
  std::memcpy(locals_, locals.begin, locals.size);
  std::memcpy(locals.begin, next.locals_, locals.size);
}

Fiber::Fiber() = default;

Fiber::Fiber(void (*entry)()) : entry_{entry} {
  void* const stack = ::mmap(nullptr, kGuard + kStack, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED) throw std::bad_alloc{};
  stack_ = static_cast<std::byte*>(stack);
  ::mprotect(stack_, kGuard, PROT_NONE);
  restart();
}

Fiber::~Fiber() {
  if (stack_ != nullptr) ::munmap(stack_, kGuard + kStack);
}

void Fiber::restart() {
  // As if `entry` had been about to be called: its address to return into, above it a return address of nobody.
  auto* top = reinterpret_cast<void**>(stack_ + kGuard + kStack);
  *--top = nullptr;
  *--top = reinterpret_cast<void*>(entry_);
  for (int registers = 0; registers < 6; ++registers) *--top = nullptr;
  stack_pointer_ = top;
  state_.reset();
}

std::uint64_t Fiber::switches() { return switch_count; }

void Fiber::switch_to(Fiber& next) {
  ++switch_count;
  state_.exchange_for(next.state_);
  explore_switch_stacks(&stack_pointer_, next.stack_pointer_);
}

}  // namespace explore::detail
