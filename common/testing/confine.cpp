#include "testing/confine.hpp"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace judge::detail {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t kArchitecture = 0;
#endif

constexpr std::uint32_t kAllow = SECCOMP_RET_ALLOW;
constexpr std::uint32_t kDeny = SECCOMP_RET_ERRNO | EPERM;

struct GuardedCall {
  long number;
  unsigned pid_argument;  // which argument names the target
};

constexpr GuardedCall kGuarded[] = {
    {SYS_kill, 0},
    {SYS_tkill, 0},
    {SYS_tgkill, 0},
    {SYS_rt_sigqueueinfo, 0},
    {SYS_rt_tgsigqueueinfo, 0},
    {SYS_ptrace, 1},
    {SYS_process_vm_writev, 0},
    {SYS_prlimit64, 0},
};

sock_filter statement(unsigned code, std::uint32_t value) { return {static_cast<std::uint16_t>(code), 0, 0, value}; }
sock_filter jump_if_equal(std::uint32_t value, unsigned yes, unsigned no) {
  return {BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint8_t>(yes), static_cast<std::uint8_t>(no), value};
}
std::uint32_t low_half_of_argument(unsigned index) {
  return static_cast<std::uint32_t>(offsetof(seccomp_data, args) + index * sizeof(std::uint64_t));
}

}  // namespace

void put_out_of_reach(const std::vector<pid_t>& processes) {
  if (kArchitecture == 0) return;
  std::vector<sock_filter> program{
      statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      jump_if_equal(kArchitecture, 1, 0),
      statement(BPF_RET | BPF_K, kAllow),
      statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      // A pidfd hides whom it names, so signals through one are refused altogether.
      jump_if_equal(SYS_pidfd_send_signal, 0, 1),
      statement(BPF_RET | BPF_K, kDeny),
  };
  const auto self = static_cast<std::uint32_t>(::getpid());
  for (const auto& call : kGuarded) {
    std::vector<sock_filter> check{statement(BPF_LD | BPF_W | BPF_ABS, low_half_of_argument(call.pid_argument))};
    for (const pid_t pid : processes) {
      check.push_back(jump_if_equal(static_cast<std::uint32_t>(pid), 0, 1));
      check.push_back(statement(BPF_RET | BPF_K, kDeny));
    }
    if (call.number == SYS_kill) {
      // Negative targets are groups, and -1 is everybody: only its own group is this process's business.
      check.push_back(jump_if_equal(static_cast<std::uint32_t>(-static_cast<std::int32_t>(self)), 2, 0));
      check.push_back({BPF_JMP | BPF_JSET | BPF_K, 0, 1, 0x80000000U});
      check.push_back(statement(BPF_RET | BPF_K, kDeny));
    }
    check.push_back(statement(BPF_RET | BPF_K, kAllow));
    program.push_back(jump_if_equal(static_cast<std::uint32_t>(call.number), 0, static_cast<unsigned>(check.size())));
    program.insert(program.end(), check.begin(), check.end());
  }
  program.push_back(statement(BPF_RET | BPF_K, kAllow));

  sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

}  // namespace judge::detail
