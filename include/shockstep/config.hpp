/// A settings tree with good manners: every key that is read is known, every other is an error that names the nearest.
///
/// The tree itself knows nothing of YAML (src/config reads that); models and processes read their own sections from it,
/// so a new kind is one file and one registry row.
#pragma once

#include <shockstep/error.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace shockstep {

/// One node: a scalar (as text), a list or a map. Order of keys is kept.
struct ConfigNode {
  /// What a node is; null has no value, as `key:` or `key: ~`.
  enum class Kind { null, scalar, list, map } kind = Kind::null;  ///< says which of `scalar`, `list` and `map` counts
  /// The text, without the quotes it was written in.
  std::string scalar;
  bool quoted = false;           ///< the scalar stood in quotes: a string even if it looks like a number
  bool file = false;             ///< the scalar was read as a path; of resolved() alone
  std::vector<ConfigNode> list;  ///< the items, in order
  std::vector<std::pair<std::string, ConfigNode>> map;  ///< keys and their values, in the order of the file

  ConfigNode() = default;  // stated, since clang takes a pair with the class for incomplete otherwise
  static ConfigNode text(std::string value);     ///< a scalar that is a string whatever it looks like
  static ConfigNode literal(std::string value);  ///< a scalar read as a number or a flag where it looks like one

  /// The child of that name; null if there is none, or the node is no map.
  const ConfigNode* find(const std::string& key) const;
  /// The child of that name, made if missing; turns a null node into a map. The node must not be a scalar or a list.
  ConfigNode& child(const std::string& key);
};

/// A map seen by its reader. Getters throw ConfigError "file: path.to.key: sentence"; without a fallback they demand
/// the key. Each key read is remembered; finish() throws for keys that nobody asked for. Values, defaults included,
/// are recorded in resolved(). Copies share what they have recorded. A key without a value (`key:` or `key: ~`)
/// counts as missing.
class Section {
 public:
  /// `node` is copied; null is an empty map, anything else than a map an error. `path` is empty at the root.
  Section(std::string file, std::string path, const ConfigNode& node);

  /// Whether the key has a value. Asking so, or by is_text, is_map or is_list, does not make the key known.
  bool has(const std::string& key) const;

  /// Any scalar, in quotes or not, as it was written.
  std::string text(const std::string& key, std::optional<std::string> fallback = {});
  double number(const std::string& key, std::optional<double> fallback = {});               ///< finite, not in quotes
  double positive(const std::string& key, std::optional<double> fallback = {});             ///< finite and above 0
  std::int64_t integer(const std::string& key, std::optional<std::int64_t> fallback = {});  ///< 1e6 is one too
  /// A whole number, `least` or more.
  std::int64_t integer_at_least(const std::string& key, std::int64_t least, std::optional<std::int64_t> fallback = {});
  bool flag(const std::string& key, std::optional<bool> fallback = {});  ///< on, off, yes, no, true, false
  /// One of `choices`; otherwise an error that lists them and suggests the nearest.
  std::string choice(const std::string& key, const std::vector<std::string>& choices,
                     std::optional<std::string> fallback = {});
  /// A list of whole numbers, not empty; a single one is a list of length 1.
  std::vector<std::int64_t> integers(const std::string& key);
  /// Nested lists of numbers in row-major order with their shape; a scalar has shape {}. Ragged lists are an error.
  struct Array {
    std::vector<std::int64_t> shape;  ///< lengths, outermost first
    std::vector<double> values;       ///< finite; as many as the product of `shape`
  };
  /// Numbers in lists of any depth.
  Array array(const std::string& key);
  /// Of all keys with a value, in the order of the file: of a map whose keys are names. They become known where they are read.
  std::vector<std::string> keys() const;
  /// True if the key holds a plain string (a path) rather than numbers.
  bool is_text(const std::string& key) const;
  bool is_map(const std::string& key) const;   ///< True if the key holds a map.
  bool is_list(const std::string& key) const;  ///< True if the key holds a list.
  /// A path, relative to the config file's folder; must not be empty.
  std::string path(const std::string& key, std::optional<std::string> fallback = {});
  /// A map; empty if missing. Asked for twice, it is the same section.
  Section section(const std::string& key);
  /// Makes the key known without reading it: another reader does.
  void ignore(const std::string& key);

  /// Throws ConfigError with the file and the path of the key. `sentence` says what would be right.
  [[noreturn]] void fail(const std::string& key, const std::string& sentence) const;
  /// Throws for a key that no getter has asked for, naming the nearest one that was.
  void finish() const;

  const std::string& file() const;  ///< as given, for errors and as what paths are relative to
  /// The key as the user writes it: path.to.key.
  std::string name(const std::string& key) const;
  /// The settings in effect: the keys asked for so far, defaults and sub-sections included.
  ConfigNode resolved() const;

 private:
  struct Shared;
  explicit Section(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  const ConfigNode* find(const std::string& key) const;
  const ConfigNode* ask(const std::string& key, bool required, const char* what);
  void record(const std::string& key, ConfigNode value);

  std::shared_ptr<Shared> shared_;
};

/// The nearest of `known` to `word` by edit distance, if near enough to be a typing mistake.
std::optional<std::string> nearest(const std::string& word, const std::vector<std::string>& known);

}  // namespace shockstep
