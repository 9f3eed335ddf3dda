/// Samples of one or two coordinates as a picture, coloured by the exponent of their decisions: blue where there was
/// none, warm where it was large, so that the interfaces between modes show.
#pragma once

#include "output/png.hpp"

#include <span>

namespace shockstep {

/// x, y, exponent of equal length; points that are not finite are left out.
Image scatter(std::span<const float> x, std::span<const float> y, std::span<const float> exponent);

/// Bars of equal width, each with the mean exponent of its samples as colour.
Image histogram(std::span<const float> x, std::span<const float> exponent);

}  // namespace shockstep
