/// Processes against their definitions: alpha and s written as functions of the native time, and a known table.
#include "support/test.hpp"

#include "support/refusal.hpp"

#include <shockstep/error.hpp>
#include <shockstep/process_kind.hpp>
#include <shockstep/schedule.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>

using namespace shockstep;

namespace {

struct Definition {
  const char* name;
  Process process;
  std::function<double(double t)> alpha, s;  // of the native time
  double first, last;                        // native times of sigma_max and sigma_min
};

double linear_alpha(double t) { return std::exp(-.5 * (.1 * t + .5 * 19.9 * t * t)); }
double cosine_alpha(double t) {
  const auto f = [](double u) { return std::cos((u + .008) / 1.008 * std::numbers::pi / 2); };
  return f(t) / f(0);
}
double preserving(double alpha) { return std::sqrt((1 - alpha) * (1 + alpha)); }

std::vector<Definition> definitions() {
  const auto id = [](double t) { return t; };
  const auto rest = [](double t) { return 1 - t; };
  return {{"ve", VarianceExploding{}, [](double) { return 1.; }, id, 80, .002},
          {"vp_linear", VpLinear{}, linear_alpha, [](double t) { return preserving(linear_alpha(t)); }, 1, 1e-3},
          {"sub_vp", SubVp{}, linear_alpha, [](double t) { return 1 - std::pow(linear_alpha(t), 2); }, 1, 1e-3},
          {"vp_cosine", VpCosine{}, cosine_alpha, [](double t) { return preserving(cosine_alpha(t)); }, .9946, 1e-3},
          {"flow to noise", FlowMatching{}, rest, id, .999, .001},
          {"flow to data", FlowMatching{.data_at = 1}, id, rest, .001, .999},
          {"flow, shifted", FlowMatching{.shift = 3}, rest, id, .999, .001}};
}

/// sigma at an entry of the table.
double level(const VpTable& table, std::size_t j) {
  return std::sqrt((1 - table.alphas_cumprod[j]) / table.alphas_cumprod[j]);
}

}  // namespace

TEST_CASE("Time and alpha at each sigma are those of the definition") {
  for (const auto& d : definitions()) {
    CAPTURE(d.name);
    const Process& p = d.process;
    const double range = p.lam_end() - p.lam_begin();
    for (int i = 0; i <= 100; ++i) {
      const double sigma = std::exp(-p.lam_begin() - range * i / 100), t = p.time(sigma);
      CAPTURE(sigma, t);
      // alpha and s as the definition gives them at t: rounding of t is magnified by d ln sigma/dt * t, at most
      // 1/(1 - t) = 1000 in the flow and t/(alpha s) dalpha/dt = 240 in the cosine; s near 0 loses eps/s^2 = 5e-12.
      CHECK(d.s(t) / d.alpha(t) == Approx(sigma).epsilon(3e-11).margin(0));
      CHECK(p.alpha(sigma) == Approx(d.alpha(t)).epsilon(1e-12).margin(0));
    }
    CHECK(p.time(p.sigma_max()) == Approx(d.first).epsilon(1e-11));
    CHECK(p.time(p.sigma_min()) == Approx(d.last).epsilon(1e-11));
    CHECK(p.steps() == 0);
  }
}

TEST_CASE("The time of a table is its index, between entries linear in ln sigma") {
  const double offset = GENERATE(0., 1.);
  VpTable table{.alphas_cumprod = {.99, .9, .5, .1}, .index_offset = offset};
  const Process p(table);
  CHECK(p.kind() == "table");
  CHECK(p.steps() == 4);
  CHECK(p.sigma_min() == Approx(level(table, 0)));
  CHECK(p.sigma_max() == Approx(3));
  for (std::size_t j = 0; j < 4; ++j) CHECK(p.time(level(table, j)) == Approx(offset + static_cast<double>(j)));
  CHECK(p.time(std::pow(level(table, 1), .75) * std::pow(level(table, 2), .25)) == Approx(offset + 1.25));
  CHECK(p.alpha(level(table, 2)) == Approx(std::sqrt(.5)));
  CHECK(p.time(p.sigma_max()) == offset + 3);
  CHECK(p.time(p.sigma_min()) == offset);
}

TEST_CASE("Entries without noise or without data are not reached, and keep their index") {
  const Process p(VpTable{.alphas_cumprod = {1, .9, .5, 0}});
  CHECK(p.steps() == 4);
  CHECK(p.time(p.sigma_min()) == 1);
  CHECK(p.time(p.sigma_max()) == 2);
  CHECK(p.sigma_max() == Approx(1));
}

TEST_CASE("Tables of betas are those of their papers") {
  const VpTable linear = linear_table();
  // The known ends of DDPM's table, as every implementation prints them: sigma from .0100 to 157.4.
  CHECK(linear.alphas_cumprod.front() == Approx(1 - 1e-4));
  CHECK(linear.alphas_cumprod.back() == Approx(4.0358e-5).epsilon(1e-4));
  CHECK(Process(linear).sigma_max() == Approx(157.4).epsilon(1e-3));
  // Latent diffusion's: .0292 to 14.61.
  const Process latent(linear_table(.00085, .012, 1000, BetaSpacing::scaled_linear));
  CHECK(latent.sigma_min() == Approx(.0292).epsilon(1e-2));
  CHECK(latent.sigma_max() == Approx(14.6146).epsilon(1e-5));

  const VpTable cosine = cosine_table(.008, 1000);
  const auto f = [](double t) { return std::pow(cosine_alpha(t), 2); };
  for (std::size_t j : {0UL, 500UL, 990UL})
    CHECK(cosine.alphas_cumprod[j] == Approx(f(static_cast<double>(j + 1) / 1000)).epsilon(1e-9));
  CHECK(cosine.alphas_cumprod[999] == Approx(cosine.alphas_cumprod[998] * .001));  // beta at most .999
}

TEST_CASE("A table approaches the continuous process") {
  // beta_j = beta((j + 1)/N)/N: Song et al. 2021, appendix B. The product is a right-hand sum: off by O(1/N).
  const int N = 10000;
  VpTable table = linear_table((.1 + 19.9 / N) / N, 20. / N, N);
  const Process discrete(table), continuous(VpLinear{});
  for (double sigma : {.5, 5., 50.})
    CHECK((discrete.time(sigma) + 1) / N == Approx(continuous.time(sigma)).epsilon(2e-3));
}

TEST_CASE("Only the grid linear in time knows the shift of a flow") {
  const Process straight(FlowMatching{}), shifted(FlowMatching{.shift = 3}),
      other(FlowMatching{.data_at = 1, .shift = 3});
  for (double sigma : {.01, 1., 30.}) {
    CHECK(shifted.time(sigma) == straight.time(sigma));
    const double u = shifted.clock(sigma);
    CHECK(3 * u / (1 + 2 * u) == Approx(straight.time(sigma)));
    CHECK(other.clock(sigma) == Approx(1 - u));
    CHECK(straight.clock(sigma) == straight.time(sigma));
  }
  // More of the nodes lie at large sigma.
  const FixedSteps linear{.schedule = Schedule::linear};
  // Half way w = u/(1 - u) is 3 times what it is without shift, but for ends that are not 0 and 1.
  CHECK(grid_sigmas(linear, shifted, 11)[5] == Approx(3 * grid_sigmas(linear, straight, 11)[5]).epsilon(.03));
  CHECK(grid_sigmas(linear, other, 11)[5] == Approx(grid_sigmas(linear, shifted, 11)[5]));
}

TEST_CASE("A range is taken where the process reaches, and refused elsewhere") {
  const Process p(VpLinear{.sigma_min = .001, .sigma_max = 50});
  CHECK(p.sigma_min() == .001);
  CHECK(p.sigma_max() == 50);
  CHECK(Process(FlowMatching{.sigma_max = 1e5}).time(1e5) < 1);
  CHECK(Process(VpCosine{.sigma_max = 1e5}).time(1e5) < 1);

  const auto says = [](const auto& options) { return test::refusal<ConfigError>([&] { (void)Process(options); }); };
  CHECK(says(VpLinear{.sigma_max = 200}).starts_with("process.sigma_max: must be at most 152.1"));
  CHECK(says(VpLinear{.sigma_max = 200}).find("got 200; vp_linear reaches from 0 to 152.1") != std::string::npos);
  CHECK(says(SubVp{.sigma_max = 200}).find("sub_vp reaches from 0 to 152.1") != std::string::npos);
  VpTable table{.alphas_cumprod = {.5, .4, .2}};
  table.sigma_min = .4;
  CHECK(says(table) == "process.sigma_min: must be at least 1, got 0.4; table reaches from 1 to 2");
  table.sigma_min = 1 - 1e-7;
  CHECK(Process(table).sigma_min() == 1);
  table.sigma_min = 2;
  CHECK(says(table) == "process.sigma_max: must be larger than sigma_min = 2, got 2");
  CHECK(says(FlowMatching{.sigma_min = -1}) == "process.sigma_min: must be positive, got -1");
  CHECK(says(VarianceExploding{.sigma_min = 0}) == "process.sigma_min: must be positive, got 0");
}

TEST_CASE("A process of one's own is what its functions say") {
  // A cosine of the angle itself: alpha = cos, s = sin, sigma = tan t.
  ProcessFunctions angle{.kind = "angle",
                         .sigma_min = .01,
                         .sigma_max = 50,
                         .time = [](double sigma) { return std::atan(sigma); },
                         .alpha = [](double sigma) { return 1 / std::hypot(1, sigma); }};
  const Process p = angle;
  CHECK(p.kind() == "angle");
  CHECK(p.time(1) == std::atan(1));
  CHECK(p.clock(1) == p.time(1));
  CHECK(p.alpha(1) == Approx(std::sqrt(.5)));
  CHECK(p.steps() == 0);
  // Uniform in the angle is the schedule cosine.
  CHECK(grid_sigmas({.schedule = Schedule::linear}, p, 7)[3] ==
        Approx(grid_sigmas({.schedule = Schedule::cosine}, p, 7)[3]).epsilon(1e-12));
  angle.clock = [](double sigma) { return -std::log(sigma); };
  angle.steps = 9;
  const Process other = angle;
  CHECK(other.clock(.5) == std::log(2.));
  CHECK(other.time(1) == p.time(1));
  CHECK(other.steps() == 9);

  const auto says = [&](const auto& change) {
    ProcessFunctions functions = angle;
    change(functions);
    return test::refusal<ConfigError>([&] { (void)Process(functions); });
  };
  CHECK(says([](auto& f) { f.sigma_min = 0; }) == "process.sigma_min: must be positive, got 0");
  CHECK(says([](auto& f) { f.sigma_max = std::numeric_limits<double>::infinity(); }) ==
        "process.sigma_max: must be finite, got inf");
  CHECK(says([](auto& f) { f.sigma_max = .01; }) ==
        "process.sigma_max: must be larger than sigma_min = 0.01, got 0.01");
  CHECK(says([](auto& f) { f.time = nullptr; }) == "process.time: missing; must be a function of sigma");
  CHECK(says([](auto& f) { f.alpha = nullptr; }).starts_with("process.alpha: missing; must be a function of sigma"));
  CHECK(says([](auto& f) { f.time = [](double sigma) { return std::log(sigma - .01); }; }) ==
        "process.time: must be finite in the range, got -inf");
  CHECK(says([](auto& f) { f.time = [](double) { return 3.; }; }) ==
        "process.time: must rise or fall with sigma, got 3 at both ends");
  CHECK(says([](auto& f) {
          f.time = [](double sigma) { return sigma * (30 - sigma); };
        }).starts_with("process.time: must rise or fall with sigma throughout, and turns between "));
  CHECK(says([](auto& f) {
          f.clock = [](double sigma) { return std::cos(sigma); };
        }).starts_with("process.clock: must rise or fall with sigma throughout"));
  CHECK(says([](auto& f) {
          f.alpha = [](double sigma) { return 1 - sigma; };
        }).starts_with("process.alpha: must be positive in the range, got -"));
  CHECK(says([](auto& f) { f.steps = -1; }) == "process.steps: must not be negative, got -1");
}

namespace own {

/// An Ornstein-Uhlenbeck process, dx = -x dt/2 + dW: alpha = e^(-t/2), s^2 = 1 - alpha^2.
struct Relaxation {
  double latest = 8;
};

ProcessFunctions process_functions(const Relaxation& of) {
  return {.kind = "relaxation",
          .sigma_min = .01,
          .sigma_max = std::sqrt(std::expm1(of.latest)),
          .time = [](double sigma) { return std::log1p(sigma * sigma); },
          .alpha = [](double sigma) { return 1 / std::hypot(1, sigma); }};
}

}  // namespace own

TEST_CASE("A process of functions of time is the one that is inverted in closed form") {
  // Each written without cancellation, so that ln sigma is known to a few ulps, and time to as many times dlnt/dlnsigma: at most 2
  // here but near the ends of the cosine and of a flow, where sigma changes faster than t.
  const auto preserving_noise = [](double alpha) { return std::sqrt((1 - alpha) * (1 + alpha)); };
  const auto vp_noise = [](double t) { return std::sqrt(-std::expm1(-t * (.1 + t * 19.9 / 2))); };
  const auto cosine_noise = [=](double t) { return preserving_noise(cosine_alpha(t)); };
  const auto id = [](double t) { return t; };
  const auto rest = [](double t) { return 1 - t; };
  struct Pair {
    const char* name;
    Process own, known;
    double within;
  };
  // The cosine's noise near t = 1e-3 is that of an alpha of 1 - 2e-5, known to 1e-16.
  const Pair pairs[] = {{"vp_linear", Process::from(linear_alpha, vp_noise, {1e-3, 1}), VpLinear{}, 1e-12},
                        {"vp_cosine", Process::from(cosine_alpha, cosine_noise, {1e-3, .9946}), VpCosine{}, 1e-10},
                        {"flow", Process::from(rest, id, {.001, .999}), FlowMatching{}, 1e-12},
                        {"flow to data", Process::from(id, rest, {.001, .999}), FlowMatching{.data_at = 1}, 1e-12},
                        {"ve", Process::from([](double) { return 1.; }, id, {.002, 80}), VarianceExploding{}, 1e-12}};
  for (const auto& [name, own, known, within] : pairs) {
    INFO(name);
    CHECK(own.kind() == "functions");
    CHECK(own.sigma_min() == Approx(known.sigma_min()).epsilon(within));
    CHECK(own.sigma_max() == Approx(known.sigma_max()).epsilon(within));
    for (int i = 0; i <= 1000; ++i) {
      const double sigma = std::exp(std::lerp(std::log(own.sigma_min()), std::log(own.sigma_max()), i / 1000.));
      CHECK(own.time(sigma) == Approx(known.time(sigma)).epsilon(within).margin(0));
      CHECK(own.alpha(sigma) == Approx(known.alpha(sigma)).epsilon(within).margin(0));
    }
  }
}

TEST_CASE("Time comes back from the sigma that its functions give") {
  const auto back = [](const auto& alpha, const auto& noise, TimeRange range) {
    const Process process = Process::from(alpha, noise, range);
    double worst = 0;
    for (int i = 0; i <= 1000; ++i) {
      const double t = std::lerp(range.t_min, range.t_max, i / 1000.), found = process.time(noise(t) / alpha(t));
      worst = std::max(worst, std::abs(found - t) / std::abs(t));
      CHECK(process.alpha(noise(t) / alpha(t)) == Approx(alpha(t)).epsilon(1e-10));
    }
    return worst;
  };
  const auto one = [](double) { return 1.; };
  const auto id = [](double t) { return t; };
  const auto rest = [](double t) { return 1 - t; };
  const auto vp_noise = [](double t) { return std::sqrt(-std::expm1(-t * (.1 + t * 19.9 / 2))); };
  CHECK(back(linear_alpha, vp_noise, {1e-3, 1}) < 1e-12);
  CHECK(back(rest, id, {1e-3, .999}) < 1e-12);
  CHECK(back(id, rest, {1e-3, .999}) < 1e-12);
  CHECK(back(one, id, {.002, 80}) < 1e-12);
  CHECK(back(one, [](double t) { return std::exp(t); }, {-6, 4.5}) < 1e-12);
  // A kink, where no interpolation would do, and a stretch that is nearly flat.
  CHECK(back(one, [](double t) { return t < 1 ? t : 1 + 100 * (t - 1); }, {.01, 2}) < 1e-12);
  CHECK(back(one, [](double t) { return t + 1e-3 + .999 * std::sin(t); }, {.1, 30}) < 1e-10);
}

TEST_CASE("Functions of time that make no process are refused, with the time") {
  const auto one = [](double) { return 1.; };
  const auto id = [](double t) { return t; };
  const auto of = [](std::function<double(double)> alpha, std::function<double(double)> noise, TimeRange range) {
    return test::refusal<ConfigError>([&] { Process::from(alpha, noise, range); });
  };
  CHECK(of(one, id, {0, 1}) ==
        "process.noise: must be positive and finite in the range of times, got 0 at t = 0; a range that ends "
        "a little before leaves that out");
  CHECK(of([](double t) { return 1 - t; }, id, {.001, 1}).starts_with("process.alpha: must be positive and finite"));
  const std::string throughout = "process.noise: noise/alpha must rise or fall with t throughout, is ";
  CHECK(of(one, [](double t) { return 1 + t * (1 - t); }, {0, 1}).starts_with(throughout));
  CHECK(of(one, [](double t) { return 1 + t * (1.1 - t); }, {0, 1}).starts_with(throughout));
  CHECK(of(one, one, {0, 1}) == throughout + "1 at t = 0 and 1 at t = 0.00390625");
  const std::string jump = of(one, [](double t) { return t < .3 ? t : t + 1; }, {.1, 1});
  CHECK(jump.starts_with("process.noise: noise/alpha jumps from 0.2999"));
  CHECK(jump.find(" at t = 0.3") != std::string::npos);
  CHECK(of(one, id, {1, 1}) == "process.t_max: must be larger than t_min = 1, got 1");
  CHECK(of(nullptr, id, {1, 2}) == "process.alpha: missing; must be a function of time");
  CHECK(of(one, nullptr, {1, 2}) == "process.noise: missing; must be a function of time");
  // The range in sigma is narrowed as that of any process.
  const ProcessFunctions part =
      process_functions(FunctionsOfTime{.alpha = one, .noise = id, .range = {.01, 10}, .sigma_max = 5});
  CHECK(part.sigma_max == 5);
  CHECK(part.sigma_min == Approx(.01).epsilon(1e-14));
  CHECK(test::refusal<ConfigError>([&] {
          process_functions(FunctionsOfTime{.alpha = one, .noise = id, .range = {.01, 10}, .sigma_max = 50});
        }).starts_with("process.sigma_max: must be at most 10"));
}

TEST_CASE("A struct with functions of its own is a process") {
  const Process p = own::Relaxation{.latest = 5};
  // beta = 1 throughout.
  const Process same = VpLinear{.beta_min = 1, .beta_max = 1};
  CHECK(p.time(p.sigma_max()) == Approx(5));
  for (const double sigma : {.02, .5, 1.2}) {
    CHECK(p.time(sigma) == Approx(same.time(sigma)));
    CHECK(p.alpha(sigma) == Approx(same.alpha(sigma)));
  }
}

TEST_CASE("Parameters that cannot be are named") {
  const auto says = [](const auto& make) { return test::refusal<ConfigError>([&] { (void)make(); }); };
  CHECK(says([] { return Process(VpLinear{.beta_min = 3, .beta_max = 2}); }) ==
        "process.beta_max: must be positive and at least beta_min = 3, got 2");
  CHECK(says([] { return Process(SubVp{.beta_min = -1}); }) == "process.beta_min: must not be negative, got -1");
  CHECK(says([] { return Process(VpCosine{.s = 1}); }) == "process.s: must be from 0 to below 1, got 1");
  CHECK(says([] { return Process(FlowMatching{.data_at = 2}); }) == "process.data_at: must be 0 or 1, got 2");
  CHECK(says([] { return Process(FlowMatching{.shift = 0}); }) == "process.shift: must be positive, got 0");
  CHECK(says([] { return Process(VpTable{.alphas_cumprod = {.5, .6}}); }) ==
        "process.alphas_cumprod: must descend, got 0.6 after 0.5 at entry 1");
  CHECK(says([] { return Process(VpTable{.alphas_cumprod = {1.5, .6}}); }) ==
        "process.alphas_cumprod: must be from 0 to 1, got 1.5");
  CHECK(says([] { return Process(VpTable{.alphas_cumprod = {1, .6}}); }) ==
        "process.alphas_cumprod: must hold at least 2 numbers between 0 and 1");
  CHECK(says([] { return linear_table(.1, .05, 10); }) ==
        "process.beta_end: must be from beta_start = 0.1 to below 1, got 0.05");
  CHECK(says([] { return linear_table(0, .05, 10); }) == "process.beta_start: must be positive, got 0");
  CHECK(says([] { return cosine_table(.008, 1); }) == "process.steps: must be from 2 to 10000000, got 1");
}

namespace {

Process from(const std::string& kind, Section section) {
  return std::ranges::find(process_kinds(), kind, &ProcessKind::name)->make(section);
}

Section settings(const std::vector<std::pair<std::string, std::string>>& keys) {
  ConfigNode node;
  for (const auto& [key, value] : keys) node.child(key) = ConfigNode::literal(value);
  return {"c.yaml", "process", node};
}

}  // namespace

TEST_CASE("A section makes the process its keys describe") {
  Section flow = settings({{"data_at", "1"}, {"shift", "3"}});
  CHECK(from("flow", flow).time(9) == Approx(.1));
  Section continuous = settings({{"beta_max", "10"}});
  CHECK(from("vp_linear", continuous).steps() == 0);
  Section table = settings({{"beta_start", "1e-4"}, {"beta_end", ".02"}, {"steps", "100"}});
  CHECK(from("vp_linear", table).steps() == 100);
  CHECK(continuous.resolved().find("sigma_max")->scalar.starts_with("12."));  // the own range is a setting in effect
  Section latent = settings({{"beta_start", ".00085"}, {"beta_end", ".012"}, {"beta_schedule", "scaled_linear"}});
  CHECK(from("vp_linear", latent).sigma_max() == Approx(14.6146).epsilon(1e-5));
  Section cosine = settings({{"steps", "50"}});
  CHECK(from("vp_cosine", cosine).steps() == 50);
  Section smooth = settings({});
  CHECK(from("vp_cosine", smooth).steps() == 0);

  Section mixed = settings({{"beta_min", ".1"}, {"steps", "10"}});
  CHECK(test::refusal<ConfigError>([&] { from("vp_linear", mixed); }) ==
        "c.yaml: process.beta_min: is of continuous time and cannot stand beside beta_start, beta_end and steps, the "
        "table");
  Section wide = settings({{"sigma_max", "1000"}, {"steps", "1000"}});
  CHECK(test::refusal<ConfigError>([&] {
          from("vp_linear", wide);
        }).starts_with("c.yaml: process.sigma_max: must be at most 157.4"));
  Section third = settings({{"data_at", "2"}});
  CHECK(test::refusal<ConfigError>([&] { from("flow", third); }) == "c.yaml: process.data_at: must be 0 or 1, got 2");
  Section missing = settings({});
  CHECK(test::refusal<ConfigError>([&] {
          from("table", missing);
        }).starts_with("c.yaml: process.alphas_cumprod: missing"));
}
