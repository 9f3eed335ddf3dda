#include "output/inspection.hpp"

#include "output/fit_json.hpp"
#include "output/json.hpp"

namespace shockstep {

std::string inspect_json(const InspectFacts& facts) {
  nlohmann::ordered_json out;
  out["version"] = facts.setup.version;
  out["config"] = to_json(facts.setup.config);
  out["model"] = facts.setup.model;
  out["device"] = facts.setup.device;
  out["setup_seconds"] = facts.setup.seconds;
  out["fit"] = fit_json(facts.fit);
  return dump(out);
}

}  // namespace shockstep
