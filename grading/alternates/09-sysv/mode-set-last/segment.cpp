#include "segment.hpp"

#include <sys/shm.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "shm/error.hpp"
#include "shm/not_implemented.hpp"

#pragma GCC diagnostic ignored "-Wunused-parameter"  // a step that is not written yet uses none of its own

namespace lab {
namespace {

[[noreturn, maybe_unused]] void refuse(std::string_view call, const std::string& value) {
  shm::throw_error(EINVAL, call, value);
}

/// The key as `ipcs -m` prints it.
[[maybe_unused]] std::string in_words(const Place& place) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "key 0x%08x", static_cast<unsigned>(place.key));
  return text.data();
}

/// Whether a call failed because there is no such segment, or no more. An id that was right a moment ago is EINVAL when
/// the segment has gone, and EIDRM when it is just going.
[[maybe_unused]] bool says_gone(int error) { return error == ENOENT || error == EINVAL || error == EIDRM; }

// ---- Step 2

/// Throws EINVAL for a payload that cannot be.
[[maybe_unused]] void require_payload(std::string_view call, std::size_t bytes) {
  if (bytes == 0 || bytes > kMostBytes) refuse(call, "a payload of " + std::to_string(bytes) + " bytes");
}

/// Attaches a segment whose id is known. @throws std::system_error ENOENT when it has gone
[[maybe_unused]] Segment attach_id(int id, Access access) {
  void* const address = ::shmat(id, nullptr, access == Access::kReadOnly ? SHM_RDONLY : 0);
  if (address == reinterpret_cast<void*>(-1)) {
    shm::throw_error(says_gone(errno) ? ENOENT : errno, "shmat", "id " + std::to_string(id));
  }
  Segment segment{.id = id, .access = access, .memory = Attachment{address, 0}};  // it is to be detached from here on
  const std::size_t size = status(segment).size;
  segment.memory = Attachment{segment.memory.release(), size};
  return segment;
}

// ---- Step 3

/// Throws EINVAL unless this is a segment of the lab's for this place and of this type. It must be ready.
[[maybe_unused]] void require_ours(std::string_view call, const Segment& segment, const Place& place,
                                   std::optional<std::uint64_t> type) {
  const Header& header = segment.header();
  if (header.version != kVersion) refuse(call, in_words(place) + ", version " + std::to_string(header.version));
  if (header.place != place) refuse(call, in_words(place) + ", the segment of another place");
  if (type && header.type != *type) refuse(call, in_words(place) + ", type " + std::to_string(header.type));
}

/// The segment at a place, ready or not. @throws std::system_error ENOENT, or EINVAL for one that cannot be ours
[[maybe_unused]] Segment find(std::string_view call, const Place& place, std::size_t least_bytes, Access access) {
  const int id = ::shmget(place.key, 0, 0);
  if (id < 0) shm::throw_error(errno, "shmget", in_words(place));
  Segment segment = attach_id(id, access);
  const std::size_t size = segment.memory.bytes().size();
  if (size < sizeof(Header) || size - sizeof(Header) < least_bytes)
    refuse(call, in_words(place) + ", a segment of " + std::to_string(size) + " bytes");
  const std::uint64_t magic = segment.header().magic.load(std::memory_order_relaxed);
  if (magic != 0 && magic != kMagic) refuse(call, in_words(place) + ", another program's segment");
  return segment;
}

// ---- Steps 3, 6

enum class State { kReady, kHalfMade, kGivenUp, kItsCreatorIsDead };

/// Whether a process is there; a zombie is not. Process 0 is one of another pid namespace: nobody knows.
[[maybe_unused]] bool lives(pid_t process) {
  if (process == 0) return true;
  std::ifstream file{"/proc/" + std::to_string(process) + "/stat"};
  std::string line;
  if (!std::getline(file, line)) return false;
  const std::size_t state = line.rfind(')') + 2;  // behind the name, which may hold anything
  return state < line.size() && line[state] != 'Z' && line[state] != 'X';
}

/// What has become of a segment. What makes one give up is looked at first, and then whether it is ready: the creator
/// may publish it between two looks, and be gone for good reasons.
[[maybe_unused]] State state_of(const Segment& segment) {
  const Status seen = status(segment);
  const bool is_dead = !lives(seen.creator);
  if (is_ready(segment)) return State::kReady;
  if (seen.is_marked) return State::kGivenUp;
  return is_dead ? State::kItsCreatorIsDead : State::kHalfMade;
}

/// Waits as long as a segment is in this state, or until the deadline; its state then.
[[maybe_unused]] State await(const Segment& segment, shm::Deadline deadline) {
  for (;;) {
    const State state = state_of(segment);
    if (state != State::kHalfMade || deadline.passed()) return state;
    // The kernel has nothing that one could wait on here, so look again and again.
    std::this_thread::sleep_for(
        std::min<shm::Deadline::Clock::duration>(deadline.remaining(), std::chrono::microseconds{200}));
  }
}

// ---- Step 4

/// Removes a segment that is attached here: so its id cannot have gone.
[[maybe_unused]] void remove_id(int id) {
  if (::shmctl(id, IPC_RMID, nullptr) != 0) shm::throw_error(errno, "shmctl(IPC_RMID)", "id " + std::to_string(id));
}

}  // namespace

// ---- Step 1: a place -----------------------------------------------------------------------------------------------

// ftok(3) says how a key is made on Linux; by hand it takes one look at the file instead of two.
Place place_for(const std::string& path, int project) {
  if (project < 1 || project > 255) refuse("place_for", path + ", project " + std::to_string(project));
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0) shm::throw_error(errno, "stat", path);
  const auto key = static_cast<std::uint32_t>(project) << 24U | static_cast<std::uint32_t>(file.st_dev & 0xffU) << 16U |
                   static_cast<std::uint32_t>(file.st_ino & 0xffffU);
  return {.key = static_cast<key_t>(key),
          .project = static_cast<std::uint32_t>(project),
          .device = file.st_dev,
          .inode = file.st_ino};
}

// ---- Step 2: a new segment -----------------------------------------------------------------------------------------

Segment create(const Place& place, Contents contents, mode_t mode) {
  require_payload("create", contents.bytes);
  if (mode > 0777) refuse("create", "mode " + std::to_string(mode));  // higher bits would be flags of shmget's
  const int id = ::shmget(place.key, sizeof(Header) + contents.bytes, IPC_CREAT | IPC_EXCL | 0600);
  if (id < 0) shm::throw_error(errno, "shmget", in_words(place));
  try {  // from here on it is ours to take away
    Segment segment = attach_id(id, Access::kReadWrite);
    segment.header().version = kVersion;
    segment.header().type = contents.type;
    segment.header().place = place;
    struct shmid_ds known {};  // nobody else gets in before all is written; and the mode may even shut ourselves out
    if (::shmctl(id, IPC_STAT, &known) != 0) shm::throw_error(errno, "shmctl(IPC_STAT)", in_words(place));
    known.shm_perm.mode = static_cast<unsigned short>(mode);
    if (::shmctl(id, IPC_SET, &known) != 0) shm::throw_error(errno, "shmctl(IPC_SET)", in_words(place));
    return segment;
  } catch (...) {
    ::shmctl(id, IPC_RMID, nullptr);
    throw;
  }
}

Status status(const Segment& segment) {
  struct shmid_ds known {};
  if (::shmctl(segment.id, IPC_STAT, &known) != 0) {
    shm::throw_error(errno, "shmctl(IPC_STAT)", "id " + std::to_string(segment.id));
  }
  return {.size = known.shm_segsz,
          .users = known.shm_nattch,
          .creator = known.shm_cpid,
          .mode = known.shm_perm.mode & 0777U,
          .is_marked = (known.shm_perm.mode & SHM_DEST) != 0};
}

// ---- Step 3: an existing segment -----------------------------------------------------------------------------------

void publish(Segment& segment) { segment.header().magic.store(kMagic, std::memory_order_release); }

bool is_ready(const Segment& segment) { return segment.header().magic.load(std::memory_order_acquire) == kMagic; }

Segment attach(const Place& place, Contents contents, Access access, shm::Deadline deadline) {
  Segment segment = find("attach", place, contents.bytes, access);
  const State state = await(segment, deadline);
  if (state == State::kGivenUp) shm::throw_error(ENOENT, "attach", in_words(place));
  if (state != State::kReady) shm::throw_error(ETIMEDOUT, "attach", in_words(place));
  require_ours("attach", segment, place, contents.type);
  return segment;
}

// ---- Step 4: the end of a segment ----------------------------------------------------------------------------------

bool remove(const Place& place) {
  try {
    const Segment segment = find("remove", place, 0, Access::kReadOnly);
    if (is_ready(segment)) require_ours("remove", segment, place, std::nullopt);
    if (status(segment).is_marked) return false;  // another was faster
    remove_id(segment.id);
    return true;
  } catch (const std::system_error& error) {
    if (error.code().value() != ENOENT) throw;
    return false;
  }
}

void remove_once_shared(const Segment& segment, std::size_t users, shm::Deadline deadline) {
  while (status(segment).users < users) {
    if (deadline.passed()) shm::throw_error(ETIMEDOUT, "remove_once_shared", std::to_string(users) + " users");
    std::this_thread::sleep_for(
        std::min<shm::Deadline::Clock::duration>(deadline.remaining(), std::chrono::microseconds{200}));
  }
  remove_id(segment.id);
}

// ---- Step 5: another size ------------------------------------------------------------------------------------------

void replace(Segment& segment, std::size_t payload_bytes) {
  Header& old = segment.header();
  require_payload("replace", payload_bytes);
  if (segment.access == Access::kReadOnly) refuse("replace", "a segment that may only be read");
  if (payload_bytes <= segment.payload().size()) refuse("replace", std::to_string(payload_bytes) + " bytes of payload");
  if (old.successor.load(std::memory_order_relaxed) != 0) shm::throw_error(EEXIST, "replace", in_words(old.place));
  const mode_t mode = status(segment).mode;
  remove_id(segment.id);  // the key is nobody's until the next line has made the new one
  Segment larger = create(old.place, {.type = old.type, .bytes = payload_bytes}, mode);
  std::ranges::copy(segment.payload(), larger.payload().begin());
  publish(larger);
  old.successor.store(static_cast<std::uint64_t>(larger.id) + 1, std::memory_order_release);
  segment = std::move(larger);
}

bool follow(Segment& segment) {
  std::optional<Segment> newest;
  for (;;) {
    const Header& header = (newest ? *newest : segment).header();
    const std::uint64_t successor = header.successor.load(std::memory_order_acquire);
    if (successor == 0) break;
    Segment next = attach_id(static_cast<int>(successor - 1), segment.access);
    if (next.memory.bytes().size() < sizeof(Header) || !is_ready(next)) refuse("follow", "a successor that is none");
    require_ours("follow", next, header.place, header.type);
    newest = std::move(next);
  }
  if (newest) segment = std::move(*newest);
  return newest.has_value();
}

// ---- Step 6: whoever comes first -----------------------------------------------------------------------------------

Segment create_or_attach(const Place& place, Contents contents, mode_t mode,
                         const std::function<void(Segment&)>& initialise, shm::Deadline deadline) {
  for (;;) {
    std::optional<Segment> ours;
    try {
      ours = create(place, contents, mode);
    } catch (const std::system_error& error) {  // ENOENT: another has removed it before it was attached
      if (error.code().value() != EEXIST && error.code().value() != ENOENT) throw;
    }
    if (ours) {  // outside of that try: an EEXIST of the initialiser's means something else
      try {
        initialise(*ours);
      } catch (...) {
        ::shmctl(ours->id, IPC_RMID, nullptr);
        throw;
      }
      publish(*ours);
      return std::move(*ours);
    }
    try {
      Segment theirs = find("create_or_attach", place, contents.bytes, Access::kReadWrite);
      const State state = await(theirs, deadline);
      if (state == State::kReady) {
        require_ours("create_or_attach", theirs, place, contents.type);
        return theirs;
      }
      // By its id, never by the key: that may be a new one's already.
      if (state == State::kItsCreatorIsDead) remove_id(theirs.id);
    } catch (const std::system_error& error) {
      if (error.code().value() != ENOENT) throw;
    }
    // It was given up, or has just been removed: try to be its creator.
    if (deadline.passed()) shm::throw_error(ETIMEDOUT, "create_or_attach", in_words(place));
  }
}

}  // namespace lab
