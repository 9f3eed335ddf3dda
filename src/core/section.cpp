#include <shockstep/config.hpp>

#include "core/did_you_mean.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <utility>

namespace shockstep {
namespace {

using Kind = ConfigNode::Kind;

// What the user wrote, in a few words.
std::string shown(const ConfigNode& node) {
  switch (node.kind) {
    case Kind::null: return "nothing";
    case Kind::list: return "a list";
    case Kind::map: return "a map";
    case Kind::scalar: break;
  }
  return node.quoted ? '"' + printable(node.scalar) + '"' : printable(node.scalar);
}

// What `parse` makes of a scalar that is not in quotes; nothing for all else.
template <class T>
std::optional<T> plain(const ConfigNode& node, std::optional<T> (*parse)(std::string_view)) {
  return node.kind == Kind::scalar && !node.quoted ? parse(node.scalar) : std::nullopt;
}

std::string lower(std::string word) {
  for (char& c : word) c = c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return word;
}

// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours.
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> before, last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = last;
    last = row;
  }
  return last[b.size()];
}

}  // namespace

std::optional<std::string> nearest(const std::string& word, const std::vector<std::string>& known) {
  constexpr std::size_t longest = 64;  // nobody mistypes a word that long, and the distance is quadratic
  if (word.size() > longest) return {};
  std::optional<std::string> best;
  std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const auto& candidate : known) {
    const std::size_t d = distance(lower(word), lower(candidate));
    if (d < least && d < std::max(word.size(), candidate.size())) least = d, best = candidate;
  }
  return best;
}

ConfigNode ConfigNode::text(std::string value) {
  ConfigNode node;
  node.kind = Kind::scalar, node.scalar = std::move(value), node.quoted = true;
  return node;
}

ConfigNode ConfigNode::literal(std::string value) {
  ConfigNode node;
  node.kind = Kind::scalar, node.scalar = std::move(value);
  return node;
}

const ConfigNode* ConfigNode::find(const std::string& key) const {
  for (const auto& [name, node] : map)
    if (name == key) return &node;
  return nullptr;
}

ConfigNode& ConfigNode::child(const std::string& key) {
  if (kind == Kind::null) kind = Kind::map;
  if (kind != Kind::map) throw std::logic_error("ConfigNode::child of a scalar or list");
  for (auto& [name, node] : map)
    if (name == key) return node;
  return map.emplace_back(key, ConfigNode{}).second;
}

struct Section::Shared {
  std::string file, path;
  ConfigNode node;
  std::vector<std::string> known;  // in the order they were asked for
  ConfigNode resolved;             // scalars and lists; sub-sections are added by resolved()
  std::map<std::string, std::shared_ptr<Shared>> sections;
};

Section::Section(std::string file, std::string path, const ConfigNode& node) : shared_(std::make_shared<Shared>()) {
  shared_->file = std::move(file);
  shared_->path = std::move(path);
  shared_->node = node;
  shared_->resolved.kind = Kind::map;
  if (node.kind != Kind::map && node.kind != Kind::null)
    throw ConfigError(printable(shared_->file, 1000), shared_->path, "must be a map of settings, got " + shown(node));
}

const ConfigNode* Section::find(const std::string& key) const {
  const ConfigNode* node = shared_->node.find(key);
  return node && node->kind != Kind::null ? node : nullptr;
}

const ConfigNode* Section::ask(const std::string& key, bool required, const char* what) {
  ignore(key);
  const ConfigNode* node = find(key);
  if (!node && required) fail(key, std::string("missing; must be ") + what);
  return node;
}

void Section::record(const std::string& key, ConfigNode value) { shared_->resolved.child(key) = std::move(value); }

bool Section::has(const std::string& key) const { return find(key) != nullptr; }

void Section::ignore(const std::string& key) {
  auto& known = shared_->known;
  if (std::find(known.begin(), known.end(), key) == known.end()) known.push_back(key);
}

std::string Section::text(const std::string& key, std::optional<std::string> fallback) {
  const ConfigNode* node = ask(key, !fallback, "text");
  if (node && node->kind != Kind::scalar) fail(key, "must be text, got " + shown(*node));
  const std::string value = node ? node->scalar : *fallback;
  record(key, ConfigNode::text(value));
  return value;
}

double Section::number(const std::string& key, std::optional<double> fallback) {
  double value = fallback.value_or(0);
  if (const ConfigNode* node = ask(key, !fallback, "a number")) {
    const auto parsed = plain(*node, parse_number);
    if (!parsed) fail(key, "must be a number, got " + shown(*node));
    if (!std::isfinite(*parsed)) fail(key, "must be a finite number, got " + shown(*node));
    value = *parsed;
  }
  record(key, ConfigNode::literal(shortest(value)));
  return value;
}

double Section::positive(const std::string& key, std::optional<double> fallback) {
  const double value = number(key, fallback);
  if (!(value > 0)) fail(key, "must be positive, got " + shortest(value));
  return value;
}

std::int64_t Section::integer(const std::string& key, std::optional<std::int64_t> fallback) {
  std::int64_t value = fallback.value_or(0);
  if (const ConfigNode* node = ask(key, !fallback, "a whole number")) {
    const auto whole = plain(*node, parse_whole);
    const auto number = plain(*node, parse_number);
    if (!whole && number && std::trunc(*number) == *number)  // of 64 bits, with its sign
      fail(key, "must be a whole number up to 9223372036854775807, written in digits, got " + shown(*node));
    if (!whole) fail(key, "must be a whole number, got " + shown(*node));
    value = *whole;
  }
  record(key, ConfigNode::literal(std::to_string(value)));
  return value;
}

std::int64_t Section::integer_at_least(const std::string& key, std::int64_t least,
                                       std::optional<std::int64_t> fallback) {
  const std::int64_t value = integer(key, fallback);
  if (value < least) fail(key, "must be at least " + std::to_string(least) + ", got " + std::to_string(value));
  return value;
}

bool Section::flag(const std::string& key, std::optional<bool> fallback) {
  bool value = fallback.value_or(false);
  if (const ConfigNode* node = ask(key, !fallback, "on or off")) {
    // Quotes change nothing: from Python they are usual, and nothing else can be meant.
    const auto parsed = node->kind == Kind::scalar ? parse_flag(node->scalar) : std::nullopt;
    if (!parsed) fail(key, "must be on or off, got " + shown(*node));
    value = *parsed;
  }
  record(key, ConfigNode::literal(value ? "true" : "false"));
  return value;
}

std::string Section::choice(const std::string& key, const std::vector<std::string>& choices,
                            std::optional<std::string> fallback) {
  const std::string what = (choices.size() > 1 ? "one of " : "") + join(choices);
  const ConfigNode* node = ask(key, !fallback, what.c_str());
  const std::string value = node ? node->scalar : *fallback;
  if (node && (node->kind != Kind::scalar || std::find(choices.begin(), choices.end(), value) == choices.end())) {
    fail(key, "must be " + what + ", got " + shown(*node) + did_you_mean(value, choices));
  }
  record(key, ConfigNode::text(value));
  return value;
}

std::vector<std::int64_t> Section::integers(const std::string& key) {
  const ConfigNode* root = ask(key, true, "a list of whole numbers");
  std::vector<std::int64_t> values;
  const auto add = [&](const ConfigNode& node) {
    const auto whole = plain(node, parse_whole);
    if (!whole) fail(key, "must be a list of whole numbers, got " + shown(node) + (&node == root ? "" : " in it"));
    values.push_back(*whole);
  };
  if (root->kind == Kind::list)
    for (const auto& node : root->list) add(node);
  else
    add(*root);
  if (values.empty()) fail(key, "must not be an empty list");
  record(key, *root);
  return values;
}

Section::Array Section::array(const std::string& key) {
  const ConfigNode* root = ask(key, true, "a number or a list of numbers");
  Array out;
  for (const ConfigNode* node = root; node->kind == Kind::list; node = &node->list.front()) {
    if (node->list.empty()) fail(key, "must not be an empty list");
    out.shape.push_back(static_cast<std::int64_t>(node->list.size()));
  }
  const auto walk = [&](const auto& self, const ConfigNode& node, const std::string& at, std::size_t depth) -> void {
    if (node.kind == Kind::list) {
      if (depth == out.shape.size()) fail(at, "must be a number like its neighbours, got a list");
      if (static_cast<std::int64_t>(node.list.size()) != out.shape[depth])
        fail(at, "must be a list of " + std::to_string(out.shape[depth]) + " like the first one, got " +
                     std::to_string(node.list.size()));
      for (std::size_t i = 0; i < node.list.size(); ++i)
        self(self, node.list[i], at + '[' + std::to_string(i) + ']', depth + 1);
      return;
    }
    if (depth < out.shape.size()) fail(at, "must be a list like its neighbours, got " + shown(node));
    const auto parsed = plain(node, parse_number);
    if (!parsed) fail(at, "must be a number, got " + shown(node));
    if (!std::isfinite(*parsed)) fail(at, "must be a finite number, got " + shown(node));
    out.values.push_back(*parsed);
  };
  walk(walk, *root, key, 0);
  record(key, *root);
  return out;
}

bool Section::is_text(const std::string& key) const {
  const ConfigNode* node = find(key);
  return node && node->kind == Kind::scalar && (node->quoted || !parse_number(node->scalar));
}

std::vector<std::string> Section::keys() const {
  std::vector<std::string> out;
  for (const auto& [key, node] : shared_->node.map)
    if (node.kind != Kind::null) out.push_back(key);
  return out;
}

bool Section::is_map(const std::string& key) const {
  const ConfigNode* node = find(key);
  return node && node->kind == Kind::map;
}

bool Section::is_list(const std::string& key) const {
  const ConfigNode* node = find(key);
  return node && node->kind == Kind::list;
}

std::string Section::path(const std::string& key, std::optional<std::string> fallback) {
  const std::string value = text(key, std::move(fallback));
  if (value.empty() || value.find('\0') != value.npos) fail(key, "must be a file, got \"" + printable(value) + '"');
  shared_->resolved.child(key).file = true;
  return (std::filesystem::path(file()).parent_path() / value).string();  // an absolute value replaces the folder
}

Section Section::section(const std::string& key) {
  const ConfigNode* node = ask(key, false, "a map of settings");
  auto& sub = shared_->sections[key];
  if (!sub) sub = Section(file(), name(key), node ? *node : ConfigNode{}).shared_;
  return Section(sub);
}

void Section::fail(const std::string& key, const std::string& sentence) const {
  throw ConfigError(printable(file(), 1000), name(key), sentence);
}

void Section::finish() const {
  for (const auto& [key, node] : shared_->node.map) {
    if (std::find(shared_->known.begin(), shared_->known.end(), key) != shared_->known.end()) continue;
    const std::string meant = did_you_mean(key, shared_->known);
    fail(key, "unknown key" + (meant.empty() ? "; known here: " + join(shared_->known) : meant));
  }
}

const std::string& Section::file() const { return shared_->file; }

std::string Section::name(const std::string& key) const {
  return (shared_->path.empty() ? "" : shared_->path + '.') + printable(key);
}

ConfigNode Section::resolved() const {
  ConfigNode out = shared_->resolved;
  for (const auto& key : shared_->known) {
    const auto sub = shared_->sections.find(key);
    if (sub != shared_->sections.end()) out.child(key) = Section(sub->second).resolved();
  }
  return out;
}

}  // namespace shockstep
