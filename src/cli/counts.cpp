#include "cli/counts.hpp"

#include <shockstep/error.hpp>
#include <shockstep/schedule.hpp>

#include "core/text.hpp"

#include <cstdint>
#include <set>
#include <sstream>

namespace shockstep::cli {
namespace {

constexpr std::int64_t most_counts = 100;  // that one fit makes

}  // namespace

std::vector<int> parse_counts(const std::string& text) {
  const auto fail = [&](const std::string& sentence) {
    throw ConfigError("--steps", sentence + "; got " + printable(text));
  };
  std::set<int> counts;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    const auto dash = part.find('-');
    const auto first = parse_whole(part.substr(0, dash));
    const auto last = dash == part.npos ? first : parse_whole(part.substr(dash + 1));
    if (!first || !last || *first > *last) fail("must be a number of steps, or several as 5-8,12");
    if (*first < fewest_steps || *last > most_steps)
      fail("must be from " + std::to_string(fewest_steps) + " to " + std::to_string(most_steps));
    if (*last - *first >= most_counts) fail("must be at most " + std::to_string(most_counts) + " different numbers");
    for (std::int64_t count = *first; count <= *last; ++count) counts.insert(static_cast<int>(count));
  }
  if (counts.empty()) fail("must be a number of steps, or several as 5-8,12");
  if (static_cast<std::int64_t>(counts.size()) > most_counts)
    fail("must be at most " + std::to_string(most_counts) + " different numbers");
  return {counts.begin(), counts.end()};
}

}  // namespace shockstep::cli
