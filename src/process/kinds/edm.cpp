#include <shockstep/process_kind.hpp>

#include "process/section.hpp"

namespace shockstep::processes {

extern const ProcessKind edm{"edm", "another name of ve", "{kind: edm}",
                             [](Section& section) { return ranged(section, VarianceExploding{}); }};

}  // namespace shockstep::processes
