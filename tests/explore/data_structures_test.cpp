// Known ways to hand data over, as they should be and as they are often written.

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>

#include "ring_of_two.hpp"
#include "variants.hpp"

namespace {

using explore::Fault;
using explore::require;
using explore::Scenario;
using ring_of_two::Mistake;
using ring_of_two::three_items;

// With their sizes, for the table.
constexpr const char* kRing = "SPSC ring of 2, 3 items";
constexpr const char* kFencedSeqlock = "seqlock with fences, 2 words, 2 writes, 2 reads";
constexpr const char* kWordSeqlock = "seqlock of atomic words, 2 words, 2 writes, 2 reads";
constexpr const char* kTripleBuffer = "triple buffer, 3 writes, 3 reads";
constexpr const char* kStack = "Treiber stack, 2 push, 1 pops twice";

enum class WrongStructure {
  kNothing,
  kRelaxedPublish,
  kRelaxedLook,
  kNoAcquireFence,
  kNoReleaseFence,
  kNoSecondLook,
  kNoOddNumber,
  kRelaxedExchange,
  kTwoBuffers,
  kRelaxedPush,
  kRelaxedPop,
  kPushNotAtOnce,
};

// ---- The ring: see ring_of_two.hpp
TEST(RingOfTwo, HandsOverThreeItems) { EXPECT_THAT(variant(kRing, kRight, three_items<Mistake::kNone>), IsProven()); }
TEST(RingOfTwo, PublishesWithARelease) {
  EXPECT_THAT(variant(kRing, "relaxed publish", three_items<Mistake::kRelaxedPublish>), FailsWith(Fault::kRace));
}
TEST(RingOfTwo, LooksWithAnAcquire) {
  EXPECT_THAT(variant(kRing, "relaxed look", three_items<Mistake::kRelaxedLook>), FailsWith(Fault::kRace));
}
TEST(RingOfTwo, WritesOnlyWhatWasRead) {
  EXPECT_THAT(variant(kRing, "relaxed look for room", three_items<Mistake::kRelaxedGiveBack>), FailsWith(Fault::kRace));
}
TEST(RingOfTwo, HoldsTwo) {
  EXPECT_THAT(variant(kRing, "full at one too many", three_items<Mistake::kOneTooMany>), FailsWith(Fault::kBroken));
}
TEST(RingOfTwo, PublishesLast) {
  EXPECT_THAT(variant(kRing, "publishes before it writes", three_items<Mistake::kEarlyPublish>),
              FailsWith(Fault::kRace));
}

// ---- The seqlock: the data are atomic words, for a reader may read while they are written
// -----------------------------------
template <WrongStructure wrong>
class FencedSeqlock {
 public:
  void write(int value) {
    const unsigned number = number_.load(std::memory_order_relaxed);
    if (wrong != WrongStructure::kNoOddNumber) number_.store(number + 1, std::memory_order_relaxed);
    if (wrong != WrongStructure::kNoReleaseFence) std::atomic_thread_fence(std::memory_order_release);
    for (auto& word : words_) word.store(value, std::memory_order_relaxed);
    number_.store(number + 2, std::memory_order_release);
  }
  // Whether what was read is whole.
  bool read(int (&values)[2]) {
    const unsigned number = number_.load(std::memory_order_acquire);
    if (number % 2 != 0) return false;
    for (int i = 0; i < 2; ++i) values[i] = words_[i].load(std::memory_order_relaxed);
    if (wrong != WrongStructure::kNoAcquireFence) std::atomic_thread_fence(std::memory_order_acquire);
    return wrong == WrongStructure::kNoSecondLook || number_.load(std::memory_order_relaxed) == number;
  }

 private:
  std::atomic<unsigned> number_{0};
  std::atomic<int> words_[2] = {};
};

// The same without fences: each word is stored with release and loaded with acquire.
template <WrongStructure wrong>
class WordSeqlock {
 public:
  void write(int value) {
    const unsigned number = number_.load(std::memory_order_relaxed);
    if (wrong != WrongStructure::kNoOddNumber) number_.store(number + 1, std::memory_order_relaxed);
    const auto order = wrong == WrongStructure::kNoReleaseFence ? std::memory_order_relaxed : std::memory_order_release;
    for (auto& word : words_) word.store(value, order);
    number_.store(number + 2, std::memory_order_release);
  }
  bool read(int (&values)[2]) {
    const unsigned number = number_.load(std::memory_order_acquire);
    if (number % 2 != 0) return false;
    const auto order = wrong == WrongStructure::kNoAcquireFence ? std::memory_order_relaxed : std::memory_order_acquire;
    for (int i = 0; i < 2; ++i) values[i] = words_[i].load(order);
    return wrong == WrongStructure::kNoSecondLook || number_.load(std::memory_order_relaxed) == number;
  }

 private:
  std::atomic<unsigned> number_{0};
  std::atomic<int> words_[2] = {};
};

template <typename Seqlock>
void two_writes_two_reads(Scenario& s) {
  auto& lock = s.make<Seqlock>();
  s.thread("writer", [&] {
    lock.write(1);
    lock.write(2);
  });
  s.thread("reader", [&] {
    for (int i = 0; i < 2; ++i) {
      int values[2] = {};
      if (lock.read(values)) require(values[0] == values[1], "what is read is one version");
    }
  });
}

TEST(Seqlock, WithFencesIsWhole) {
  EXPECT_THAT(variant(kFencedSeqlock, kRight, two_writes_two_reads<FencedSeqlock<WrongStructure::kNothing>>),
              IsProven());
}
TEST(Seqlock, NeedsBothFences) {
  EXPECT_THAT(
      variant(kFencedSeqlock, "no acquire", two_writes_two_reads<FencedSeqlock<WrongStructure::kNoAcquireFence>>),
      FailsWith(Fault::kBroken));
  EXPECT_THAT(
      variant(kFencedSeqlock, "no release", two_writes_two_reads<FencedSeqlock<WrongStructure::kNoReleaseFence>>),
      FailsWith(Fault::kBroken));
}
TEST(Seqlock, LooksTwice) {
  EXPECT_THAT(variant(kFencedSeqlock, "does not look twice",
                      two_writes_two_reads<FencedSeqlock<WrongStructure::kNoSecondLook>>),
              FailsWith(Fault::kBroken));
}
TEST(Seqlock, SaysThatItIsBeingWritten) {
  EXPECT_THAT(
      variant(kFencedSeqlock, "no odd number", two_writes_two_reads<FencedSeqlock<WrongStructure::kNoOddNumber>>),
      FailsWith(Fault::kBroken));
}
TEST(Seqlock, OfAtomicWordsIsWhole) {
  EXPECT_THAT(variant(kWordSeqlock, kRight, two_writes_two_reads<WordSeqlock<WrongStructure::kNothing>>), IsProven());
}
TEST(Seqlock, OfAtomicWordsNeedsBothOrders) {
  EXPECT_THAT(variant(kWordSeqlock, "no acquire", two_writes_two_reads<WordSeqlock<WrongStructure::kNoAcquireFence>>),
              FailsWith(Fault::kBroken));
  EXPECT_THAT(variant(kWordSeqlock, "no release", two_writes_two_reads<WordSeqlock<WrongStructure::kNoReleaseFence>>),
              FailsWith(Fault::kBroken));
}
TEST(Seqlock, OfAtomicWordsLooksTwice) {
  EXPECT_THAT(
      variant(kWordSeqlock, "does not look twice", two_writes_two_reads<WordSeqlock<WrongStructure::kNoSecondLook>>),
      FailsWith(Fault::kBroken));
}

TEST(Seqlock, OfAtomicWordsSaysThatItIsBeingWritten) {
  EXPECT_THAT(variant(kWordSeqlock, "no odd number", two_writes_two_reads<WordSeqlock<WrongStructure::kNoOddNumber>>),
              FailsWith(Fault::kBroken));
}

// ---- The triple buffer: the newest value, wait-free on both sides
// -------------------------------------------------------------
template <WrongStructure wrong>
class TripleBuffer {
 public:
  void write(int value) {
    for (int& word : buffers_[mine_]) word = value;
    const int fresh = mine_ | 4;
    const auto order =
        wrong == WrongStructure::kRelaxedExchange ? std::memory_order_relaxed : std::memory_order_acq_rel;
    mine_ = (wrong == WrongStructure::kRelaxedPublish ? middle_.exchange(fresh, std::memory_order_acquire)
                                                      : middle_.exchange(fresh, order)) &
            3;
    if (wrong == WrongStructure::kTwoBuffers) mine_ = 1;
  }
  int read() {
    if ((middle_.load(std::memory_order_relaxed) & 4) != 0) {
      theirs_ = middle_.exchange(theirs_, wrong == WrongStructure::kRelaxedLook ? std::memory_order_release
                                                                                : std::memory_order_acq_rel) &
                3;
    }
    require(buffers_[theirs_][0] == buffers_[theirs_][1], "what is read is one value");
    return buffers_[theirs_][0];
  }

 private:
  int buffers_[3][2] = {};
  int mine_ = 1;
  int theirs_ = 2;
  std::atomic<int> middle_{0};
};

template <WrongStructure wrong>
void two_writes_never_back(Scenario& s) {
  auto& buffer = s.make<TripleBuffer<wrong>>();
  s.thread("writer", [&] {
    for (int value = 1; value <= 3; ++value) buffer.write(value);
  });
  s.thread("reader", [&] {
    int last = 0;
    for (int i = 0; i < 3; ++i) {
      const int value = buffer.read();
      require(value >= last, "values do not go back");
      last = value;
    }
  });
}

TEST(TripleBuffer, ReadsWholeValuesThatNeverGoBack) {
  EXPECT_THAT(variant(kTripleBuffer, kRight, two_writes_never_back<WrongStructure::kNothing>), IsProven());
}
TEST(TripleBuffer, ExchangesWithBothOrders) {
  EXPECT_THAT(
      variant(kTripleBuffer, "relaxed exchange on both sides", two_writes_never_back<WrongStructure::kRelaxedExchange>),
      FailsWith(Fault::kRace));
  EXPECT_THAT(variant(kTripleBuffer, "relaxed publish", two_writes_never_back<WrongStructure::kRelaxedPublish>),
              FailsWith(Fault::kRace));
  EXPECT_THAT(variant(kTripleBuffer, "relaxed look", two_writes_never_back<WrongStructure::kRelaxedLook>),
              FailsWith(Fault::kRace));
}
TEST(TripleBuffer, NeedsThree) {
  EXPECT_THAT(variant(kTripleBuffer, "two buffers", two_writes_never_back<WrongStructure::kTwoBuffers>),
              FailsWith(Fault::kRace));
}

// ---- Treiber's stack
// -----------------------------------------------------------------------------------------------------------
template <WrongStructure wrong>
class Stack {
 public:
  struct Node {
    int value = 0;
    Node* next = nullptr;
  };
  void push(Node& node, int value) {
    node.value = value;
    Node* top = top_.load(std::memory_order_relaxed);
    if (wrong == WrongStructure::kPushNotAtOnce) {
      node.next = top;
      top_.store(&node, std::memory_order_release);
      return;
    }
    do {
      node.next = top;
    } while (!top_.compare_exchange_weak(
        top, &node, wrong == WrongStructure::kRelaxedPush ? std::memory_order_relaxed : std::memory_order_release,
        std::memory_order_relaxed));
  }
  // No node is pushed a second time, so there is no ABA.
  Node* pop() {
    constexpr auto kOrder =
        wrong == WrongStructure::kRelaxedPop ? std::memory_order_relaxed : std::memory_order_acquire;
    Node* top = top_.load(kOrder);
    while (top != nullptr && !top_.compare_exchange_weak(top, top->next, kOrder, kOrder)) {
    }
    return top;
  }

 private:
  std::atomic<Node*> top_{nullptr};
};

template <WrongStructure wrong>
void two_push_one_pops(Scenario& s) {
  struct State {
    Stack<wrong> stack;
    typename Stack<wrong>::Node nodes[2];
  };
  auto& state = s.make<State>();
  auto& popped = s.keep<int>(0);
  for (int i = 0; i < 2; ++i)
    s.thread(i == 0 ? "first" : "second", [&, i] { state.stack.push(state.nodes[i], i + 1); });
  s.thread("popper", [&] {
    for (int i = 0; i < 2; ++i) {
      if (const auto* node = state.stack.pop(); node != nullptr) popped += node->value;
    }
  });
  s.finally([&] {
    int left = 0;
    while (const auto* node = state.stack.pop()) left += node->value;
    require(popped + left == 3, "nothing is lost and nothing comes twice");
  });
}

TEST(TreiberStack, LosesNothing) {
  EXPECT_THAT(variant(kStack, kRight, two_push_one_pops<WrongStructure::kNothing>), IsProven());
}
TEST(TreiberStack, PushesWithARelease) {
  EXPECT_THAT(variant(kStack, "relaxed push", two_push_one_pops<WrongStructure::kRelaxedPush>),
              FailsWith(Fault::kRace));
}
TEST(TreiberStack, PopsWithAnAcquire) {
  EXPECT_THAT(variant(kStack, "relaxed pop", two_push_one_pops<WrongStructure::kRelaxedPop>), FailsWith(Fault::kRace));
}
TEST(TreiberStack, PushesAtOnce) {
  EXPECT_THAT(variant(kStack, "looks, then pushes", two_push_one_pops<WrongStructure::kPushNotAtOnce>),
              FailsWith(Fault::kRace));
}

}  // namespace
