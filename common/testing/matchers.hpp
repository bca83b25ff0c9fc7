#pragma once

#include <gmock/gmock.h>

#include <ostream>
#include <string>
#include <type_traits>

#include "testing/outcome.hpp"

/// Matchers that read as sentences: EXPECT_THAT(subject(...), Returns(0660)); ... ThrowsErrno(EEXIST)).
/// Every one of them fails for an outcome of any other kind, so that a crash never counts as "threw".
namespace judge {

[[nodiscard]] std::string describe_errno(int error);    // "EEXIST (File exists)"
[[nodiscard]] std::string describe_signal(int signal);  // "SIGBUS (...)" in the words of the labs

template <typename T>
void PrintTo(const Outcome<T>& outcome, std::ostream* out) {
  if (outcome.kind == Kind::kReturned && outcome.value) {
    *out << "it returned ";
    ::testing::internal::UniversalPrint(*outcome.value, out);
  } else {
    *out << outcome.sentence();
  }
}

/// The lambda returned, and its value matches `expected` (a value or a matcher).
template <typename Expected>
class ReturnsMatcher {
 public:
  explicit ReturnsMatcher(Expected expected) : expected_{std::move(expected)} {}

  template <typename T>
  operator ::testing::Matcher<const Outcome<T>&>() const {  // NOLINT(google-explicit-constructor)
    return ::testing::Matcher<const Outcome<T>&>{new Impl<T>{::testing::SafeMatcherCast<const T&>(expected_)}};
  }
  template <typename T>
  operator ::testing::Matcher<Outcome<T>>() const {  // NOLINT(google-explicit-constructor)
    return ::testing::MatcherCast<Outcome<T>>(static_cast<::testing::Matcher<const Outcome<T>&>>(*this));
  }

 private:
  template <typename T>
  class Impl : public ::testing::MatcherInterface<const Outcome<T>&> {
   public:
    explicit Impl(::testing::Matcher<const T&> inner) : inner_{std::move(inner)} {}
    bool MatchAndExplain(const Outcome<T>& outcome, ::testing::MatchResultListener* listener) const override {
      return outcome.kind == Kind::kReturned && outcome.value && inner_.MatchAndExplain(*outcome.value, listener);
    }
    void DescribeTo(std::ostream* out) const override {
      *out << "it returns a value that ";
      inner_.DescribeTo(out);
    }

   private:
    ::testing::Matcher<const T&> inner_;
  };

  Expected expected_;
};

template <typename Expected>
[[nodiscard]] ReturnsMatcher<Expected> Returns(Expected expected) {
  return ReturnsMatcher<Expected>{std::move(expected)};
}

/// The lambda returned, whatever it returned.
MATCHER(ReturnsNormally, "it returns") { return arg.kind == Kind::kReturned; }

/// A std::system_error (or one derived from it) with this errno left the lambda.
MATCHER_P(ThrowsErrno, error, "it throws std::system_error with " + describe_errno(error)) {
  return arg.kind == Kind::kThrew && arg.error == error;
}

/// An exception of exactly this type left the lambda: Throws("std::invalid_argument").
MATCHER_P(Throws, type, std::string{"it throws "} + type) {
  return arg.kind == Kind::kThrew && arg.exception_type == type;
}

/// The subject was killed by this signal.
MATCHER_P(DiesOf, signal, "it is killed by " + describe_signal(signal)) {
  return arg.kind == Kind::kSignal && arg.signal == signal;
}

/// The subject left through exit with this status.
MATCHER_P(Exits, code, "it exits with status " + std::to_string(code)) {
  return arg.kind == Kind::kExited && arg.exit_code == code;
}

/// The subject ended in this way.
MATCHER_P(EndsAs, kind, "it ends in the expected way") { return arg.kind == kind; }

}  // namespace judge
