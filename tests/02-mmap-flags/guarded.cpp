#include "guarded.hpp"

#include <cstdint>

namespace lab02 {
namespace {

std::atomic<HoldingPage*> holding{nullptr};
std::atomic<int> handled{0};
std::atomic<const void*> fault_place{nullptr};
std::byte* plain_page = nullptr;

void repair(void* at) {
  auto* page = reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(at) / kPage * kPage);
  ::mmap(page, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

void on_sigbus(int /*signal*/, siginfo_t* info, void* /*context*/) {
  ++handled;
  fault_place = info->si_addr;
  if (info->si_code > 0) repair(info->si_addr);
}

void on_plain_sigbus(int /*signal*/) {
  ++handled;
  repair(plain_page);
}

}  // namespace

HoldingPage::HoldingPage(std::byte* page) : page_{page} {
  holding = this;
  struct sigaction action {};
  action.sa_sigaction = on_sigsegv;
  action.sa_flags = SA_SIGINFO;
  ::sigaction(SIGSEGV, &action, nullptr);
  ::mprotect(page_, kPage, PROT_NONE);
}

HoldingPage::~HoldingPage() { holding = nullptr; }

void HoldingPage::on_sigsegv(int signal, siginfo_t* info, void* /*context*/) {
  HoldingPage* self = holding;
  const auto* at = static_cast<std::byte*>(info->si_addr);
  if (self == nullptr || at < self->page_ || at >= self->page_ + kPage) {
    ::signal(signal, SIG_DFL);
    return;
  }
  self->is_reading_ = true;
  self->come_.arrive();
  (void)self->gone_on_.try_await(1);
  self->is_reading_ = false;
  ::mprotect(self->page_, kPage, PROT_READ);
}

void ProgramsHandler::install() {
  struct sigaction action {};
  action.sa_sigaction = on_sigbus;
  action.sa_flags = SA_SIGINFO;
  ::sigaction(SIGBUS, &action, nullptr);
}

void ProgramsHandler::install_plain(std::byte* page) {
  plain_page = page;
  struct sigaction action {};
  action.sa_handler = on_plain_sigbus;
  ::sigaction(SIGBUS, &action, nullptr);
}

int ProgramsHandler::calls() { return handled; }
const void* ProgramsHandler::place() { return fault_place; }

}  // namespace lab02
