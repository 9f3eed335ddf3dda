/// The row of a table that a section asks for.
#pragma once

#include <shockstep/config.hpp>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

namespace shockstep {

/// The one whose name `kind` of the section says; ConfigError where there is none.
template <class Kind>
const Kind& row_of(std::span<const Kind> kinds, Section& section) {
  std::vector<std::string> names;
  for (const auto& kind : kinds) names.emplace_back(kind.name);
  const auto name = section.choice("kind", names);
  return *std::ranges::find_if(kinds, [&](const Kind& kind) { return kind.name == name; });
}

}  // namespace shockstep
