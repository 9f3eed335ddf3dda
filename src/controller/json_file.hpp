/// Files of JSON: what they hold, or one line that names the file; for sources only.
#pragma once

#include <shockstep/error.hpp>

#include "core/text.hpp"

#include <nlohmann/json.hpp>

#include <concepts>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

namespace shockstep {

/// Runs `read` on the parsed text; whatever it throws becomes one line that names the file.
template <class Read>
auto parsed(const std::string& text, const std::string& path, const char* what, Read read) {
  try {
    return read(nlohmann::ordered_json::parse(text));
  } catch (const FileError&) {
    throw;
  } catch (const std::exception& e) {
    throw FileError(path, std::string("is no ") + what + " (" + printable(e.what(), 300) + ")");
  }
}

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
