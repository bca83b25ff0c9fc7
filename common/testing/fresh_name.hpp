#pragma once

#include <string>

namespace judge {

/// How every FreshName of this judge begins, without the slash; other judges begin theirs differently.
[[nodiscard]] const std::string& fresh_name_prefix();

/// A name for a shared-memory object that nobody uses, random in text and length; whatever bears it at the end is
/// removed.
class FreshName {
 public:
  FreshName();
  FreshName(const FreshName&) = delete;
  FreshName& operator=(const FreshName&) = delete;
  ~FreshName();

  /// With its leading slash, e.g. "/lab-k3f9-robin".
  [[nodiscard]] const std::string& str() const { return name_; }
  [[nodiscard]] const char* c_str() const { return name_.c_str(); }

  /// Whether an object bears the name now.
  [[nodiscard]] bool exists() const;

 private:
  std::string name_;
};

}  // namespace judge
