/// A key of a config: one row for each, beside the settings that it sets. Reading, the command line's options, the identity of
/// a run, what a cache is named by, Python's keywords and `shockstep info` follow from the rows.
#pragma once

#include <shockstep/config.hpp>

#include "core/text.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

namespace shockstep {

/// What else it changes: the identity of a run has it.
enum class Changes {
  nothing,    ///< what is written, and how fast
  samples,    ///< or what the journal of the run must hold
  last_bits,  ///< samples of a network
};

/// Whether a pilot or the fit of a schedule depends on it: the name of its file in the cache does so, too.
enum class Measured { always, adaptive, never };

struct Key {
  const char* section;
  const char* name;
  const char* meaning;  ///< one line
  Changes changes = Changes::nothing;
  Measured measured = Measured::never;
  const char* option = "";  ///< that stands for it on the command line
  const char* type = "";    ///< of that option, for its help
};

/// use(row) for each.
constexpr void for_each_row(const auto& rows, auto use) {
  std::apply([&](const auto&... row) { (use(row), ...); }, rows);
}

/// Reads all keys of a section, in the order of the rows: defaults are what `options` holds. Throws ConfigError.
template <class Options>
void read_keys(Section& section, const auto& rows, Options& options, const auto&... context) {
  for_each_row(rows, [&](const auto& row) { row.read(section, options, context...); });
  section.finish();
}

/// What it is where nothing is set, as text; empty: that depends on others.
template <class Row>
std::string default_of(const Row& row, const auto&... context) {
  Section section("", row.key.section, {});
  typename Row::Settings settings;
  row.read(section, settings, context...);
  const ConfigNode resolved = section.resolved();
  const ConfigNode* value = resolved.find(row.key.name);
  return value ? value->scalar : std::string();
}

inline std::int64_t read_whole(Section& section, const std::string& key, std::int64_t least, std::int64_t most,
                               std::optional<std::int64_t> fallback = {}) {
  const std::int64_t value = section.integer_at_least(key, least, fallback);
  if (value > most) section.fail(key, "must be at most " + std::to_string(most) + ", got " + std::to_string(value));
  return value;
}

/// A flag, a number above 0, or a whole number from `least` to `most`, as the member is bool, double or else.
template <class Options, class Value>
struct ValueKey {
  using Settings = Options;
  Key key;
  Value Options::* member;
  std::int64_t least = 0;
  std::int64_t most = std::numeric_limits<std::int64_t>::max();

  void read(Section& section, Options& options, const auto&...) const {
    Value& value = options.*member;
    if constexpr (std::is_same_v<Value, bool>)
      value = section.flag(key.name, value);
    else if constexpr (std::is_same_v<Value, double>)
      value = section.positive(key.name, value);
    else
      value = static_cast<Value>(read_whole(section, key.name, least, most, static_cast<std::int64_t>(value)));
  }
  std::string text(const Options& options) const {
    const Value value = options.*member;
    if constexpr (std::is_same_v<Value, bool>) return value ? "true" : "false";
    if constexpr (std::is_same_v<Value, double>) return shortest(value);
    return std::to_string(value);
  }
  std::string values() const {
    if constexpr (std::is_same_v<Value, bool>) return "on, off";
    if constexpr (std::is_same_v<Value, double>) return "above 0";
    const bool bounded = most < std::numeric_limits<int>::max();
    return std::to_string(least) + (bounded ? " to " + std::to_string(most) : " or more");
  }
};
template <class Options, class Value>
ValueKey(Key, Value Options::*, std::int64_t = 0, std::int64_t = 0) -> ValueKey<Options, Value>;

template <class Value>
struct Word {
  const char* word;
  Value value;
};

template <class Value>
Word(const char*, Value) -> Word<Value>;

/// One of some words, each for a value.
template <class Options, class Member, class Value, std::size_t n>
struct WordKey {
  using Settings = Options;
  Key key;
  Member Options::* member;
  Word<Value> words[n];

  void read(Section& section, Options& options, const auto&...) const {
    std::vector<std::string> all;
    for (const auto& [word, value] : words) all.emplace_back(word);
    const std::string chosen = section.choice(key.name, all, text(options));
    for (const auto& [word, value] : words)
      if (chosen == word) options.*member = value;
  }
  std::string text(const Options& options) const {
    for (const auto& [word, value] : words)
      if (options.*member == value) return word;
    return {};
  }
  std::string values() const {
    std::string out;
    for (const auto& [word, value] : words) (out += out.empty() ? "" : ", ") += word;
    return out;
  }
};

template <class Options, class Member, class Value, std::size_t n>
WordKey(Key, Member Options::*, const Word<Value> (&)[n]) -> WordKey<Options, Member, Value, n>;

/// One with a reader of its own, which may ask for what read_keys() is given beside.
template <class Options, class... Context>
struct OtherKey {
  using Settings = Options;
  Key key;
  const char* allowed;
  void (*reader)(Section&, Options&, const Context&...);
  std::string (*shown)(const Options&) = nullptr;  ///< null where nothing measured depends on it

  void read(Section& section, Options& options, const auto&... context) const {
    if constexpr (sizeof...(Context) == 0)
      reader(section, options);
    else
      reader(section, options, context...);
  }
  std::string text(const Options& options) const { return shown ? shown(options) : std::string(); }
  std::string values() const { return allowed; }
};
template <class Options, class... Context>
OtherKey(Key, const char*, void (*)(Section&, Options&, const Context&...), std::string (*)(const Options&) = nullptr)
    -> OtherKey<Options, Context...>;

}  // namespace shockstep
