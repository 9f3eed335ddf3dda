// An observer that watches the steps of one trajectory and ends the run once it has enough.
#include <shockstep/shockstep.hpp>

#include "two_modes.hpp"

#include <atomic>
#include <cmath>
#include <cstdio>

namespace {

class Enough final : public shockstep::Observer {
 public:
  bool wants_steps(std::int64_t trajectory) const override { return trajectory == 0; }
  void step(const shockstep::StepRecord& step) override {
    std::printf("sigma %8.4f, step %.3f, error %.1e%s\n", std::exp(-step.lam), step.h, step.error,
                step.accepted ? "" : ", rejected");
  }
  void finished(const shockstep::TrajectoryReport& report, std::span<const double>) override {
    done_ += report.status == shockstep::Status::ok;
  }
  bool cancelled() const override { return done_ >= 100; }

 private:
  std::atomic<int> done_{0};
};

}  // namespace

int main() {
  const auto model = shockstep::make_model(denoise, {.shape = {1}, .data_std = 1.005});
  shockstep::SamplerOptions options;
  options.guard.profile = "default";  // trajectories follow their own errors, and end one by one
  const shockstep::Sampler sampler(model, shockstep::VarianceExploding{.sigma_min = .002, .sigma_max = 20}, options);
  Enough enough;
  const shockstep::Result result = sampler.sample({.count = 100'000, .batch = 50, .observer = &enough});
  const auto& counts = result.statistics.count_by_status;
  std::printf("%lld done, %lld given up under way\n", static_cast<long long>(counts[0]),
              static_cast<long long>(counts[static_cast<int>(shockstep::Status::interrupted)]));
}
