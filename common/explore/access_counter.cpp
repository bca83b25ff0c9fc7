#include "explore/access_counter.hpp"
#include "explore/access_kind.hpp"

#include <sys/mman.h>

#include <cstring>
#include <new>
#include <stdexcept>

// No inline function or template of the standard library here: the linker might keep the instrumented copy of some
// other object, and then counting would be counted, without end.

namespace explore {
namespace {

/// Accesses that began at one address.
struct Cell {
  Tally tally;
  std::uint32_t longest_read = 0;
};

// Threads and processes may count at the same time, and hooks may not lock.
void increase(std::uint32_t& count) { __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED); }

void count_in(Tally& tally, AccessKind kind) {
  switch (kind) {
    case AccessKind::kRead:
      return increase(tally.reads);
    case AccessKind::kWrite:
      return increase(tally.writes);
    case AccessKind::kLoad:
      return increase(tally.loads);
    case AccessKind::kStore:
      return increase(tally.stores);
    case AccessKind::kUpdate:
      increase(tally.loads);
      return increase(tally.stores);
  }
}

std::uint64_t reads(const Tally& tally) { return std::uint64_t{tally.reads} + tally.loads; }
std::uint64_t writes_in(const Tally& tally) { return std::uint64_t{tally.writes} + tally.stores; }

}  // namespace

/// What one side did; the observer of the threads that work as this side. Lies in the shared memory with its tables.
struct AccessCounter::Side : Observer {
  std::uintptr_t first;
  std::uintptr_t begin;
  std::uintptr_t end;
  Tally* lines;
  Cell* cells;             // one for each byte: the accesses that began there
  unsigned char* written;  // one for each byte: whether this side ever wrote it

  static void count(Observer* self, const Access* access) {
    const Side& side = *static_cast<Side*>(self);
    const std::uintptr_t access_end = access->address + access->size;
    const std::uintptr_t low = access->address > side.first ? access->address : side.first;
    const std::uintptr_t high = access_end < side.end ? access_end : side.end;
    if (low >= high) return;
    const std::size_t from = low - side.begin;
    const std::size_t to = high - side.begin;
    for (std::size_t line = from / kLine; line <= (to - 1) / kLine; ++line) count_in(side.lines[line], access->kind);
    Cell& cell = side.cells[from];
    count_in(cell.tally, access->kind);
    const auto length = static_cast<std::uint32_t>(to - from);
    if (is_read(access->kind) && cell.longest_read < length) cell.longest_read = length;
    if (is_write(access->kind)) {
      for (std::size_t byte = from; byte < to; ++byte) side.written[byte] = 1;
    }
  }
};

AccessCounter::AccessCounter(const void* region, std::size_t bytes)
    : first_{reinterpret_cast<std::uintptr_t>(region)},
      begin_{first_ / kLine * kLine},
      end_{first_ + bytes},
      lines_{(end_ - begin_ + kLine - 1) / kLine} {
  const std::size_t cells = lines_ * kLine;
  mapped_ = kSides * (sizeof(Side) + lines_ * sizeof(Tally) + cells * sizeof(Cell) + cells) + cells;
  void* const memory = ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc{};

  auto* rest = static_cast<unsigned char*>(memory);
  const auto take = [&rest](std::size_t size) {
    unsigned char* const taken = rest;
    rest += size;
    return taken;
  };
  sides_ = reinterpret_cast<Side*>(take(kSides * sizeof(Side)));
  for (int index = 0; index < kSides; ++index) {
    Side& side = sides_[index];
    side.saw = &Side::count;
    side.first = first_;
    side.begin = begin_;
    side.end = end_;
    side.lines = reinterpret_cast<Tally*>(take(lines_ * sizeof(Tally)));
    side.cells = reinterpret_cast<Cell*>(take(cells * sizeof(Cell)));
  }
  for (int index = 0; index < kSides; ++index) sides_[index].written = take(cells);
  payload_ = take(cells);
}

AccessCounter::~AccessCounter() { ::munmap(sides_, mapped_); }

AccessCounter::Turn::Turn(AccessCounter& counter, int side) : before_{observe(&counter.side(side))} {}

AccessCounter::Turn::~Turn() { observe(before_); }

void AccessCounter::add_payload(const void* address, std::size_t bytes) {
  const auto from = reinterpret_cast<std::uintptr_t>(address);
  if (from < first_ || from > end_ || bytes > end_ - from) throw std::invalid_argument{"payload outside the region"};
  std::memset(payload_ + (from - begin_), 1, bytes);
}

void AccessCounter::reset() {
  for (int index = 0; index < kSides; ++index) {
    Side& side = sides_[index];
    std::memset(static_cast<void*>(side.lines), 0, lines_ * sizeof(Tally));
    std::memset(static_cast<void*>(side.cells), 0, lines_ * kLine * sizeof(Cell));
    std::memset(side.written, 0, lines_ * kLine);
  }
}

AccessCounter::Side& AccessCounter::side(int index) const {
  if (index < 0 || index >= kSides) throw std::invalid_argument{"no such side"};
  return sides_[index];
}

Tally AccessCounter::line(std::size_t index, int of_side) const {
  if (index >= lines_) throw std::invalid_argument{"no such line"};
  return side(of_side).lines[index];
}

Tally AccessCounter::at(const void* address, int of_side) const {
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  if (wanted < first_ || wanted >= end_) throw std::invalid_argument{"an address outside the region"};
  return side(of_side).cells[wanted - begin_].tally;
}

std::uint64_t AccessCounter::writes(std::size_t index, int of_side) const { return writes_in(line(index, of_side)); }

bool AccessCounter::touches_written(std::size_t offset, std::size_t size, int writer, bool payload_too) const {
  const unsigned char* const written = side(writer).written;
  for (std::size_t byte = offset; byte < offset + size; ++byte) {
    if (written[byte] != 0 && (payload_too || payload_[byte] == 0)) return true;
  }
  return false;
}

std::uint64_t AccessCounter::needless_reads(std::size_t index, int of_side) const {
  const int other = 1 - of_side;
  if (writes(index, other) == 0) return 0;
  std::uint64_t needless = 0;
  // A long read may begin in an earlier line.
  for (std::size_t offset = 0; offset < (index + 1) * kLine; ++offset) {
    const Cell& cell = side(of_side).cells[offset];
    if (cell.longest_read == 0 || offset + cell.longest_read <= index * kLine) continue;
    if (!touches_written(offset, cell.longest_read, other, true)) needless += reads(cell.tally);
  }
  return needless;
}

std::uint64_t AccessCounter::looks(int of_side) const {
  std::uint64_t looks = 0;
  for (std::size_t offset = 0; offset < end_ - begin_; ++offset) {
    const Cell& cell = side(of_side).cells[offset];
    if (touches_written(offset, cell.longest_read, 1 - of_side, false)) looks += reads(cell.tally);
  }
  return looks;
}

}  // namespace explore
