/// The first samples of a run, as its report shows them.
#pragma once

#include "output/picture.hpp"
#include "output/report/known_model.hpp"

#include <nlohmann/json.hpp>

namespace shockstep {

/// By shape of a sample, `kind` is
///   image  {png: data URI, width, height, shown}
///   plane  {points: [[x, y, exponent], ..], x: [low, high], y, density: {size, bytes}}   bytes: base64, 255 at the densest
///   line   {edges, counts, shown, density: [[x, p], ..]}
///   none   {why: sentence}
/// with `density` where the model is known.
nlohmann::ordered_json sample_figure(const SamplePicture& picture, const KnownModel& known);

}  // namespace shockstep
