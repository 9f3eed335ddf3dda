#include <shockstep/error.hpp>
#include <shockstep/process_kind.hpp>

#include "core/text.hpp"
#include "process/range.hpp"
#include "process/section.hpp"

#include <cmath>
#include <string>

namespace shockstep {

ProcessFunctions process_functions(const FlowMatching& flow) {
  if (flow.data_at != 0 && flow.data_at != 1)
    throw ConfigError("process.data_at", "must be 0 or 1, got " + std::to_string(flow.data_at));
  if (!(flow.shift > 0) || !std::isfinite(flow.shift))
    throw ConfigError("process.shift", "must be positive, got " + shortest(flow.shift));
  const bool data_first = flow.data_at == 0;
  constexpr double margin = .001;
  return in_range({.kind = "flow",
                   // The share of noise w = sigma/(1 + sigma); data's own share is 1/(1 + sigma), without cancellation.
                   .time = [data_first](double sigma) { return (data_first ? sigma : 1) / (1 + sigma); },
                   .alpha = [](double sigma) { return 1 / (1 + sigma); },
                   // w = shift u/(1 + (shift - 1) u) solved for u.
                   .clock = [data_first, shift = flow.shift](
                                double sigma) { return (data_first ? sigma : shift) / (sigma + shift); }},
                  {flow.sigma_min, flow.sigma_max}, {margin / (1 - margin), (1 - margin) / margin});
}

namespace processes {
extern const ProcessKind flow{"flow", "flow matching, rectified flow: x = (1 - t) x0 + t n",
                              "{kind: flow, data_at: 0, shift: 3}", [](Section& section) {
                                const FlowMatching own;
                                FlowMatching options{.shift = section.number("shift", own.shift)};
                                const auto data_at = section.integer("data_at", own.data_at);
                                if (data_at != 0 && data_at != 1)
                                  section.fail("data_at", "must be 0 or 1, got " + std::to_string(data_at));
                                options.data_at = static_cast<int>(data_at);
                                return ranged(section, options);
                              }};
}  // namespace processes

}  // namespace shockstep
