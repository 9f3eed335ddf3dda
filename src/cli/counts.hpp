/// Several numbers as one option.
#pragma once

#include <string>
#include <vector>

namespace shockstep::cli {

/// "5-8,12": 5, 6, 7, 8 and 12, ascending. Throws ConfigError for --steps.
std::vector<int> parse_counts(const std::string& text);

}  // namespace shockstep::cli
