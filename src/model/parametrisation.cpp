#include "model/parametrisation.hpp"

#include "core/text.hpp"

#include <shockstep/error.hpp>

#include <cmath>

namespace shockstep {

Parametrisation::Parametrisation(const NetworkOptions& options, const Process& process)
    : predicts_(options.predicts),
      time_input_(options.time.value_or(predicts_ == Predicts::edm ? TimeInput::edm : TimeInput::sigma)),
      time_scale_(options.time_scale),
      data_std_(options.data_std),
      scaled_(options.scale_input == ScaleInput::process),
      noise_minus_data_((process.kind() == "flow" || process.kind() == "functions") &&
                        process.time(process.sigma_max()) > process.time(process.sigma_min())),
      process_(process) {
  if (predicts_ == Predicts::edm && !(data_std_ > 0))
    throw ConfigError("model.data_std", "missing; predicts: edm needs it, the sigma_data of the training");
  if (predicts_ == Predicts::edm && scaled_)
    throw ConfigError("model.scale_input", "must be none, since predicts: edm scales its input by c_in");
  if (!(time_scale_ > 0) || !std::isfinite(time_scale_))
    throw ConfigError("model.time_scale", "must be positive, got " + shortest(time_scale_));
  if (time_scale_ != 1 && time_input_ != TimeInput::t) throw ConfigError("model.time_scale", "is for time: t");
  if ((time_input_ == TimeInput::index || time_input_ == TimeInput::index_over_N) && process_.steps() == 0)
    throw ConfigError("model.time",
                      "is an index, but " + process_.kind() +
                          " has continuous time here; give the process its steps or table, or take time: t");
}

/// n - 1e-13 would be n - 1 to a network that looks it up.
double Parametrisation::index(double sigma) const {
  const double place = process_.time(sigma), whole = std::round(place);
  return std::abs(place - whole) < 1e-9 ? whole : place;
}

double Parametrisation::time(double sigma) const {
  switch (time_input_) {
    case TimeInput::log_sigma: return std::log(sigma);
    case TimeInput::edm: return std::log(sigma) / 4;
    case TimeInput::t: return time_scale_ * process_.time(sigma);
    case TimeInput::index: return index(sigma);
    case TimeInput::index_over_N: return index(sigma) / process_.steps();
    case TimeInput::sigma: break;
  }
  return sigma;
}

// include/shockstep/models/network.hpp has the formulas.
Preconditioning Parametrisation::at(double sigma) const {
  const double alpha = process_.alpha(sigma), in = scaled_ ? alpha : 1, t = time(sigma), s2 = sigma * sigma;
  switch (predicts_) {
    case Predicts::noise: return {in, t, 1, -sigma};
    case Predicts::velocity: return {in, t, 1 / (1 + s2), -sigma / alpha / (1 + s2)};
    case Predicts::flow: return {in, t, 1 / (1 + sigma), (noise_minus_data_ ? -sigma : sigma) / (1 + sigma)};
    case Predicts::score: return {in, t, 1, alpha * s2};
    case Predicts::edm: {
      const double v = s2 + data_std_ * data_std_;
      return {1 / std::sqrt(v), t, data_std_ * data_std_ / v, sigma * data_std_ / std::sqrt(v)};
    }
    case Predicts::denoised: break;
  }
  return {in, t, 0, 1};
}

}  // namespace shockstep
