/// What a network in half precision makes of samples that it makes in float32.
#pragma once

#include <shockstep/process.hpp>
#include <shockstep/score_model.hpp>

#include "records/rounding_error.hpp"

#include <optional>
#include <string>

namespace shockstep {

/// Of a few pilot rows, drawn on the same short plan in either type: 64 evaluations. None where the model is not in half precision, or
/// cannot be had in float32. `cache`: a file to keep it in, as cached() says; empty: none.
std::optional<RoundingError> rounding_error(const ModelPtr& model, const Process& process, double data_std,
                                            const std::string& cache);

}  // namespace shockstep
