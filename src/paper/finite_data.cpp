// The exact reverse dynamics of a finite data set end on its points (arXiv 2501.17054). Once a single point y counts, D = y:
//   ODE  x(sigma) - y = (sigma/sigma1) (x1 - y)
//   SDE  x(sigma) - y = (sigma/sigma1)^2 (x1 - y) + N(0, sigma^2 (1 - sigma^2/sigma1^2))
// from a fixed start x1 at sigma1; for one point every step is exact, an ancestral one is the DDPM posterior.
#include "paper/analyses.hpp"
#include "paper/flow.hpp"
#include "paper/numbers.hpp"
#include "paper/problems.hpp"

#include <shockstep/sampler.hpp>

#include <algorithm>

namespace shockstep::paper {
namespace {

// Distance of each row to its nearest point, and which it is.
struct Nearest {
  Values distance;
  std::vector<std::size_t> point;

  Nearest(const Values& x, const Values& points) {
    for (std::size_t i = 0; i < x.size(); i += 2) {
      double least = INFINITY;
      std::size_t which = 0;
      for (std::size_t k = 0; k < points.size(); k += 2)
        if (const double r = std::hypot(x[i] - points[k], x[i + 1] - points[k + 1]); r < least)
          least = r, which = k / 2;
      distance.push_back(least), point.push_back(which);
    }
  }
};

double mean(const Values& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

// Samples of the reverse SDE: D at sigma_min, or the state there.
Values reverse_sde(const ModelPtr& model, const Process& process, Method method, int steps, Final end,
                   const at::Tensor& noise) {
  SamplerOptions options;
  options.dynamics = Dynamics::sde;
  options.method = method;
  options.steps = FixedSteps{.schedule = Schedule::log_sigma, .count = steps};
  options.max_evaluations = 2 * steps + 2;
  options.final = end;
  return values(Sampler(model, process, options).sample({.count = noise.size(0), .seed = 3, .noise = noise}).samples);
}

// The largest deviation of means and variances of the explicit solution, in standard errors, of 20 000 trajectories.
double explicit_solution(Method method) {
  constexpr int n = 20000;
  constexpr double sigma1 = 5, sigma = .4;
  const Values y{.3, -.7}, x1{4, -2};
  const auto model = std::make_shared<PointCloud>(PointCloudOptions{.points = rows(y, 2)});
  Values start;
  for (int i = 0; i < n; ++i) start.insert(start.end(), {x1[0] / sigma1, x1[1] / sigma1});
  const Values x = reverse_sde(model, VarianceExploding{.sigma_min = sigma, .sigma_max = sigma1}, method, 4,
                               Final::keep, rows(start, 2));
  const double shrink = std::pow(sigma / sigma1, 2), variance = sigma * sigma * (1 - shrink);
  double worst = 0;
  for (std::size_t j = 0; j < 2; ++j) {
    double first = 0, second = 0;
    for (std::size_t i = j; i < x.size(); i += 2) {
      const double apart = x[i] - y[j] - shrink * (x1[j] - y[j]);
      first += apart / n, second += apart * apart / n;
    }
    worst = std::max(
        {worst, std::abs(first) / std::sqrt(variance / n), std::abs(second / variance - 1) / std::sqrt(2. / n)});
  }
  return worst;
}

}  // namespace

Analysis analyse_finite_data() {
  const auto [cloud, process] = finite_data_problem();
  const ModelPtr model = cloud;
  const Values points = finite_data();
  const auto count = points.size() / 2;
  Analysis out{.key = "finite_data", .title = "Finite data: the reverse dynamics end on them", .config = "finite_data"};
  constexpr std::int64_t n = 120;
  const at::Tensor latents =
      rows(values(GaussianMixture({.means = rows({0, 0}, 2), .stds = rows({1}, 1).view({-1})}).draw(n, 0, 5)), 2);
  Values start = values(latents);
  for (double& value : start) value *= process.sigma_max();

  // Along the ODE: distance to the nearest point, and the share of trajectories that one point has captured.
  Table table{"finite_data", {"sigma", "mean_distance", "mean_distance_over_sigma", "captured"}, {}};
  Series distance{"distance to the nearest point", {}, {}},
      scale{"σ √(π/2), a single point", {}, {}, Series::Style::dashed}, captured{"share captured by one point", {}, {}};
  std::vector<double> collapse(n, 0);  // sigma at which the largest posterior weight passes .99
  Values ratio, ratio_later;
  std::vector<std::size_t> reached;
  const GaussianMixture weights_of({.means = rows(points, 2), .stds = rows({0}, 1).view({-1})});
  for (const double sigma : {20., 10., 5., 3., 2., 1.4, 1., .7, .5, .3, .2, .1, .05, .02, .002}) {
    const Values x = transported(model, VarianceExploding{.sigma_min = sigma, .sigma_max = process.sigma_max()}, start,
                                 {.schedule = Schedule::log_sigma, .count = 2000});
    const Nearest nearest(x, points);
    const Values r = values(weights_of.responsibilities(rows(x, 2), level(n, sigma)));
    int sure = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const bool one = *std::max_element(r.begin() + static_cast<std::ptrdiff_t>(i * count),
                                         r.begin() + static_cast<std::ptrdiff_t>((i + 1) * count)) > .99;
      sure += one;
      if (one && collapse[i] == 0) collapse[i] = sigma;
    }
    const double share = sure / static_cast<double>(n), mean_distance = mean(nearest.distance);
    table.rows.push_back({sigma, mean_distance, mean_distance / sigma, share});
    distance.x.push_back(sigma), distance.y.push_back(mean_distance);
    scale.x.push_back(sigma), scale.y.push_back(sigma * std::sqrt(std::acos(-1.) / 2));
    captured.x.push_back(sigma), captured.y.push_back(share);
    if (sigma == .02) ratio = nearest.distance;
    if (sigma == .002) ratio_later = nearest.distance, reached = nearest.point;
  }
  // Rounding of x in each of 2000 steps, eps |x|, over distances down to .05 sigma_min: 1e-10.
  double self_similar = 0;
  for (std::size_t i = 0; i < n; ++i)
    self_similar = std::max(self_similar, std::abs(ratio[i] / ratio_later[i] / 10 - 1));
  Table times{"finite_data_collapse", {"trajectory", "sigma", "point"}, {}};
  std::vector<double> hits(count, 0);
  for (std::size_t i = 0; i < n; ++i) {
    times.rows.push_back({static_cast<double>(i), collapse[i], static_cast<double>(reached[i])});
    hits[reached[i]] += 1;
  }
  double share_error = 0;
  const double expected_hits = n / static_cast<double>(count);
  for (const double hit : hits)
    share_error = std::max(
        share_error, std::abs(hit - expected_hits) / std::sqrt(expected_hits * (1 - 1 / static_cast<double>(count))));

  // What both dynamics return.
  SamplerOptions ode;
  ode.guard.enabled = false;
  const Values returned = values(Sampler(model, process, ode).sample({.count = n, .noise = latents}).samples);
  const Values by_sde = reverse_sde(model, process, Method::multistep, 60, Final::denoise, latents);

  // Ancestral steps against the continuous process, on the same Brownian paths, down to where modes are still undecided.
  const VarianceExploding upper{.sigma_min = .5, .sigma_max = 20};
  const Values fine = reverse_sde(model, upper, Method::multistep, 2048, Final::keep, latents);
  Table ancestral{"finite_data_ancestral", {"steps", "rms_difference"}, {}};
  Values step_counts, apart;
  for (const int steps : {32, 64, 128, 256}) {
    const Values x = reverse_sde(model, upper, Method::ancestral, steps, Final::keep, latents);
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) sum += (x[i] - fine[i]) * (x[i] - fine[i]);
    step_counts.push_back(steps), apart.push_back(std::sqrt(sum / static_cast<double>(n)));
    ancestral.rows.push_back({static_cast<double>(steps), apart.back()});
  }

  Table solution{"finite_data_explicit", {}, {{}}};  // largest deviation of each method, in standard errors
  for (const Method method : {Method::multistep, Method::ancestral, Method::dpmpp_2m_sde, Method::dpmpp_3m_sde}) {
    solution.columns.emplace_back(name(method));
    solution.rows.front().push_back(explicit_solution(method));
  }
  const double worst = largest(solution.rows.front());
  out.claims = {
      {"finite_data.ode_ends", "largest distance of 120 samples of the ODE from the nearest point", 0,
       largest(Nearest(returned, points).distance), 1e-12},
      {"finite_data.sde_ends", "the same for the reverse SDE: its support lies in that of the data", 0,
       largest(Nearest(by_sde, points).distance), 1e-12},
      {"finite_data.collapse",
       "distance at sigma .02 over that at .002, over 10, less 1, 120 trajectories: one point is left", 0, self_similar,
       1e-9},
      {"finite_data.captured", "share of trajectories captured by one point at sigma .002", 1, captured.y.back(), 0},
      {"finite_data.shares", "largest deviation of the points' shares from 1/12, standard errors", 0, share_error, 5},
      {"finite_data.explicit",
       "largest deviation from the explicit reverse solution of one point, standard errors, four methods", 0, worst, 5},
      {"finite_data.ancestral", "order in the number of steps of ancestral less continuous paths", -1,
       order_of(step_counts, apart), .15}};
  out.tables = {std::move(table), std::move(times), std::move(ancestral), std::move(solution)};
  out.figures.push_back(
      {.key = "finite-data",
       .title = "Finite data: the reverse dynamics end on them",
       .explain = "Twelve points in the plane, 120 trajectories of the exact probability flow. Once one point is "
                  "left, the distance from it is in proportion to σ: each sample is a copy.",
       .x = {"noise level σ", true},
       .y = {"mean distance", true},
       .series = {distance, scale}});
  out.figures.push_back({.key = "finite-data-captured",
                         .title = "When the trajectories collapse onto the data",
                         .explain = "The share of trajectories of which one point has a posterior weight above 0.99.",
                         .x = {"noise level σ", true},
                         .y = {"share"},
                         .series = {captured}});
  return out;
}

}  // namespace shockstep::paper
