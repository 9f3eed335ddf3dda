/// Whole numbers of JSON files; for sources only.
#pragma once

#include <nlohmann/json.hpp>

#include <concepts>
#include <cstdint>
#include <stdexcept>
#include <utility>

namespace shockstep {

/// The number j[key]. Throws invalid_argument where it has a fraction or is too large: the library's own conversion goes on.
template <std::integral Whole>
Whole whole(const nlohmann::ordered_json& j, const char* key) {
  const auto& value = j.at(key);
  const auto fits = [&](auto number) { return std::in_range<Whole>(number); };
  if (!value.is_number_integer() ||
      !(value.is_number_unsigned() ? fits(value.get<std::uint64_t>()) : fits(value.get<std::int64_t>())))
    throw std::invalid_argument(std::string(key) + " is no whole number, or too large");
  return value.get<Whole>();
}

}  // namespace shockstep
