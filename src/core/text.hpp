/// Text that goes to people and files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shockstep {

/// One line that is safe to print: control characters, broken UTF-8 and marks that reorder a line are escaped, and what
/// is longer than `longest` bytes is cut.
std::string printable(std::string_view text, std::size_t longest = 80);

/// Shortest decimal that reads back as the same double: 0.1, 1e-10, inf, nan.
std::string shortest(double value);

/// Three significant digits, for people: 0.1, 1.23e-10.
std::string three_digits(double value);

/// The number if all of `text` is one (inf and nan are); infinity for one too large, 0 for one too small.
std::optional<double> parse_number(std::string_view text);

/// The number if all of `text` is a whole one that fits; 1e6 is.
std::optional<std::int64_t> parse_whole(std::string_view text);

/// on, off, yes, no, true, false in lower, upper or title case.
std::optional<bool> parse_flag(std::string_view text);

/// "a, b, c".
std::string join(const std::vector<std::string>& words);

}  // namespace shockstep
