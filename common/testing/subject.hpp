#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "testing/codec.hpp"
#include "testing/outcome.hpp"

namespace judge {

/// What may differ from one subject to the next.
struct Terms {
  /// Time it may take; stretched by patience() under slow checkers, and cut to 2 s once two subjects of the suite have
  /// timed out: what hangs often need not be waited for so long each time.
  std::chrono::milliseconds deadline{6'000};
  /// How a report calls it: "the producer", "creator 3".
  std::string name = "the subject";
};

/// A stretch of time that suits the checker: `normal` times what the checker slows programs down by.
[[nodiscard]] std::chrono::milliseconds patience(std::chrono::milliseconds normal);
/// `plenty` under a fast checker, accordingly less under a slow one.
[[nodiscard]] std::uint64_t as_many_as_suits(std::uint64_t plenty);

namespace detail {

class Running;  // a forked child; its end is awaited by the destructor at the latest
[[nodiscard]] std::shared_ptr<Running> launch(const Terms& terms, const std::function<std::string()>& body);
[[nodiscard]] Ending conclude(Running& running, std::string& bytes);
void note_ending(const Ending& ending);

}  // namespace detail

/// A subject that still runs. Its lambda runs in a forked child: an exit, a crash, a hang or a stray write happens to
/// the child and is reported as what it is. Dropped without outcome(), it is ended and the test fails.
template <typename T>
class Subject {
 public:
  explicit Subject(std::shared_ptr<detail::Running> running) : running_{std::move(running)} {}

  /// Waits for it to end, until its own deadline, and says how it did. Call once.
  [[nodiscard]] Outcome<T> outcome() {
    std::string bytes;
    Outcome<T> outcome;
    static_cast<Ending&>(outcome) = detail::conclude(*running_, bytes);
    if (outcome.kind == Kind::kReturned) {
      if (Codec<T>::fits(bytes.size())) {
        outcome.value = Codec<T>::decode(bytes);
      } else {
        outcome.kind = Kind::kDamaged;
      }
    }
    detail::note_ending(outcome);
    return outcome;
  }

 private:
  std::shared_ptr<detail::Running> running_;
};

/// Starts a subject beside the judge; several of them are peers. What the lambda returns is plain data, std::string
/// or std::vector of plain data; what it throws is caught and reported.
template <typename Body>
[[nodiscard]] auto start(Body body, const Terms& terms = {}) {
  using Result = std::invoke_result_t<Body>;
  if constexpr (std::is_void_v<Result>) {
    return Subject<Unit>{detail::launch(terms, [body]() mutable {
      body();
      return Codec<Unit>::encode({});
    })};
  } else {
    return Subject<Result>{detail::launch(terms, [body]() mutable { return Codec<Result>::encode(body()); })};
  }
}

/// Runs a subject to its end: `EXPECT_THAT(subject([&] { return lab::check_name(name); }), Returns(EINVAL))`.
template <typename Body>
[[nodiscard]] auto subject(Body body, const Terms& terms = {}) {
  return start(std::move(body), terms).outcome();
}

}  // namespace judge
