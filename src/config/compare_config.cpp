#include "config/compare_config.hpp"

#include "config/run_config.hpp"
#include "core/text.hpp"

#include <algorithm>

namespace shockstep {
namespace {

using Kind = ConfigNode::Kind;

[[noreturn]] void fail(const std::string& file, const std::string& key, const std::string& sentence) {
  throw ConfigError(printable(file, 1000), key, sentence);
}

bool has(const ConfigNode& node, const std::string& key) {
  const ConfigNode* value = node.find(key);
  return value && value->kind != Kind::null;
}

std::string word(const ConfigNode& sampler, const std::string& key, const std::string& fallback) {
  return has(sampler, key) ? sampler.find(key)->scalar : fallback;
}

/// The entry completed from the section `sampler`. Order and solver_type are taken over for the same method only, eta and the
/// guard for the same dynamics only.
ConfigNode completed(ConfigNode entry, const ConfigNode& sampler) {
  const std::string method = word(sampler, "method", "multistep"), dynamics = word(sampler, "dynamics", "ode");
  const bool same_dynamics = word(entry, "dynamics", dynamics) == dynamics;
  const bool same_method = same_dynamics && word(entry, "method", method) == method;
  for (const auto& [key, value] : sampler.map) {
    const bool of_method = key == "order" || key == "solver_type", of_dynamics = key == "eta" || key == "guard";
    if (!has(entry, key) && (same_method || !of_method) && (same_dynamics || !of_dynamics)) entry.child(key) = value;
  }
  return entry;
}

/// One copy of the entry for each item of the list under `key`, in the map that `at` finds; itself where there is no list.
template <class At>
std::vector<ConfigNode> for_each_item(const std::vector<ConfigNode>& entries, const std::string& key, At at) {
  std::vector<ConfigNode> all;
  for (const ConfigNode& entry : entries) {
    ConfigNode copy = entry;
    ConfigNode* map = at(copy);
    const ConfigNode* found = map ? map->find(key) : nullptr;
    if (!found || found->kind != Kind::list || found->list.empty()) {
      all.push_back(entry);
      continue;
    }
    const ConfigNode list = *found;
    for (const ConfigNode& item : list.list) {
      map->child(key) = item;
      all.push_back(copy);
    }
  }
  return all;
}

std::vector<ConfigNode> one_by_one(const ConfigNode& entry) {
  const auto itself = [](ConfigNode& node) { return &node; };
  const auto steps = [](ConfigNode& node) { return node.find("steps") ? &node.child("steps") : nullptr; };
  return for_each_item(for_each_item({entry}, "tolerance", itself), "count", steps);
}

bool is_list(const ConfigNode& entry, const std::string& key) {
  const ConfigNode* value = entry.find(key);
  return value && value->kind == Kind::list;
}

ComparisonReference read_reference(const ConfigNode& root, const std::string& file) {
  if (!has(root, "reference")) return {};
  const ConfigNode& node = *root.find("reference");
  if (node.kind == Kind::scalar && node.scalar == "exact") return {.exact = true};
  const auto number = node.kind == Kind::scalar && !node.quoted ? parse_number(node.scalar) : std::nullopt;
  if (!number || !(*number > 0) || *number > 1e300)
    fail(file, "reference",
         "must be exact or a positive tolerance" +
             (node.kind == Kind::scalar ? ", got " + printable(node.scalar) : std::string()));
  return {.tolerance = *number};
}

}  // namespace

CompareConfig::CompareConfig(const ConfigNode& root, const std::string& file, const std::vector<std::string>& known) {
  constexpr const char* example = "; write methods: [{name: adaptive}, {name: heun, method: heun, steps: 20}]";
  if (!has(root, "methods")) fail(file, "methods", std::string("missing") + example);
  const ConfigNode& list = *root.find("methods");
  if (list.kind != Kind::list || list.list.empty())
    fail(file, "methods", std::string("must be a list of sampler sections, each with a name") + example);
  reference = read_reference(root, file);
  Section top(file, "", root);
  if (top.has("data")) data = top.path("data"), data_as_given_ = top.text("data");
  distances = top.flag("distances", !data.empty());

  const ConfigNode* sampler = root.find("sampler");
  std::vector<std::string> names;
  for (const ConfigNode& entry : list.list) {
    const std::string path = "methods[" + std::to_string(names.size()) + "]";
    Section section(file, path, entry);
    const std::string name = section.text("name");
    if (name.empty()) section.fail("name", "must not be empty");
    const auto other = std::find(names.begin(), names.end(), name);
    if (other != names.end())
      section.fail("name", printable(name) + " is the name of methods[" + std::to_string(other - names.begin()) +
                               "] too; each needs its own");
    names.push_back(name);
    for (const ConfigNode& one : one_by_one(sampler ? completed(entry, *sampler) : entry)) {
      Section settings(file, path, one);
      settings.text("name");
      methods.push_back({name, read_sampler(settings, known)});
      if (methods.back().options.steps && is_list(entry, "tolerance"))
        section.fail("tolerance", "a list is for adaptive steps; a grid does not use it");
      resolved_.push_back(settings.resolved());
    }
  }
}

void CompareConfig::add_to(ConfigNode& resolved) const {
  ConfigNode list;
  list.kind = Kind::list, list.list = resolved_;
  resolved.child("methods") = std::move(list);
  resolved.child("reference") =
      reference.exact ? ConfigNode::text("exact") : ConfigNode::literal(shortest(reference.tolerance));
  if (!data.empty()) resolved.child("data") = ConfigNode::text(data_as_given_);
  resolved.child("distances") = ConfigNode::literal(distances ? "true" : "false");
}

}  // namespace shockstep
