#include "core/config_json.hpp"

#include "core/text.hpp"

#include <cmath>

namespace shockstep {
namespace {

using Json = nlohmann::ordered_json;

Json scalar(const ConfigNode& node) {
  if (node.quoted) return node.scalar;
  if (const auto flag = parse_flag(node.scalar)) return *flag;
  const auto number = parse_number(node.scalar);
  if (!number || !std::isfinite(*number)) return node.scalar;
  const auto whole = parse_whole(node.scalar);
  return whole ? Json(*whole) : Json(*number);
}

}  // namespace

Json to_json(const ConfigNode& node) {
  switch (node.kind) {
    case ConfigNode::Kind::null: break;
    case ConfigNode::Kind::scalar: return scalar(node);
    case ConfigNode::Kind::list: {
      Json out = Json::array();
      for (const auto& item : node.list) out.push_back(to_json(item));
      return out;
    }
    case ConfigNode::Kind::map: {
      Json out = Json::object();
      for (const auto& [key, value] : node.map) out[key] = to_json(value);
      return out;
    }
  }
  return nullptr;
}

}  // namespace shockstep
