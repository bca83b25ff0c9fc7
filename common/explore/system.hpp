#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "explore/region.hpp"

/// For the explorer alone: what the threads of a scenario have open and mapped. An execution may be abandoned at any
/// moment; then this is given back.
namespace explore::detail {

class System {
 public:
  explicit System(Region& region) : region_{region} {}
  System(const System&) = delete;
  System& operator=(const System&) = delete;
  ~System() { restart(); }

  /// Closes, unmaps and detaches what is left of the last execution, and removes the segments that it has made. Before
  /// the region's own restart.
  void restart() {
    const bool is_untouched = windows_.empty() && open_.empty() && segments_.empty() && made_.empty();
    if (!is_untouched) give_back();
  }

  void opened(int fd);
  void closed(int fd);

  /// Maps an object into the scenario's memory, so that accesses to it are looked at. Whoever maps it a second time
  /// gets the same address: to the explorer, an address is a variable. @return MAP_FAILED and errno when it can't be
  /// done
  void* map(int fd, std::size_t size, int protection, off_t offset);
  /// Whether this was a mapping of map()'s, which is gone then as soon as nobody has it any more. Who maps the object
  /// anew later gets the same address again.
  bool unmap(const void* address);
  /// Makes a mapping of map()'s larger, in place. @return nullptr when it is none of them
  void* grow(void* address, std::size_t size);

  // ---- SysV segments (system_segments.cpp) ----
  /// A segment has been made, which goes when the execution does.
  void made_segment(int id) { made_.push_back(id); }
  /// As map(), of a segment. @return (void*)-1 and errno when it can't be done
  void* attach(int id, const void* at, int flags);
  /// Whether an attachment of attach()'s begins there; it has ended then.
  bool detach(const void* address);
  /// How many have it attached by attach(): to the system, they are one.
  [[nodiscard]] int users_of_segment(int id) const;
  /// A segment's number in the story, from 1: in the order in which one hears of them.
  int number_of_segment(int id);
  /// The segment that is attached there, or -1.
  int segment_at(const void* address);

 private:
  struct Window {
    dev_t device;
    ino_t inode;
    int segment;  // its id; -1: it is an object's
    std::uintptr_t begin;
    std::size_t mapped;
    int users;
    int fd;  // our own, to map more of it later; as long as it is open, no other object gets the inode's number
    int protection;
  };
  Window* at(const void* address);
  Window* window_of(dev_t device, ino_t inode);
  Window* window_of(int segment);
  Window* new_window(dev_t device, ino_t inode, int segment);
  bool show(Window& window, std::size_t size) const;
  void hide(Window& window) const;
  void give_back();
  void remove_segments();

  static constexpr std::size_t kMostBytes = std::size_t{64} << 10;  // an object of a scenario is no larger

  Region& region_;
  std::vector<Window> windows_;
  std::vector<int> open_;
  std::vector<int> segments_;  // that were heard of
  std::vector<int> made_;      // and those that this execution has made
};

}  // namespace explore::detail
