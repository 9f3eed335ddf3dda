/// What may still be allocated.
#pragma once

#include <cstdint>
#include <string>

namespace shockstep {

/// Bytes that this process may take before somebody is killed for them: of the machine, or of its control group where that has less.
/// As the kernel estimates it, files that it may forget included.
std::uint64_t free_memory();
/// "12.3 GB"
std::string gigabytes(double bytes);

}  // namespace shockstep
