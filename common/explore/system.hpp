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

  /// Closes and unmaps what is left of the last execution. Before the region's own restart.
  void restart();

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

 private:
  struct Window {
    dev_t device;
    ino_t inode;
    std::uintptr_t begin;
    std::size_t mapped;
    int users;
    int fd;  // our own, to map more of it later; as long as it is open, no other object gets the inode's number
    int protection;
  };
  Window* at(const void* address);
  Window* window_of(dev_t device, ino_t inode);
  bool show(Window& window, std::size_t size) const;
  void hide(Window& window) const;

  Region& region_;
  std::vector<Window> windows_;
  std::vector<int> open_;
};

}  // namespace explore::detail
