#pragma once

#include <gtest/gtest.h>

#include <pugixml.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "testing/story.hpp"

/// Stories to tell, and what is looked for in what is told of them.
namespace stories {

inline std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream{text};
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

inline std::string line_with(const std::string& text, const std::string& part) {
  for (const auto& line : lines_of(text)) {
    if (line.find(part) != std::string::npos) return line;
  }
  return "";
}

/// Characters, counted by another way than the one that is tested. Fails the test when the text is not UTF-8.
inline std::size_t characters(const std::string& text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) {
    const auto first = static_cast<unsigned char>(text[at]);
    const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    EXPECT_FALSE(first >= 0x80 && first < 0xC0) << "broken in the middle of a character: " << text;
    at += length;
    EXPECT_LE(at, text.size()) << "the last character is cut: " << text;
  }
  return count;
}

inline judge::StoryStep step(int thread, int line, std::string source, std::string text) {
  judge::StoryStep step;
  step.thread = thread;
  step.file = "ring.hpp";
  step.line = line;
  step.source = std::move(source);
  step.text = std::move(text);
  return step;
}

inline judge::StoryStep faulty(judge::StoryStep step, std::string object = "slot") {
  step.is_fault = true;
  step.object = std::move(object);
  return step;
}

inline judge::StoryStep stale(judge::StoryStep step) {
  step.is_stale = true;
  return step;
}

/// Two threads; the second reads what the first has written.
inline judge::Story race() {
  judge::Story story;
  story.what = "data race on a slot";
  story.because = "Nothing orders the two.";
  story.extent = "in the 3rd execution";
  story.schedule = "3c1b";
  story.threads = {"producer", "consumer"};
  story.steps = {faulty(step(1, 81, "slots[0] = item;", "writes 8 bytes")),
                 step(1, 82, "tail.store(1, std::memory_order_relaxed);", "stores 1"),
                 step(2, 87, "tail.load(std::memory_order_acquire);", "reads 1"),
                 faulty(step(2, 89, "item = slots[0];", "reads 8 bytes"))};
  return story;
}

inline judge::Story with_threads(std::size_t count) {
  judge::Story story = race();
  story.threads.assign({"first", "second with a name that does not fit", "dritter Läufer", "fourth"});
  story.threads.resize(count);
  story.steps.clear();
  for (int i = 0; i < 12; ++i) {
    const int thread = i % (static_cast<int>(count) + 1);
    story.steps.push_back(step(thread, 100 + i,
                               "größe→größe→größe→größe→größe→größe→größe→größe→größe→größe→größe→größe();",
                               "läse 0, über mehr als eine Zeile, denn hier steht viel mehr, als in die Spalte passt"));
  }
  return story;
}

/// Six steps in turn, over and over; the faulty ones are far apart.
inline judge::Story long_one(std::size_t steps) {
  judge::Story story = race();
  story.steps.clear();
  for (std::size_t i = 0; i < steps; ++i) {
    const int number = static_cast<int>(i);
    story.steps.push_back(step(number % 6 < 3 ? 1 : 2, 10 + number % 6, "turn();", "turn " + std::to_string(number)));
  }
  story.steps[steps / 4] = faulty(step(1, 70, "slots[0] = item;", "the first side"), "");
  story.steps[steps - 5] = faulty(step(2, 71, "item = slots[0];", "the second side"), "");
  return story;
}

inline pugi::xml_document parsed(const std::string& markup) {
  pugi::xml_document document;
  const auto result = document.load_buffer(markup.data(), markup.size(), pugi::parse_default | pugi::parse_doctype);
  EXPECT_TRUE(result) << result.description() << " at byte " << result.offset << " of\n" << markup;
  return document;
}

inline std::vector<std::string> texts(const pugi::xml_document& document, const char* path) {
  std::vector<std::string> found;
  for (const auto& node : document.select_nodes(path)) found.emplace_back(node.node().text().get());
  return found;
}

}  // namespace stories
