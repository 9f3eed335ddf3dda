#include "inspect/training.hpp"

#include <shockstep/error.hpp>

#include "inspect/quantiles.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cdist.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace shockstep {
namespace {

constexpr double chance = .01;  // probability that any sample of a model without memory is called memorised
constexpr std::int64_t fewest_rows = 8, block_rows = 256, candidates = 8;

struct Nearest {
  std::int64_t index = 0;
  double first = 0, second = 0;
};

/// Candidates by products, whose digits cancel where points are close; the distances of the candidates by differences.
std::vector<Nearest> nearest_two(const at::Tensor& rows, const at::Tensor& points) {
  std::vector<Nearest> out;
  for (std::int64_t begin = 0; begin < rows.size(0); begin += block_rows) {
    const at::Tensor part = rows.narrow(0, begin, std::min(block_rows, rows.size(0) - begin));
    const at::Tensor found =
        std::get<1>(at::cdist(part, points, 2., 1).topk(std::min(candidates, points.size(0)), 1, false));
    for (std::int64_t i = 0; i < part.size(0); ++i) {
      const at::Tensor distance = (points.index_select(0, found[i]) - part[i]).norm(2, {1});
      const auto [sorted, order] = distance.sort();
      out.push_back({found[i][order[0].item<std::int64_t>()].item<std::int64_t>(), sorted[0].item<double>(),
                     sorted[1].item<double>()});
    }
  }
  return out;
}

double ratio(const Nearest& n) { return n.second > 0 ? n.first / n.second : 1; }  // 1: a point that is there twice

/// The probability that a number of `a` is below one of `b`, ties counted half: Mann & Whitney's statistic.
double below(const std::vector<double>& a, std::vector<double> b) {
  std::ranges::sort(b);
  double sum = 0;
  for (const double value : a) {
    const auto [low, high] = std::ranges::equal_range(b, value);
    sum += static_cast<double>(b.end() - low) + static_cast<double>(b.end() - high);
  }
  return sum / 2 / static_cast<double>(a.size() * b.size());
}

std::vector<double> firsts(const std::vector<Nearest>& all) {
  std::vector<double> out;
  for (const Nearest& n : all) out.push_back(n.first);
  return out;
}

}  // namespace

TrainingSection compare_with_training(const at::Tensor& samples, const at::Tensor& data, const at::Tensor& held_out) {
  TrainingSection out;
  out.split = !held_out.defined();
  const std::int64_t n = data.size(0), half = n / 2;
  const at::Tensor known = out.split ? data.narrow(0, 0, half) : data;
  const at::Tensor held = out.split ? data.narrow(0, half, n - half) : held_out;
  if (known.size(0) < fewest_rows || held.size(0) < fewest_rows)
    throw ConfigError("data", "must have at least " + std::to_string(2 * fewest_rows) +
                                  " rows, half of which are held out, or " + std::to_string(fewest_rows) +
                                  " beside as many of held_out");
  out.points = n, out.held_out = held.size(0);

  const auto of_held = nearest_two(held, known);
  double logs = 0, counted = 0;
  for (const Nearest& one : of_held)
    if (one.first > 0 && one.second > one.first) logs -= std::log(ratio(one)), ++counted;
  out.dimension = counted > 1 ? (counted - 1) / logs : static_cast<double>(data.size(1));

  std::vector<std::int64_t> index;
  for (std::int64_t i = 0; i < samples.size(0); ++i)
    if (at::isfinite(samples[i]).all().item<bool>()) index.push_back(i);
  const at::Tensor rows = samples.index_select(0, at::tensor(index));
  const auto all = nearest_two(rows, data);
  out.level = chance / static_cast<double>(std::max<std::size_t>(1, all.size()));
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double p = std::pow(ratio(all[i]), out.dimension);
    out.rows.push_back({index[i], all[i].index, all[i].first, all[i].second, p, p < out.level});
    out.memorised += out.rows.back().memorised;
  }
  const auto here = firsts(out.split ? nearest_two(rows, known) : all), there = firsts(of_held);
  out.samples = quantiles_of(here), out.held = quantiles_of(there);
  out.nearer = below(here, there);
  return out;
}

}  // namespace shockstep
