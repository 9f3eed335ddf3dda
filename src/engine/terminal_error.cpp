#include "engine/terminal_error.hpp"

#include "core/statistics.hpp"

#include <ATen/ops/argmax.h>
#include <ATen/ops/full.h>

#include <algorithm>
#include <cmath>
#include <span>

namespace shockstep {
namespace {

using Rows = std::vector<std::int64_t>;

Rows nearest_modes(const Modes& modes, const at::Tensor& x, double sigma_min) {
  constexpr std::int64_t most = 4096;  // rows at a time: their responsibilities take K numbers each
  Rows all;
  for (std::int64_t begin = 0; begin < x.size(0); begin += most) {
    const at::Tensor part = x.narrow(0, begin, std::min(most, x.size(0) - begin));
    const at::Tensor nearest = modes.responsibilities(part, at::full({part.size(0)}, sigma_min, at::kDouble)).argmax(1);
    const auto* k = nearest.const_data_ptr<std::int64_t>();
    all.insert(all.end(), k, k + part.size(0));
  }
  return all;
}

// `errors` are those of `rows`. Distances are per coordinate, as the errors are.
double wrong_mode_share(const Modes& modes, const Rows& found, const Rows& right, const Rows& rows,
                        const std::vector<double>& errors) {
  const std::size_t d = modes.means().size() / static_cast<std::size_t>(modes.components());
  const auto mean = [&](std::int64_t k) {
    return std::span(modes.means()).subspan(static_cast<std::size_t>(k) * d, d);
  };
  std::int64_t wrong = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto row = static_cast<std::size_t>(rows[i]);
    wrong += found[row] != right[row] && errors[i] > rms_difference(mean(found[row]), mean(right[row])) / 2;
  }
  return static_cast<double>(wrong) / static_cast<double>(rows.size());
}

}  // namespace

ErrorStatistics terminal_error(const at::Tensor& samples, const at::Tensor& reference, const ScoreModel& model,
                               double sigma_min) {
  const auto d = static_cast<std::size_t>(model.dimension());
  const auto row = [d](const at::Tensor& t, std::int64_t i) {
    return std::span(t.const_data_ptr<double>() + static_cast<std::size_t>(i) * d, d);
  };
  ErrorStatistics out;
  Rows rows;
  std::vector<double> errors;
  for (std::int64_t i = 0; i < samples.size(0); ++i) {
    if (!all_finite(row(samples, i)) || !all_finite(row(reference, i))) continue;
    rows.push_back(i);
    errors.push_back(rms_difference(row(samples, i), row(reference, i)));
  }
  out.left_out = samples.size(0) - static_cast<std::int64_t>(rows.size());
  if (rows.empty()) return out;
  double squares = 0;
  for (const double error : errors) squares += error * error;
  out.rms = std::sqrt(squares / static_cast<double>(errors.size()));
  out.median = quantile(errors, .5);
  out.p99 = quantile(errors, .99);
  out.max = *std::max_element(errors.begin(), errors.end());
  if (const Modes* modes = model.abilities().modes)
    out.wrong_mode = wrong_mode_share(*modes, nearest_modes(*modes, samples, sigma_min),
                                      nearest_modes(*modes, reference, sigma_min), rows, errors);
  return out;
}

}  // namespace shockstep
