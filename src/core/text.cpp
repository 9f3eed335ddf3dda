#include "core/text.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>

namespace shockstep {
namespace {

// Length of the UTF-8 sequence at the front of `s` and its code point; length 0 if there is none.
struct CodePoint {
  std::size_t length;
  std::uint32_t value;
};

CodePoint decode(std::string_view s) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(s[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return {1, lead};
  const std::size_t n = lead >= 0xf0 && lead < 0xf5 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  if (lead >= 0xf5 || n == 0 || s.size() < n) return {0, 0};
  std::uint32_t value = lead & (0xffu >> (n + 1));
  for (std::size_t i = 1; i < n; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {0, 0};
    value = value << 6 | (byte(i) & 0x3fu);
  }
  const bool overlong = (n == 3 && value < 0x800) || (n == 4 && (value < 0x10000 || value > 0x10ffff));
  const bool surrogate = value >= 0xd800 && value < 0xe000;
  return overlong || surrogate ? CodePoint{0, 0} : CodePoint{n, value};
}

std::string hex(char prefix, std::uint32_t value, int digits) {
  std::string out{'\\', prefix};
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out += "0123456789abcdef"[value >> shift & 0xf];
  return out;
}

bool unsafe(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

}  // namespace

std::string printable(std::string_view text, std::size_t longest) {
  std::string out;
  while (!text.empty()) {
    const auto [length, c] = decode(text);
    std::string piece(text.substr(0, length));
    if (length == 0)
      piece = hex('x', static_cast<std::uint8_t>(text[0]), 2);
    else if (c == '\n')
      piece = "\\n";
    else if (c == '\t')
      piece = "\\t";
    else if (unsafe(c))
      piece = c < 0x100 ? hex('x', c, 2) : hex('u', c, 4);
    if (out.size() + piece.size() > longest) return out + "...";
    out += piece;
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

std::string shortest(double value) {
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

std::string three_digits(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.3g", value);
  return buffer;
}

std::optional<double> parse_number(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  if (text == ".inf" || text == ".nan" || text == "-.inf") {  // YAML's own spelling
    const double inf = std::numeric_limits<double>::infinity();
    return text == ".inf" ? inf : text == "-.inf" ? -inf : std::numeric_limits<double>::quiet_NaN();
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || end != text.data() + text.size() || error == std::errc::invalid_argument) return {};
  if (error == std::errc::result_out_of_range) {
    const bool tiny = text.find("e-") != text.npos || text.find("E-") != text.npos;
    return tiny ? 0. : std::numeric_limits<double>::infinity();
  }
  return value;
}

std::optional<std::int64_t> parse_whole(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc{} && end == text.data() + text.size()) return value;
  constexpr double exact = 9007199254740992.;  // 2^53: up to here a double is the number that was written
  const auto number = parse_number(text);
  if (!number || std::trunc(*number) != *number || std::abs(*number) > exact) return {};
  return static_cast<std::int64_t>(*number);
}

std::optional<bool> parse_flag(std::string_view text) {
  for (const char* word : {"on", "On", "ON", "yes", "Yes", "YES", "true", "True", "TRUE"})
    if (text == word) return true;
  for (const char* word : {"off", "Off", "OFF", "no", "No", "NO", "false", "False", "FALSE"})
    if (text == word) return false;
  return {};
}

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

}  // namespace shockstep
