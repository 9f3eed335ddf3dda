/// Torch writes a CRC-32 for every part of an archive (.pt is a zip), but its reader does not look at them: a flipped bit in a
/// weight would be another model.
#pragma once

#include <optional>
#include <string>

namespace shockstep {

/// The name of the first uncompressed part whose bytes do not have the checksum written for it; none if all have.
/// Nothing is checked in what is no readable zip, in compressed parts and beyond 4 GiB (zip64).
std::optional<std::string> damaged_part(const std::string& path);

}  // namespace shockstep
