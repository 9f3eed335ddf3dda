/// Conditions of a network by name, guidance between them, and what an observer is shown.
#include "support/problems.hpp"

#include "model/network.hpp"
#include "support/refusal.hpp"
#include "support/torchscript_file.hpp"

#include <shockstep/models/torchscript.hpp>

#include <limits>
#include <memory>

using namespace shockstep;

namespace {

/// D = sum of what it is told, first coordinates, at every coordinate of x. Notes how many rows each call has.
struct Sum {
  std::shared_ptr<std::vector<std::int64_t>> calls = std::make_shared<std::vector<std::int64_t>>();

  at::Tensor operator()(const at::Tensor& x, const at::Tensor&, const std::vector<at::Tensor>& told) const {
    calls->push_back(x.size(0));
    at::Tensor sum = at::zeros({x.size(0)}, x.options());
    for (const at::Tensor& t : told) sum += t.to(x.scalar_type()).reshape({x.size(0), -1}).select(1, 0);
    return sum.unsqueeze(1).expand(x.sizes()).contiguous();
  }
};

at::Tensor rows(const std::vector<double>& values) { return at::tensor(values, at::kDouble).reshape({-1, 1}); }

NetworkOptions conditioned(std::vector<Condition> conditions) {
  return {.shape = {2}, .conditions = std::move(conditions), .dtype = NetworkType::float64};
}

ModelPtr made(const NetworkOptions& options, const Sum& sum = {}) {
  return wrap_conditioned_network(sum, options, VarianceExploding{});
}

/// First coordinates of D for these trajectories at sigma 1.
at::Tensor of(const ModelPtr& model, const std::vector<std::int64_t>& trajectories, const at::Tensor& sigma = {}) {
  const auto n = static_cast<std::int64_t>(trajectories.size());
  return model
      ->denoise_rows(at::ones({n, 2}, at::kDouble), sigma.defined() ? sigma : at::ones({n}, at::kDouble),
                     at::tensor(trajectories, at::kLong))
      .select(1, 0);
}

}  // namespace

TEST_CASE("Rows of conditions are those of the trajectories, in any order and any number") {
  auto options = conditioned({{"a", rows({1, 2, 3})}, {"b", rows({10})}});
  const ModelPtr model = made(options);
  CHECK(model->conditions() == 3);
  CHECK(at::equal(of(model, {2, 0, 0, 1, 2}), at::tensor({13., 11., 11., 12., 13.}, at::kDouble)));
  CHECK(at::equal(of(model, {4, 3}), at::tensor({12., 11.}, at::kDouble)));  // of a pilot: in turn
  CHECK_THROWS_AS(model->denoise(at::ones({1, 2}, at::kDouble), at::ones({1}, at::kDouble)), ModelError);
  CHECK(model->conditioning() == "told a, told b");

  options.labels = {100, 200, 300};
  CHECK(at::equal(of(made(options), {1, 2}), at::tensor({212., 313.}, at::kDouble)));
  CHECK(made(conditioned({{"b", rows({10})}}))->conditions() == 0);
}

TEST_CASE("Guidance goes from the null of some conditions, of each trajectory its own, in one call or two") {
  const Sum sum;
  auto options = conditioned({{"a", rows({1, 2, 3})}, {"b", rows({10})}});
  const auto [null, first] =
      GENERATE(table<at::Tensor, double>({{at::scalar_tensor(-1., at::kDouble), -1},
                                          {at::tensor({-1.}, at::kDouble), -1},
                                          {at::tensor({-1.}, at::kDouble).reshape({1, 1}), -1},
                                          {at::tensor({-5., -1., -1.}, at::kDouble).reshape({3, 1}), -5}}));
  const int calls = GENERATE(0, 1, 2);
  options.guidance = Guidance{.scale = 3, .null_conditions = {{"a", null}}, .calls = calls};
  const ModelPtr model = made(options, sum);
  sum.calls->clear();
  // 10 + null + 3 (a - null)
  CHECK(at::equal(of(model, {0, 1, 2}), at::tensor({10 + first + 3 * (1 - first), 18., 21.}, at::kDouble)));
  CHECK(*sum.calls == (calls == 2 ? std::vector<std::int64_t>{3, 3} : std::vector<std::int64_t>{6}));
}

TEST_CASE("Outside the interval D is that of the condition, and a second call is left out where no row needs it") {
  const Sum sum;
  auto options = conditioned({{"a", rows({1, 2, 3})}});
  options.guidance = Guidance{.scale = 3, .null_conditions = {{"a", rows({0})}}, .sigma_low = .5, .sigma_high = 2};
  const ModelPtr model = made(options, sum);
  sum.calls->clear();
  // The lower end is outside, the upper one inside.
  CHECK(at::equal(of(model, {0, 1, 2}, at::tensor({.5, 2., 2.1}, at::kDouble)), at::tensor({1., 6., 3.}, at::kDouble)));
  CHECK(*sum.calls == std::vector<std::int64_t>{3, 3});
  sum.calls->clear();
  CHECK(at::equal(of(model, {0, 1}, at::tensor({.4, 3.}, at::kDouble)), at::tensor({1., 2.}, at::kDouble)));
  CHECK(*sum.calls == std::vector<std::int64_t>{2});
}

TEST_CASE("Options of conditions that cannot be are refused") {
  const auto refused = [](const NetworkOptions& options) { return test::refusal([&] { made(options); }); };
  CHECK(refused(conditioned({{"a", rows({1, 2})}, {"b", rows({1, 2, 3})}})) ==
        "model.condition.b: has 3 rows, and another condition or label has 2; give each one for every trajectory, or "
        "one row for all");
  CHECK(refused(conditioned({{"a", rows({1})}, {"a", rows({1})}})) == "model.condition.a: is given twice");
  CHECK(refused(conditioned({{"", rows({1})}})) == "model.condition: has a condition without a name");
  CHECK(refused(conditioned({{"a", rows({std::numeric_limits<double>::quiet_NaN()})}})) ==
        "model.condition.a: must be finite");
  CHECK(refused(conditioned({{"a", at::scalar_tensor(1., at::kDouble)}})).find("model.condition.a: must have a row") ==
        0);
  auto options = conditioned({{"a", rows({1, 2})}});
  options.guidance = Guidance{.scale = 2};
  CHECK(refused(options).find("model.guidance.null_condition: missing") == 0);
  options.guidance->null_conditions = {{"b", rows({0})}};
  CHECK(refused(options) == "model.guidance.null_condition.b: is no condition; known: a");
  options.guidance->null_conditions = {{"a", at::ones({2, 3}, at::kDouble)}};
  CHECK(refused(options).find("model.guidance.null_condition.a: has shape [2, 3], expected") == 0);
  options.guidance->null_conditions = {{"a", rows({0})}};
  options.guidance->rescale = 1.5;
  CHECK(refused(options) == "model.guidance.rescale: must be from 0 to 1, got 1.5");
  const NetworkFunction plain = [](const at::Tensor& x, const at::Tensor&, const at::Tensor&) { return x; };
  CHECK(test::refusal([&] {
          wrap_network(plain, conditioned({{"a", rows({1})}}), VarianceExploding{});
        }).find("model.condition: is for wrap_conditioned_network") == 0);
  const ModelPtr model = made(conditioned({{"a", rows({1, 2})}}));
  CHECK(test::refusal([&] { Sampler(model, test::range(), test::unguarded(1e-2)).sample({.count = 3}); }) ==
        "model.condition: has rows for 2 trajectories, but 3 are asked for; lengthen it, or give one row for all");
}

TEST_CASE("TorchScript takes conditions by their names") {
  const test::Folder folder;
  const auto path = save(
      folder,
      "def forward(self, x, t, b, a: Optional[Tensor] = None):\n  assert a is not None\n  return x * 0 + 2 * b + a\n");
  const auto load = [&](const NetworkOptions& options) { return load_torchscript(path, options); };
  const auto model = load(conditioned({{"a", rows({1, 2})}, {"b", rows({10, 20})}}));
  CHECK(at::equal(of(model, {1, 0}), at::tensor({42., 21.}, at::kDouble)));
  const auto says = [&](const NetworkOptions& options) {
    return test::refusal([&] { load(options); }).substr(path.size() + 2);
  };
  CHECK(says(conditioned({{"a", rows({1})}})) == "forward takes (x, t, b, a), of which model.condition has no b");
  CHECK(says(conditioned({{"b", rows({1})}, {"c", rows({1})}})) ==
        "forward takes (x, t, b, a), of which no further one is called c");
}

TEST_CASE("An observer that wants states is shown every evaluation, and no other is") {
  class Watcher final : public Observer {
   public:
    explicit Watcher(bool wants) : wants_(wants) {}
    bool wants_state() const override { return wants_; }
    void state(const EvaluatedRows& rows) override {
      shown += rows.trajectories.size();
      CHECK(rows.sigma.size() == rows.trajectories.size());
      CHECK(rows.x.size() == 2 * rows.sigma.size());
      for (std::size_t j = 0; j < rows.sigma.size(); ++j)
        CHECK(rows.denoised[2 * j] == static_cast<double>(rows.trajectories[j]));
    }
    std::size_t shown = 0;

   private:
    bool wants_;
  };
  const ModelPtr model = made(conditioned({{"a", rows({0, 1, 2, 3, 4, 5})}}));
  for (const bool wants : {false, true}) {
    Watcher watcher(wants);
    const Result result =
        Sampler(model, test::range(), test::unguarded(1e-2)).sample({.count = 6, .batch = 4, .observer = &watcher});
    std::size_t evaluations = 0;
    for (const auto& report : result.reports) evaluations += static_cast<std::size_t>(report.evaluations);
    CHECK(watcher.shown == (wants ? evaluations : 0));
  }
}
