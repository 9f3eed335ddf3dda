#include "support/test.hpp"

#include "core/npy.hpp"

#include <shockstep/method.hpp>
#include <shockstep/models/gaussian_mixture.hpp>
#include <shockstep/registry.hpp>

#include <ATen/ATen.h>

#include <unistd.h>
#include <filesystem>
#include <functional>

using namespace shockstep;

namespace {

ConfigNode list(const std::vector<ConfigNode>& items) {
  ConfigNode node;
  node.kind = ConfigNode::Kind::list, node.list = items;
  return node;
}

ConfigNode numbers(const std::vector<double>& values) {
  std::vector<ConfigNode> items;
  for (double v : values) items.push_back(ConfigNode::literal(std::to_string(v)));
  return list(items);
}

// A section `path` of a file c.yaml.
struct Settings {
  std::string path, file = "c.yaml";
  ConfigNode node = {};
  Settings& operator()(const std::string& key, const ConfigNode& value) { return node.child(key) = value, *this; }
  Settings& operator()(const std::string& key, const std::string& value) {
    return (*this)(key, ConfigNode::literal(value));
  }
  operator Section() const { return {file, path, node}; }
};

Settings mixture() {
  return Settings{"model"}("kind", "gaussian_mixture")("means", list({numbers({-1, 0}), numbers({1, 0})}))("std",
                                                                                                           "0.1");
}
Settings network() { return Settings{"model"}("kind", "torchscript")("path", "x.pt")("shape", numbers({2})); }

std::string message(const std::function<void()>& make) {
  try {
    make();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}
std::string model_message(const Settings& settings) {
  return message([&] { make_model(Section(settings)); });
}
std::string process_message(const Settings& settings) {
  return message([&] { make_process(Section(settings)); });
}

}  // namespace

TEST_CASE("every method has a name and a summary", "[registry]") {
  REQUIRE(method_kinds().size() >= 15);
  for (const auto& kind : method_kinds()) {
    CHECK((*kind.name && *kind.summary));
    const auto method = method_named(kind.name);
    REQUIRE(method);
    CHECK(name(*method) == kind.name);
  }
  CHECK_FALSE(method_named("huen"));
}

TEST_CASE("a mixture from its section is the one from its options", "[registry]") {
  const auto x = at::tensor({.3, -.2, 1., 2.}, at::kDouble).reshape({2, 2}), sigma = at::tensor({.2, 3.}, at::kDouble);
  const auto means = at::tensor({-1., 0., 1., 0.}, at::kDouble).reshape({2, 2});
  const auto D = [&](const ModelPtr& model) { return model->denoise(x, sigma); };

  const auto weights = at::tensor({.25, .75}, at::kDouble);
  CHECK(at::equal(
      D(make_model(Section(mixture()("weights", numbers({.25, .75}))))),
      GaussianMixture({.means = means, .stds = at::full({1}, .1, at::kDouble), .weights = weights}).denoise(x, sigma)));
  CHECK(at::equal(D(make_model(Section(mixture()("std", numbers({.1, .2}))))),
                  GaussianMixture({.means = means, .stds = at::tensor({.1, .2}, at::kDouble)}).denoise(x, sigma)));

  auto full = mixture()("covariances",
                        list({list({numbers({1, .5}), numbers({.5, 1})}), list({numbers({2, 0}), numbers({0, 1})})}));
  full.node.child("std") = {};
  const auto C = at::tensor({1., .5, .5, 1., 2., 0., 0., 1.}, at::kDouble).reshape({2, 2, 2});
  CHECK(at::equal(D(make_model(Section(full))), GaussianMixture({.means = means, .covariances = C}).denoise(x, sigma)));

  const auto line = make_model(Section(mixture()("means", numbers({-1, 0, 1}))));
  CHECK(line->shape() == std::vector<std::int64_t>{1});
}

TEST_CASE("means may stand in a file beside the config", "[registry]") {
  const auto folder = std::filesystem::temp_directory_path() / ("shockstep_registry_" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  {
    NpyWriter out((folder / "means.npy").string(), {2, 2}, NpyType::float64);
    out.write_row(0, std::vector<double>{-1, 0});
    out.write_row(1, std::vector<double>{1, 0});
    out.close();
  }
  auto settings = mixture()("means", "means.npy");
  settings.file = (folder / "c.yaml").string();
  const auto x = at::ones({1, 2}, at::kDouble), sigma = at::ones({1}, at::kDouble);
  CHECK(at::equal(make_model(Section(settings))->denoise(x, sigma), make_model(Section(mixture()))->denoise(x, sigma)));
  std::filesystem::remove_all(folder);
  CHECK(model_message(settings).find("means.npy: cannot be read: No such file") != std::string::npos);
}

TEST_CASE("mistakes in a model's section are named with their place", "[registry]") {
  std::string names;
  for (const auto& kind : model_kinds()) names += (names.empty() ? "" : ", ") + std::string(kind.name);
  CHECK(model_message(Settings{"model"}) == "c.yaml: model.kind: missing; must be one of " + names);
  CHECK(model_message(Settings{"model"}("kind", "gausian_mixture")).find("did you mean gaussian_mixture?") !=
        std::string::npos);
  CHECK(model_message(Settings{"model"}("kind", "point_cloud")).find("c.yaml: model.points: missing") == 0);
  CHECK(model_message(Settings{"model"}("kind", "point_cloud")("points", numbers({1, 2}))("std", "-1")) ==
        "c.yaml: model.std: must not be negative, got -1");
  CHECK(model_message(Settings{"model"}("kind", "double_well")("beta", "0")) ==
        "c.yaml: model.beta: must be positive, got 0");
  CHECK(model_message(Settings{"model"}("kind", "multiplicative")) ==
        "c.yaml: model.field: must be a model with its own sigma, {kind: ..., sigma: ...}");
  CHECK(model_message(Settings{"model"}("kind", "multiplicative")("field", mixture().node)) ==
        "c.yaml: model.field.sigma: missing; must be a number");
  CHECK(model_message(Settings{"model"}("kind", "multiplicative")("field", mixture()("sigma", "1")("st", "1").node)) ==
        "c.yaml: model.field.st: unknown key; did you mean std?");
  auto network_field = Settings{"field"}("kind", "torchscript")("path", TEST_DATA "/any.pt")("shape", numbers({2}));
  CHECK(model_message(
            Settings{"model", "./c.yaml"}("kind", "multiplicative")("field", network_field("sigma", "1000").node)) ==
        "./c.yaml: model.field.sigma: must be within the process's range, 0.002 to 80, got 1000");
  CHECK(model_message(mixture()("st", "0.1")) == "c.yaml: model.st: unknown key; did you mean std?");
  CHECK(model_message(mixture()("std", "-1")) == "c.yaml: model.std: must not be negative, got -1");
  CHECK(model_message(mixture()("weights", numbers({1, 0}))) == "c.yaml: model.weights: must be positive, got 0");
  CHECK(model_message(mixture()("weights", numbers({1, 1, 1}))) ==
        "c.yaml: model.weights: must have shape [2], got [3]");
  CHECK(model_message(mixture()("covariances", numbers({1}))) ==
        "c.yaml: model.std: give either std or covariances, not both");
  CHECK(model_message(Settings{"model"}("kind", "gaussian_mixture")).find("model.means: missing") != std::string::npos);
  CHECK(
      model_message(Settings{"model"}("kind", "gaussian_mixture")("means", numbers({1}))).find("model.std: missing") !=
      std::string::npos);

  CHECK(model_message(network()).find("x.pt: cannot be read: No such file") != std::string::npos);
  CHECK(model_message(network()("predicts", "velocty")).find("did you mean velocity?") != std::string::npos);
  CHECK(model_message(network()("time", "sgima")).find("did you mean sigma?") != std::string::npos);
  CHECK(model_message(network()("scale_input", "alpha")) ==
        "c.yaml: model.scale_input: must be one of none, process, got alpha");
  CHECK(model_message(network()("time_scale", "1000")) == "c.yaml: model.time_scale: is for time: t");
  CHECK(model_message(network()("predicts", "edm")) ==
        "c.yaml: model.data_std: missing; predicts: edm needs it, the sigma_data of the training");
  CHECK(model_message(network()("time", "index")).find("c.yaml: model.time: is an index, but ve has continuous time") ==
        0);
  CHECK(model_message(network()("label", ".5")).find("c.yaml: model.label: ") == 0);
  ConfigNode guidance;
  guidance.child("scale") = ConfigNode::literal("3");
  CHECK(model_message(network()("guidance", guidance)) ==
        "c.yaml: model.guidance.null_label: missing; must be a whole number");
  guidance.child("null_label") = ConfigNode::literal("-1");
  CHECK(model_message(network()("guidance", guidance)) ==
        "c.yaml: model.label: missing; model.guidance needs a label to guide to");
  ConfigNode threshold;
  threshold.child("clip") = ConfigNode::literal("-1");
  CHECK(model_message(network()("threshold", threshold)) == "c.yaml: model.threshold.clip: must be positive, got -1");
  CHECK(model_message(network()("shape", numbers({0}))) == "c.yaml: model.shape: must be positive, got 0");
  CHECK(model_message(network()("data_std", "-1")) == "c.yaml: model.data_std: must not be negative, got -1");
}

TEST_CASE("the process is read from its section", "[registry]") {
  const auto process = make_process(Section(Settings{"process"}("kind", "ve")("sigma_max", "20")));
  CHECK(process.kind() == "ve");
  CHECK(process.sigma_min() == VarianceExploding{}.sigma_min);
  CHECK(process.sigma_max() == 20);
  CHECK(process_message(Settings{"process"}("kind", "ve")("sigma_min", "0")) ==
        "c.yaml: process.sigma_min: must be positive, got 0");
  CHECK(process_message(Settings{"process"}("kind", "ve")("sigma_min", "100")) ==
        "c.yaml: process.sigma_max: must be larger than sigma_min = 100, got 80");
  CHECK(process_message(Settings{"process"}("kind", "flow")("data_at", "2")) ==
        "c.yaml: process.data_at: must be 0 or 1, got 2");
  CHECK(make_process(Section(Settings{"process"}("kind", "edm"))).kind() == "ve");
  for (const char* kind : {"vp_linear", "vp_cosine", "sub_vp", "flow"})
    CHECK(make_process(Section(Settings{"process"}("kind", kind))).kind() == kind);
  CHECK(make_process(Section(Settings{"process"}("kind", "table")("alphas_cumprod", numbers({.9, .5, .1})))).steps() ==
        3);
  CHECK(process_message(Settings{"process"}("kind", "flow")("beta_min", "1")).find("process.beta_min: unknown key") !=
        std::string::npos);
  CHECK(process_message(Settings{"process"}("kind", "ve")("sigma_mxa", "1")).find("did you mean sigma_max?") !=
        std::string::npos);
}
