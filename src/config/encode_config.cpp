#include "config/encode_config.hpp"

#include "config/keys.hpp"

namespace shockstep {

EncodeOptions read_encode(const ConfigNode& root, const std::string& file) {
  const ConfigNode* node = root.find("encode");
  Section section(file, "encode", node ? *node : ConfigNode{});
  EncodeOptions options;
  read_keys(section, encode_keys, options);
  return options;
}

}  // namespace shockstep
