#include "python/asked.hpp"
#include "controller/model_scales_json.hpp"
#include "core/row_shape.hpp"

#include "model/network.hpp"
#include "model/parametrisation.hpp"
#include "python/problem.hpp"
#include "python/records.hpp"
#include "python/tensor.hpp"
#include "python/unlocked.hpp"

#include <shockstep/asked_run.hpp>
#include <shockstep/error.hpp>
#include <shockstep/model_scales.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

namespace shockstep::python {
namespace {

using namespace pybind11::literals;

/// The description of the problem's network, which may be NotAtHand, a sampler for it, and once begun a run.
class Asked {
 public:
  /// `measured`: what measure() returned, or empty.
  Asked(const Problem& problem, bool whole_times, const std::string& measured)
      : problem_(problem),
        network_(*network_options(*problem_.model), problem_.process),
        sampler_(problem_.model, problem_.process, problem_.sampler, prepared(whole_times, measured)) {}

  double sigma_min() const { return problem_.process.sigma_min(); }
  double sigma_max() const { return problem_.process.sigma_max(); }
  std::vector<double> grid() const { return sampler_.sigmas(); }

  /// [n, 5]: alpha, and D = skip x + out F(in x, time).
  at::Tensor levels(const std::vector<double>& sigmas) const {
    at::Tensor out = at::empty({static_cast<std::int64_t>(sigmas.size()), 5}, at::kDouble);
    double* row = out.mutable_data_ptr<double>();
    for (const double sigma : sigmas) {
      const Preconditioning p = network_.at(sigma);
      for (const double value : {problem_.process.alpha(sigma), p.in, p.time, p.skip, p.out}) *row++ = value;
    }
    return out;
  }

  /// Where the network is told this time; the nearer end for one beyond the range.
  double sigma_at(double time) const {
    double low = std::log(sigma_min()), high = std::log(sigma_max());
    const bool rises = network_.at(sigma_max()).time > network_.at(sigma_min()).time;
    if (network_.at(sigma_max()).time == time) return sigma_max();
    for (double middle = .5 * (low + high); low < middle && middle < high; middle = .5 * (low + high))
      ((network_.at(std::exp(middle)).time < time) == rises ? low : high) = middle;
    return std::clamp(std::exp(high), sigma_min(), sigma_max());
  }

  /// Trajectories 0 and on, from x [n, *shape] at sigma; none: at sigma_max.
  void begin(const at::Tensor& x, std::optional<double> sigma, std::uint64_t seed) {
    SampleRequest request{.count = x.size(0), .seed = seed};
    if (sigma && *sigma < sigma_max()) {
      // x = init + sigma n, in which nothing but the sum counts.
      request.init = at::zeros(row_shape(1, problem_.model->shape()), at::kDouble);
      request.strength = std::log(*sigma / sigma_min()) / std::log(sigma_max() / sigma_min());
    }
    request.noise = (x / sampler_.start(request)).contiguous();
    run_ = std::make_unique<AskedRun>(sampler_, request);
    sigmas_ = sampler_.sigmas(request);
  }

  bool done() const { return run().done(); }
  std::vector<bool> waits() const {
    std::vector<bool> out;
    for (std::int64_t i = 0; i < run().count(); ++i) out.push_back(run().waits(i));
    return out;
  }
  std::vector<double> sigmas() const {
    std::vector<double> out;
    for (std::int64_t i = 0; i < run().count(); ++i) out.push_back(run().sigma(i));
    return out;
  }
  at::Tensor points() const {
    at::Tensor out = at::empty(row_shape(run().count(), problem_.model->shape()), at::kDouble);
    double* to = out.mutable_data_ptr<double>();
    for (std::int64_t i = 0; i < run().count(); ++i) to = std::ranges::copy(run().point(i), to).out;
    return out;
  }
  /// D [n, *shape], of which the rows that are named are taken.
  void answer(const at::Tensor& denoised, const std::vector<bool>& rows) {
    const auto d = static_cast<std::size_t>(problem_.model->dimension());
    if (static_cast<std::int64_t>(rows.size()) != run().count() ||
        denoised.numel() != run().count() * problem_.model->dimension())
      throw ModelError("answers for other rows than were asked about");
    const double* D = denoised.const_data_ptr<double>();
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (rows[i]) run_->answer(static_cast<std::int64_t>(i), {D + i * d, d});
  }

  py::dict result() const {
    const auto notes = sampler_.notes();
    py::dict out = to_dict(run().result(), sampler_.profile(), sigmas_, notes, sampler_.prepared_rows());
    out["warnings"] = notes;
    return out;
  }

 private:
  Prepared prepared(bool whole_times, const std::string& measured) const {
    std::optional<MeasuredScales> scales;
    if (!measured.empty()) scales = scales_from_text(measured, "measured");
    Prepared out = unmeasured(*problem_.model, problem_.process, problem_.sampler, scales);
    out.scales->whole_times = out.scales->whole_times || whole_times;
    return out;
  }
  AskedRun& run() const {
    if (!run_) throw ConfigError("begin", "has not been called");
    return *run_;
  }

  const Problem& problem_;
  Parametrisation network_;
  Sampler sampler_;
  std::unique_ptr<AskedRun> run_;
  std::vector<double> sigmas_;
};

}  // namespace

void bind_asked(py::module_& m) {
  m.def("is_adaptive", [](const std::string& method) {
    const auto known = method_named(method);
    if (!known) throw ConfigError("method", "is unknown: " + method);
    return shockstep::is_adaptive(*known);
  });
  m.def(
      "measure",
      [](const Problem& problem) { return scales_json(measure_scales(*problem.model, problem.process)).dump(); },
      "problem"_a, py::call_guard<Unlocked>());
  py::class_<NotAtHand>(m, "NotAtHand").def(py::init<>()).def("__call__", [](const NotAtHand&, const py::args&) {
    throw ModelError("the model is not at hand");
  });
  py::class_<Asked>(m, "Asked")
      .def(py::init<const Problem&, bool, const std::string&>(), "problem"_a, "whole_times"_a = false,
           "measured"_a = "", py::keep_alive<1, 2>())
      .def_property_readonly("sigma_min", &Asked::sigma_min)
      .def_property_readonly("sigma_max", &Asked::sigma_max)
      .def_property_readonly("grid", &Asked::grid)
      .def("levels", &Asked::levels, "sigmas"_a)
      .def("sigma_at", &Asked::sigma_at, "time"_a)
      .def("begin", &Asked::begin, "x"_a, "sigma"_a = py::none(), "seed"_a = 0, py::call_guard<Unlocked>())
      .def_property_readonly("done", &Asked::done)
      .def_property_readonly("waits", &Asked::waits)
      .def_property_readonly("sigmas", &Asked::sigmas)
      .def_property_readonly("points", &Asked::points)
      .def("answer", &Asked::answer, "denoised"_a, "rows"_a, py::call_guard<Unlocked>())
      .def("result", &Asked::result);
}

}  // namespace shockstep::python
