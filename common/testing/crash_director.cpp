#include "testing/crash_director.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>

#include "explore/observer.hpp"
#include "shm/error.hpp"
#include "shm/unique_fd.hpp"
#include "testing/subject.hpp"

namespace judge::detail {
namespace {

using explore::CrashLog;
using explore::Death;

constexpr std::size_t kPage = 4096;
constexpr std::uint32_t kMostTears = 16;  // of one write: of a longer one, some
constexpr std::size_t kMostPages = 6;     // of which all combinations are tried

// How a process says how it ended, by its exit status.
enum Status : int { kContent = 0, kRequire = 3, kException = 4 };

int run_watched(const std::function<void()>& body, CrashLog& log, Death death, std::uint8_t process) {
  try {
    explore::watch_crash_points(log, death, process);
    body();
    explore::pass_last_crash_point();
    log.has_ended = true;
    return kContent;
  } catch (const std::exception& error) {
    explore::observe(nullptr);
    std::strncpy(log.what, error.what(), sizeof log.what - 1);
  } catch (...) {
    explore::observe(nullptr);
    std::strncpy(log.what, "something that is no std::exception", sizeof log.what - 1);
  }
  log.has_ended = true;
  return kException;
}

// Nothing of a file that is not there.
std::string contents_of(const std::string& path) {
  const shm::UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!fd && errno == ENOENT) return {};
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) shm::throw_error(errno, "open", path);
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  const auto got = ::pread(fd.get(), bytes.data(), bytes.size(), 0);
  bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return bytes;
}

// Over what is there: whoever has the file mapped sees it.
void put_contents(const std::string& path, const std::string& bytes) {
  const shm::UniqueFd fd{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
  if (!fd && errno == ENOENT && bytes.empty()) return;  // the victim has not made it, or has taken it away
  if (!fd || ::ftruncate(fd.get(), static_cast<off_t>(bytes.size())) != 0) shm::throw_error(errno, "open", path);
  if (::pwrite(fd.get(), bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    shm::throw_error(errno, "pwrite", path);
  }
}

std::string page_of(const std::string& bytes, std::size_t page) {
  return page * kPage < bytes.size() ? bytes.substr(page * kPage, kPage) : "";
}

}  // namespace

CrashDirector::CrashDirector(const Crash& crash) : crash_{crash} {
  if (!crash.file.empty()) durable_ = std::make_unique<Shared<explore::DurableImage>>();
  explore::forget_shared_memory();
}

nlohmann::json CrashDirector::run() {
  sweep_victims();
  sweep_up();
  nlohmann::json result{{"deaths", deaths_}, {"complete", complete_}};
  if (!story_.is_null()) result["story"] = story_;
  return result;
}

// ---- Which deaths there are
// ------------------------------------------------------------------------------------------

bool CrashDirector::sweep_victims() {
  if (!is_survived({})) return false;
  prepare();
  live(crash_.victim, {}, 1, false);
  for (const Death death : deaths_of_last()) {
    const Course course{death};
    if (!is_survived(course)) return false;
    if (crash_.survivor_dies_too && !sweep_survivors(course)) return false;
    if (durable_ && !sweep_power_cuts(course)) return false;
  }
  return true;
}

bool CrashDirector::sweep_survivors(const Course& course) {
  prepare();
  live(crash_.victim, course.victim, 1, false);
  live(crash_.survivor, {}, 2, false);
  for (const Death death : deaths_of_last()) {
    if (!is_survived({course.victim, death})) return false;
  }
  return true;
}

bool CrashDirector::sweep_power_cuts(const Course& course) {
  prepare();
  live(crash_.victim, course.victim, 1, false);
  note_pages_at_risk();
  const std::size_t pages = pages_at_risk_.size();
  Course cut = course;
  if (pages <= kMostPages) {
    for (unsigned kept = 0; kept < 1U << pages; ++kept) {
      cut.pages_kept.assign(pages, false);
      for (std::size_t page = 0; page < pages; ++page) cut.pages_kept[page] = (kept >> page & 1) != 0;
      cut.pages_kept.push_back(false);  // never empty: the power fails
      if (!is_survived(cut)) return false;
    }
    return true;
  }
  // Too many: none, all, and each one alone or alone missing.
  complete_ = false;
  for (const bool most : {false, true}) {
    cut.pages_kept.assign(pages + 1, most);
    if (!is_survived(cut)) return false;
    for (std::size_t page = 0; page < pages; ++page) {
      cut.pages_kept[page] = !most;
      if (!is_survived(cut)) return false;
      cut.pages_kept[page] = most;
    }
  }
  return true;
}

// Of the process that was run last, which came to its end.
std::vector<Death> CrashDirector::deaths_of_last() {
  std::vector<Death> deaths;
  const std::uint32_t points = std::min(log_->points, CrashLog::kMostPoints - 1);
  if (log_->points > points) complete_ = false;
  for (std::uint32_t point = 1; point <= points; ++point) {
    // A longer one is not torn: what it was before is not kept.
    const bool is_too_long = log_->words[point] > explore::kMostTornWords;
    if (is_too_long) complete_ = false;
    const std::uint32_t words = is_too_long ? 1 : log_->words[point];
    const std::uint32_t stride = words <= kMostTears ? 1 : words / kMostTears;
    for (std::uint32_t made = 0; made == 0 || made < words; made += stride) deaths.push_back({point, made});
    if (stride > 1) deaths.push_back({point, words - 1});
  }
  return deaths;
}

// ---- One course of things
// --------------------------------------------------------------------------------------------

bool CrashDirector::is_survived(const Course& course) {
  if (deaths_ >= crash_.most_deaths) {
    complete_ = false;
    return true;
  }
  ++deaths_;
  const Ending ending = go_through(course, false);
  if (ending == Ending::kWell) return true;
  tell(course);
  return false;
}

void CrashDirector::prepare() {
  sweep_up();
  if (crash_.prepare) crash_.prepare();
  if (durable_) explore::watch_durability(crash_.file.c_str(), **durable_);
}

// A process that is killed can't take away a name that it needed for a while: no fault of its, but it must not stay.
void CrashDirector::sweep_up() const {
  for (const std::string& name : object_names()) {
    if (!before_.names.contains(name)) ::shm_unlink(("/" + name).c_str());
  }
  for (const auto& [id, segment] : segments_left_behind(before_.segments)) ::shmctl(id, IPC_RMID, nullptr);
}

// Whether something is left that was not there when all was prepared.
bool CrashDirector::is_littered() {
  litter_.clear();
  for (const std::string& name : object_names()) {
    if (!prepared_.names.contains(name)) litter_ = "the object /dev/shm/" + name;
  }
  for (const auto& [id, segment] : segments_left_behind(prepared_.segments)) litter_ = in_words(segment);
  return !litter_.empty();
}

CrashDirector::Ending CrashDirector::go_through(const Course& course, bool tells) {
  log_->steps = 0;
  log_->segments = 0;
  log_->what[0] = '\0';
  prepare();
  if (crash_.leaves_nothing) prepared_ = {};
  const Ending first = live(crash_.victim, course.victim, 1, tells);
  if (first != Ending::kDied && first != Ending::kWell) return first;
  if (!course.pages_kept.empty()) {
    note_pages_at_risk();
    cut_power(course.pages_kept);
  }
  if (course.survivor.point != 0) {
    const Ending second = live(crash_.survivor, course.survivor, 2, tells);
    if (second != Ending::kDied && second != Ending::kWell) return second;
  }
  const Ending last = live(crash_.survivor, {}, course.survivor.point != 0 ? 3 : 2, tells);
  return last == Ending::kWell && crash_.leaves_nothing && is_littered() ? Ending::kLittered : last;
}

CrashDirector::Ending CrashDirector::live(const std::function<void()>& body, Death death, std::uint8_t process,
                                          bool tells) {
  log_->tells = tells;
  log_->has_ended = false;
  last_process_ = process;
  signal_ = 0;
  auto child = shm::Child::run([&] { return run_watched(body, *log_, death, process); });
  const auto status = child.wait(shm::Deadline::after(patience(crash_.deadline)));
  if (!status) return Ending::kHung;
  if (!status->exited) {
    signal_ = status->code;
    return status->code == SIGKILL && death.point != 0 ? Ending::kDied : Ending::kKilled;
  }
  if (!log_->has_ended) return Ending::kLeft;
  if (status->code == kContent) return Ending::kWell;
  return status->code == kRequire ? Ending::kNotContent : Ending::kThrew;
}

// ---- The power cut
// ---------------------------------------------------------------------------------------------------

// What was synced may be of a draft that has not come to the file's name.
bool CrashDirector::is_durable_in_part() const {
  struct stat status {};
  return ::stat(crash_.file.c_str(), &status) == 0 && status.st_ino == (*durable_)->inode;
}

std::string CrashDirector::durable_contents() const {
  const explore::DurableImage& durable = **durable_;
  return is_durable_in_part() ? std::string(reinterpret_cast<const char*>(durable.bytes), durable.size) : std::string{};
}

void CrashDirector::note_pages_at_risk() {
  const std::string now = contents_of(crash_.file);
  const std::string before = durable_contents();
  if (is_durable_in_part() && (*durable_)->too_large) complete_ = false;
  pages_at_risk_.clear();
  const std::size_t followed = std::min(std::max(now.size(), before.size()), explore::DurableImage::kMostBytes);
  for (std::size_t page = 0; page * kPage < followed; ++page) {
    if (page_of(now, page) != page_of(before, page)) pages_at_risk_.push_back(page);
  }
}

// The file is as large as the last page that has reached the disk makes it.
void CrashDirector::cut_power(const std::vector<bool>& pages_kept) {
  const std::string now = contents_of(crash_.file);
  std::string found = durable_contents();
  for (std::size_t i = 0; i < pages_at_risk_.size() && i < pages_kept.size(); ++i) {
    if (!pages_kept[i]) continue;
    const std::string page = page_of(now, pages_at_risk_[i]);
    const std::size_t at = pages_at_risk_[i] * kPage;
    if (found.size() < at + page.size()) found.resize(at + page.size(), '\0');
    found.replace(at, page.size(), page);
  }
  // Of what is not followed, all has arrived.
  if (is_durable_in_part() && (*durable_)->too_large && now.size() > found.size())
    found.append(now, found.size(), std::string::npos);
  put_contents(crash_.file, found);
}

}  // namespace judge::detail
