#include "explore/engine.hpp"

#include <exception>
#include <stdexcept>

#include "explore/explain.hpp"
#include "explore/heap.hpp"
#include "explore/trim.hpp"
#include "shm/not_implemented.hpp"

namespace explore::detail {

constinit Machine* machine = nullptr;
constinit Engine* engine = nullptr;

namespace {

constexpr std::uint64_t kFirstMoment = 1'000'000'000'000;
constexpr int kNoBound = 0xffff;
constexpr int kSpuriousWakeUps = 2;  // in one execution: more would show the same

}  // namespace

Engine::Engine(const std::function<void(Scenario&)>& scenario, const Effort& effort)
    : scenario_{scenario}, effort_{effort}, races_{region_.begin(), Region::kSize} {
  engine = this;
}

Engine::~Engine() {
  machine = nullptr;
  engine = nullptr;
}

// ---------------------------------------------------------------------------------------------------------------

Result Engine::run() {
  if (!effort_.schedule.empty()) {
    search_.begin_replay(from_schedule(effort_.schedule));
    recording_ = true;
    execute();
    ++result_.executions;
  } else {
    // Two steps that do not concern each other may well concern an invariant: whether there is one decides how to
    // search.
    set_up();
    tear_down();
    const bool reducible = !always_;
    const auto open = [this] { return result_.fault == Fault::kNone && !result_.complete; };
    const bool simplest_first = effort_.strategy == Strategy::kSimplestFirst;
    for (int bound = 0; simplest_first && bound <= 2 && open(); ++bound) {
      search_.begin(Pass::kBounded, bound);
      run_pass(effort_.executions / 8);
      if (search_.pruned_by_bound() != 0) result_.complete = false;
    }
    if (effort_.strategy == Strategy::kExhaustive) {
      search_.begin(Pass::kBounded, kNoBound);
      run_pass(effort_.executions);
    }
    if ((simplest_first || effort_.strategy == Strategy::kReduced) && open()) {
      search_.begin(reducible ? Pass::kReduced : Pass::kBounded, reducible ? 0 : kNoBound);
      run_pass(simplest_first ? effort_.executions / 2 : effort_.executions);
    }
    if ((simplest_first || effort_.strategy == Strategy::kRandom) && open()) {
      search_.begin_random(effort_.seed);
      run_pass(simplest_first ? effort_.executions / 8 : effort_.executions);
    }
    if (result_.fault != Fault::kNone) {
      minimise();
      recording_ = true;
      search_.begin_replay(from_schedule(result_.schedule));
      execute();
    }
  }
  for (int thread = 1; thread <= thread_count_; ++thread) result_.threads.emplace_back(threads_[thread].name);
  result_.steps = std::move(story_);
  explain(result_);
  leave_out_what_is_private(result_.steps);
  return std::move(result_);
}

void Engine::run_pass(std::uint64_t executions) {
  for (std::uint64_t i = 0; i < executions; ++i) {
    execute();
    if (ending_ == End::kFailed) {
      result_.schedule = to_schedule(search_.choices());
      return;
    }
    if (ending_ != End::kRedundant) ++result_.executions;
    if (!search_.advance()) {
      result_.complete = true;
      return;
    }
  }
  result_.complete = false;
}

// Takes away what is not needed for the same fault, one deviation after the other.
void Engine::minimise() {
  std::vector<std::uint8_t> choices = from_schedule(result_.schedule);
  Result kept = result_;
  for (std::size_t i = choices.size(); i-- > 0;) {
    if (choices[i] == 0) continue;
    std::vector<std::uint8_t> fewer = choices;
    fewer[i] = 0;
    search_.begin_replay(fewer);
    result_.fault = Fault::kNone;
    execute();
    if (result_.fault == kept.fault && result_.what == kept.what) choices = search_.choices();
    if (i > choices.size()) i = choices.size();
  }
  result_ = std::move(kept);
  result_.schedule = to_schedule(choices);
}

void Engine::set_up() {
  system_.restart();
  region_.restart();
  memory_.restart();
  races_.restart();
  if (search_.reduces()) footprints_.restart();
  sync_.restart();
  search_.restart();
  thread_count_ = 0;
  current_ = 0;
  steps_ = 0;
  yielded_ = 0;
  start_kernel();
  turns_ = 0;
  last_turn_ = 0;
  despair_ = Despair::kNone;
  now_ = kFirstMoment;
  spurious_left_ = kSpuriousWakeUps;
  end_ = nullptr;
  always_ = nullptr;
  story_.clear();

  Scenario scenario;
  scenario_(scenario);
}

// 0: there is none, or it has come to an end before it began.
int Engine::first_thread() {
  try {
    return next_thread();
  } catch (const End&) {
    return 0;
  }
}

void Engine::execute() {
  ending_ = End::kRunning;
  set_up();
  start_threads();
  if (ending_ == End::kRunning) {
    const int first = first_thread();
    if (first > 0) {
      current_ = first;
      main_.switch_to(*threads_[first].fiber);
    }
  }
  machine = nullptr;
  current_ = 0;
  if (ending_ == End::kRunning) ending_ = End::kComplete;

  if (ending_ == End::kComplete && end_) {
    try {
      end_();
    } catch (const End&) {  // require() was not content
    }
  }
  tear_down();
}

void Engine::tear_down() {
  for (; !kept_.empty(); kept_.pop_back()) kept_.back().destroy(kept_.back().object);
  system_.restart();
  if (heap.is_due()) heap.collect();
}

void Engine::add_thread(const char* name, std::function<void()> body) {
  if (thread_count_ == 4) throw std::length_error{"a scenario has at most four threads"};
  Thread& thread = threads_[++thread_count_];
  thread.name = name;
  thread.body = std::move(body);
  thread.finished = false;
  thread.wait = {};
  thread.insistence = 0;
  thread.has_insisted = false;
  thread.depth = 0;
  thread.look_count = 0;
  thread.failed_for_nothing = false;
  if (thread.fiber == nullptr) {
    thread.fiber = std::make_unique<Fiber>(&Engine::begin_thread);
  } else {
    thread.fiber->restart();
  }
}

// Each runs up to its first step, so that it is known what each is about to do.
void Engine::start_threads() {
  starting_ = true;
  for (int thread = 1; thread <= thread_count_ && ending_ == End::kRunning; ++thread) {
    current_ = thread;
    main_.switch_to(*threads_[thread].fiber);
  }
  starting_ = false;
  current_ = 0;
}

void Engine::begin_thread() {
  Engine& self = *engine;
  const int me = self.current_;
  self.body_of(me);
  machine = nullptr;
  self.end_thread(me);
}

void Engine::body_of(int thread) {
  machine = this;
  std::string what;
  try {
    threads_[thread].body();
    return;
  } catch (const shm::NotImplemented& step) {
    machine = nullptr;
    what = step.step();
    if (ending_ == End::kRunning) fail(Fault::kNotStarted, what);
  } catch (const std::exception& error) {
    machine = nullptr;
    what = error.what();
  } catch (...) {
    machine = nullptr;
    what = "something that is no std::exception";
  }
  fail(Fault::kThrew, name_of(thread) + " ended by an exception: " + what);
}

}  // namespace explore::detail
