#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "explore/fiber.hpp"
#include "explore/footprints.hpp"
#include "explore/machine.hpp"
#include "explore/memory.hpp"
#include "explore/operation.hpp"
#include "explore/races.hpp"
#include "explore/region.hpp"
#include "explore/scenario.hpp"
#include "explore/search.hpp"
#include "explore/sync.hpp"
#include "explore/system.hpp"

/// For the explorer alone: runs one execution after the other.
namespace explore::detail {

/// What a step has to wait for.
struct Wait {
  bool (*possible)(const void* object, int thread) = nullptr;  ///< null: always
  const void* object = nullptr;
  bool never_waits = false;  ///< it is made all the same, and comes to nothing
  bool timed = false;        ///< it may end without
  bool spurious = false;     ///< it may end for no reason
  const char* for_what = "";
};

/// A thread of the scenario.
struct Thread {
  const char* name = "";
  std::function<void()> body;
  std::unique_ptr<Fiber> fiber;
  bool finished = false;
  Wait wait;
  int depth = 0;  ///< of calls
  const void* calls[64] = {};

  /// What it looked at since it last did something that others may notice.
  struct Look {
    const void* where;
    const Location* location;
    std::uint16_t position;
    std::uint16_t in_vain;  ///< how often it has seen the same again
    bool fresh;             ///< somebody has stored since: it sees the newest, for values arrive in the end
  };
  Look looks[16] = {};
  int look_count = 0;
  int insistence = 0;  ///< how many more times it looks in vain all the same, as one does who soon goes to sleep
  bool has_insisted = false;
  bool failed_for_nothing = false;  ///< a weak compare-exchange did, since it last did something
};

class Engine final : public Machine {
 public:
  Engine(const std::function<void(Scenario&)>& scenario, const Effort& effort);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine() override;

  Result run();

  // ---- Of the scenario that describes itself ----
  Region& region() { return region_; }
  void add_thread(const char* name, std::function<void()> body);
  void set_end(std::function<void()> check) { end_ = std::move(check); }
  void set_always(std::function<void()> check) { always_ = std::move(check); }
  void destroy_later(void* object, void (*destroy)(void*)) { kept_.push_back({object, destroy}); }

  // ---- Of the code that runs ----
  void plain(std::uintptr_t address, std::size_t size, bool writes, const void* where) override;
  std::uint64_t load(std::uintptr_t address, std::size_t size, int order, const void* where) override;
  void store(std::uintptr_t address, std::size_t size, std::uint64_t value, int order, const void* where) override;
  std::uint64_t update(std::uintptr_t address, std::size_t size, Update kind, std::uint64_t operand, int order,
                       const void* where) override;
  bool compare_exchange(std::uintptr_t address, std::size_t size, std::uint64_t& expected, std::uint64_t desired,
                        bool weak, int success, int failure, const void* where) override;
  void fence(int order, const void* where) override;
  void enter(const void* caller) override;
  void leave() override;
  void yield(const void* where);
  [[noreturn]] void fail(Fault fault, std::string what, const void* where = nullptr, const char* step = nullptr);
  /// A call that would wait for something that the explorer does not know.
  [[noreturn]] void refuse(const char* call, const void* where);
  [[noreturn]] void die(const void* where);

  // ---- Of calls of the system ----
  void system_call(const char* name, const void* where);
  void look_at_system(const char* name, const void* where);
  /// What the call that was just made came to, for the story. @param call  with its arguments
  void tell_call(const char* call);
  [[nodiscard]] bool tells() const { return recording_; }
  System& system() { return system_; }

  // ---- Of the locks and waits ----
  Sync& sync() { return sync_; }
  Memory& memory() { return memory_; }
  [[nodiscard]] int current() const { return current_; }
  [[nodiscard]] std::string name_of(int thread) const;
  /// The running thread makes a step when its turn comes, and when what it waits for is there.
  /// @returns false when it comes to nothing: it was not there, or did not come in time
  bool perform(const Operation& operation, const Wait& wait);
  int choose(int options) { return search_.choose_value(options); }
  void note(std::uintptr_t address, const void* where, std::string text, Step::Kind kind = Step::Kind::kOther,
            std::size_t size = 0);
  /// Nanoseconds on the scenario's own clock, which stands still while anybody can go on.
  [[nodiscard]] std::uint64_t now() const { return now_; }

 private:
  enum class End : std::uint8_t { kRunning, kComplete, kRedundant, kFailed };
  struct Kept {
    void* object;
    void (*destroy)(void*);
  };

  /// How far it has come with those who can only look in vain.
  enum class Despair : std::uint8_t { kNone, kLooksOnceMore, kTimeHasPassed };

  void run_pass(std::uint64_t executions);
  void execute();
  void set_up();
  void start_kernel();
  void tear_down();
  void start_threads();
  void minimise();
  void record();
  static void begin_thread();
  void body_of(int thread);

  void look_at_invariant();
  /// What the running thread is about to do; returns when its turn has come.
  void announce(const Operation& operation) {
    pending_[current_] = operation;
    wait_for_turn();
  }
  void wait_for_turn();
  int next_thread();
  int first_thread();
  struct Ready {
    Threads likely;
    Threads unlikely;
  };
  [[nodiscard]] Ready ready() const;
  bool once_more();
  [[nodiscard]] bool all_finished() const;
  [[noreturn]] void nobody_can_go_on();
  [[noreturn]] void end_thread(int thread);
  [[noreturn]] void abandon(End end);
  [[nodiscard]] int oldest_readable(const Location& location) const;
  Location& located(std::uintptr_t address, std::size_t size, bool writes, const void* where);
  void against_atomics(std::uintptr_t eight, std::uintptr_t address, std::size_t size, bool writes);
  [[nodiscard]] bool looks_in_vain(int thread) const;
  [[nodiscard]] bool insists(int thread) const;
  [[nodiscard]] bool has_looked_enough(int thread) const;
  void look(const Location& location, std::uint16_t position, const void* where);
  void look_again(int thread);
  void made_progress(int thread);
  void note_atomic(Step::Kind kind, std::uintptr_t address, std::size_t size, int order, const void* where,
                   std::string text);
  void note_read(const Location& location, const Store& read, int order, const void* where, const char* how);
  void blame(const PlainAccess& access);
  void blame_last(int thread, std::uintptr_t address);

  const std::function<void(Scenario&)>& scenario_;
  Effort effort_;
  Region region_;
  System system_{region_};
  Memory memory_;
  Races races_;
  Search search_;
  Footprints footprints_;
  Sync sync_{*this};
  Fiber main_;
  Thread threads_[kThreads];
  Operation pending_[kThreads];
  int thread_count_ = 0;  // numbered from 1
  int current_ = 0;       // 0: setup and end
  bool starting_ = false;
  int turns_ = 0;        // that the last thread to go on has had in a row
  int last_turn_ = 0;    // and which one that is
  Threads yielded_ = 0;  // they gave way: the others first
  Location kernel_{};    // its position: how many calls have changed something
  View kernel_view_{};   // what is known of those whose calls have changed something
  Despair despair_ = Despair::kNone;
  int hopeful_ = 0;  // and which of them does
  std::uint32_t steps_ = 0;
  std::uint64_t now_ = 0;
  int spurious_left_ = 0;
  End ending_ = End::kRunning;
  std::function<void()> end_;
  std::function<void()> always_;
  std::vector<Kept> kept_;

  bool recording_ = false;
  Result result_;
  std::vector<Step> story_;
};

/// The one that runs, or nullptr.
extern Engine* engine;

}  // namespace explore::detail
