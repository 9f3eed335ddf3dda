/// Torch writes a CRC-32 for every part of an archive (.pt is a zip), but its reader does not look at them: a flipped bit in a
/// weight would be another model.
#pragma once

#include <optional>
#include <string>

namespace shockstep {

/// The name of the first stored part whose bytes do not have its checksum; none if all have, and for what is no readable zip,
/// compressed, or beyond 4 GiB (zip64).
std::optional<std::string> damaged_part(const std::string& path);

}  // namespace shockstep
