#include "predictions.hpp"

namespace lab {

// Write down what you expect, before you run the tests. "It" is what the question asks about.
const Predictions kPredictions = {
    // A double buffer as books have it (two slots, and an index that the writer flips when the inactive one is full)
    // between two processes, with values of 64 bytes. What the reader gets:
    // kIsAlwaysWhole or kIsTornAtTimes?
    .sixty_four_bytes_of_a_textbook_buffer = Answer::kIsTornAtTimes,
    // The same buffer with values of a single word, so that nothing can tear, and a writer that counts up.
    // From one read to the next, what the reader gets:
    // kNeverGoesBack or kGoesBackAtTimes?
    .one_word_of_a_textbook_buffer = Answer::kGoesBackAtTimes,
    // Why not simply a std::atomic<Value> in shared memory, for a Value of 64 bytes? A load or store of it:
    // kIsLockFree or kTakesALock?
    .an_atomic_of_sixty_four_bytes = Answer::kTakesALock,
    // A process writes the first half of a value into shared memory, and is killed. The memory:
    // kKeepsWhatWasWritten or kIsUndone?
    .half_a_value_whose_writer_was_killed = Answer::kKeepsWhatWasWritten,
};

}  // namespace lab
