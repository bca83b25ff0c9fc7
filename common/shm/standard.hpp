// Not `#pragma once`: this header is compiled by itself.
#ifndef SHM_STANDARD_HPP
#define SHM_STANDARD_HPP

// What the standard library costs a lab's file, paid once for each checker: after a change it then compiles in half the
// time. Include what you use all the same: editors and other compilers look at your file without this one.

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#endif
