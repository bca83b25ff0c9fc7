#include <iostream>

#include "report_json.hpp"

namespace grading {

std::string name_of(Outcome outcome) { return nlohmann::json(outcome).get<std::string>(); }

std::string name_of(LabStatus status) { return nlohmann::json(status).get<std::string>(); }

void write_json(const Report& report, const fs::path& file) {
  const std::string text = nlohmann::json(report).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  if (file == "-") {
    std::cout << text << std::flush;
  } else {
    write_file(file, text);
  }
}

}  // namespace grading
