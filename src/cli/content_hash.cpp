#include "cli/content_hash.hpp"

#include "core/checksum.hpp"

#include <filesystem>

namespace shockstep::cli {
namespace {

namespace fs = std::filesystem;

using Hashes = std::vector<std::pair<std::string, std::string>>;

void add(const ConfigNode& node, const std::string& key, const fs::path& beside, Hashes& out) {
  std::error_code ignored;
  if (node.kind == ConfigNode::Kind::scalar && fs::is_regular_file(beside / node.scalar, ignored))
    out.emplace_back(key, file_checksum((beside / node.scalar).string()));
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
    if (!file.empty()) out.child(option) = ConfigNode::text(file_checksum(file));
  return out;
}

}  // namespace shockstep::cli
