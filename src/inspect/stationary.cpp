#include "inspect/stationary.hpp"

#include <shockstep/tensor_values.hpp>

#include "inspect/clusters.hpp"
#include "inspect/differences.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/imag.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/linalg_eig.h>
#include <ATen/ops/linalg_solve_ex.h>
#include <ATen/ops/real.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>
#include <vector>

namespace shockstep {
namespace {

constexpr int newton_rounds = 60;
constexpr double zero_rate = 1e-4;  // of the largest: below it an eigenvalue has no sign
constexpr double settled = 1e5;     // resolutions from a stable point
constexpr double away = 1e-4;       // from a stable point, over the scale, where its approach begins
constexpr double away_network = 1e-2;
constexpr int approach_times = 4;  // of one decay each
constexpr std::int64_t line_parts = 8, scan_lines = 64;

/// Newton's method on all starts [n, d] at once; the ends of those that converge within `reach` of `centre`.
at::Tensor newton(Field& field, at::Tensor x, const at::Tensor& centre, double reach, double longest) {
  std::vector<at::Tensor> found;
  for (int round = 0; round < newton_rounds && x.size(0) > 0; ++round) {
    const at::Tensor trajectory = at::zeros({x.size(0)}, at::kLong);
    const at::Tensor change = std::get<0>(at::linalg_solve_ex(field.jacobian(x, trajectory), field(x, trajectory)));
    const at::Tensor length = change.norm(2, {1}, true);
    const at::Tensor next = x - change * (longest / length).clamp_max(1);
    // Far away f is small only because its step is: a zero lies among the ends.
    const at::Tensor kept = at::isfinite(length).squeeze(1).logical_and((next - centre).norm(2, {1}) < reach);
    const at::Tensor done = kept.logical_and(length.squeeze(1) <= field.resolution() * longest);
    found.push_back(next.index_select(0, done.nonzero().squeeze(1)));
    x = next.index_select(0, kept.logical_and(done.logical_not()).nonzero().squeeze(1));
  }
  return found.empty() ? x.narrow(0, 0, 0) : at::cat(found);
}

/// Appends those of `rows` that are not near a point found before.
void add_new(std::vector<at::Tensor>& points, const at::Tensor& rows, double near) {
  for (std::int64_t i = 0; i < rows.size(0); ++i) {
    const auto same = [&](const at::Tensor& p) { return (p - rows[i]).norm().item<double>() < near; };
    if (std::ranges::none_of(points, same)) points.push_back(rows[i]);
  }
}

struct Rates {
  std::vector<double> real;         // descending
  double turning = 0;               // the largest imaginary part
  at::Tensor left_real, left_imag;  // of the left eigenvector of the largest
};

Rates rates_of(const at::Tensor& J) {
  const auto [rates, vectors] = at::linalg_eig(J.t());
  const at::Tensor real = at::real(rates).contiguous();
  const auto top = real.argmax().item<std::int64_t>();
  Rates out{values(real), at::imag(rates).abs().max().item<double>(), at::real(vectors).select(1, top).contiguous(),
            at::imag(vectors).select(1, top).contiguous()};
  std::ranges::sort(out.real, std::ranges::greater{});
  return out;
}

const char* kind_of(const std::vector<double>& rates) {
  const double size = std::max(std::abs(rates.front()), std::abs(rates.back()));
  for (const double rate : rates)
    if (std::abs(rate) <= zero_rate * size) return "degenerate";
  return rates.front() < 0 ? "stable" : rates.back() > 0 ? "source" : "saddle";
}

/// Slope of ln(distance along the slowest direction) against time, from a start close by. With a left eigenvector w,
/// w.(x - z) decays by that eigenvalue alone.
double approach(Field& field, const at::Tensor& z, const Rates& rates, double from, std::vector<double>& times,
                std::vector<double>& distances) {
  const at::Tensor one = at::zeros({1}, at::kLong);
  at::Tensor x = (z + from * rates.left_real / rates.left_real.norm()).unsqueeze(0);
  const double unit = 1 / std::abs(rates.real.front());
  const auto along = [&] {
    const at::Tensor off = x[0] - z;
    return std::hypot((off * rates.left_real).sum().item<double>(), (off * rates.left_imag).sum().item<double>());
  };
  const double begin = along();
  double sum = 0, moment = 0;
  for (int k = 0; k <= approach_times; ++k) {
    if (k > 0) x = field.flow(x, one, unit, false);
    times.push_back(k * unit), distances.push_back(along() / begin * from);
    const double t = k - approach_times / 2.;
    sum += t * t, moment += t * std::log(distances.back());
  }
  return moment / sum / unit;
}

}  // namespace

StationarySection stationary_points(Field& field, const at::Tensor& ends, std::uint64_t seed) {
  const std::int64_t n = ends.size(0), d = ends.size(1);
  StationarySection out;
  if (d > most_stationary) {
    out.why = "sought in up to " + std::to_string(most_stationary) + " dimensions";
    return out;
  }
  const at::Tensor centre = ends.mean(0);
  const double spread = (ends - centre).norm(2, {1}).max().item<double>(), scale = std::max(spread, field.length());
  const double near = settled * field.resolution() * field.length();
  const auto sought = [&](std::vector<at::Tensor>& points, const at::Tensor& starts) {
    out.starts += starts.size(0);
    add_new(points, newton(field, starts, centre, 2 * spread + field.length(), scale / 2), near);
  };

  // 1. Newton's method from the ends, those close together taken once, and from points about them.
  std::vector<at::Tensor> places, points;
  add_new(places, ends, near);
  const std::int64_t starts = std::clamp<std::int64_t>(16384 / d, 64, 1024);
  if (std::ssize(places) > starts) places.resize(static_cast<std::size_t>(starts));
  sought(points, at::stack(places));
  const at::Tensor noise = normal_rows(starts, d, seed);
  // Half of them of the ends' spread about the centre, half about single ends.
  const at::Tensor wide = centre + scale / std::sqrt(static_cast<double>(d)) * noise.narrow(0, 0, starts / 2);
  const at::Tensor close = ends.index_select(0, at::arange(starts - starts / 2, at::kLong).remainder(n)) +
                           field.length() * noise.narrow(0, starts / 2, starts - starts / 2);
  sought(points, at::cat({wide, close}));
  // 2. From lines between those found: between two stable ones there is a saddle.
  std::vector<at::Tensor> between;
  for (std::size_t i = 0; i < points.size(); ++i)
    for (std::size_t j = 0; j < i && std::ssize(between) < line_parts * scan_lines; ++j)
      for (std::int64_t k = 1; k < line_parts; ++k)
        between.push_back(points[i] + static_cast<double>(k) / line_parts * (points[j] - points[i]));
  if (!between.empty()) sought(points, at::stack(between));

  std::vector<Rates> rates;
  for (const at::Tensor& z : points) {
    rates.push_back(rates_of(field.jacobian(z.unsqueeze(0), at::zeros({1}, at::kLong))[0]));
    StationaryPoint point{.at = values(z), .rates = rates.back().real, .turning = rates.back().turning};
    point.kind = kind_of(point.rates);
    point.unstable = std::ranges::count_if(point.rates, [](double r) { return r > 0; });
    out.index_sum += point.unstable % 2 == 0 ? 1 : -1;
    out.points.push_back(std::move(point));
  }

  // 3. Who ends where.
  std::vector<std::size_t> stable;
  std::vector<at::Tensor> sinks;
  for (std::size_t k = 0; k < points.size(); ++k)
    if (out.points[k].unstable == 0) stable.push_back(k), sinks.push_back(points[k]);
  out.basin.assign(static_cast<std::size_t>(n), -1);
  if (!sinks.empty()) {
    const std::vector<int> nearest = nearest_mean(ends, at::stack(sinks));
    for (std::int64_t i = 0; i < n; ++i) {
      const auto k = static_cast<std::size_t>(nearest[static_cast<std::size_t>(i)]);
      const double off = (ends[i] - sinks[k]).norm().item<double>();
      if (off < near)
        out.basin[static_cast<std::size_t>(i)] = static_cast<int>(stable[k]);
      else
        ++out.unsettled;
    }
  } else {
    out.unsettled = n;
  }
  for (std::size_t k = 0; k < points.size(); ++k)
    out.points[k].ends = std::ranges::count(out.basin, static_cast<int>(k));

  // 4. Rates of approach.
  const double from = (field.resolution() < 1e-6 ? away : away_network) * scale;
  for (const std::size_t k : stable)
    out.points[k].rate = approach(field, points[k], rates[k], from, out.points[k].times, out.points[k].distances);

  // Stable ones first, those of the largest basins; then by the number of directions in which they repel.
  std::vector<std::size_t> order(points.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](std::size_t k) {
    return std::tuple(out.points[k].unstable, -out.points[k].ends, out.points[k].at);
  });
  std::vector<int> place(points.size());
  std::vector<StationaryPoint> sorted;
  for (std::size_t k = 0; k < order.size(); ++k) {
    place[order[k]] = static_cast<int>(k);
    sorted.push_back(std::move(out.points[order[k]]));
  }
  out.points = std::move(sorted);
  for (int& basin : out.basin)
    if (basin >= 0) basin = place[static_cast<std::size_t>(basin)];
  return out;
}

}  // namespace shockstep
