/// What the sections of processes have in common.
#pragma once

#include <shockstep/config.hpp>
#include <shockstep/process.hpp>

#include "core/placed.hpp"

namespace shockstep {

/// make(), whose errors get the place of the section.
template <class Make>
auto process_placed(const Section& section, Make make) {
  return placed(section, make, "process.");
}

/// With the range that the section asks for, by default the process's own.
template <ProcessDefinition Options>
Process ranged(Section& section, Options options) {
  const Process own = process_placed(section, [&] { return Process(options); });
  options.sigma_min = section.positive("sigma_min", own.sigma_min());
  options.sigma_max = section.positive("sigma_max", own.sigma_max());
  return process_placed(section, [&] { return Process(options); });
}

}  // namespace shockstep
