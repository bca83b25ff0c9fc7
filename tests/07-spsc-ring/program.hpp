#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "keep_trying.hpp"
#include "ring.hpp"
#include "testing/seed.hpp"

/// Random programs: what to do with a ring, in which order. A subject runs one on the ring, the judge on a std::deque,
/// and both must say the same.
enum class Call { kPush, kPop, kSize, kPushMany, kPopMany, kClaimAndPublish, kFrontAndRelease };

struct Operation {
  Call call;
  std::uint64_t count = 1;  ///< of a batch
};

using Program = std::vector<Operation>;
/// What each operation returned: 0 or 1, or how many; with each item that was taken, its number.
using Answers = std::vector<std::vector<std::uint64_t>>;

inline std::string words(const Operation& operation) {
  constexpr std::array<const char*, 7> kNames{"try_push",          "try_pop",          "size", "push_many", "pop_many",
                                              "claim and publish", "front and release"};
  std::string text = kNames[static_cast<std::size_t>(operation.call)];
  const bool batch = operation.call == Call::kPushMany || operation.call == Call::kPopMany;
  return batch ? text + " of " + std::to_string(operation.count) : text;
}

/// A program of `length` operations that comes to full and empty rings again and again.
inline Program random_program(std::initializer_list<Call> calls, std::size_t length, std::uint64_t largest_batch = 1) {
  Program program;
  while (program.size() < length) {
    const Call call = calls.begin()[judge::random_between(0, calls.size() - 1)];
    const auto count = judge::random_between(0, largest_batch);
    // In runs, or the ring would stay half full for ever.
    const auto repeat = judge::random_between(1, 6);
    for (std::uint64_t i = 0; i < repeat; ++i) program.push_back({call, count});
  }
  return program;
}

/// What a ring does with the program, one operation after the other. Flat, as subjects return it: count, then values.
template <typename T>
std::vector<std::uint64_t> run(lab::Ring<T>& ring, const Program& program) {
  std::vector<std::uint64_t> flat;
  std::vector<T> batch(64);
  std::uint64_t next = 0;
  const auto answer = [&flat](std::initializer_list<std::uint64_t> values) {
    flat.push_back(values.size());
    flat.insert(flat.end(), values);
  };
  for (const auto& [call, count] : program) {
    T item{};
    switch (call) {
      case Call::kPush: {
        const bool done = ring.try_push(T::numbered(next));
        next += done ? 1 : 0;
        answer({done});
        break;
      }
      case Call::kPop:
        if (ring.try_pop(item)) {
          answer({1, number_of(item)});
        } else {
          answer({item == T{} ? std::uint64_t{0} : kTorn});
        }
        break;
      case Call::kSize:
        answer({ring.size()});
        break;
      case Call::kPushMany: {
        for (std::uint64_t i = 0; i < count; ++i) batch[i] = T::numbered(next + i);
        const auto done = ring.push_many(std::span<const T>{batch.data(), count});
        next += done;
        answer({done});
        break;
      }
      case Call::kPopMany: {
        const auto done = ring.pop_many(std::span<T>{batch.data(), count});
        flat.push_back(1 + std::min(done, batch.size()));
        flat.push_back(done);
        for (std::size_t i = 0; i < std::min(done, batch.size()); ++i) flat.push_back(number_of(batch[i]));
        break;
      }
      case Call::kClaimAndPublish:
        if (T* slot = ring.claim()) {
          *slot = T::numbered(next++);
          ring.publish();
          answer({1});
        } else {
          answer({0});
        }
        break;
      case Call::kFrontAndRelease:
        if (const T* slot = ring.front()) {
          answer({1, number_of(*slot)});
          ring.release();
        } else {
          answer({0});
        }
        break;
    }
  }
  return flat;
}

/// What the program must do with a ring of that capacity.
template <typename T>
Answers answers_of_model(std::size_t capacity, const Program& program) {
  Answers answers;
  std::deque<std::uint64_t> model;
  std::uint64_t next = 0;
  const auto push = [&](std::uint64_t wanted) {
    const auto done = std::min<std::uint64_t>(wanted, capacity - model.size());
    for (std::uint64_t i = 0; i < done; ++i) model.push_back(T::numbered(next++).number());
    answers.push_back({done});
  };
  const auto pop = [&](std::uint64_t wanted) {
    const auto done = std::min<std::uint64_t>(wanted, model.size());
    answers.push_back({done});
    for (std::uint64_t i = 0; i < done; ++i, model.pop_front()) answers.back().push_back(model.front());
  };
  for (const auto& [call, count] : program) {
    switch (call) {
      case Call::kPush:
      case Call::kClaimAndPublish:
        push(1);
        break;
      case Call::kPop:
      case Call::kFrontAndRelease:
        pop(1);
        break;
      case Call::kSize:
        answers.push_back({model.size()});
        break;
      case Call::kPushMany:
        push(count);
        break;
      case Call::kPopMany:
        pop(count);
        break;
    }
  }
  return answers;
}

/// The flat answers are those of the model; says where they part.
MATCHER_P3(AgreesWithModel, program, model, capacity,
           "answers each of " + std::to_string(program.size()) + " operations as a queue of at most " +
               std::to_string(capacity) + " items does") {
  std::size_t at = 0;
  std::size_t items = 0;
  for (std::size_t i = 0; i < program.size(); ++i) {
    std::vector<std::uint64_t> answer;
    if (at < arg.size()) {
      const auto first = arg.begin() + static_cast<std::ptrdiff_t>(at + 1);
      const auto length = std::min<std::size_t>(arg[at], arg.size() - at - 1);
      answer.assign(first, first + static_cast<std::ptrdiff_t>(length));
      at += 1 + length;
    }
    if (answer != model[i]) {
      *result_listener << "operation " << i + 1 << ", " << words(program[i]) << " with " << items << " of " << capacity
                       << " items in the ring, answered " << ::testing::PrintToString(answer) << " instead of "
                       << ::testing::PrintToString(model[i]);
      return false;
    }
    const Call call = program[i].call;
    if (call == Call::kPush || call == Call::kPushMany || call == Call::kClaimAndPublish) items += model[i][0];
    if (call == Call::kPop || call == Call::kPopMany || call == Call::kFrontAndRelease) items -= model[i][0];
  }
  return at == arg.size();
}
