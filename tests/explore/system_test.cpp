// Calls of the system in scenarios: what is mapped where.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>

#include "shm/unique_fd.hpp"
#include "testing/explored.hpp"
#include "testing/fresh_name.hpp"

namespace {

using explore::require;
using explore::Scenario;
using judge::explored;
using judge::IsProven;

constexpr std::size_t kSize = 4096;

/// An object that is made anew for each execution.
class Object {
 public:
  explicit Object(const judge::FreshName& name) : name_{name} {
    const shm::UniqueFd fd = open(O_CREAT | O_TRUNC | O_RDWR);
    require(::ftruncate(fd.get(), kSize) == 0, "an object can be made");
  }
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  ~Object() { ::shm_unlink(name_.c_str()); }

  [[nodiscard]] shm::UniqueFd open(int flags) const { return shm::UniqueFd{::shm_open(name_.c_str(), flags, 0600)}; }
  [[nodiscard]] std::atomic<int>& map(int flags, int protection) const {
    const shm::UniqueFd fd = open(flags);
    void* const address = ::mmap(nullptr, kSize, protection, MAP_SHARED, fd.get(), 0);
    require(address != MAP_FAILED, "an object can be mapped");
    return *static_cast<std::atomic<int>*>(address);
  }

 private:
  const judge::FreshName& name_;
};

TEST(SystemCalls, WhoMayWriteDoesAlthoughTheFirstMayOnlyRead) {
  const judge::FreshName name;
  EXPECT_THAT(explored([&](Scenario& s) {
                auto& object = s.keep<Object>(name);
                s.thread("reader", [&] {
                  auto& word = object.map(O_RDONLY, PROT_READ);
                  static_cast<void>(word.load());
                  ::munmap(&word, kSize);
                });
                s.thread("writer", [&] {
                  auto& word = object.map(O_RDWR, PROT_READ | PROT_WRITE);
                  word.store(1);
                  ::munmap(&word, kSize);
                });
              }),
              IsProven());
}

}  // namespace
