// Stand-in: what boost::optional is to the adapter.
#pragma once

#include <optional>

namespace boost {
template <class T>
using optional = std::optional<T>;
constexpr std::nullopt_t none = std::nullopt;
}  // namespace boost
