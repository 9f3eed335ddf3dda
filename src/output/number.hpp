/// Numbers appended to text, fast: the shortest decimals that read back as the same number.
#pragma once

#include <charconv>
#include <string>

namespace shockstep {

template <class Number>
void append_number(std::string& out, Number value) {
  char buffer[32];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

}  // namespace shockstep
