#include "inspect/interfaces.hpp"

#include <shockstep/tensor_values.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/diff.h>
#include <ATen/ops/linalg_lstsq.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <cmath>

namespace shockstep {
namespace {

constexpr double searched = 3;  // reach of the search for the centre, over sigma
constexpr std::int64_t line_points = 129;
constexpr double extent = 5;  // of the profile, over its width
constexpr int fit_rounds = 60;
constexpr DifferenceStep slope_step{.float64 = 1e-3, .float32 = .05};  // at the centre, over the width

/// D.n at distances along the line.
at::Tensor along(Evaluator& model, const States& state, const at::Tensor& n, const at::Tensor& distance) {
  const std::int64_t m = distance.size(0);
  const at::Tensor x = state.x + distance.unsqueeze(1) * n;
  return at::matmul(model.denoise({x, state.trajectory.expand({m}), state.sigma}), n);
}

/// y = offset + slope t + amplitude tanh((t - centre)/width) by Levenberg and Marquardt's method; t and y of order one.
struct Fit {
  double offset = 0, slope = 0, amplitude = 1, centre = 0, width = 1;
  at::Tensor error;

  at::Tensor curve(const at::Tensor& t) const { return ((t - centre) / width).tanh(); }
  void judge(const at::Tensor& t, const at::Tensor& y) { error = y - offset - slope * t - amplitude * curve(t); }
  double loss() const { return error.pow(2).sum().item<double>(); }
};

Fit fitted(const at::Tensor& t, const at::Tensor& y) {
  Fit best;
  best.offset = y.mean().item<double>();
  best.judge(t, y);
  double damping = 1e-3;
  for (int round = 0; round < fit_rounds && damping < 1e12; ++round) {
    const at::Tensor shape = best.curve(t), bend = best.amplitude / best.width * (1 - shape * shape);
    const at::Tensor A = at::stack({at::ones_like(t), t, shape, -bend, -bend * (t - best.centre) / best.width}, 1);
    const at::Tensor normal = at::matmul(A.t(), A);
    const at::Tensor step = std::get<0>(at::linalg_lstsq(normal + damping * normal.diagonal().diag(),
                                                         at::matmul(A.t(), best.error).unsqueeze(1)))
                                .squeeze(1)
                                .contiguous();
    const double* s = step.const_data_ptr<double>();
    Fit next{best.offset + s[0], best.slope + s[1], best.amplitude + s[2], best.centre + s[3], best.width + s[4], {}};
    next.judge(t, y);
    if (!(next.width > 0) || !(next.loss() < best.loss())) {
      damping *= 10;
      continue;
    }
    best = next;
    damping /= 10;
  }
  return best;
}

}  // namespace

std::vector<Event> strongest(const std::vector<TrajectoryReport>& reports, std::int64_t trajectories,
                             std::int64_t count) {
  std::vector<Event> out;
  for (const auto& report : reports) {
    if (report.trajectory >= trajectories) continue;
    const Event* most = nullptr;
    for (const Event& event : report.events)
      // Not every window is measured long enough for a direction.
      if (event.kind == EventKind::speciation && !event.direction.empty() && (!most || event.rate > most->rate))
        most = &event;
    if (most) out.push_back(*most);
  }
  std::ranges::stable_sort(out, std::ranges::greater{}, &Event::rate);
  if (std::ssize(out) > count) out.resize(static_cast<std::size_t>(count));
  return out;
}

std::optional<InterfaceProfile> interface_profile(Evaluator& model, const States& state, const at::Tensor& n) {
  const double sigma = state.sigma;
  const auto options = state.x.options();
  // 1. The centre: where D.n is steepest.
  const at::Tensor far = at::linspace(-searched * sigma, searched * sigma, line_points, options);
  const at::Tensor slopes = at::diff(along(model, state, n, far)) / (2 * searched * sigma / (line_points - 1));
  const auto steepest = slopes.argmax().item<std::int64_t>();
  const double J = slopes[steepest].item<double>();
  if (!(J > 1)) return std::nullopt;
  const double centre = (far[steepest] + far[steepest + 1]).item<double>() / 2;

  // 2. The profile, in units of the width that this slope belongs to: s.n rises by J/sigma^2 = 1/width^2 against its background.
  const double unit = sigma / std::sqrt(J);
  const at::Tensor t = at::linspace(-extent, extent, line_points, options), at = centre + unit * t;
  const auto x_n = (state.x * n).sum().item<double>();
  const at::Tensor score = (along(model, state, n, at) - at - x_n) / (sigma * sigma);
  const Fit fit = fitted(t, score * unit);

  if (!(fit.amplitude > 0) || std::abs(fit.centre) > extent / 2 || fit.width > extent / 2) return std::nullopt;

  InterfaceProfile out{.trajectory = state.trajectory[0].item<std::int64_t>(), .sigma = sigma};
  out.width = unit * fit.width, out.amplitude = fit.amplitude / unit;
  out.residual = std::sqrt(fit.loss() / static_cast<double>(line_points)) / fit.amplitude;
  // 3. What the slope at the centre says of both.
  const double middle = centre + unit * fit.centre, h = model.step(slope_step, Difference::central) * out.width;
  const at::Tensor pair = along(model, state, n, at::linspace(middle - h, middle + h, 2, options));
  out.slope = ((pair[1] - pair[0]).item<double>() / (2 * h) - 1) / (sigma * sigma);
  out.amplitude_local = std::sqrt(std::max(0., out.slope - fit.slope / (unit * unit)));
  out.width_local = 1 / out.amplitude_local;
  out.at = values(at - middle), out.score = values(score);
  out.background = values((fit.offset + fit.slope * t) / unit);
  return out;
}

}  // namespace shockstep
