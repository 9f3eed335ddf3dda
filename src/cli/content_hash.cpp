#include "cli/content_hash.hpp"

#include "core/input_file.hpp"

#include <filesystem>

namespace shockstep::cli {
namespace {

namespace fs = std::filesystem;

using Hashes = std::vector<std::pair<std::string, std::string>>;

void add(const ConfigNode& node, const std::string& key, const fs::path& beside, Hashes& out) {
  if (node.file) out.emplace_back(key, hash_of_file((beside / node.scalar).string()));
  for (const ConfigNode& child : node.list) add(child, key, beside, out);
  for (const auto& [name, child] : node.map) add(child, key.empty() ? name : key + "." + name, beside, out);
}

}  // namespace

Hashes hashes_of_files(const ConfigNode& section, const std::string& config) {
  Hashes out;
  add(section, "", fs::path(config).parent_path(), out);
  return out;
}

ConfigNode content_hashes(const RunConfig& config, const Options& options) {
  ConfigNode out;
  out.kind = ConfigNode::Kind::map;
  const ConfigNode settings = config.resolved();
  for (const std::string name : {"model", "process", "sampler"})
    if (const ConfigNode* section = settings.find(name))
      for (const auto& [key, content] : hashes_of_files(*section, config.file))
        out.child(name + "." + key) = ConfigNode::text(content);
  for (const auto& [option, file] :
       {std::pair("--noise", options.noise), {"--init", options.init}, {"--mask", options.mask}})
    if (!file.empty()) out.child(option) = ConfigNode::text(hash_of_file(file));
  return out;
}

}  // namespace shockstep::cli
