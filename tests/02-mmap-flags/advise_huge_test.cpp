// Step 6: huge pages, if the kernel has any.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>

#include "support.hpp"

namespace {

using judge::lesson;
using judge::Returns;
using judge::subject;
using judge::ThrowsErrno;
using lab02::kPage;

/// The kernel's flags for the mapping, e.g. " rd wr sh hg". @see smaps in proc(5)
std::string kernel_flags(const shm::Mapping& mapping) {
  std::ifstream smaps{"/proc/self/smaps"};
  const auto address = reinterpret_cast<std::uintptr_t>(mapping.data());
  bool is_here = false;
  for (std::string line; std::getline(smaps, line);) {
    unsigned long first = 0;
    unsigned long last = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &first, &last) == 2) is_here = first <= address && address < last;
    if (is_here && line.starts_with("VmFlags:")) return line.substr(8);
  }
  return "";
}

TEST(AdviseHuge, SaysWhetherTheKernelHasTakenIt) {
  lesson(6, "the kernel marks the mapping (hg in /proc/self/smaps), or it does not: the caller can know");
  EXPECT_THAT(subject([] {
                const auto mapping = lab02::private_memory(std::string(4 << 20, 'x'));
                const bool is_taken = lab::advise_huge(mapping);
                return is_taken == (kernel_flags(mapping).find(" hg") != std::string::npos);
              }),
              Returns(true));
}

TEST(AdviseHuge, ARefusalIsNoError) {
  lesson(6, "advice makes a program faster or does nothing: a kernel without huge pages must not end it");
  EXPECT_THAT(subject([] {
                const auto mapping = lab02::private_memory(std::string(2 * kPage, 'x'));
                judge::gate::fail_always("madvise", EINVAL);
                return lab::advise_huge(mapping);
              }),
              Returns(false));
}

TEST(AdviseHuge, RefusesAMappingOfNothing) {
  lesson(6, "madvise of no bytes at address 0 succeeds: \"taken\", although there is nothing that could be huge");
  EXPECT_THAT(subject([] { (void)lab::advise_huge({}); }), ThrowsErrno(EINVAL));
}

}  // namespace
