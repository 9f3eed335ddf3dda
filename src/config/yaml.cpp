#include "config/yaml.hpp"

#include "core/input_file.hpp"
#include "core/text.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

namespace shockstep {
namespace {

using Kind = ConfigNode::Kind;

// A config is written by hand; what is larger than this is a mistake or an attack ("billion laughs": aliases of aliases).
constexpr std::size_t max_bytes = 16 << 20;
constexpr std::size_t max_nodes = 1'000'000;
constexpr std::size_t max_depth = 32;

[[noreturn]] void fail(const std::string& file, int line, const std::string& sentence) {
  throw ConfigError(printable(file, 1000), "line " + std::to_string(line + 1), sentence);
}

// Builds the tree from the parser's events: unlike YAML::Node it sees line numbers and duplicate keys, and stops early.
class Builder : public YAML::EventHandler {
 public:
  explicit Builder(const std::string& file) : file_(file) {}

  ConfigNode take() {
    if (!complaint_.empty()) fail(file_, complaint_line_, complaint_);
    return std::move(root_);
  }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(mark, {}, 1, anchor); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    ConfigNode node;
    node.quoted = tag == "!";  // how yaml-cpp marks quotes and blocks
    const bool null = !node.quoted && (value == "~" || value == "null" || value == "Null" || value == "NULL");
    if (!null || wants_key()) node.kind = Kind::scalar, node.scalar = value;
    add(mark, std::move(node), 1, anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto target = anchors_.find(anchor);
    if (target == anchors_.end()) fail(file_, mark.line, "an alias must not lie inside what it refers to");
    count(mark, target->second.size);  // before the copy
    add(mark, target->second.node, target->second.size, 0);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, Kind::list, anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, Kind::map, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    ConfigNode node;
    YAML::Mark mark;
    YAML::anchor_t anchor = 0;
    std::size_t size = 1;  // nodes in it, itself included
    std::string key;       // of a map: the one that waits for its value
    bool has_key = false;
    std::set<std::string> keys;
  };
  struct Anchored {
    ConfigNode node;
    std::size_t size;
  };

  bool wants_key() const { return !open_.empty() && open_.back().node.kind == Kind::map && !open_.back().has_key; }

  // Kept until the text is known to be YAML: of two errors the one of syntax is the cause.
  void complain(const YAML::Mark& mark, const std::string& sentence) {
    if (complaint_.empty()) complaint_ = sentence, complaint_line_ = mark.line;
  }

  void count(const YAML::Mark& mark, std::size_t nodes) {
    nodes_ += nodes;
    if (nodes_ > max_nodes) fail(file_, mark.line, "too many values for a config; put large arrays into a .npy file");
  }

  void open(const YAML::Mark& mark, Kind kind, YAML::anchor_t anchor) {
    if (open_.size() == max_depth)
      fail(file_, mark.line, "nested too deep; at most " + std::to_string(max_depth) + " levels");
    open_.emplace_back();
    open_.back().node.kind = kind;
    open_.back().mark = mark;
    open_.back().anchor = anchor;
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    add(done.mark, std::move(done.node), done.size, done.anchor);
  }

  void add(const YAML::Mark& mark, ConfigNode node, std::size_t size, YAML::anchor_t anchor) {
    if (size == 1) count(mark, 1);
    if (anchor) anchors_[anchor] = {node, size};
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    parent.size += size;
    if (parent.node.kind == Kind::list) {
      parent.node.list.push_back(std::move(node));
    } else if (!parent.has_key) {
      if (node.kind != Kind::scalar)
        complain(mark, "a key must be a plain word");
      else if (!parent.keys.insert(node.scalar).second)
        complain(mark, "the key " + printable(node.scalar) + " stands twice");
      parent.key = std::move(node.scalar), parent.has_key = true;
    } else {
      parent.node.map.emplace_back(std::move(parent.key), std::move(node));
      parent.has_key = false;
    }
  }

  std::string file_;
  ConfigNode root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::size_t nodes_ = 0;
  std::string complaint_;
  int complaint_line_ = 0;
};

// The parser's words as something to act on.
std::string sentence(const YAML::Exception& error, const std::string& text) {
  std::size_t begin = 0;
  for (int line = 0; line < error.mark.line && begin != std::string::npos; ++line) begin = text.find('\n', begin) + 1;
  if (text.substr(begin, text.find_first_not_of(" \t", begin) - begin).find('\t') != text.npos)
    return "indented with a tab; YAML wants spaces";
  static const std::map<std::string, std::string> sentences = {
      {YAML::ErrorMsg::END_OF_SEQ_FLOW, "a list [ is not closed by ]"},
      {YAML::ErrorMsg::END_OF_MAP_FLOW, "a map { is not closed by }"},
      {YAML::ErrorMsg::EOF_IN_SCALAR, "a quote is not closed"},
      {YAML::ErrorMsg::MAP_VALUE, "a colon where none can be; check the indentation, or quote the text"},
      {YAML::ErrorMsg::UNKNOWN_ANCHOR, "an alias * to an anchor & that does not exist"},
      {YAML::ErrorMsg::UNKNOWN_TOKEN, "a character that cannot begin a value; quote the text"},
  };
  const auto known = sentences.find(error.msg);
  return "not valid YAML: " + (known != sentences.end() ? known->second : printable(error.msg));
}

}  // namespace

ConfigNode parse_yaml(const std::string& text, const std::string& name) {
  if (text.size() > max_bytes)
    throw ConfigError(printable(name, 1000), "", "larger than 16 MiB; put large arrays into a .npy file");
  if (const auto zero = text.find('\0'); zero != text.npos)
    fail(name, static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(zero), '\n')),
         "holds a zero byte; this is no text file");
  try {
    std::istringstream in(text);
    YAML::Parser parser(in);
    Builder first(name), second(name);
    parser.HandleNextDocument(first);
    if (parser.HandleNextDocument(second))
      throw ConfigError(printable(name, 1000), "", "holds more than one document (---)");
    return first.take();
  } catch (const YAML::Exception& e) {
    const auto end = text.begin() + static_cast<std::ptrdiff_t>(text.find_last_not_of(" \t\r\n") + 1);
    const int last =
        static_cast<int>(std::count(text.begin(), end, '\n'));  // the end of the file is no line of its own
    fail(name, e.mark.is_null() ? 0 : std::min(e.mark.line, last), sentence(e, text));
  }
}

ConfigNode load_yaml(const std::string& path) {
  const std::string shown = printable(path, 1000);
  if (std::filesystem::is_directory(path)) throw FileError(shown, "is a folder, not a config file");
  return parse_yaml(read_text(path, "cannot be read", max_bytes + 1), path);
}

void set_value(ConfigNode& root, const std::string& assignment, const std::string& name) {
  const auto equals = assignment.find('=');
  if (equals == 0 || equals == assignment.npos)
    throw ConfigError("--set " + printable(assignment), "must be key.path=value, such as sampler.tolerance=1e-3");
  const std::string path = assignment.substr(0, equals);
  ConfigNode value;
  try {
    value = parse_yaml(assignment.substr(equals + 1), "");
  } catch (const ConfigError& e) {
    const std::string what = e.what(), line = e.key() + ": ";  // the value has a single line: its number would mislead
    throw ConfigError(printable(name, 1000), printable(path),
                      "cannot read the value: " + what.substr(what.starts_with(line) ? line.size() : 0));
  }
  ConfigNode* node = &root;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t dot = std::min(path.find('.', begin), path.size());
    if (dot == begin) throw ConfigError("--set " + printable(assignment), "must be key.path=value, without empty keys");
    if (node->kind == Kind::scalar && !node->quoted && parse_flag(node->scalar) == true) *node = {};
    if (node->kind == Kind::scalar || node->kind == Kind::list)
      throw ConfigError(
          printable(name, 1000), printable(path.substr(0, begin - 1)),
          "is " + (node->kind == Kind::list ? "a list" : printable(node->scalar)) + ", so no key can be set inside it");
    node = &node->child(path.substr(begin, dot - begin));
    begin = dot + 1;
  }
  *node = std::move(value);
}

}  // namespace shockstep
