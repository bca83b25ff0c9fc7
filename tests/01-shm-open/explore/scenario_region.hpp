#pragma once

#include <cstddef>

#include "explore/scenario.hpp"
#include "shm_object.hpp"

/// A region in the memory of a scenario: no object of the system's behind it, for what needs none.
class ScenarioRegion {
 public:
  explicit ScenarioRegion(std::size_t payload_size) {
    const std::size_t size = sizeof(lab::Header) + payload_size;
    region_.mapping = shm::Mapping{explore::Scenario::allocate(size, alignof(lab::Header)), size};
  }
  ScenarioRegion(const ScenarioRegion&) = delete;
  ScenarioRegion& operator=(const ScenarioRegion&) = delete;
  ~ScenarioRegion() { static_cast<void>(region_.mapping.release()); }

  lab::Region& operator*() { return region_; }

 private:
  lab::Region region_;
};
