#include "testing/record.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "testing/child_side.hpp"
#include "testing/seed.hpp"

namespace judge::detail {
namespace {

// Student output may hold any bytes: what isn't UTF-8 is replaced.
std::string line_of(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

RecordWriter::RecordWriter() {
  const char* given = std::getenv("RECORD_FD");
  if (given == nullptr) return;
  fd_ = std::atoi(given);
  ::fcntl(fd_, F_SETFD, FD_CLOEXEC);
  ::unsetenv("RECORD_FD");
  keep_from_subjects(fd_);
}

void RecordWriter::start(const std::string& test) const {
  if (fd_ >= 0) write(line_of({{"event", "start"}, {"test", test}}));
}

void RecordWriter::end(const Record& record) const {
  if (fd_ < 0) return;
  write(line_of({{"event", "end"},
                 {"test", record.test},
                 {"outcome", record.outcome},
                 {"step", record.step},
                 {"why", record.why},
                 {"expected", record.expected},
                 {"happened", record.happened},
                 {"message", record.message},
                 {"seconds", record.seconds},
                 {"seed", std::to_string(seed())},
                 {"story", record.story},
                 {"stacks", record.stacks},
                 {"finding", record.finding},
                 {"output", record.output},
                 {"not_started", record.not_started}}));
}

void RecordWriter::finished(int tests) const {
  if (fd_ >= 0) write(line_of({{"event", "finished"}, {"tests", tests}}));
}

void RecordWriter::write(const std::string& line) const {
  std::size_t done = 0;
  while (done < line.size()) {
    const auto wrote = ::write(fd_, line.data() + done, line.size() - done);
    if (wrote == -1 && errno != EINTR) ::_exit(3);  // nobody reads the records: no use in going on
    if (wrote > 0) done += static_cast<std::size_t>(wrote);
  }
}

}  // namespace judge::detail
