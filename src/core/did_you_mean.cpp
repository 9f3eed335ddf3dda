#include "core/did_you_mean.hpp"

#include <shockstep/config.hpp>

#include <algorithm>
#include <cctype>
#include <iterator>

namespace shockstep {
namespace {

constexpr std::size_t most_meant = 4;

// In lower case, words joined by _.
std::string joined_by_underscores(std::string word) {
  for (char& c : word) c = c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return word;
}

// "a, b or c"
std::string alternatives(const std::vector<std::string>& words) {
  std::string out = words.front();
  for (std::size_t i = 1; i < words.size(); ++i) out += (i + 1 < words.size() ? ", " : " or ") + words[i];
  return out;
}

std::vector<std::string> those(const std::vector<std::string>& known, auto are) {
  std::vector<std::string> out;
  std::ranges::copy_if(known, std::back_inserter(out),
                       [&](const std::string& name) { return are(joined_by_underscores(name)); });
  return out.size() <= most_meant ? out : std::vector<std::string>();
}

std::vector<std::string> meant_by(const std::string& typed, const std::vector<std::string>& known) {
  const std::string word = joined_by_underscores(typed);
  const std::size_t letters = word.size() - std::min(word.find_first_not_of('_'), word.size());
  if (letters >= 2) {
    auto begin = those(known, [&](const std::string& name) {
      return name.starts_with(word + "_") || (letters >= 3 && name.starts_with(word));
    });
    if (!begin.empty()) return begin;
    auto parts =
        those(known, [&](const std::string& name) { return ("_" + name + "_").find("_" + word + "_") != name.npos; });
    if (!parts.empty()) return parts;
  }
  const auto one = nearest(typed, known);
  return one ? std::vector{*one} : std::vector<std::string>();
}

}  // namespace

std::string did_you_mean(const std::string& word, const std::vector<std::string>& known) {
  const auto meant = meant_by(word, known);
  return meant.empty() ? "" : "; did you mean " + alternatives(meant) + "?";
}

}  // namespace shockstep
