/// The first samples of a run, as its report shows them.
#pragma once

#include "output/picture.hpp"
#include "output/report/known_model.hpp"

#include <nlohmann/json.hpp>

namespace shockstep {

/// By shape of a sample, `kind` is
///   image  {png: data URI, width, height}
///   plane  {points: [[x, y, exponent, trajectory], ..], x: [low, high], y, density: {size, bytes}}
///   line   {edges, counts, density: [[x, p], ..]}
///   none   {why: sentence}
/// with `density` where the model is known (bytes: base64, rows from the top, 255 at the densest), and beside these `shown`
/// of the first samples, of which `missing` are not finite.
nlohmann::ordered_json sample_figure(const SamplePicture& picture, const KnownModel& known);

}  // namespace shockstep
