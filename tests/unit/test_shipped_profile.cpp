#include "support/problems.hpp"
#include "support/test.hpp"

#include <shockstep/error.hpp>
#include <shockstep/models/network.hpp>
#include <shockstep/models/torchscript.hpp>
#include <shockstep/sampler.hpp>

#include "engine/shipped_profile.hpp"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

using namespace shockstep;

namespace {

const std::filesystem::path models = "models";

ModelPtr digits(const std::filesystem::path& path) {
  return load_torchscript(path.string(), {.shape = {1, 8, 8}, .data_std = .752});
}

GuardProfile profile(const ModelPtr& model, double tolerance, double sigma_min = .002) {
  SamplerOptions options;
  options.tolerance = tolerance;
  options.guard.profile = "shipped";
  return Sampler(model, VarianceExploding{.sigma_min = sigma_min, .sigma_max = 80}, options).profile();
}

}  // namespace

TEST_CASE("A network takes the profile that ships beside it, for the largest tolerance not above the wanted one") {
  const auto model = digits(models / "digits.pt");
  const double next = profile(model, 1e-2).tolerance;
  CHECK(next <= 1e-2);
  CHECK(next > 5e-3);  // little is spent on more than was asked for
  CHECK(profile(model, next).tolerance == next);
  CHECK(profile(model, .999 * next).tolerance < next);
  const GuardProfile loosest = profile(model, 1);
  CHECK((loosest.tolerance > .1 && loosest.tolerance <= 1));
  // Calibrated: the tolerance is the quantile of errors measured, and the estimate has a finite factor.
  CHECK(loosest.high_error == loosest.tolerance);
  CHECK((loosest.calibration > 0 && std::isfinite(loosest.calibration)));
  CHECK(profile(model, 1e-2).source == shipped_path(*model));
  CHECK(profile(model, 1e-2).evaluations > 0);
  CHECK(profile(model, 1e-6).source == "default");       // tighter than any
  CHECK(profile(model, 1e-2, .01).source == "default");  // another range
  CHECK(profile(model, 1e-2).allowed(1, 0) == profile(digits(models / "digits.pt"), 1e-2).allowed(1, 0));
}

TEST_CASE("A profile is for one guidance and threshold, with labels or without them") {
  const auto conditioning = [](NetworkOptions options) {
    options.shape = {1};
    const auto same = [](const at::Tensor& x, const at::Tensor&, const at::Tensor&) { return .5 * x; };
    return wrap_network(same, options, VarianceExploding{})->conditioning();
  };
  CHECK(conditioning({}).empty());
  CHECK(conditioning({.labels = {3}}) == conditioning({.labels = {1, 2}}));
  CHECK(conditioning({.labels = {3}, .guidance = Guidance{.scale = 1}}) == conditioning({.labels = {3}}));
  const std::set<std::string> all{conditioning({}),
                                  conditioning({.labels = {3}}),
                                  conditioning({.labels = {3}, .guidance = Guidance{.scale = 2}}),
                                  conditioning({.labels = {3}, .guidance = Guidance{.scale = 3}}),
                                  conditioning({.labels = {3}, .guidance = Guidance{.scale = 2, .null_label = -1}}),
                                  conditioning({.threshold = Threshold{}}),
                                  conditioning({.labels = {3}, .threshold = Threshold{.quantile = .99}})};
  CHECK(all.size() == 7);

  const auto bare = digits(models / "digits.pt");
  GuardProfile profile =
      Sampler(bare, VarianceExploding{}, {.tolerance = 1e-2, .guard = {.profile = "shipped"}}).profile();
  CHECK(suits(profile, *bare, VarianceExploding{}, {}));
  profile.conditioning = "labelled";
  CHECK_FALSE(suits(profile, *bare, VarianceExploding{}, {}));
  CHECK(guard_profile_from_json(to_json(profile), "").conditioning == "labelled");
}

TEST_CASE("Profiles of another model are refused") {
  const auto folder = std::filesystem::temp_directory_path() / "shockstep_shipped_profile";
  std::filesystem::create_directories(folder);
  const auto overwrite = std::filesystem::copy_options::overwrite_existing;
  std::filesystem::copy_file(models / "digits.pt", folder / "other.pt", overwrite);
  const auto model = digits(folder / "other.pt");
  CHECK(profile(model, 1e-2).source == "default");  // nothing beside it
  std::ofstream(folder / "other.guard.json") << R"({"model_crc32": 1, "profiles": []})";
  CHECK_THROWS_WITH(profile(model, 1e-2), Catch::Contains("other.guard.json: was made for another other.pt"));
  std::ofstream(folder / "other.guard.json") << "{";
  CHECK_THROWS_WITH(profile(model, 1e-2), Catch::Contains("other.guard.json: is no list of guard profiles"));
  std::filesystem::remove_all(folder);
}
