#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "support.hpp"

/// Files that were logs. They are damaged in one subject, which looks at them in every state.
namespace {

using judge::FreshName;
using judge::lesson;
using judge::Returns;
using judge::ReturnsNormally;
using judge::subject;

/// A small log, and its bytes.
struct Sample {
  FreshName name;
  lab03::Records records = lab03::random_records(6, 60);
  std::string bytes;

  [[nodiscard]] auto make() {
    auto outcome = subject([&] { lab03::make_log(name, 600, records); });
    bytes = lab03::bytes_of(name);
    return outcome;
  }
};

bool is_refusal(const std::system_error& error) {
  const int code = error.code().value();
  return code == EILSEQ || code == ENOTSUP || code == EBADMSG;
}

/// What somebody finds who reads the log: nothing, when it is refused or holds the first of its records, or a
/// complaint.
std::optional<std::string> complaint(const Sample& sample) {
  std::string seen;
  try {
    const lab::Log log = lab::open_to_read(lab03::path_of(sample.name));
    lab::Cursor cursor;
    while (const auto record = lab::next(log, cursor)) seen += "|" + *record;
  } catch (const std::system_error& error) {
    if (!is_refusal(error)) return std::string{"refused with "} + error.what();
  }
  const std::string all = lab03::joined(sample.records);
  const bool is_prefix = all.starts_with(seen) && (seen.size() == all.size() || all[seen.size()] == '|');
  if (!is_prefix) return "it gave records that nobody wrote";
  return std::nullopt;
}

TEST(Damage, AByteThatIsWrongIsNoticed) {
  lesson(6, "disks, memory and other programs change bytes: a record counts when its checksum says so");
  Sample sample;
  ASSERT_THAT(sample.make(), ReturnsNormally());
  EXPECT_THAT(subject([&] {
                const lab::Log raw = lab03::map_raw(sample.name);
                for (std::size_t at = 0; at < raw.mapping.size(); ++at) {
                  const std::byte before = raw.mapping.data()[at];
                  for (const std::byte flip : {std::byte{0xff}, std::byte{0x01}, std::byte{0x10}}) {
                    raw.mapping.data()[at] = before ^ flip;
                    const auto found = complaint(sample);
                    if (found) return "with byte " + std::to_string(at) + " changed, " + *found;
                  }
                  raw.mapping.data()[at] = before;
                }
                return std::string{"all was noticed"};
              }),
              Returns(std::string{"all was noticed"}));
}

/// The places of all numbers that may mean something: of the header's behind the version, and of all that are not 0.
std::vector<std::size_t> places_of_numbers(const std::string& bytes) {
  std::vector<std::size_t> places;
  for (std::size_t at = offsetof(lab::Header, committed); at + 8 <= bytes.size(); at += 8) {
    if (at < sizeof(lab::Header) || bytes.compare(at, 8, std::string(8, '\0')) != 0) places.push_back(at);
  }
  return places;
}

/// Numbers that no length and no position in the sample can be: small ones, and those that wrap when something is
/// added.
std::vector<std::uint64_t> wrong_numbers() {
  std::vector<std::uint64_t> numbers{0, 1, 8, 16, 64, lab::kPageSize - 8};
  for (std::uint64_t less = 0; less <= 40; ++less) numbers.push_back(UINT64_MAX - less);
  return numbers;
}

std::string with_number(std::string bytes, std::size_t at, std::uint64_t number) {
  return bytes.replace(at, sizeof number, reinterpret_cast<const char*>(&number), sizeof number);
}

/// "with 64 at byte 16, "
std::string told(std::size_t at, std::uint64_t number) {
  const bool is_small = number < UINT64_MAX / 2;
  return "with " + (is_small ? std::to_string(number) : "SIZE_MAX - " + std::to_string(UINT64_MAX - number)) +
         " at byte " + std::to_string(at) + ", ";
}

TEST(Damage, ANumberThatCannotBeIsNoticed) {
  lesson(6, "a length near SIZE_MAX, plus what begins a record, is a small number, and 'fits': compare, then add");
  Sample sample;
  ASSERT_THAT(sample.make(), ReturnsNormally());
  EXPECT_THAT(subject([&] {
                for (const std::size_t at : places_of_numbers(sample.bytes)) {
                  for (const std::uint64_t number : wrong_numbers()) {
                    lab03::put(sample.name, with_number(sample.bytes, at, number));
                    const auto found = complaint(sample);
                    if (found) return told(at, number) + *found;
                  }
                }
                return std::string{"all was noticed"};
              }),
              Returns(std::string{"all was noticed"}));
}

TEST(Damage, AFileThatWasCutIsNoticed) {
  lesson(6, "a length in the header is a claim; how many bytes there are, the file system says");
  Sample sample;
  ASSERT_THAT(sample.make(), ReturnsNormally());
  EXPECT_THAT(subject([&] {
                for (std::size_t size = sample.bytes.size(); size-- > 0;) {
                  if (::truncate(lab03::path_of(sample.name).c_str(), static_cast<off_t>(size)) != 0) break;
                  const auto found = complaint(sample);
                  if (found) return "cut to " + std::to_string(size) + " bytes, " + *found;
                }
                return std::string{"all was noticed"};
              }),
              Returns(std::string{"all was noticed"}));
}

/// What comes of going on with the log: nothing, when it is refused or what is committed can be read, or a complaint.
std::optional<std::string> complaint_of_a_writer(const Sample& sample) {
  try {
    lab::Log log = lab::open_to_write(lab03::path_of(sample.name));
    lab03::write_batch(log, {"one more"});
  } catch (const std::system_error& error) {
    if (is_refusal(error) || error.code().value() == ENOSPC) return std::nullopt;
    return std::string{"it failed with "} + error.what();
  }
  std::string seen;
  try {
    seen = lab03::contents(sample.name);
  } catch (const std::system_error& error) {
    return std::string{"it took a record that nobody can read: "} + error.what();
  }
  if (!seen.ends_with("|one more")) return "it took a record that nobody finds";
  return std::nullopt;
}

TEST(Damage, IsNoBetterForAWriter) {
  lesson(6, "who opens a damaged log to write must not trust its header either: his first append could go anywhere");
  Sample sample;
  ASSERT_THAT(sample.make(), ReturnsNormally());
  EXPECT_THAT(subject([&] {
                for (std::size_t at = 0; at < sample.bytes.size(); at += at < sizeof(lab::Header) ? 1 : 5) {
                  std::string bytes = sample.bytes;
                  bytes[at] = static_cast<char>(bytes[at] ^ 0x7f);
                  lab03::put(sample.name, bytes);
                  const auto found = complaint_of_a_writer(sample);
                  if (found) return "with byte " + std::to_string(at) + " changed, " + *found;
                }
                return std::string{"all was noticed"};
              }),
              Returns(std::string{"all was noticed"}));
}

TEST(Damage, DoesNotSendAWriterIntoTheHeader) {
  lesson(6, "a committed length below the first record is damage, too: the next append would go over the header");
  Sample sample;
  ASSERT_THAT(sample.make(), ReturnsNormally());
  EXPECT_THAT(subject([&] {
                for (std::size_t at = offsetof(lab::Header, committed); at < sizeof(lab::Header); at += 8) {
                  for (const std::uint64_t number : wrong_numbers()) {
                    lab03::put(sample.name, with_number(sample.bytes, at, number));
                    const auto found = complaint_of_a_writer(sample);
                    if (found) return told(at, number) + *found;
                  }
                }
                return std::string{"all was noticed"};
              }),
              Returns(std::string{"all was noticed"}));
}

}  // namespace
